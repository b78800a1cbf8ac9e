"""Forms of what is put to a department."""

from __future__ import annotations

from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.api import N_
from plugins.service.forms.orders import VersionForm


class EscalateForm(VersionForm):
    unit_id = SelectField(N_("Which department decides"), coerce=int, validators=[InputRequired()])
    question = TextAreaField(
        N_("What was found, what is to be decided"), [InputRequired(), Length(max=2000)], render_kw={"rows": 5}
    )


class DecideForm(VersionForm):
    answer = TextAreaField(N_("What is decided"), [InputRequired(), Length(max=2000)], render_kw={"rows": 5})
