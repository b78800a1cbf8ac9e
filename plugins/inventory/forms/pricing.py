"""The form of a change of a price."""

from __future__ import annotations

from wtforms import DateField, DecimalField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from core.api import N_
from core.web_api import SanbaoForm


class PriceForm(SanbaoForm):
    """What a part is to cost, from which day on and why."""

    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    price = DecimalField(N_("Price of one"), [InputRequired(), NumberRange(0, 10**10)], places=2)
    valid_from = DateField(N_("Counts from"), [InputRequired()])
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})
