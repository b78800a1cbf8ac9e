"""Forms of requests for parts: beginning one, its lines, what was picked."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import DateField, DecimalField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from plugins.inventory.forms.common import VersionForm
from plugins.inventory.models import Reservation
from plugins.inventory.part_request_contracts import URGENCY_WORDS, Pick
from plugins.inventory.queries.parts import tidy


class PartRequestForm(VersionForm):
    """What is asked for first, and for what; further parts are added on the page."""

    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None, default=1)
    urgency = RadioField(N_("Urgency of the need"), choices=list(URGENCY_WORDS.items()), default="normal")
    needed_by = DateField(N_("Needed by"), [Optional()])
    to_id = SelectField(N_("Into whose store"), coerce=int)
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})
    kind = HiddenField(validators=[Length(max=80)])
    record = HiddenField(validators=[Length(max=20)])


class PartRequestLineForm(VersionForm):
    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None, default=1)


class PickForm(VersionForm):
    """What was taken off the shelf; ``pick_form`` adds a quantity for each lot that is kept."""


def pick_form(kept: Sequence[tuple[Reservation, Decimal]], **given: Any) -> PickForm:
    """The form for what is picked of these lots: all that is kept is proposed."""
    fields = {
        f"pick_{r.id}": DecimalField(N_("Quantity"), [Optional(), NumberRange(min=0)], places=None, default=tidy(left))
        for r, left in kept
    }
    return type("PickLots", (PickForm,), fields)(**given)


def picks_of(form: PickForm, kept: Sequence[tuple[Reservation, Decimal]]) -> list[Pick]:
    """What was picked, of the lots of which something was."""
    found = []
    for r, _left in kept:
        quantity = getattr(form, f"pick_{r.id}").data
        if quantity:
            b = r.balance
            found.append(Pick(r.part_id, quantity, b.location_id, b.batch_id, b.serial_id))
    return found
