"""Forms of parts, units of measure, packs, substitutes, bills and batches."""

from __future__ import annotations

from wtforms import BooleanField, DateField, DecimalField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from core.web_api import SanbaoForm
from plugins.inventory.contracts import TRACKING_WORDS
from plugins.inventory.forms.common import VersionForm


class PartForm(VersionForm):
    """A part of the catalogue."""

    code = StringField(N_("Code"), [InputRequired(), Length(max=60)])
    name = StringField(N_("Name"), [InputRequired(), Length(max=200)])
    measure_id = SelectField(N_("Unit of measure"), coerce=int)
    tracking = SelectField(N_("Tracked"), choices=list(TRACKING_WORDS.items()))
    shelf_life_days = IntegerField(
        N_("Shelf life (days)"), [Optional(), NumberRange(1, 36500)],
        description=N_("A batch that names no expiry gets it from its production and this."),
    )  # fmt: skip
    warn_days = IntegerField(
        N_("Told of so many days before expiry"), [Optional(), NumberRange(1, 36500)],
        description=N_("Empty: as the company sets it."),
    )  # fmt: skip
    replaced_by = StringField(
        N_("Superseded by"), [Length(max=60)], description=N_("The code of the part that is ordered from then on.")
    )
    storage = StringField(N_("How to keep it"), [Length(max=200)])
    guarantee = BooleanField(
        N_("Guarantee part"), description=N_("One that always has to be there for the three guarantees.")
    )
    active = BooleanField(N_("Kept"), default=True)
    note = TextAreaField(N_("Note"), render_kw={"rows": 2})


class MeasureForm(VersionForm):
    """A unit of measure."""

    code = StringField(N_("Code"), [InputRequired(), Length(max=20)])
    name = StringField(N_("Name"), [InputRequired(), Length(max=100)])
    decimals = IntegerField(
        N_("Decimals"), [NumberRange(0, 6)], default=0, description=N_("0: whole numbers only, such as pieces.")
    )
    active = BooleanField(N_("In use"), default=True)


class PackForm(SanbaoForm):
    measure_id = SelectField(N_("Further unit"), coerce=int)
    factor = DecimalField(
        N_("Contains"), [InputRequired()], places=None, description=N_("So many of the part’s own unit, exactly.")
    )


class SubstituteForm(SanbaoForm):
    code = StringField(N_("Code of the substitute"), [InputRequired(), Length(max=60)])
    note = StringField(N_("Note"), [Length(max=200)])


class BillForm(SanbaoForm):
    code = StringField(N_("Code of the product"), [InputRequired(), Length(max=60)])
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None, default=1)
    place = StringField(N_("Where in it"), [Length(max=80)])


class BatchForm(VersionForm):
    """What stands on the goods."""

    number = StringField(N_("Batch"), [InputRequired(), Length(max=80)])
    produced_on = DateField(N_("Produced on"), [Optional()])
    expires_on = DateField(N_("Expires on"), [Optional()], description=N_("It may be used through this day."))
    sterile_until = DateField(N_("Sterile until"), [Optional()])
    note = TextAreaField(N_("Note"), render_kw={"rows": 2})
