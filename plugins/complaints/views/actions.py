"""What may be done to a complaint: each a form on its page. What was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, request, url_for

from core.api import Ctx, Invalid, _
from core.web_api import carry_out, current_ctx, flash_error, needs, record_id
from plugins.complaints import life, queries, services
from plugins.complaints.contracts import ActionData, CauseFound, Classification, MeetingData
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

    def complaint() -> Complaint:
        return queries.get_complaint(ctx, record_id)

    form: Any = MAKERS[action](ctx, complaint())
    return carry_out(
        form,
        lambda: ACTIONS[action](ctx, record_id, form),
        str,
        url_for("complaints.complaint_page", record_id=record_id),
        lambda extra, status: page_of(ctx, complaint(), failed=form, action=action, extra=extra, status=status),
        complaint,
    )


def _right(action: str) -> str:
    """What an action needs at least; the service asks for more where it matters who does it to whom."""
    others = {
        "assign": life.HANDLE, "note": life.VIEW, "cause": life.HANDLE, "delegate": life.MEET, "meet": life.MEET,
        "link": life.HANDLE, "unlink": life.HANDLE, "answer_group": life.HANDLE, "close_group": life.CLOSE,
        "action": life.WORK_ACTIONS, "no_action": life.HANDLE, "reward": life.HANDLE,
        "progress": life.HANDLE, "steps_on": life.HANDLE, "steps_off": life.HANDLE,
    }
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
    services.write_findings(ctx, complaint_id, form.findings.data, _found(form), version=form.seen)
    return _("Findings written down")


def _reply(ctx: Ctx, complaint_id: int, form) -> str:
    told = bool(form.silence_told.data) if "silence_told" in form else False
    services.reply(
        ctx,
        complaint_id,
        form.text.data,
        form.channel.data,
        silence_told=told,
        outcome=form.outcome.data or "",
        mail_to=form.mail_to.data or "" if "mail_to" in form else "",
        mail_subject=form.mail_subject.data or "" if "mail_to" in form else "",
        mail_locale=(form.mail_locale.data or None) if "mail_to" in form else None,
        version=form.seen,
    )
    if "mail_to" in form and form.mail_to.data:
        return _("Answer recorded; it is on its way to {email}", email=form.mail_to.data)
    return _("Answer recorded")


def _confirm(ctx: Ctx, complaint_id: int, form) -> str:
    done = services.confirm_content(ctx, complaint_id, form.outcome.data or "", version=form.seen)
    if done.state == "closed":
        return _("The customer is content; {number} is closed", number=done.number)
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


def _found(form) -> CauseFound | None:
    if not form.cause_id.data:
        return None
    return CauseFound(form.cause_id.data, form.responsible_unit_id.data or None, form.responsible_id.data or None)


def _cause(ctx: Ctx, complaint_id: int, form) -> str:
    found = _found(form)
    if found is None:
        raise Invalid("cause_missing", _("Choose one of the causes."), "cause_id")
    services.set_cause(ctx, complaint_id, found, version=form.seen)
    return _("Root cause recorded")


def _delegate(ctx: Ctx, complaint_id: int, form) -> str:
    done = services.name_delegate(ctx, complaint_id, form.user_id.data, form.reason.data, version=form.seen)
    return _("{name} meets the customer", name=queries.active_member_name(ctx, done.delegate_id or 0) or "")


def _meet(ctx: Ctx, complaint_id: int, form) -> str:
    given = MeetingData(form.how.data, form.met_at.data, form.who_id.data, form.note.data or "")
    services.record_meeting(ctx, complaint_id, given, version=form.seen)
    return _("Meeting recorded")


def _link(ctx: Ctx, complaint_id: int, form) -> str:
    services.link_complaint(ctx, complaint_id, form.lead_number.data, version=form.seen)
    return _("Linked to {number}", number=form.lead_number.data.strip())


def _unlink(ctx: Ctx, complaint_id: int, form) -> str:
    services.unlink_complaint(ctx, complaint_id, version=form.seen)
    return _("No longer linked")


def _told_how_many(done: int, problems: list[str], words: str) -> str:
    for text in problems[:5]:
        flash_error(Invalid("refused", text))
    return words.format(count=done)


def _answer_group(ctx: Ctx, complaint_id: int, form) -> str:
    done, problems = services.answer_group(ctx, complaint_id, form.text.data, form.channel.data or "")
    return _told_how_many(done, problems, _("Customers answered: {count}"))


def _close_group(ctx: Ctx, complaint_id: int, form) -> str:
    done, problems = services.close_group(ctx, complaint_id, form.outcome.data or "", form.outcome_text.data or "")
    return _told_how_many(done, problems, _("Complaints closed: {count}"))


def _action(ctx: Ctx, complaint_id: int, form) -> str:
    data = ActionData(
        form.title.data,
        form.kind.data,
        form.text.data or "",
        form.cause_id.data or None,
        (complaint_id,),
        form.unit_id.data or None,
        form.assignee_id.data or None,
        form.due_on.data,
    )
    return _("Action {number} opened", number=services.open_action(ctx, data).number)


def _no_action(ctx: Ctx, complaint_id: int, form) -> str:
    services.need_no_action(ctx, complaint_id, form.reason.data, version=form.seen)
    return _("Reason recorded")


def _reward(ctx: Ctx, complaint_id: int, form) -> str:
    services.propose_reward(ctx, complaint_id, form.gift.data, form.value.data, form.reason.data or "")
    return _("Gift proposed")


def _progress(ctx: Ctx, complaint_id: int, form) -> str:
    mail_to = form.mail_to.data or "" if "mail_to" in form else ""
    services.tell_progress(
        ctx,
        complaint_id,
        form.text.data,
        form.channel.data,
        expected_at=form.expected_at.data,
        mail_to=mail_to,
        call_id=record_id(form.call_id.data),
        once=(form.token.data or "")[:40] or None,
        version=form.seen,
    )
    if mail_to:
        return _("It is on its way to {email}", email=mail_to)
    return _("It is on record that the customer was told")


def _steps_on(ctx: Ctx, complaint_id: int, form) -> str:
    services.tell_of_steps(ctx, complaint_id, True, version=form.seen)
    return _("The customer is told of each step again")


def _steps_off(ctx: Ctx, complaint_id: int, form) -> str:
    services.tell_of_steps(ctx, complaint_id, False, version=form.seen)
    return _("The customer is no longer told of each step")


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
    "progress": _progress,
    "steps_on": _steps_on,
    "steps_off": _steps_off,
    "cause": _cause,
    "delegate": _delegate,
    "meet": _meet,
    "link": _link,
    "unlink": _unlink,
    "answer_group": _answer_group,
    "close_group": _close_group,
    "action": _action,
    "no_action": _no_action,
    "reward": _reward,
}
