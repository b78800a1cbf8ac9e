"""Forms of sterile goods sold."""

from __future__ import annotations

from wtforms import BooleanField, DateField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from plugins.inventory.forms.common import ReasonForm, VersionForm
from plugins.inventory.sterile_contracts import OUTCOME_WORDS, QUALITY_WORDS


class AskForm(VersionForm):
    note = TextAreaField(N_("What was said"), [Length(max=2000)], render_kw={"rows": 2})


class QualityForm(VersionForm):
    outcome = RadioField(N_("Quality"), [InputRequired()], choices=list(QUALITY_WORDS.items()))
    note = TextAreaField(N_("What was looked at"), [Length(max=2000)], render_kw={"rows": 2})


class DecideForm(ReasonForm):
    outcome = RadioField(N_("How it ends"), [InputRequired()], choices=list(OUTCOME_WORDS.items()))
    sterile_until = DateField(N_("New sterile date"), [Optional()])
    whole = BooleanField(N_("All there is of the batch was sterilised again"))
