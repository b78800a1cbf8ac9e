"""Forms of the phone desk."""

from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from core.web_api import MomentField, VersionForm


class MissedForm(VersionForm):
    """A call that nobody answered."""

    at = MomentField(N_("Missed at"), [InputRequired()])
    phone = StringField(N_("Caller's number"), [InputRequired(), Length(max=60)], render_kw={"inputmode": "tel"})
    caller = StringField(N_("Caller"), [Length(max=120)])
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})


class SaidForm(VersionForm):
    """What was said when called back, or why nobody called."""

    result = TextAreaField(N_("What the customer says, or why nobody calls back"), [InputRequired(), Length(max=2000)],
                           render_kw={"rows": 3})  # fmt: skip


class WhyForm(VersionForm):
    """The reason of an objection, or of what was decided on it."""

    why = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})
