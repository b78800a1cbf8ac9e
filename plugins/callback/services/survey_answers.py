"""What a customer answers on a card, by whichever way: kept once, scored, and a bad score seen to at once.

``answer`` is what the calling screen calls for somebody on the phone; pages for the link and for paper call it, too.
"""

from __future__ import annotations

from typing import Any

from core.api import (
    N_,
    SYSTEM,
    Conflict,
    Ctx,
    DomainError,
    Invalid,
    RecordRef,
    _,
    ask,
    both,
    bulk_insert,
    emit,
    rule,
    transaction,
)
from plugins.base.contracts import ComplaintTold
from plugins.callback.models.surveys import GIVEN, Invitation, Mark, Response
from plugins.callback.queries import survey_people, surveys
from plugins.callback.rules import surveys as rules
from plugins.callback.services.survey_cards import links_of, questions_of
from plugins.callback.services.survey_tasks import open_case
from plugins.callback.survey_contracts import GIVEN_WORDS, INVITATION, GivenData
from plugins.callback.survey_life import ANSWER

LONGEST_COMMENT = 4000
YES_NO = {"yes": N_("Yes"), "no": N_("No")}


def answer(ctx: Ctx, invitation_id: int, data: GivenData) -> Response:
    """Keep what was answered on a card. Raises Conflict for a card that was answered already, was left out, is over.

    By the link nobody needs a right, but the card's last day counts; by phone and from paper a person of the company
    enters it while the campaign is under way. Invalid names the question by its key.
    """
    if data.channel not in GIVEN:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.channel[:40]), "channel")
    if data.channel != "link":
        ctx.require(ANSWER)
    with transaction(ctx):
        row = surveys.get_card(ctx, invitation_id, lock=True)
        require_open(ctx, row, data.channel)
        given = _read(row, data)
        comment = data.comment.strip()
        if len(comment) > LONGEST_COMMENT:
            message = _("At most {n} characters; this has {length}.", n=LONGEST_COMMENT, length=len(comment))
            raise Invalid("too_long", message, "comment")
        if not comment and not any(g.value for g in given):
            raise Invalid("nothing_said", _("Nothing is answered yet."), "comment")
        response = _keep(ctx, row, data, given, comment)
        acting = ctx if data.channel != "link" else ctx.as_actor(SYSTEM)
        emit(
            acting, "callback.answered", row, links=links_of(row), title=row.campaign.title,
            how=both(GIVEN_WORDS[data.channel]), average=row.average if row.average is not None else "–",
        )  # fmt: skip
        _follow(acting, row, response)
        return response


def why_closed(ctx: Ctx, row: Invitation, channel: str) -> str:
    """The code of why nothing can be answered on a card any more; empty while it can."""
    if row.state == "answered":
        return "answered_already"
    if row.state == "left_out":
        return "left_out"
    if row.campaign.state != "running":
        return "campaign_over"
    return "expired" if channel == "link" and row.valid_until < ctx.today else ""


def require_open(ctx: Ctx, row: Invitation, channel: str) -> None:
    """Raises Conflict with the reason when nothing can be answered on a card any more."""
    why = why_closed(ctx, row, channel)
    words = {
        "answered_already": N_("This card was answered already; that answer stands."),
        "left_out": N_("Nobody is asked on this card: it was left out."),
        "campaign_over": N_("The campaign is over; nothing is taken in any more."),
        "expired": N_("The last day for answering was {day}."),
    }
    if why:
        raise Conflict(why, _(words[why], day=row.valid_until))


def _read(row: Invitation, data: GivenData) -> list[rules.Given]:
    words = {code: both(text) for code, text in YES_NO.items()}
    try:
        return rules.read_answers(questions_of(row), data.values, words)
    except rules.BadAnswer as error:
        raise Invalid(f"answer_{error.why}", _bad_words(error), error.key) from None


def _bad_words(error: rules.BadAnswer) -> str:
    if error.why == "missing":
        return _("This question needs an answer.")
    if error.why == "long":
        return _("At most {n} characters; this has {length}.", n=rules.LONGEST_TEXT, length=error.value)
    if error.why == "number":
        return _("“{value}” is no number; write it like 12 or 12.5.", value=error.value)
    if error.why == "range":
        return _("A number from {lowest} to {highest} is needed.", lowest=error.bounds[0], highest=error.bounds[1])
    return _("“{value}” is not one of the choices.", value=error.value)


