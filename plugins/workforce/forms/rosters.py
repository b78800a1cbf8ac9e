"""Forms of rosters, shifts and the backup pool."""

from __future__ import annotations

import datetime as dt

from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.workforce.contracts import COVERS_WORDS, OUTCOME_WORDS, WEEKDAY_WORDS
from plugins.workforce.forms.common import VersionForm


def minutes(time: dt.time | None) -> int:
    """Minutes after midnight of a time that was entered; none is midnight."""
    return time.hour * 60 + time.minute if time is not None else 0


def time_of(minutes_: int) -> dt.time:
    """The time so many minutes after midnight."""
    return dt.time(minutes_ // 60, minutes_ % 60)


class RosterForm(VersionForm):
    """What a roster covers."""

    code = StringField(N_("Code"), [InputRequired(), Length(max=40)])
    name = StringField(N_("Name"), [InputRequired(), Length(max=120)])
    phone = StringField(N_("Phone"), [Length(max=60)], description=N_("The number that is answered."))
    unit_id = SelectField(N_("Organisation unit"), coerce=int)
    user_id = SelectField(N_("Answers for it"), coerce=int)
    needed = IntegerField(N_("People needed at once"), [InputRequired(), NumberRange(1, 99)], default=1)
    covers = SelectField(N_("Hours to be covered"), choices=list(COVERS_WORDS.items()))
    begins = TimeField(N_("Every day from"), [Optional()], description=N_("The same as the end: round the clock."))
    ends = TimeField(N_("Every day until"), [Optional()])
    calendar = SelectField(N_("Working calendar"), validate_choice=False)
    skill_id = SelectField(N_("Everybody on it must have"), coerce=int)
    valid_from = DateField(N_("Valid from"), [InputRequired()])
    valid_until = DateField(N_("Valid until"), [Optional()])
    cycle_weeks = IntegerField(
        N_("Weeks of the pattern"), [InputRequired(), NumberRange(1, 52)], default=1,
        description=N_("After so many weeks it begins anew."),
    )  # fmt: skip
    active = BooleanField(N_("In use"), default=True)


class ShiftForm(SanbaoForm):
    """Somebody's duty on a day."""

    user_id = SelectField(N_("Person"), [InputRequired()], coerce=int)
    day = DateField(N_("Day"), [InputRequired()])
    begins = TimeField(N_("From"), [InputRequired()])
    ends = TimeField(
        N_("Until"), [InputRequired()], description=N_("Not later than the beginning: on the next day.")
    )
    note = StringField(N_("Note"), [Length(max=200)])


class LineForm(SanbaoForm):
    """A line of the pattern."""

    week = IntegerField(N_("Week"), [InputRequired(), NumberRange(1, 52)], default=1)
    weekday = SelectField(
        N_("Weekday"), coerce=int, choices=[(str(n), words) for n, words in enumerate(WEEKDAY_WORDS)]
    )
    begins = TimeField(N_("From"), [InputRequired()])
    ends = TimeField(N_("Until"), [InputRequired()])
    user_id = SelectField(N_("Person"), [InputRequired()], coerce=int)


class PlanForm(SanbaoForm):
    """The days that are planned by the pattern."""

    first = DateField(N_("From"), [InputRequired()])
    last = DateField(N_("Until"), [InputRequired()])


class SwapForm(SanbaoForm):
    """Who is asked to take a shift over."""

    to_id = SelectField(N_("Colleague"), [InputRequired()], coerce=int)
    return_id = SelectField(N_("In return for"), coerce=int)
    reason = StringField(N_("Reason"), [Length(max=200)])


class PoolForm(VersionForm):
    """Somebody of the backup pool."""

    user_id = SelectField(N_("Person"), [InputRequired()], coerce=int)
    phone = StringField(N_("Phone"), [Length(max=60)])
    note = TextAreaField(N_("What for"), [Length(max=2000)], render_kw={"rows": 2})
    active = BooleanField(N_("Can be called"), default=True)


class CallForm(SanbaoForm):
    """A call to somebody of the pool."""

    roster_id = SelectField(N_("Roster"), [InputRequired()], coerce=int)
    day = DateField(N_("Day"), [InputRequired()])
    begins = TimeField(N_("From"), [InputRequired()])
    ends = TimeField(N_("Until"), [InputRequired()])
    reason = StringField(N_("Why somebody is drawn in"), [InputRequired(), Length(max=200)])
    outcome = RadioField(N_("What he or she said"), [InputRequired()], choices=list(OUTCOME_WORDS.items()))


class WhenForm(SanbaoForm):
    """The moment that is asked about."""

    at = MomentField(N_("When"), [InputRequired()])
