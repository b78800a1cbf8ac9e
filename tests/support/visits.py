"""A company whose technicians visit customers, for tests of visits."""

from __future__ import annotations

import base64
import datetime as dt
import struct
import zlib

import sqlalchemy as sa

from core.auth.models import User
from core.companies.models import Role
from core.companies.services import save_unit
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.testing import Installation, Office, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.service import services
from plugins.service.contracts import OrderData
from plugins.service.models import Order, Visit
from plugins.service.queries import visits as queries

MONDAY = moment("2026-03-02 09:00")
HOUR = dt.timedelta(hours=1)


def furnish(installation: Installation, *, now: dt.datetime = MONDAY) -> None:
    """``plain`` decides by hand who pays, ``full`` by warranty; a customer with two units sold two months ago."""
    for code, modules in (("plain", ("service",)), ("full", ("service", "warranty"))):
        office = installation.company(code, modules=modules, locale="en", now=now)
        ctx = office.system(now)
        save_unit(ctx, "xuzhou", "Xuzhou", "centre", "hq", region="Xuzhou")
        save_unit(ctx, "agent", "Xinhe", "agent", "hq", region="Suqian")
        product = base.save_product(ctx, ProductData("T-1", "Tractor", "tractors"))
        customer = base.save_customer(ctx, CustomerData("Ma Dongsheng", address="Xuzhou, Tongshan"))
        base.add_phone(ctx, customer.id, PhoneData("138 0013 8000"))
        sold = (now - dt.timedelta(days=56)).date()
        base.save_unit_record(ctx, UnitData(product.id, "FH-1", customer_id=customer.id, sale_date=sold))
        office.person(f"li@{code}.example", "technician", name="Li Haitao")
        office.person(f"wang@{code}.example", "technician", name="Wang Zhi")


def want_steps(office: Office, *steps: str) -> None:
    """Let the company's table ask for these steps of every visit on site, beside consent."""
    ctx = office.system()
    table = table_named(ctx, "service.steps")
    body = latest_published(ctx, table).body
    kept = [r for r in body["rows"] if r["id"] == "consent"]
    rows = [{"id": f"test_{s}", "when": {"kind": "on_site"}, "then": {"step": s}} for s in steps]
    save_draft(ctx, table.name, {**body, "rows": kept + rows}, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)


def technician(office: Office, name: str = "li", now: dt.datetime = MONDAY, **values):
    """The circumstances of a technician, by the mailbox."""
    office.installation.close_sessions()  # each has a connection of a small pool
    mailboxes = (f"{name}@{office.code}.example", f"{name}@example.com")
    user = office.system().session.scalar(sa.select(User).where(User.email.in_(mailboxes)))
    rights = office.system().session.scalar(sa.select(Role.permissions).where(Role.code == "technician"))
    return office.ctx(*rights, now=now, user_id=user.id, name=user.name, **values)


def dispatched(
    office: Office, *, promised: dt.datetime | None = None, to: str = "li", now: dt.datetime = MONDAY, **values
) -> int:
    """An order on the customer's unit, free of charge, given to a technician."""
    ctx = office.system(now)
    device = ctx.session.scalar(sa.select(ctx.registry.kinds["base.unit"].model))
    given = {"subject": "No power at the wheels", "device_id": device.id, "promised_at": promised}
    given |= {"received_at": now - 2 * HOUR, **values}
    order = services.open_order(ctx, OrderData(**given))
    if not order.work_kind:
        services.choose_work_kind(ctx, order.id, "free", "In warranty")
    services.dispatch(ctx, order.id, technician(office, to).actor.user_id)
    return order.id


def picture(drawn: bool = True) -> bytes:
    """A small PNG with a line in it, or with nothing."""
    rows = b"".join(
        b"\0" + b"".join(bytes((0, 0, 0, 255 - x * 8 if drawn and y == 5 else 0)) for x in range(30)) for y in range(10)
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 30, 10, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def drawn() -> str:
    """The same as a browser sends it."""
    return "data:image/png;base64," + base64.b64encode(picture()).decode()


def order_of(office: Office, order_id: int) -> Order:
    """The order as it stands."""
    return office.system().session.get(Order, order_id)


def visit_of(office: Office, visit_id: int) -> Visit:
    """The visit as it stands."""
    return queries.get_visit(office.system(), visit_id)

