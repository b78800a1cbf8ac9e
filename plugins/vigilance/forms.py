"""Forms of this plugin."""

from __future__ import annotations

from wtforms import BooleanField, DateField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import SanbaoForm
from plugins.vigilance.contracts import CAUSE_WORDS, HARM_WORDS

ROWS = {"rows": 3}


class VersionForm(SanbaoForm):
    """A form that knows the version of the record that was shown."""

    version = HiddenField()

    @property
    def seen(self) -> int | None:
        """The version of the record that was on the page."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class EventForm(SanbaoForm):
    subject = StringField(N_("What happened, in a few words"), [InputRequired(), Length(max=200)])
    harm = RadioField(N_("Harm"), [InputRequired()], choices=list(HARM_WORDS.items()))
    several = BooleanField(N_("Several people were harmed in the same way"))
    abroad = BooleanField(N_("It happened abroad"))
    serial = StringField(N_("Serial number"), [Length(max=80)])
    customer = StringField(N_("Number of the customer"), [Length(max=40)])
    batch = StringField(N_("Batch"), [Length(max=80)])
    happened_on = DateField(N_("Happened on"), [Optional()])
    told_by = StringField(N_("Told by"), [Length(max=120)])
    told_phone = StringField(N_("Phone"), [Length(max=60)])
    course = TextAreaField(N_("Course of the event"), [Length(max=8000)], render_kw=ROWS)
    patient = TextAreaField(N_("Patient"), [Length(max=4000)], render_kw=ROWS)
    contact_id = HiddenField()


class PatientForm(VersionForm):
    patient = TextAreaField(N_("Patient"), [Length(max=4000)], render_kw=ROWS)


class DetailsForm(VersionForm):
    operation = TextAreaField(N_("How it was operated"), [Length(max=8000)], render_kw=ROWS)
    usage = TextAreaField(N_("For what and how it was used"), [Length(max=8000)], render_kw=ROWS)
    course = TextAreaField(N_("Course of the event"), [Length(max=8000)], render_kw=ROWS)
    harm = RadioField(N_("Harm"), [InputRequired()], choices=list(HARM_WORDS.items()))
    several = BooleanField(N_("Several people were harmed in the same way"))
    abroad = BooleanField(N_("It happened abroad"))


class ConcludeForm(VersionForm):
    cause = RadioField(N_("Cause"), [InputRequired()], choices=[(c, w) for c, w in CAUSE_WORDS.items() if c])
    finding = TextAreaField(N_("What was found"), [InputRequired(), Length(max=8000)], render_kw=ROWS)


class DutyForm(VersionForm):
    person = StringField(N_("Who was told"), [InputRequired(), Length(max=120)])
    reference = StringField(N_("Number of the report or claim"), [Length(max=120)])
    note = TextAreaField(N_("Note"), [Length(max=4000)], render_kw={"rows": 2})


class ReopenForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class ImplantForm(SanbaoForm):
    product = StringField(N_("Product code"), [InputRequired(), Length(max=60)])
    serial = StringField(N_("Serial number"), [Length(max=80)])
    batch = StringField(N_("Batch"), [Length(max=80)])
    customer = StringField(N_("Number of the hospital"), [InputRequired(), Length(max=40)])
    used_by = StringField(N_("Implanted by"), [Length(max=120)])
    used_on = DateField(N_("Implanted on"), [InputRequired()])
    patient_name = StringField(N_("Patient"), [Length(max=120)])
    patient_number = StringField(N_("Number of the patient"), [Length(max=80)])
    patient_contact = StringField(N_("How the patient is reached"), [Length(max=200)])
    note = TextAreaField(N_("Note"), [Length(max=4000)], render_kw=ROWS)


class OutForm(VersionForm):
    on = DateField(N_("Taken out on"), [InputRequired()])
    reason = TextAreaField(N_("Why it was taken out"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class LookForm(SanbaoForm):
    reason = StringField(N_("For what you need to know it"), [InputRequired(), Length(max=400)])


class TraceForm(LookForm):
    product = StringField(N_("Product code"), [InputRequired(), Length(max=60)])
    batch = StringField(N_("Batch"), [InputRequired(), Length(max=80)])
    after = HiddenField()
