"""The form of a line of a bill."""

from __future__ import annotations

from wtforms import DateField, DecimalField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from plugins.inventory.forms.common import VersionForm


class LineForm(VersionForm):
    """So many of a part are in an assembly."""

    assembly = StringField(
        N_("Assembly"), [Length(max=60)], description=N_("The code of the part in which it is; none: it heads a bill.")
    )
    part = StringField(N_("Part"), [InputRequired(), Length(max=60)])
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None, default=1)
    measure_id = SelectField(N_("Unit of measure"), coerce=int)
    since = DateField(N_("Valid from"), [Optional()])
    until = DateField(N_("Valid through"), [Optional()])
