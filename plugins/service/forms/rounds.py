"""Forms of inspection rounds. The points of a place are read from the round, not declared here."""

from __future__ import annotations

from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import SanbaoForm


class PlaceForm(SanbaoForm):
    """What was seen at a place; ``version`` is the place's as it was shown."""

    version = HiddenField()


class SkipForm(SanbaoForm):
    version = HiddenField()
    reason = StringField(N_("Reason"), [InputRequired(), Length(max=400)])
