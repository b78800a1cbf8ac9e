"""Forms of preventive plans."""

from __future__ import annotations

from wtforms import DateField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import SanbaoForm
from plugins.service.forms.orders import VersionForm
from plugins.service.plan_contracts import CLOSED_WORDS, PERIOD_WORDS, PLAN_KIND_WORDS, RHYTHM_WORDS


class CarePlanForm(VersionForm):
    """A plan: what, for whom, how often. Choices of the company are filled in by the view."""

    token = HiddenField()
    name = StringField(N_("What is done"), [InputRequired(), Length(max=200)], description=N_("In a few words."))
    kind = RadioField(N_("Kind"), choices=list(PLAN_KIND_WORDS.items()), default="preventive")
    serial = StringField(
        N_("Unit, by its serial number"), [Length(max=80)], description=N_("Empty: the customer as a whole is visited.")
    )
    customer = StringField(
        N_("Customer, by its number"), [Length(max=60)], description=N_("Empty: the unit's owner.")
    )
    contract = SelectField(
        N_("Contract"), validators=[Optional()], choices=[],
        description=N_("A visit that the contract no longer includes is held back until somebody decides."),
    )
    checklist = SelectField(
        N_("Checklist"), validators=[Optional()], choices=[],
        description=N_("Of an inspection round: each place is looked at by it; what fails opens a repair."),
    )
    places = TextAreaField(
        N_("Places of the round"), [Length(max=20_000)], render_kw={"rows": 4},
        description=N_(
            "One per line: a room, or a unit by its serial number. Empty: the unit, or the place as a whole."
        ),
    )
    text = TextAreaField(N_("In detail"), [Length(max=4000)], render_kw={"rows": 3})
    rhythm = RadioField(N_("Rhythm"), choices=list(RHYTHM_WORDS.items()), default="fixed")
    every = IntegerField(N_("Every"), [InputRequired(), NumberRange(min=1, max=1000)], default=1)
    period = SelectField(N_("Time unit"), choices=list(PERIOD_WORDS.items()), default="months")
    starts_on = DateField(N_("From"), [InputRequired()], description=N_("The day of the first visit."))
    ends_on = DateField(N_("Until"), [Optional()], description=N_("Empty: without an end."))
    calendar = SelectField(N_("Working calendar"))
    closed_days = SelectField(N_("Days off move the visit"), choices=list(CLOSED_WORDS.items()), default="later")
    lead_days = IntegerField(
        N_("Days ahead at which the order is opened"), [InputRequired(), NumberRange(min=0, max=1000)], default=7
    )
    unit_id = SelectField(
        N_("Serving unit"), validators=[Optional()], choices=[], description=N_("Empty: as for other orders.")
    )
    assignee_id = SelectField(N_("Looked after by"), validators=[Optional()], choices=[])


class PlanReasonForm(VersionForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class PlanStepForm(VersionForm):
    """A step that needs nothing but the version that was shown."""


class HeldForm(SanbaoForm):
    """What becomes of a visit that was held back."""

    occurrence_id = HiddenField(validators=[InputRequired()])
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])
