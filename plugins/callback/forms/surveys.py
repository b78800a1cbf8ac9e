"""Forms of surveys: for staff, and what customers fill in, made of the questions of a card."""

from __future__ import annotations

from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import SanbaoForm, VersionForm
from plugins.callback.rules.surveys import LONGEST_TEXT, in_language
from plugins.callback.survey_contracts import AUDIENCE_WORDS, GivenData


class SurveyForm(VersionForm):
    code = StringField(
        N_("Code"), [Length(max=60)], description=N_("Lower-case letters, digits and _. It stays as it is.")
    )
    title_zh = StringField(N_("Title in Chinese"), [InputRequired(), Length(max=120)])
    title_en = StringField(N_("Title in English"), [Length(max=120)])
    intro_zh = TextAreaField(N_("Introduction in Chinese"), [Length(max=2000)], render_kw={"rows": 2})
    intro_en = TextAreaField(N_("Introduction in English"), [Length(max=2000)], render_kw={"rows": 2})
    questions = TextAreaField(
        N_("Survey questions"), [InputRequired(), Length(max=20_000)], render_kw={"rows": 12, "class": "mono"}
    )
    active = BooleanField(N_("Switched on"), default=True)


class CampaignForm(VersionForm):
    title = StringField(N_("Title"), [InputRequired(), Length(max=120)])
    survey_id = SelectField(N_("Survey form"), coerce=int)
    audience = RadioField(N_("Whom it asks"), choices=list(AUDIENCE_WORDS.items()), default="customers")
    begins_on = DateField(N_("First day"), [InputRequired()])
    ends_on = DateField(
        N_("Open until"), [Optional()],
        description=N_("On the day after it is closed by itself and summed up. Empty: it goes on."),
    )  # fmt: skip
    valid_days = IntegerField(N_("Days for answering"), [InputRequired()], default=30)
    klass = SelectField(N_("Customer class"), description=N_("Class, kind and unit count where customers are asked."))
    customer_kind = SelectField(N_("Kind of customer"))
    unit_id = SelectField(N_("Customers of the unit"), coerce=int)
    yearly = BooleanField(
        N_("Survey of the year"),
        description=N_("Who is asked again is said by the rule table “Yearly survey by customer class”."),
    )


class InviteForm(VersionForm):
    customer = StringField(N_("Number of the customer"), [InputRequired(), Length(max=40)])


class PaperForm(SanbaoForm):
    number = StringField(
        N_("Number of the card or of the case"), [Length(max=80)], render_kw={"autofocus": True, "autocomplete": "off"},
    )  # fmt: skip
    following = HiddenField()
    """The card that an empty number means."""


class ImproveForm(SanbaoForm):
    title = StringField(N_("What is to be done"), [InputRequired(), Length(max=200)])
    text = TextAreaField(N_("Details"), [Length(max=4000)], render_kw={"rows": 4})
    assignee_id = SelectField(N_("Who does it"), coerce=int)
    due_on = DateField(N_("Due on"), [Optional()], description=N_("Empty: as the rule table says."))
    campaign_id = HiddenField()
    invitation_id = HiddenField()


class ResultForm(VersionForm):
    result = TextAreaField(N_("What was done"), [InputRequired(), Length(max=4000)], render_kw={"rows": 3})


class CancelForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class GiveForm(VersionForm):
    assignee_id = SelectField(N_("Who does it"), coerce=int)


# --- what customers fill in -----------------------------------------------------------------------------------------


class CardForm(SanbaoForm):
    """What every card asks beside its questions, which ``card_form`` adds."""

    comment = TextAreaField(N_("What else would you like to tell"), [Length(max=4000)], render_kw={"rows": 3})
    wants_call = BooleanField(N_("Please call me back"))


class EnteredForm(CardForm):
    """The same as a person of the company enters it."""

    channel = RadioField(
        N_("How it was answered"), choices=[("phone", N_("Asked by phone")), ("paper", N_("Entered from paper"))],
        default="phone",
    )  # fmt: skip


def card_form(questions: list[dict[str, Any]], language: str, yes_no: dict[str, str], base: type, **values: Any) -> Any:
    """The form of a card, its questions in a language; each field is named by the question's key with ``q_`` before it.

    What an answer may be is checked by the service, so that every way of answering is told the same.
    """
    fields = {f"q_{q['key']}": _field(q, language, yes_no) for q in questions}
    form_class: Any = type("FilledCardForm", (base,), fields)
    return form_class(**values)


def _field(question: dict[str, Any], language: str, yes_no: dict[str, str]) -> Any:
    words, kind = in_language(question, language), question["kind"]
    listed = [(str(place), in_language(choice, language)) for place, choice in enumerate(question["choices"])]
    if kind in ("grade", "choice"):
        return RadioField(words, choices=listed, validate_choice=False)
    if kind == "yes_no":
        return RadioField(words, choices=list(yes_no.items()), validate_choice=False)
    if kind == "several":
        return SelectMultipleField(words, choices=listed, validate_choice=False)
    if kind == "number":
        return StringField(words, [Length(max=40)], render_kw={"inputmode": "decimal"})
    return TextAreaField(words, [Length(max=LONGEST_TEXT)], render_kw={"rows": 2})


def given_by(form: Any, questions: list[dict[str, Any]], channel: str, language: str) -> GivenData:
    """What a form of a card was filled in with."""
    values = {}
    for question in questions:
        data = form[f"q_{question['key']}"].data
        values[question["key"]] = tuple(data) if isinstance(data, list) else (str(data),) if data else ()
    return GivenData(values, channel, language, form.comment.data or "", bool(form.wants_call.data))
