"""Forms of reorder points, purchase requests and their lines."""

from __future__ import annotations

from wtforms import BooleanField, DecimalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from plugins.inventory.contracts import REORDER_RULE_WORDS
from plugins.inventory.forms.common import VersionForm


class PointForm(VersionForm):
    """When a part is bought again."""

    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    location_id = SelectField(
        N_("Counts what is in"), coerce=int, description=N_("A location with all below it, or the whole company.")
    )
    rule = RadioField(N_("How it counts"), choices=list(REORDER_RULE_WORDS.items()), default="levels")
    minimum = DecimalField(
        N_("Minimum"), [InputRequired()], places=None, description=N_("Bought again below it: a quantity, or days.")
    )
    maximum = DecimalField(
        N_("Maximum"), [InputRequired()], places=None, description=N_("Filled up to it: a quantity, or days.")
    )
    active = BooleanField(N_("In use"), default=True)


class RequestForm(VersionForm):
    """Why something is to be bought."""

    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class LineForm(VersionForm):
    """What is to be bought, from whom and at what price."""

    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None)
    supplier_id = SelectField(N_("Supplier"), coerce=int)
    price = DecimalField(
        N_("Price"), [Optional(), NumberRange(0, 10**10)], places=2, description=N_("Empty: that of the source.")
    )
    location_id = SelectField(N_("For location"), coerce=int)
