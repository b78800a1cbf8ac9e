"""Survey forms: written by an administrator line by line, kept in versions; those that come with the module."""

from __future__ import annotations

import re
from pathlib import Path

from core.api import N_, Conflict, Ctx, Invalid, _, check_version, emit, read_data_file, transaction
from plugins.callback.models.surveys import Campaign, Survey, SurveyVersion
from plugins.callback.queries import surveys as queries
from plugins.callback.rules import surveys as rules
from plugins.callback.survey_contracts import OPINION_CARD, SurveyData
from plugins.callback.survey_life import EDIT

SHIPPED = Path(__file__).parents[1] / "data" / "surveys"
MOST_QUESTIONS = 40
_CODE = re.compile(r"[a-z][a-z0-9_]{1,59}")


def save_survey(ctx: Ctx, data: SurveyData, *, version: int | None = None) -> Survey:
    """Add a form, or change one. Changed questions are a new version; cards that are out keep theirs."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_survey(ctx, data.id) if data.id else None
        if row is not None:
            check_version(row, version)
        title = data.title_zh.strip()
        if not title or len(title) > 120:
            raise Invalid("title", _("Give the survey a title of at most 120 characters."), "title_zh")
        questions = _questions(data.questions)
        if row is None:
            code = data.code.strip()
            if not _CODE.fullmatch(code):
                raise Invalid("code", _("A code is lower-case letters, digits and _, like opinion_card."), "code")
            if queries.survey_by_code(ctx, code) is not None:
                raise Conflict("code_taken", _("There is a survey “{code}” already.", code=code), field="code")
            row = Survey(code=code)
        row.title_zh, row.title_en = title, data.title_en.strip()[:120]
        row.intro_zh, row.intro_en = data.intro_zh.strip(), data.intro_en.strip()
        row.active = data.active
        known = queries.version_of(ctx, row.id, row.current) if row.id else None
        changed = known is None or known.questions != questions
        row.current = (row.current or 0) + int(changed)
        ctx.session.add(row)
        ctx.session.flush()
        if changed:
            ctx.session.add(
                SurveyVersion(
                    survey_id=row.id, number=row.current, questions=questions, made_at=ctx.now, made_by=ctx.actor.name
                )
            )  # fmt: skip
            ctx.session.flush()
        emit(ctx, "callback.survey_saved", row, title=title, number=row.current)
        return row


def _questions(text: str) -> list[dict]:
    try:
        found = rules.read_questions(text)
    except rules.BadLine as error:
        raise Invalid("bad_question", _why(error), "questions") from None
    if not 1 <= len(found) <= MOST_QUESTIONS:
        message = _("A survey has 1 to {n} questions; this one has {count}.", n=MOST_QUESTIONS, count=len(found))
        raise Invalid("how_many", message, "questions")
    return found


def _why(error: rules.BadLine) -> str:
    if error.why == "kind":
        return _("Line {n} begins with no kind of question: {kinds}.", n=error.number, kinds=", ".join(rules.KINDS))
    if error.why == "choices":
        text = N_("Line {n}: grade, choice and several need two choices or more behind =, number two numbers or none.")
        return _(text, n=error.number)
    if error.why == "twice":
        return _("Line {n} has a key that stands above already.", n=error.number)
    return _("Line {n} is no question. Write it like: grade* attitude: Chinese | English = best; worst", n=error.number)


def load_shipped(ctx: Ctx) -> None:
    """The forms that come with the module, and the card after each service; what is there already stays as it is."""
    with transaction(ctx):
        fresh = {}
        for path in sorted(SHIPPED.glob("*.yaml")):
            given = read_data_file(path)
            if queries.survey_by_code(ctx, given["code"]) is None:
                title, intro = given["title"], given["intro"]
                data = SurveyData(
                    given["code"], title["zh"], title["en"], intro["zh"], intro["en"], given["questions"]
                )
                fresh[given["code"]] = save_survey(ctx, data)
        card = fresh.get(OPINION_CARD)
        if card is not None:
            campaign = Campaign(
                title=rules.in_language({"zh": card.title_zh, "en": card.title_en}, ctx.company.locale),
                survey_id=card.id, audience="cases", state="running", begins_on=ctx.today, valid_days=30,
            )  # fmt: skip
            ctx.session.add(campaign)
            ctx.session.flush()
            emit(ctx, "callback.campaign_started", campaign, title=campaign.title)
