"""The form of a source of a part."""

from __future__ import annotations

from wtforms import BooleanField, DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from plugins.inventory.forms.common import VersionForm

DAYS = NumberRange(0, 3650)


class SourceForm(VersionForm):
    """On what terms a supplier has a part."""

    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    supplier_id = SelectField(N_("Supplier"), coerce=int)
    their_number = StringField(N_("Their number"), [Length(max=80)])
    lead_days = IntegerField(
        N_("Lead time (days)"), [Optional(), DAYS], description=N_("Empty: as the supplier’s other parts.")
    )
    minimum = DecimalField(N_("Least quantity"), [Optional()], places=None)
    pack = DecimalField(
        N_("In packs of"), [Optional()], places=None, description=N_("Whole packs are ordered. Empty: any quantity.")
    )
    price = DecimalField(N_("Price"), [Optional(), NumberRange(0, 10**10)], places=2)
    preferred = BooleanField(N_("First choice"))
