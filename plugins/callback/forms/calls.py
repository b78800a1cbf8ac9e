"""Forms of calls and of wishes about them."""

from __future__ import annotations

from wtforms import BooleanField, DateField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import VersionForm
from plugins.callback.contracts import PART_WORDS, WEEKDAY_WORDS
from plugins.callback.forms.common import Ticks


class CallForm(VersionForm):
    """A call that is planned by hand."""

    day = DateField(N_("Day of the call"), [InputRequired()])
    part = SelectField(N_("Part of the day"), coerce=int, choices=list(PART_WORDS.items()))
    reason = SelectField(N_("Why call"), [InputRequired()])
    agent_id = SelectField(N_("Who calls"), coerce=int)


class MoveForm(VersionForm):
    """Where a call goes."""

    day = DateField(N_("Day of the call"), [InputRequired()])
    part = SelectField(N_("Part of the day"), coerce=int, choices=list(PART_WORDS.items()))
    agent_id = SelectField(N_("Who calls"), coerce=int)


class PreferenceForm(VersionForm):
    """How a customer wishes to be called."""

    no_call = BooleanField(
        N_("Wishes no calls"), description=N_("Nobody calls then, except where the law asks for a follow-up.")
    )
    weekdays = Ticks(N_("Weekdays"), coerce=int, choices=list(WEEKDAY_WORDS.items()))
    parts = Ticks(N_("Parts of the day"), coerce=int, choices=list(PART_WORDS.items()))
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})
