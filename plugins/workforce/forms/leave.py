"""Forms of leave."""

from __future__ import annotations

from wtforms import DateField, SelectField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from plugins.workforce.contracts import LEAVE_PART_WORDS
from plugins.workforce.forms.common import VersionForm


class LeaveForm(VersionForm):
    """Leave as it is asked for."""

    user_id = SelectField(N_("Person"), [InputRequired()], coerce=int)
    kind = SelectField(N_("Kind of leave"), [InputRequired()])
    first = DateField(N_("From"), [InputRequired()])
    last = DateField(N_("Until"), [InputRequired()], description=N_("The last day, which is included."))
    part = SelectField(N_("How much of it"), choices=list(LEAVE_PART_WORDS.items()))
    begins = TimeField(N_("From (time)"), [Optional()], description=N_("Only for leave from one time to another."))
    ends = TimeField(N_("Until (time)"), [Optional()])
    reason = TextAreaField(N_("Reason"), [Length(max=2000)], render_kw={"rows": 2})
