"""Forms of returns."""

from __future__ import annotations

from wtforms import BooleanField, DecimalField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.service.contracts import CONSENT_WORDS
from plugins.service.forms.orders import VersionForm
from plugins.service.rma_contracts import DISPOSAL_WORDS, PURPOSE_WORDS, RESULT_WORDS, WHAT_WORDS


class ExpectForm(SanbaoForm):
    """Something that has to come back, by hand. Choices of the company are filled in by the view."""

    token = HiddenField()
    what = RadioField(N_("Kind"), choices=list(WHAT_WORDS.items()), default="part")
    purpose = SelectField(N_("Why it comes back"), choices=list(PURPOSE_WORDS.items()), default="exchange")
    name = StringField(N_("What comes back"), [InputRequired(), Length(max=200)])
    part_number = StringField(N_("Part number"), [Length(max=80)])
    serial = StringField(
        N_("Serial number"), [Length(max=80)], description=N_("Compared when it comes in; empty while nobody knows it.")
    )
    quantity = DecimalField(N_("Quantity"), [InputRequired(), NumberRange(min=0, max=999_999)], default=1, places=None)
    owner_id = SelectField(N_("Who sends it"), validators=[Optional()], choices=[])
    to_unit_id = SelectField(N_("Arrives at"), validators=[Optional()], choices=[])
    reason = StringField(N_("Note"), [Length(max=400)])


class SendForm(VersionForm):
    """It was sent."""

    carrier = StringField(
        N_("Carrier"), [InputRequired(), Length(max=80)], description=N_("Or who takes it along.")
    )
    tracking = StringField(N_("Tracking number"), [Length(max=80)])
    serial = StringField(N_("Serial number"), [Length(max=80)])
    sent_at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))


class ReceiveForm(VersionForm):
    """It has come in."""

    serial = StringField(
        N_("Serial number that came in"), [Length(max=80)], description=N_("Read it off the thing itself, or scan it.")
    )
    condition = TextAreaField(N_("How it looks"), [InputRequired(), Length(max=4000)], render_kw={"rows": 2})
    received_at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))
    take_it = BooleanField(N_("Take it although the serial number is another one"))
    reason = StringField(N_("Why another one is taken"), [Length(max=400)])


class RmaReasonForm(VersionForm):
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class RefuseForm(VersionForm):
    reason = StringField(
        N_("What came instead"), [InputRequired(), Length(max=400)],
        description=N_("And what becomes of it. Who sends the right one is told."),
    )


class ExamineForm(VersionForm):
    result = RadioField(
        N_("Result of the examination"), choices=list(RESULT_WORDS.items()), validators=[InputRequired()]
    )
    text = TextAreaField(N_("What was found"), [Length(max=8000)], render_kw={"rows": 4})


class TellForm(VersionForm):
    how = SelectField(N_("How the customer was told"), choices=list(CONSENT_WORDS.items()))
    to = StringField(N_("Who was told"), [Length(max=160)])
    mail_to = StringField(
        N_("Mail address"), [Length(max=160)],
        description=N_("Only for e-mail: it is sent now, by the company's template."),
    )


class SettleForm(VersionForm):
    disposal = RadioField(N_("What becomes of it"), choices=list(DISPOSAL_WORDS.items()), validators=[InputRequired()])
    note = StringField(N_("Note"), [Length(max=400)])


class PassForm(VersionForm):
    owner_id = SelectField(N_("Who sends it"), coerce=int, choices=[])
