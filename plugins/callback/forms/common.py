"""What forms on pages of callback have in common."""

from __future__ import annotations

from wtforms import SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from core.api import N_
from core.web_api import VersionForm


class Ticks(SelectMultipleField):
    """Several of the values offered, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ReasonForm(VersionForm):
    """A reason, for what is not done after all."""

    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})
