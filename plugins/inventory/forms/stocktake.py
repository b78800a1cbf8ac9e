"""Forms of stocktakes: beginning one, counting a line, what stands on no list."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from core.api import N_
from core.web_api import MomentField, SanbaoForm
from plugins.inventory.stocktake_contracts import STOCKTAKE_KIND_WORDS


class StocktakeForm(SanbaoForm):
    location_id = SelectField(N_("Location"), coerce=int, description=N_("With all locations below it."))
    kind = RadioField(N_("Sort of count"), choices=list(STOCKTAKE_KIND_WORDS.items()), default="full")
    not_since = DateField(
        N_("Not counted since"), [Optional()], description=N_("For a cycle count: what was counted later is left out.")
    )
    guarantee_only = BooleanField(N_("Guarantee parts only"))
    blind = BooleanField(
        N_("Counted blind"), default=True, description=N_("Who counts does not see what the book says.")
    )
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})


class CountForm(SanbaoForm):
    """What was counted; ``seen`` says how often it had been counted when the page was shown."""

    quantity = DecimalField(N_("Quantity counted"), [InputRequired()], places=None)
    at = MomentField(
        N_("Counted at"), [Optional()], description=N_("Empty: now. What was moved later does not matter.")
    )
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})
    again = BooleanField(N_("Count it once more on purpose"))
    seen = HiddenField(validators=[Length(max=9)])


class FoundForm(SanbaoForm):
    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    location_id = SelectField(N_("Location"), coerce=int)
    quantity = DecimalField(N_("Quantity counted"), [InputRequired()], places=None, default=1)
    batch = StringField(N_("Batch"), [Length(max=80)])
    serial = StringField(N_("Serial number"), [Length(max=80)])
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})
