"""Forms of purchase orders: what the supplier confirmed, what has come."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import DateField, DecimalField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from plugins.inventory.contracts import Arrival, BatchData
from plugins.inventory.forms.common import VersionForm
from plugins.inventory.models import PurchaseOrderLine
from plugins.inventory.queries.parts import tidy


class OrderForm(VersionForm):
    """What is written down on an open order."""

    to_id = SelectField(N_("Deliver to"), coerce=int)
    expected_on = DateField(N_("Expected on"), [Optional()])
    their_reference = StringField(N_("Their reference"), [Length(max=80)])
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})


class ArrivalForm(VersionForm):
    """What has come; ``arrival_form`` adds the fields of each line. ``once`` tells a form that is sent twice."""

    to_id = SelectField(N_("Into"), [InputRequired()], coerce=int)
    once = HiddenField(validators=[Length(max=60)])


def arrival_form(lines: Sequence[PurchaseOrderLine], **given: Any) -> ArrivalForm:
    """The form for what has come of these lines: as much as is still to come is proposed."""
    fields: dict[str, Any] = {}
    for line in lines:
        fields[f"quantity_{line.id}"] = DecimalField(
            N_("Has come now"), [Optional(), NumberRange(min=0)], places=None,
            default=None if line.part.tracking == "serial" else tidy(line.open),
        )  # fmt: skip
        if line.part.tracking == "batch":
            fields[f"batch_{line.id}"] = StringField(N_("Batch"), [Length(max=80)])
            fields[f"produced_{line.id}"] = DateField(N_("Produced on"), [Optional()])
            fields[f"expires_{line.id}"] = DateField(N_("Expires on"), [Optional()])
        if line.part.tracking == "serial":
            fields[f"serials_{line.id}"] = TextAreaField(
                N_("Serial numbers"), description=N_("One per line: so many pieces are received."),
                render_kw={"rows": 3},
            )  # fmt: skip
    return type("ArrivalLines", (ArrivalForm,), fields)(**given)


def arrivals_of(form: ArrivalForm, lines: Sequence[PurchaseOrderLine]) -> list[Arrival]:
    """What was entered, of the lines of which something was."""
    found = []
    for line in lines:

        def entered(name: str, line_id: int = line.id) -> Any:
            field = getattr(form, f"{name}_{line_id}", None)
            return field.data if field is not None else None

        serials = tuple(text.strip() for text in (entered("serials") or "").splitlines() if text.strip())
        quantity = Decimal(entered("quantity") or len(serials))
        if not quantity:
            continue
        batch = None
        if (entered("batch") or "").strip():
            batch = BatchData(entered("batch"), entered("produced"), entered("expires"))
        found.append(Arrival(line.id, quantity, batch, serials))
    return found
