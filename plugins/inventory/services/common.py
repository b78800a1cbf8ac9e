"""What the services of inventory have in common: texts that are needed, choices, quantities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from sqlalchemy.exc import OperationalError

from core.api import Conflict, Ctx, Invalid, _
from plugins.inventory.queries.parts import PartWords, plain_quantity
from plugins.inventory.rules.quantities import fits, sensible


def required(text: str, field: str, words: str, longest: int) -> str:
    """A text without blanks around it. Raises Invalid with ``words`` when it is empty, or when it is too long."""
    text = text.strip()
    if not text:
        raise Invalid("missing", words, field)
    return fitting(text, field, longest)


def fitting(text: str, field: str, longest: int) -> str:
    """A text without blanks around it. Raises Invalid when it is too long."""
    text = text.strip()
    if len(text) > longest:
        raise Invalid("too_long", _("At most {n} characters; this has {length}.", n=longest, length=len(text)), field)
    return text


def chosen(value: str, values: Iterable[str], field: str) -> str:
    """A code of those offered. Raises Invalid."""
    if value not in values:
        raise Invalid("bad_choice", _("Choose one of the values offered."), field)
    return value


def exact(part: PartWords, quantity: Decimal) -> Decimal:
    """A quantity that this part can have. Raises Invalid, in words, for any other."""
    if not sensible(quantity):
        raise Invalid("bad_quantity", _("A quantity is a number above 0."), "quantity")
    if not fits(quantity, part.decimals):
        words = _(
            "{quantity} {measure} can’t be: {part} is counted with {decimals} decimals.",
            quantity=plain_quantity(quantity), measure=part.measure, part=part.code, decimals=part.decimals,
        )  # fmt: skip
        raise Invalid("not_exact", words, "quantity")
    if part.tracking == "serial" and quantity != quantity.to_integral_value():
        raise Invalid("whole_pieces", _("{part} has serial numbers: whole pieces only.", part=part.code), "quantity")
    return quantity


def right(ctx: Ctx, permission: str, allowed: bool = False) -> None:
    """Raise Forbidden unless the actor holds the right, or a service that has asked for its own says ``allowed``."""
    if not allowed:
        ctx.require(permission)


@contextmanager
def one_after_the_other() -> Iterator[None]:
    """Around a statement that locks. One act locks in one order, so acts never wait for each other in a circle; a
    transaction of several acts may, and then one of them is refused, politely, with nothing done.
    """
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != _DEADLOCK:
            raise
        words = _("Somebody else is moving the same parts right now. Nothing was posted; try again.")
        raise Conflict("busy", words) from error


_DEADLOCK = "40P01"
