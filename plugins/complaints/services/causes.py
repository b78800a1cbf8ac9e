"""The company's tree of root causes, and the cause of a complaint with those who are held to account (QMS-4)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa

from core.api import Conflict, Ctx, Invalid, _, check_version, emit, read_data_file, transaction
from plugins.complaints import following, queries, rules
from plugins.complaints.contracts import CauseData, CauseFound
from plugins.complaints.life import HANDLE
from plugins.complaints.models import OPEN_STATES, Cause, Complaint
from plugins.complaints.services.common import required, to_change
from plugins.complaints.services.judging import count_repeats, judge_again, note_repeats

EDIT = "complaints.cause.edit"
_SHIPPED = Path(__file__).parents[1] / "data" / "causes.yaml"


def save_cause(ctx: Ctx, data: CauseData, *, version: int | None = None) -> Cause:
    """Add a cause to the tree or change one; one that is in use is made inactive, never removed."""
    ctx.require(EDIT)
    with transaction(ctx):
        code = required(data.code, "code", _("Give the cause a code."), 40)
        name = required(data.name, "name", _("Give the cause a name."), 120)
        cause = following.get_cause(ctx, data.id) if data.id else None
        if cause is not None:
            check_version(cause, version)
        same = ctx.session.scalar(sa.select(Cause).where(Cause.code == code))
        if same is not None and same is not cause:
            raise Invalid("code_taken", _("Another cause has the code {code} already.", code=code), "code")
        parents = following.tree(ctx).parents
        if data.parent_id is not None and data.parent_id not in parents:
            raise Invalid("unknown_cause", _("There is no such cause."), "parent_id")
        if cause is not None and data.parent_id in rules.below(parents, cause.id):
            raise Invalid("circle", _("A cause can't stand below itself."), "parent_id")
        if data.unit_id is not None and queries.find_unit(ctx, data.unit_id) is None:
            raise Invalid("unknown_department", _("Choose one of the departments."), "unit_id")
        cause = cause or Cause(code=code)
        cause.code, cause.name, cause.parent_id, cause.unit_id = code, name, data.parent_id, data.unit_id
        cause.needs_action, cause.active = data.needs_action, data.active
        ctx.session.add(cause)
        ctx.session.flush()
        emit(ctx, "complaints.cause_saved", cause, name=name, code=code)
        return cause


def load_shipped_causes(ctx: Ctx) -> None:
    """Give a company that has no causes yet those that come with the module, in its own language."""
    with transaction(ctx):
        if ctx.session.scalar(sa.select(Cause.id).limit(1)) is not None:
            return
        language = "zh" if ctx.locale.startswith("zh") else "en"
        ids: dict[str, int] = {}
        for given in _shipped_causes():
            cause = Cause(
                code=given["code"],
                name=given["name"][language],
                parent_id=ids.get(given.get("under", "")),
                needs_action=bool(given.get("needs_action")),
                active=True,
            )
            ctx.session.add(cause)
            ctx.session.flush()
            ids[given["code"]] = cause.id
        emit(ctx, "complaints.causes_loaded", causes=len(ids))


@cache
def _shipped_causes() -> list[dict]:
    return read_data_file(_SHIPPED)["causes"]


def set_cause(ctx: Ctx, complaint_id: int, found: CauseFound, *, version: int | None = None) -> Complaint:
    """Say what the root cause was and who is responsible; repeats are counted anew, since the cause is known now."""
    ctx.require(HANDLE)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        put_cause(ctx, complaint, found)
        return complaint


def put_cause(ctx: Ctx, complaint: Complaint, found: CauseFound) -> None:
    """Write a cause down on a complaint that is open; severity, limits and duty follow if it proves a repeat."""
    if complaint.state not in OPEN_STATES:
        raise Conflict("not_open", _("{number} is closed. Reopen it first.", number=complaint.number))
    tree = following.tree(ctx)
    cause = tree.by_id.get(found.cause_id)
    if cause is None or not (cause.active or cause.id == complaint.cause_id):
        raise Invalid("unknown_cause", _("Choose one of the causes."), "cause_id")
    unit_id = found.unit_id or tree.department_of(cause.id)
    if found.unit_id is not None and queries.find_unit(ctx, found.unit_id) is None:
        raise Invalid("unknown_department", _("Choose one of the departments."), "responsible_unit_id")
    name = queries.active_member_name(ctx, found.user_id) if found.user_id else ""
    if name is None:
        raise Invalid("unknown_person", _("Choose somebody who works here."), "responsible_id")
    complaint.cause_id, complaint.responsible_unit_id = cause.id, unit_id
    complaint.responsible_id = found.user_id
    before = count_repeats(ctx, complaint)
    who = "，".join if ctx.locale.startswith("zh") else ", ".join
    emit(
        ctx,
        "complaints.cause_found",
        complaint,
        number=complaint.number,
        cause=tree.path_words(cause.id),
        cause_id=cause.id,
        responsible=who([n for n in (queries.unit_name(ctx, unit_id), name) if n]) or _("nobody"),
    )
    note_repeats(ctx, complaint, before=before)
    if complaint.repeats != before:
        judge_again(ctx, complaint)