def _keep(ctx: Ctx, row: Invitation, data: GivenData, given: list[rules.Given], comment: str) -> Response:
    staff = data.channel != "link"
    response = Response(
        invitation_id=row.id, at=ctx.now, channel=data.channel, language=(data.language or ctx.locale)[:10],
        by_id=ctx.actor.user_id if staff else None, by_name=ctx.actor.name[:120] if staff else "",
        answers=[
            {"key": g.key, "kind": g.kind, **g.label, "value": list(g.value), "words": dict(g.words)} for g in given
        ],
        comment=comment, wants_call=data.wants_call,
    )  # fmt: skip
    row.state, row.answered_at = "answered", ctx.now
    row.answered_month = rules.first_of_month(ctx.today)
    row.lowest, row.average = rules.score(given)
    ctx.session.add(response)
    ctx.session.flush()
    marks = [{"invitation_id": row.id, "question": g.key, "points": g.points} for g in given if g.points is not None]
    bulk_insert(ctx, Mark, marks)
    return response


# --- a bad score ----------------------------------------------------------------------------------------------------


def _follow(ctx: Ctx, row: Invitation, response: Response) -> None:
    """Do what the company's table says of such an answer: a complaint, or where nobody takes one in, a task."""
    klass = row.customer.klass if row.customer is not None else ""
    facts = {
        "survey": row.version.survey.code, "channel": response.channel, "lowest": row.lowest, "average": row.average,
        "wants_call": response.wants_call, "customer_class": klass or None,
    }  # fmt: skip
    outputs = rule(ctx, "callback.survey_scores", facts, record=row).outputs or {}
    row.bad = bool(outputs.get("bad"))
    follow = outputs.get("follow") or "nothing"
    if follow == "nothing":
        return
    ref = _complain(ctx, row, response) if follow == "complaint" else None
    number = ""
    if ref is None:
        task = open_case(ctx, row, _subject(row, response), _text(row, response), str(outputs.get("role") or ""))
        ref, number = RecordRef("callback.survey_task", task.id), task.number
    number = number or survey_people.names_of_records(ctx, [ref]).get(ref, "")
    row.follow_kind, row.follow_ref = ref.kind, ref.id
    emit(ctx, "callback.followed_up", row, links=[*links_of(row), ref], number=number)


def _complain(ctx: Ctx, row: Invitation, response: Response) -> RecordRef | None:
    """The complaint that was opened; None where nobody takes one in, or what was said can't be one there."""
    told = ComplaintTold(
        _subject(row, response), _text(row, response), f"{INVITATION}:{row.id}", about=RecordRef(INVITATION, row.id),
        about_number=row.case_number or row.campaign.title[:60], written=response.channel != "phone",
        customer_id=row.customer_id, device_id=row.device_id, product_id=row.product_id,
        person_name=row.person_name, person_phone=row.person_phone,
    )  # fmt: skip
    try:
        with ctx.session.begin_nested():
            return ask(ctx, "open_complaint", told=told)
    except DomainError:
        return None  # what the customer said is kept; a task sees to it


def _subject(row: Invitation, response: Response) -> str:
    first = response.comment.splitlines()[0][:80] if response.comment else ""
    about = " ".join(filter(None, (row.case_subject, row.case_number))) or row.campaign.title
    if row.bad:
        return (_("{what} ({about})", what=first, about=about) if first else _("Bad score: {about}", about=about))[:200]
    return _("Wants to be called: {about}", about=about)[:200]


def _text(row: Invitation, response: Response) -> str:
    language = "en" if response.language == "en" else "zh"
    lines = [_said(line, language) for line in response.answers if line["value"]]
    called = [_("Wants to be called.")] if response.wants_call else []
    return "\n".join([*filter(None, [response.comment]), *lines, *called])


def _said(line: dict[str, Any], language: str) -> str:
    return f"{rules.in_language(line, language)}: {rules.in_language(line['words'], language)}"
