"""Forms of the workshop. The points of a test are read from the checklist, not declared here."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.service.contracts import CONSENT_WORDS
from plugins.service.forms.orders import VersionForm
from plugins.service.workshop_contracts import RETURN_WORDS, VERDICT_WORDS


class TakeForm(SanbaoForm):
    """Taking something of the customer's in."""

    name = StringField(N_("What the item is"), [Length(max=200)])
    serial = StringField(N_("Serial number"), [Length(max=80)])
    condition = TextAreaField(
        N_("How it looks"), [InputRequired(), Length(max=4000)], render_kw={"rows": 3},
        description=N_("Scratches, dents, what is missing: the customer signs for it."),
    )
    accessories = StringField(N_("Accessories"), [Length(max=2000)])
    from_name = StringField(N_("Handed in by"), [Length(max=120)])
    place = StringField(N_("Where it lies"), [Length(max=120)])
    return_on = DateField(N_("Goes back on"), [Optional()], description=N_("The day that the customer was told."))
    taken_at = MomentField(N_("When"), [Optional()], description=N_("Empty: now."))
    photos = MultipleFileField(N_("Photos on arrival"), render_kw={"accept": "image/*"})
    token = HiddenField()


class ApplicationForm(VersionForm):
    """The review of an application to send something in."""

    verdict = RadioField(N_("Result of the review"), choices=list(VERDICT_WORDS.items()), validators=[InputRequired()])
    told_how = SelectField(N_("How the customer was told"), choices=list(CONSENT_WORDS.items()), default="phone")
    note = TextAreaField(N_("What the customer was told"), [Length(max=400)], render_kw={"rows": 3})


class PassForm(VersionForm):
    user_id = SelectField(N_("Handed over to"), coerce=int, validators=[InputRequired()])
    place = StringField(N_("Where it lies"), [Length(max=120)])
    note = StringField(N_("Note"), [Length(max=400)])


class PromiseForm(VersionForm):
    return_on = DateField(N_("Goes back on"), [Optional()])


class WorkForm(VersionForm):
    """Time worked, for the card."""

    what = StringField(N_("What was done"), [InputRequired(), Length(max=200)])
    minutes = IntegerField(N_("Minutes"), [InputRequired(), NumberRange(min=1, max=1440)])


class PartForm(VersionForm):
    """A part used, for the card."""

    what = StringField(N_("Part"), [InputRequired(), Length(max=200)])
    code = StringField(N_("Code"), [Length(max=60)])
    quantity = DecimalField(N_("Quantity"), [InputRequired(), NumberRange(min=0)], default=1, places=None)


class StrikeForm(SanbaoForm):
    entry_id = HiddenField(validators=[InputRequired()])
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])


class TestForm(VersionForm):
    """A test; its points stand beside it."""

    __test__ = False

    note = StringField(N_("Note"), [Length(max=400)])


class InspectForm(VersionForm):
    note = StringField(N_("What the head says"), [Length(max=400)])


class ReturnForm(VersionForm):
    """Handing an item back."""

    how = RadioField(N_("How it goes back"), choices=list(RETURN_WORDS.items()), validators=[InputRequired()])
    to = StringField(N_("Fetched by"), [Length(max=120)])
    tracking = StringField(
        N_("Carrier and tracking number"), [Length(max=80)], description=N_("Needed when it is sent by post.")
    )
    signed_by = StringField(N_("Signed by"), [Length(max=120)])
    unsigned_reason = StringField(
        N_("Why nobody signed"), [Length(max=400)], description=N_("Needed when nobody signed.")
    )
    receipt_back = BooleanField(N_("The receipt was taken back; it is voided"), default=True)
    receipt_reason = StringField(
        N_("Why the receipt did not come back"), [Length(max=400)],
        description=N_("Lost, or sent by post, for example."),
    )
