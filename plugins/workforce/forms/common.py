"""What forms on pages of records have in common."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import VersionForm


class ReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})
