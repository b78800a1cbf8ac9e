"""Forms of trips and returns."""

from __future__ import annotations

from wtforms import (
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm, VersionForm
from plugins.service.after_contracts import EXPENSE_WORDS, QUALITY_WORDS
from plugins.service.contracts import CONSENT_WORDS

MOST = 999_999_999


class BriefingForm(SanbaoForm):
    """The plan as the customer was told it."""

    told_to = StringField(N_("Who was told"), [InputRequired(), Length(max=120)])
    how = SelectField(N_("How the customer was told"), choices=list(CONSENT_WORDS.items()), default="phone")
    plan = TextAreaField(
        N_("The plan"), [InputRequired(), Length(max=4000)], render_kw={"rows": 3},
        description=N_("Who comes when, what is done, how long it takes, what it costs."),
    )
    notes = TextAreaField(N_("To mind on site"), [Length(max=4000)], render_kw={"rows": 2})
    at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))


class AskForm(SanbaoForm):
    """Asking the department for leave to come back."""

    note = StringField(N_("How it stands on site"), [Length(max=400)])


class AgreeForm(SanbaoForm):
    """The department agrees."""

    agreed_by_id = SelectField(N_("Who agreed"), coerce=int, choices=[])
    note = StringField(N_("Note"), [Length(max=400)])


class PlanExpenseForm(SanbaoForm):
    """An expense that is asked for beforehand."""

    kind = SelectField(N_("Kind of expense"), choices=list(EXPENSE_WORDS.items()))
    what = StringField(N_("What the money is for"), [InputRequired(), Length(max=200)])
    amount = DecimalField(N_("Amount"), [InputRequired(), NumberRange(min=0, max=MOST)])
    reason = StringField(N_("Why the money is needed"), [InputRequired(), Length(max=400)])
    token = HiddenField()


class ClaimForm(SanbaoForm):
    """An expense that was made."""

    kind = SelectField(N_("Kind of expense"), choices=list(EXPENSE_WORDS.items()))
    what = StringField(N_("What the money is for"), [InputRequired(), Length(max=200)])
    amount = DecimalField(N_("Amount"), [InputRequired(), NumberRange(min=0, max=MOST)])
    spent_on = DateField(N_("Spent on"), [InputRequired()])
    receipts = IntegerField(N_("Receipts"), [Optional(), NumberRange(min=0, max=999)], default=1)
    reason = StringField(
        N_("Why there is no receipt"), [Length(max=400)], description=N_("Needed without a receipt.")
    )
    token = HiddenField()


class ClaimPlannedForm(VersionForm):
    """Claiming what was allowed."""

    amount = DecimalField(N_("Amount"), [InputRequired(), NumberRange(min=0, max=MOST)])
    spent_on = DateField(N_("Spent on"), [InputRequired()])
    receipts = IntegerField(N_("Receipts"), [Optional(), NumberRange(min=0, max=999)], default=1)
    reason = StringField(
        N_("Why there is no receipt"), [Length(max=400)], description=N_("Needed without a receipt.")
    )


class RefuseExpenseForm(VersionForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class HandInForm(VersionForm):
    """Everything is handed in."""

    note = StringField(N_("Note"), [Length(max=400)])


class ReviewForm(VersionForm):
    """The review of quality and rating."""

    quality = RadioField(N_("Quality of the work"), choices=list(QUALITY_WORDS.items()), validators=[InputRequired()])
    note = TextAreaField(
        N_("Note"), [Length(max=4000)], render_kw={"rows": 3}, description=N_("Needed where the work was not good.")
    )


class CostsForm(VersionForm):
    note = StringField(N_("Note"), [Length(max=400)])


class BackForm(VersionForm):
    reason = StringField(N_("What is missing or wrong"), [InputRequired(), Length(max=1000)])


class WaiveForm(VersionForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=1000)])


class AskReturnForm(SanbaoForm):
    reason = StringField(N_("Why it is asked for"), [InputRequired(), Length(max=400)])
