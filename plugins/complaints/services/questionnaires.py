"""Questionnaires that lie beside products; what customers send by them becomes a complaint or a suggestion (GS-21)."""

from __future__ import annotations

import re
import secrets

import sqlalchemy as sa

from core.api import SYSTEM, Ctx, Invalid, NotFound, _, check_version, emit, transaction
from plugins.base import queries as base_queries
from plugins.complaints import following, queries, rules
from plugins.complaints.contracts import GRADES, MATTER_WORDS, AnswerData, ComplaintData, QuestionnaireData
from plugins.complaints.models import Answer, Questionnaire
from plugins.complaints.services.common import links_of, required
from plugins.complaints.services.opening import open_complaint

EDIT = "complaints.questionnaire.edit"
MOST_QUESTIONS = 20
LONGEST_TEXT, LONGEST_ANSWER = 4000, 1000
_KEY = re.compile(r"[0-9a-f]{24}")


def save_questionnaire(ctx: Ctx, data: QuestionnaireData, *, version: int | None = None) -> Questionnaire:
    """Add a questionnaire, or change one. Its address stays, since it is on paper; answers keep their questions."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = following.get_questionnaire(ctx, data.id) if data.id else None
        if row is not None:
            check_version(row, version)
        title = required(data.title_zh, "title_zh", _("Give the questionnaire a title."), 120)
        product = base_queries.product_by_code(ctx, data.product_code.strip()) if data.product_code.strip() else None
        if data.product_code.strip() and product is None:
            message = _("There is no product with the code {code}.", code=data.product_code.strip())
            raise Invalid("unknown_product", message, "product_code")
        if data.category and data.category not in _categories(ctx):
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.category), "category")
        row = row or Questionnaire(token=secrets.token_urlsafe(16))
        row.title_zh, row.title_en = title, data.title_en.strip()[:120]
        row.intro_zh, row.intro_en = data.intro_zh.strip(), data.intro_en.strip()
        row.questions = _questions(data.questions)
        row.product_id = product.id if product else None
        row.category, row.valid_until, row.active = data.category, data.valid_until, data.active
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "complaints.questionnaire_saved", row, title=title)
        return row


def receive_answer(ctx: Ctx, questionnaire_id: int, data: AnswerData) -> Answer:
    """Take in what a customer sent, who needs no right for it: NotFound when the questionnaire is not open.

    The same ``key`` twice answers the first one. A serial number is kept as it was said; the unit is named only
    when the phone number is one of its customer's, so that nobody speaks in another's name.
    """
    with transaction(ctx):
        row = ctx.session.scalar(
            sa.select(Questionnaire).where(Questionnaire.id == questionnaire_id).with_for_update()
        )  # locked, so that the same answer sent twice at once is seen by the second
        if row is None or not following.is_open(ctx, row):
            raise NotFound("unknown_questionnaire", _("There is no such questionnaire."))
        known = following.answer_by_key(ctx, data.key)
        if known is not None:
            return known
        if not _KEY.fullmatch(data.key):
            raise Invalid("bad_key", _("Open the page anew and send it again."))
        if data.matter not in MATTER_WORDS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.matter[:40]), "matter")
        text = data.text.strip()
        if len(text) > LONGEST_TEXT:
            message = _("At most {n} characters; this has {length}.", n=LONGEST_TEXT, length=len(text))
            raise Invalid("text_too_long", message, "text")
        answers = _answers(row, data.answers)
        if not text and not any(a["answer"] for a in answers):
            raise Invalid("text_missing", _("Say in a few words what it is about."), "text")
        system = ctx.as_actor(SYSTEM)
        complaint = open_complaint(system, _as_complaint(ctx, row, data, text))
        answer = Answer(
            questionnaire_id=row.id,
            complaint_id=complaint.id,
            key=data.key,
            matter=data.matter,
            serial=data.serial.strip()[:120],
            answers=answers,
            at=ctx.now,
        )
        ctx.session.add(answer)
        ctx.session.flush()
        emit(
            system, "complaints.questionnaire_answered", complaint, links=links_of(complaint),
            number=complaint.number, title=row.title_zh,
        )
        return answer


def _as_complaint(ctx: Ctx, row: Questionnaire, data: AnswerData, text: str) -> ComplaintData:
    unit = base_queries.unit_by_serial(ctx, data.serial) if data.serial.strip() and data.person_phone.strip() else None
    digits = rules.reversed_digits(data.person_phone)
    if unit is not None and unit.customer_id is not None:
        own = {p.reversed_digits for p in base_queries.phones_of(ctx, unit.customer_id)}
        unit = unit if len(digits) >= 7 and any(digits.startswith(o) or o.startswith(digits) for o in own) else None
    else:
        unit = None
    first_line = text.splitlines()[0] if text else following.title_of(row, ctx.locale)
    return ComplaintData(
        first_line[:80],
        text,
        kind="complaint" if data.matter == "complaint" else "suggestion",
        channel="questionnaire",
        device_id=unit.id if unit else None,
        product_id=row.product_id if unit is None else None,
        person_name=data.person_name.strip()[:120],
        person_phone=data.person_phone.strip()[:60],
        category=row.category if row.category in _categories(ctx) else "",
        external_key=f"questionnaire:{data.key}",
    )


def _answers(row: Questionnaire, given: tuple[str, ...]) -> list[dict]:
    """The questions with what was answered, in their order; Invalid at ``q<n>`` for what can't be an answer."""
    found = []
    for number, question in enumerate(row.questions):
        text = given[number].strip() if number < len(given) else ""
        field = f"q{number}"
        if not text and question["required"]:
            raise Invalid("answer_missing", _("This question needs an answer."), field)
        if len(text) > LONGEST_ANSWER:
            message = _("At most {n} characters; this has {length}.", n=LONGEST_ANSWER, length=len(text))
            raise Invalid("answer_too_long", message, field)
        if text and question["kind"] == "grade" and text not in {str(g) for g in GRADES}:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=text[:40]), field)
        if text and question["kind"] == "choice":
            if not text.isascii() or not text.isdigit() or int(text) >= len(question["choices"]):
                raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=text[:40]), field)
            text = question["choices"][int(text)]["zh"]
        found.append({"zh": question["zh"], "en": question["en"], "answer": text})
    return found


def _questions(text: str) -> list[dict]:
    try:
        found = rules.read_questions(text)
    except ValueError as error:
        message = _("Line {n} is no question. Write it like: text: Chinese | English", n=error.args[0])
        raise Invalid("bad_question", message, "questions") from None
    if len(found) > MOST_QUESTIONS:
        message = _("At most {n} questions; these are {count}.", n=MOST_QUESTIONS, count=len(found))
        raise Invalid("too_many", message, "questions")
    return found


def _categories(ctx: Ctx) -> set[str]:
    return {c.value for c in queries.choices(ctx, "complaints.routing", "category")}
