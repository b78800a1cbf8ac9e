"""What forms of inventory have in common."""

from __future__ import annotations

from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import SanbaoForm


class VersionForm(SanbaoForm):
    """A form that knows the version of the record that was shown."""

    version = HiddenField()

    @property
    def seen(self) -> int | None:
        """The version of the record that was on the page."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class ReasonForm(VersionForm):
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})
