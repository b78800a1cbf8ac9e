"""Forms of dispatch: whom to send and when, helpers, appointments, the head's assessment."""

from __future__ import annotations

from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from plugins.service.contracts import APPOINTMENT_HOW_WORDS, URGENCY_WORDS
from plugins.service.forms.orders import VersionForm


class TimeForm(VersionForm):
    """A day and a slot of the company's, or free hours."""

    day = DateField(N_("Day"), [Optional()])
    slot = SelectField(N_("Time"), validators=[Optional()], choices=[])
    person_name = StringField(N_("Agreed with"), [Length(max=120)])
    how = SelectField(N_("How"), choices=list(APPOINTMENT_HOW_WORDS.items()), default="phone")
    mail_to = StringField(
        N_("Tell by mail"), [Optional(), Length(max=255)], description=N_("Empty: no mail is sent.")
    )


class AssignForm(TimeForm):
    """Whom to send; the people are filled in by the view."""

    user_id = HiddenField()
    agreed = BooleanField(N_("The customer has agreed to this time"))
    note = StringField(N_("Note for the technician"), [Length(max=400)])
    waiver = StringField(N_("Send all the same, because"), [Length(max=400)])


class AppointmentForm(TimeForm):
    """A time agreed with the customer, or another one."""

    reason = StringField(N_("Why it is changed"), [Length(max=400)])


class HelperForm(VersionForm):
    user_id = SelectField(N_("Who goes along"), coerce=int, validators=[InputRequired()])


class EndForm(VersionForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])
    user_id = HiddenField()


class AssessForm(VersionForm):
    """How the head of the serving unit judges an order."""

    text = TextAreaField(
        N_("Likely fault, and what it takes"), [InputRequired(), Length(max=2000)], render_kw={"rows": 3}
    )
    urgency = RadioField(N_("Urgency"), choices=list(URGENCY_WORDS.items()), validators=[InputRequired()])


class ReferForm(VersionForm):
    unit_id = SelectField(N_("Serving unit"), coerce=int, validators=[InputRequired()])
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=1000)])
