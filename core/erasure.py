"""Erasing a person: what goes, what stays and why; the audit trail stays whole (docs/explanation/audit-trail.md).

The core knows no business word: a person is a ``RecordRef``. Every plugin, also one that is switched off, says what it
holds (``personal_data``) and removes it from its rows (``erase_person``). The core empties the events that tell of it:
facts, changes and salt go, so that the digest can't be guessed back; digest, seal, name, time and doer stay.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa

from core import hooks
from core.approvals.models import Approval, ApprovalVote
from core.audit import ERASED, ranges
from core.checklists.models import Checklist, ChecklistAnswer, ChecklistVersion
from core.checklists.template import TEXT, read_template
from core.context import Ctx
from core.contributions import PersonalData
from core.db import take_changes, transaction
from core.documents.services import empty_documents
from core.errors import Conflict, Invalid, NotFound
from core.events import QUEUED, RUNNING, Delivery, Event, EventLink, RecordRef, emit
from core.files import StoredFile, delete_file
from core.i18n import _
from core.mail.services import erase_mail
from core.merging import Merge
from core.notifications import Notification
from core.search.index import SearchEntry, SearchGram
from core.settings import get_setting

RIGHT = "core.person.erase"
KEEP_DAYS = "core.erasure.keep_days"
KEPT_BY_LAW = "core.erasure.kept_by_law"
_AT_ONCE = 500


def what_is_held(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """What every module holds about a person. Raises Conflict when one can't say, NotFound when nobody holds anything.

    Needs ``core.person.erase``.
    """
    ctx.require(RIGHT)
    answers = hooks.collect(ctx, "personal_data", disabled_too=True, ref=ref)
    _all_answered(ctx, answers)
    held = [item for answer in answers for item in answer.value]
    if not held:
        raise NotFound("nothing_personal", _("No module holds personal data under this record."))
    return held


def must_stay_until(ctx: Ctx, held: Iterable[PersonalData]) -> dt.date | None:
    """The day until which the company keeps such records by its setting; None when the time is over."""
    newest = max((item.newest for item in held if item.newest is not None), default=None)
    if newest is None:
        return None
    until = newest.astimezone(ctx.tz).date() + dt.timedelta(days=get_setting(ctx, KEEP_DAYS))
    return until if until > ctx.today else None


def erase_person(ctx: Ctx, ref: RecordRef, reason: str) -> int:
    """Remove a person's data from every module and from the events that tell of it; answers how many events.

    Raises Invalid without a reason, and Conflict while the records must be kept, a module fails, or the worker has yet
    to deal with one of the events. Then nothing was removed.
    """
    ctx.require(RIGHT)
    reason = reason.strip()
    if not reason:
        raise Invalid("reason_missing", _("Say why the data is erased, without naming the person."), "reason")
    with transaction(ctx):
        held = what_is_held(ctx, ref)
        until = must_stay_until(ctx, held)
        if until is not None:
            raise Conflict(
                "kept_by_law",
                _("These records must be kept until {day} (setting “{key}”).", day=until.isoformat(), key=KEEP_DAYS),
            )
        refs = sorted({(r.kind, r.id) for item in held for r in item.refs} | {(ref.kind, ref.id)})
        rows = remove_from_rows(ctx, ref, refs)
        numbers = sorted({n for kind, n in _events_of(ctx, refs)})
        _nothing_waits(ctx, numbers)
        _empty(ctx, numbers)
        _forget(ctx, refs)
        emit(ctx, ERASED, ref, reason=reason, events=ranges(numbers), emptied=len(numbers), rows=rows)
        return len(numbers)


def _all_answered(ctx: Ctx, answers: list[hooks.Answer]) -> None:
    failed = next((a for a in answers if a.error), None)
    if failed is not None:
        module = ctx.registry.plugin_label(failed.plugin)
        text = _("The module “{module}” could not do its part. Nothing was erased.", module=module)
        raise Conflict("erasure_failed", text)


def remove_from_rows(ctx: Ctx, ref: RecordRef, refs: list[tuple[str, int]]) -> dict[str, int]:
    """Let every module remove its part, and the core its own: files on the records, words of approvals and answers,
    documents, mail.

    Answers table → how many rows. What stood there is not told by any event.
    """
    waiting = len(ctx.session.info.get("pending_events", ()))
    _all_answered(ctx, hooks.collect(ctx, "erase_person", disabled_too=True, ref=ref))
    if len(ctx.session.info.get("pending_events", ())) != waiting:
        raise RuntimeError("erase_person must not emit: what it changes would be told with the values that go")
    for kind, number in refs:
        for file in ctx.session.scalars(
            sa.select(StoredFile).where(StoredFile.record_kind == kind, StoredFile.record_id == number)
        ):
            delete_file(ctx, file)
        for asked in ctx.session.scalars(
            sa.select(Approval).where(Approval.record_kind == kind, Approval.record_id == number)
        ):
            asked.title, asked.reason, asked.ended_why = asked.record_number, "", ""
            asked.entered = None
            for vote in ctx.session.scalars(sa.select(ApprovalVote).where(ApprovalVote.approval_id == asked.id)):
                vote.reason = ""
        _empty_answers(ctx, kind, number)
        empty_documents(ctx, kind, number)
        erase_mail(ctx, kind, number)
    changed = take_changes(ctx.session)
    return dict(Counter(change["table"] for change in changed))


def _empty_answers(ctx: Ctx, kind: str, number: int) -> None:
    """Remarks go, and answers in words; what was ticked, chosen or measured stays."""
    query = (
        sa.select(ChecklistAnswer, ChecklistVersion.body)
        .join(Checklist, Checklist.id == ChecklistAnswer.checklist_id)
        .join(ChecklistVersion, ChecklistVersion.id == Checklist.version_id)
        .where(Checklist.record_kind == kind, Checklist.record_id == number)
    )
    for answer, body in ctx.session.execute(query):
        answer.remark = ""
        items = read_template(body, body.get("gates") or ()).items
        if answer.value and any(item.code == answer.item and item.type == TEXT for item in items):
            answer.value = "–"


def _events_of(ctx: Ctx, refs: list[tuple[str, int]]) -> Iterable[tuple[str, int]]:
    """(kind, number) of the events about these records, or shown on their timelines, that still say something."""
    by_kind: dict[str, list[int]] = {}
    for kind, number in refs:
        by_kind.setdefault(kind, []).append(number)
    for kind, ids in by_kind.items():
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            own = sa.select(Event.id).where(Event.record_kind == kind, Event.record_id.in_(some))
            linked = (
                sa.select(Event.id)
                .join(EventLink, EventLink.event_id == Event.id)
                .where(EventLink.record_kind == kind, EventLink.record_id.in_(some))
            )
            for query in (own, linked):
                query = query.where(Event.salt.is_not(None), Event.name != ERASED)
                yield from ((kind, number) for number in ctx.session.scalars(query))


def _nothing_waits(ctx: Ctx, numbers: list[int]) -> None:
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        waiting = sa.select(Delivery.id).where(Delivery.event_id.in_(some), Delivery.state.in_((QUEUED, RUNNING)))
        if ctx.session.scalar(waiting.limit(1)) is not None:
            text = _("The worker is not done with the newest events about this person. Try again in a minute.")
            raise Conflict("deliveries_waiting", text)


def _empty(ctx: Ctx, numbers: list[int]) -> None:
    for start in range(0, len(numbers), _AT_ONCE):
        ctx.session.execute(
            sa.update(Event)
            .where(Event.id.in_(numbers[start : start + _AT_ONCE]))
            .values(facts={}, changes=[], salt=None)
            .execution_options(synchronize_session=False)
        )


def _forget(ctx: Ctx, refs: list[tuple[str, int]]) -> None:
    """Lines in inboxes, what the search knows (the worker indexes what is left), and what merged records said."""
    for kind, number in refs:
        merged = sa.update(Merge).where(
            Merge.kind == kind, sa.or_(Merge.duplicate_id == number, Merge.target_id == number)
        )
        ctx.session.execute(merged.values(fields={}, final=True), execution_options={"synchronize_session": False})
        entries = sa.select(SearchEntry.id).where(SearchEntry.kind == kind, SearchEntry.record_id == number)
        for gone in (
            sa.delete(Notification).where(Notification.record_kind == kind, Notification.record_id == number),
            sa.delete(SearchGram).where(SearchGram.entry_id.in_(entries)),
            sa.delete(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.record_id == number),
        ):
            ctx.session.execute(gone, execution_options={"synchronize_session": False})
