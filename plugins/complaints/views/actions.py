"""What may be done to a complaint: each a form on its page. What was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, request, url_for

from core.api import Conflict, Ctx, DomainError, _, changed_since
from core.web_api import current_ctx, flash_done, moment, needs, timeline_items
from plugins.complaints import life, queries, services
from plugins.complaints.contracts import Classification
from plugins.complaints.models import Complaint
from plugins.complaints.views.blueprint import blueprint
from plugins.complaints.views.record import MAKERS, page_of


@blueprint.post("/<int:record_id>/<action>")
@needs(life.VIEW)
def complaint_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    ctx = current_ctx()
    if action not in MAKERS:
        abort(404)
    ctx.require(_right(action))
    complaint = queries.get_complaint(ctx, record_id)
    form: Any = MAKERS[action](ctx, complaint)
    if not form.validate():
        return page_of(ctx, complaint, failed=form, action=action, status=422)
    try:
        done = ACTIONS[action](ctx, record_id, form)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        complaint = queries.get_complaint(ctx, record_id)
        extra = form.refuse(error)
        if isinstance(error, Conflict) and error.code == "stale":
            extra += _meanwhile(ctx, complaint, form.seen or 0)
            form.version.raw_data, form.version.data = None, complaint.version
        return page_of(ctx, complaint, failed=form, action=action, extra=extra, status=error.status)
    flash_done(done)
    return redirect(url_for("complaints.complaint_page", record_id=record_id))


def _meanwhile(ctx: Ctx, complaint: Complaint, seen: int) -> list[str]:
    """What the others did to the complaint since this person opened it, the newest first."""
    done = timeline_items(ctx, changed_since(ctx, complaint, seen))
    return [
        _("{name}, {time}: {what}", name=item.who, time=moment(item.at, ctx.now, ctx.tz, today=True), what=item.text)
        for item in done
    ]


def _right(action: str) -> str:
    """What an action needs at least; the service asks for more where it matters who does it to whom."""
    others = {"assign": life.HANDLE, "note": life.VIEW}
    return others[action] if action in others else life.WORKFLOW.transition(action).permission


def _classify(ctx: Ctx, complaint_id: int, form) -> str:
    given = Classification(
        category=form.category.data,
        nature=form.nature.data or "",
        severity=form.severity.data or "",
        kind=form.kind.data,
        region=form.region.data or "",
        injury=form.injury.data,
        in_batch=form.in_batch.data,
        unusable=form.unusable.data,
    )
    done = services.classify(ctx, complaint_id, given, version=form.seen)
    return _said(ctx, done, _("Classified; {department} has it now"))


def _said(ctx: Ctx, complaint: Complaint, text: str) -> str:
    return text.format(department=queries.unit_name(ctx, complaint.unit_id))


def _assign(ctx: Ctx, complaint_id: int, form) -> str:
    done = services.assign(ctx, complaint_id, form.user_id.data, version=form.seen)
    return _("Given to {name}", name=queries.active_member_name(ctx, done.assignee_id or 0) or "")


def _hand_on(ctx: Ctx, complaint_id: int, form) -> str:
    done = services.hand_on(
        ctx, complaint_id, form.unit_id.data, form.reason.data, user_id=form.user_id.data or None, version=form.seen
    )
    return _said(ctx, done, _("Handed on to {department}"))


def _hand_back(ctx: Ctx, complaint_id: int, form) -> str:
    services.hand_back(ctx, complaint_id, form.reason.data, version=form.seen)
    return _("Handed back to be classified again")


def _find(ctx: Ctx, complaint_id: int, form) -> str:
    services.write_findings(ctx, complaint_id, form.findings.data, version=form.seen)
    return _("Findings written down")


def _reply(ctx: Ctx, complaint_id: int, form) -> str:
    services.reply(ctx, complaint_id, form.text.data, form.channel.data, version=form.seen)
    return _("Answer recorded")


def _confirm(ctx: Ctx, complaint_id: int, form) -> str:
    services.confirm_content(ctx, complaint_id, version=form.seen)
    return _("The customer is content; it can be closed")


def _object(ctx: Ctx, complaint_id: int, form) -> str:
    services.object_to_reply(ctx, complaint_id, form.reason.data, version=form.seen)
    return _("Back to work")


def _close(ctx: Ctx, complaint_id: int, form) -> str:
    waive = {k.removeprefix("waive-"): v for k, v in request.form.items() if k.startswith("waive-") and v.strip()}
    done = services.close_complaint(
        ctx, complaint_id, form.outcome.data or "", form.outcome_text.data or "", waive=waive, version=form.seen
    )
    return _("{number} closed", number=done.number)


def _reopen(ctx: Ctx, complaint_id: int, form) -> str:
    return _(
        "{number} is open again",
        number=services.reopen_complaint(ctx, complaint_id, form.reason.data, version=form.seen).number,
    )


def _withdraw(ctx: Ctx, complaint_id: int, form) -> str:
    return _(
        "{number} withdrawn",
        number=services.withdraw_complaint(ctx, complaint_id, form.reason.data, version=form.seen).number,
    )


def _duplicate(ctx: Ctx, complaint_id: int, form) -> str:
    services.mark_duplicate(ctx, complaint_id, form.of_number.data, version=form.seen)
    return _("Marked as a duplicate of {number}", number=form.of_number.data)


def _note(ctx: Ctx, complaint_id: int, form) -> str:
    services.add_note(ctx, complaint_id, form.text.data)
    return _("Remark added")


ACTIONS: dict[str, Callable[[Ctx, int, Any], str]] = {
    "classify": _classify,
    "assign": _assign,
    "hand_on": _hand_on,
    "hand_back": _hand_back,
    "find": _find,
    "reply": _reply,
    "confirm": _confirm,
    "object": _object,
    "close": _close,
    "reopen": _reopen,
    "withdraw": _withdraw,
    "duplicate": _duplicate,
    "note": _note,
}
