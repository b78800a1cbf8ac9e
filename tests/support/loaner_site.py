"""A company that repairs and lends: two loaners that stand in for its tractor, an order of a customer."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from core.api import RecordRef
from core.auth.models import User
from core.context import Ctx
from core.testing import Installation, Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData, ProductData, SiteData, UnitData
from plugins.inventory.contracts import PartData, ReceiptLine
from plugins.inventory.loaner_contracts import HandOutData, LoanerData, ReserveData, TakeBackData
from plugins.inventory.models import Loan, Loaner, Location, Measure, Serial
from plugins.inventory.queries import loaners as queries
from plugins.inventory.services import lending, loaners, parts, stock
from plugins.service import services
from plugins.service.contracts import OrderData, ResultData
from plugins.service.models import Order

NOW = moment("2026-03-02 09:00")
"""A Monday."""
ORDER = "service.order"


def furnish(installation: Installation) -> None:
    """``acme`` has orders and stock. Loaners B-1 and B-2 stand in for the tractor, B-3 is in the warehouse."""
    office = installation.company("acme", modules=("service", "inventory"), locale="en", now=moment("2026-01-05 09:00"))
    ctx = office.system(moment("2026-01-05 09:00"))
    product = base.save_product(ctx, ProductData("T-1", "Tractor", "tractors"))
    base.save_product(ctx, ProductData("M-1", "Mower", "mowers"))
    customer = base.save_customer(ctx, CustomerData("Ma Dongsheng", address="Xuzhou, Tongshan"))
    base.save_site(ctx, customer.id, SiteData("Farm", "Jiangsu", "Xuzhou", "Tongshan", "Village 3"))
    base.save_person(ctx, customer.id, PersonData("Ma Li", email="ma@farm.example"))
    base.save_unit_record(ctx, UnitData(product.id, "FH-1", customer_id=customer.id))
    office.person("li@acme.example", "technician", name="Li Hai")
    ctx = office.system(moment("2026-01-05 09:00"))
    pcs = ctx.session.scalar(sa.select(Measure.id).where(Measure.code == "pcs"))
    part = parts.save_part(ctx, PartData("LOAN-T", "Loaner tractor", pcs, "serial"))
    lines = [ReceiptLine(part.id, Decimal(1), serial=f"B-{n}") for n in (1, 2, 3)]
    stock.receive(ctx, lines, place(ctx, "MAIN"))
    for number in ("B-1", "B-2"):
        loaners.add(ctx, serial(ctx, number), LoanerData((product.id,), accessories="Key\nManual"))


def place(ctx: Ctx, code: str) -> int:
    """The location of a code."""
    return ctx.session.scalar(sa.select(Location.id).where(Location.code == code))


def serial(ctx: Ctx, number: str) -> int:
    """The piece of a number."""
    return ctx.session.scalar(sa.select(Serial.id).where(Serial.number == number))


def loaner(ctx: Ctx, number: str) -> int:
    """The loaner that a piece is."""
    return ctx.session.scalar(sa.select(Loaner.id).where(Loaner.serial_id == serial(ctx, number)))


def order(office: Office, now=NOW, **values) -> int:
    """An order on the customer's tractor, free of charge, in hand."""
    ctx = office.system(now)
    device = ctx.session.scalar(sa.select(ctx.registry.kinds["base.unit"].model))
    given = {"subject": "Gearbox slips", "device_id": device.id, "person_name": "Ma Dongsheng", **values}
    made = services.open_order(ctx, OrderData(**given))
    if not made.work_kind:
        services.choose_work_kind(ctx, made.id, "free", "In warranty")
    return made.id


def reserve(ctx: Ctx, order_id: int, number: str = "B-1", first: int = 0, last: int = 7) -> Loan:
    """Keep a loaner for an order, from so many days from today to so many."""
    days = [ctx.today + dt.timedelta(days=n) for n in (first, last)]
    return lending.reserve(ctx, ReserveData(RecordRef(ORDER, order_id), loaner(ctx, number), *days))


def grades(ctx: Ctx, **differ: str) -> dict[str, str]:
    """Every point as new, but for these."""
    return dict.fromkeys(queries.points(ctx), "good") | differ


def out(ctx: Ctx, order_id: int, number: str = "B-1", days: int = 7, **more) -> Loan:
    """A loaner is with the customer."""
    row = reserve(ctx, order_id, number, 0, days)
    data = HandOutData("Ma Dongsheng", row.due_on, grades(ctx), accessories=("Key", "Manual"), **more)
    return lending.hand_out(ctx, row.id, data)


def back(ctx: Ctx, row: Loan, **values) -> Loan:
    """It comes back as it went, unless said otherwise."""
    return lending.take_back(ctx, row.id, TakeBackData(**{"grades": grades(ctx), **values}))


def done(office: Office, order_id: int, now=NOW) -> None:
    """The repair is done; only closing is left."""
    ctx = office.system(now)
    li = ctx.session.scalar(sa.select(User.id).where(User.email == "li@acme.example"))
    services.dispatch(ctx, order_id, li)
    services.start(ctx, order_id)
    services.finish(ctx, order_id, ResultData("solved", "Gearbox mended", "defect"))
    services.confirm(ctx, order_id)


def order_row(ctx: Ctx, order_id: int) -> Order:
    """The order as it stands."""
    ctx.session.rollback()
    return ctx.session.get(Order, order_id, populate_existing=True)


def loan(ctx: Ctx, loan_id: int) -> Loan:
    """The loan as it stands."""
    ctx.session.rollback()
    return ctx.session.get(Loan, loan_id, populate_existing=True)


def part(ctx: Ctx) -> int:
    """The part of which the loaners are pieces."""
    return ctx.session.scalar(sa.select(Serial.part_id))
