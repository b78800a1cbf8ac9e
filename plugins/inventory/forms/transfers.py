"""Forms of transfers: beginning one, what goes along, what has come, what becomes of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, DecimalField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from core.api import N_
from plugins.inventory.forms.common import VersionForm
from plugins.inventory.models import Balance, TransferLine
from plugins.inventory.queries.parts import tidy
from plugins.inventory.transfer_contracts import SETTLED_WORDS, TransferArrival, TransferLineData


class TransferForm(VersionForm):
    from_id = SelectField(N_("From (place)"), coerce=int)
    to_id = SelectField(N_("To (place)"), coerce=int)
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})


class TransferLineForm(VersionForm):
    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    quantity = DecimalField(N_("Quantity"), [InputRequired()], places=None, default=1)
    lot = StringField(
        N_("Batch or serial number"), [Length(max=80)], description=N_("Where the part is tracked by it.")
    )
    from_id = SelectField(N_("From (place)"), coerce=int)


class TakeOverForm(VersionForm):
    """What has come; ``arrival_form`` adds the fields of each line. ``once`` tells a form that is sent twice."""

    complete = BooleanField(N_("Nothing more is to come"), default=True)
    once = HiddenField(validators=[Length(max=60)])


def take_over_form(lines: Sequence[TransferLine], **given: Any) -> TakeOverForm:
    """The form for what has come of these lines: all of it is proposed."""
    fields: dict[str, Any] = {}
    for line in lines:
        fields[f"quantity_{line.id}"] = DecimalField(
            N_("Has come now"), [Optional(), NumberRange(min=0)], places=None, default=tidy(line.open)
        )
        fields[f"damaged_{line.id}"] = DecimalField(
            N_("Besides, damaged"), [Optional(), NumberRange(min=0)], places=None
        )
    return type("TakeOverLines", (TakeOverForm,), fields)(**given)


def arrivals_of(form: TakeOverForm, lines: Sequence[TransferLine]) -> list[TransferArrival]:
    """What was entered, of the lines of which something was."""

    def entered(name: str, line_id: int) -> Decimal:
        return getattr(form, f"{name}_{line_id}").data or Decimal(0)

    found = [TransferArrival(x.id, entered("quantity", x.id), entered("damaged", x.id)) for x in lines]
    return [arrival for arrival in found if arrival.quantity or arrival.damaged]


class UnsentForm(VersionForm):
    """What came along and was not sent."""

    part = StringField(N_("Part"), [InputRequired(), Length(max=60)], description=N_("Its code, typed or scanned."))
    lot = StringField(
        N_("Batch or serial number"), [Length(max=80)], description=N_("Where the part is tracked by it.")
    )
    quantity = DecimalField(N_("Has come now"), [Optional(), NumberRange(min=0)], places=None, default=1)
    damaged = DecimalField(N_("Besides, damaged"), [Optional(), NumberRange(min=0)], places=None)


class SettleForm(VersionForm):
    decision = RadioField(N_("What becomes of it"), [InputRequired()], choices=list(SETTLED_WORDS.items()))
    from_id = SelectField(
        N_("Taken from"), [Optional()], coerce=int, choices=[],
        description=N_("Where the book has it, if the sender put it in."),
    )  # fmt: skip
    quantity = DecimalField(
        N_("Quantity"), [Optional()], places=None, description=N_("Empty: all that is to be decided.")
    )
    reason = TextAreaField(N_("Reason"), [InputRequired(), Length(max=2000)], render_kw={"rows": 2})


class GiveForm(VersionForm):
    """What is given out of one's own store, and to whom; ``give_form`` adds a quantity for each lot."""

    to_id = SelectField(N_("Give to"), coerce=int)
    note = TextAreaField(N_("Note"), [Length(max=2000)], render_kw={"rows": 2})
    once = HiddenField(validators=[Length(max=60)])


def give_form(balances: Sequence[Balance], **given: Any) -> GiveForm:
    """The form for giving some of these lots away."""
    fields = {
        f"give_{b.id}": DecimalField(N_("Quantity"), [Optional(), NumberRange(min=0)], places=None) for b in balances
    }
    return type("GiveLots", (GiveForm,), fields)(**given)


def given_of(form: GiveForm, balances: Sequence[Balance]) -> list[TransferLineData]:
    """The lots of which something is given away."""
    found = []
    for b in balances:
        quantity = getattr(form, f"give_{b.id}").data
        if quantity:
            found.append(TransferLineData(b.part_id, quantity, b.batch_id, b.serial_id, b.location_id))
    return found
