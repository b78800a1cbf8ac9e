"""Forms of batch holds, and of the trace."""

from __future__ import annotations

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import SanbaoForm
from plugins.inventory.contracts import DECISION_WORDS
from plugins.inventory.forms.common import ReasonForm, VersionForm


class ReleaseForm(ReasonForm):
    """The decision by which a batch is released."""

    decision = RadioField(N_("Decision"), choices=list(DECISION_WORDS.items()), default="no_fault")


class DoneForm(VersionForm):
    result = TextAreaField(N_("What was done"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class TraceForm(SanbaoForm):
    """What is to be traced, as it stands on the goods."""

    part = StringField(N_("Part"), [Length(max=60)])
    batch = StringField(N_("Batch"), [Length(max=80)])
    serial = StringField(N_("Serial number"), [Length(max=80)])
