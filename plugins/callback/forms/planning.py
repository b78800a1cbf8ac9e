"""Forms of the plan of a quarter."""

from __future__ import annotations

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from core.api import N_
from core.web_api import VersionForm
from plugins.callback.contracts import PART_WORDS
from plugins.callback.forms.common import Ticks


class PeriodForm(VersionForm):
    """A quarter to be planned, by one of its days."""

    day = DateField(N_("A day of the quarter"), [InputRequired()])


class MovesForm(VersionForm):
    """Calls of one day that go elsewhere together."""

    calls = Ticks(N_("Planned calls"), coerce=int)
    day = DateField(N_("Day of the call"), [InputRequired()])
    part = SelectField(N_("Part of the day"), coerce=int, choices=list(PART_WORDS.items()))
    agent_id = SelectField(N_("Who calls"), coerce=int)
