"""Forms of signed slips."""

from __future__ import annotations

from wtforms import HiddenField, MultipleFileField, StringField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import SanbaoForm
from plugins.service.forms.orders import VersionForm


class SlipForm(SanbaoForm):
    """Sending the signed slip: photos from a phone, or a scan."""

    token = HiddenField()
    pages = MultipleFileField(
        N_("Photo or scan of the signed slip"), render_kw={"accept": "image/*,application/pdf"},
        description=N_("JPEG, PNG, HEIC or PDF; several for several pages."),
    )
    signed_by = StringField(N_("Signed by"), [Length(max=120)])
    tracking = StringField(
        N_("Carrier and tracking number of the original"), [Length(max=80)],
        description=N_("When the original is mailed; it can be added later."),
    )
    note = StringField(N_("Note"), [Length(max=400)])


class SlipStepForm(VersionForm):
    """A step that needs nothing but the version that was shown."""


class SlipBackForm(VersionForm):
    reason = StringField(
        N_("What is wrong with it"), [InputRequired(), Length(max=400)],
        description=N_("The agent reads this and sends another."),
    )


class SlipMailForm(VersionForm):
    tracking = StringField(N_("Carrier and tracking number"), [InputRequired(), Length(max=80)])
