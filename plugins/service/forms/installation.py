"""Forms of installations. Which step or paper is meant stands in a hidden field."""

from __future__ import annotations

from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.service.forms.orders import VersionForm
from plugins.service.install_contracts import MODE_WORDS, PART_WORDS, TRAINED_WORDS


class ArrangeForm(VersionForm):
    """What is agreed about the site."""

    access = TextAreaField(
        N_("Access to the site"), [Length(max=2000)], render_kw={"rows": 2},
        description=N_("Who lets in, what has to be registered, where to drive up."),
    )
    equipment = TextAreaField(
        N_("Equipment of the customer's"), [Length(max=2000)], render_kw={"rows": 2},
        description=N_("What may be used on site: crane, fork lift, power."),
    )
    evenings = BooleanField(N_("In the evening, too"))
    weekends = BooleanField(N_("At weekends, too"))
    hours_note = StringField(N_("Working hours on site"), [Length(max=400)])


class LineForm(SanbaoForm):
    """An act on one line."""

    line_id = HiddenField(validators=[InputRequired()])


class DoForm(LineForm):
    note = StringField(N_("Remark"), [Length(max=2000)])
    mode = SelectField(N_("Who does it"), validators=[Optional()], choices=[("", ""), *MODE_WORDS.items()])
    at = MomentField(N_("When"), [Optional()])


class LineReasonForm(LineForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class ObjectStepForm(LineReasonForm):
    who = StringField(N_("Who says so"), [InputRequired(), Length(max=120)])


class HandForm(LineForm):
    received_by = StringField(N_("Who received it"), [InputRequired(), Length(max=120)])
    edition = StringField(N_("Edition"), [Length(max=80)])


class AddStepForm(SanbaoForm):
    text = StringField(N_("What is done"), [InputRequired(), Length(max=200)])
    part = SelectField(N_("What it is"), choices=list(PART_WORDS.items()))
    mode = SelectField(N_("Who does it"), choices=list(MODE_WORDS.items()))


class TraineeForm(SanbaoForm):
    name = StringField(N_("Operator"), [InputRequired(), Length(max=120)])
    job = StringField(N_("Job"), [Length(max=120)])
    result = RadioField(N_("After the training"), choices=list(TRAINED_WORDS.items()), validators=[InputRequired()])
    note = StringField(N_("Remark"), [Length(max=400)])


class RefuseForm(SanbaoForm):
    who = StringField(N_("Who says so"), [InputRequired(), Length(max=120)])
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class AcceptForm(SanbaoForm):
    """The customer's acceptance. The steps are tick boxes of the page, the signature a drawing or a photo."""

    who = StringField(N_("Accepted by"), [InputRequired(), Length(max=120)])
    by = RadioField(
        N_("How"), choices=[("self", N_("Signed in person")), ("none", N_("Can't sign"))], default="self"
    )
    reason = StringField(N_("Why nobody signs"), [Length(max=400)])
    final = BooleanField(N_("The whole is accepted"))
    final_on = DateField(
        N_("Day of final acceptance"), [Optional()],
        description=N_("A warranty that counts from acceptance counts from this day."),
    )
