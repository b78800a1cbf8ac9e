"""A company with tools, a storekeeper and technicians, for tests of custody, kits and claims."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from core.api import Ctx
from core.auth.models import User
from core.companies.services import save_unit
from core.testing import Installation, moment
from plugins.inventory.demo.tools import drawn
from plugins.inventory.models import Kit, Tool, ToolKind
from plugins.inventory.services import custody, kits, tools
from plugins.inventory.tool_contracts import HandOver, KitData, Signed, ToolData, ToolKindData

NOW = moment("2026-03-02 09:00")
"""A Monday."""
SIGNED = Signed(drawn())
PEOPLE = {"keeper": ("storekeeper", "Ma Li"), "li": ("technician", "Li Hai"), "wang": ("technician", "Wang Jun"),
          "boss": ("manager", "Sun Wei")}  # fmt: skip


def furnish(installation: Installation) -> None:
    """Two kinds of tools, a drill for 800 and a tester for 1,950, in a service centre."""
    office = installation.company("acme", modules=("inventory",), locale="en", now=moment("2026-01-05 09:00"))
    ctx = office.system(moment("2026-01-05 09:00"))
    service = save_unit(ctx, "service", "Service", "department", "hq")
    workshop = save_unit(ctx, "workshop", "Workshop", "department", "hq")
    for mailbox, (role, name) in PEOPLE.items():
        office.person(f"{mailbox}@acme.example", role, name=name, unit_id=service.id)
    office.person("fitter@acme.example", "technician", name="Zhao Qiang", unit_id=workshop.id)
    ctx = office.system(moment("2026-01-05 09:00"))
    drill = tools.save_kind(ctx, ToolKindData("drill", "Drill"))
    tester = tools.save_kind(ctx, ToolKindData("tester", "Tester", 12))
    add(ctx, "D-1", drill.id, "800")
    add(ctx, "T-1", tester.id, "1950")


def add(ctx: Ctx, number: str, kind_id: int, price: str | None = None, **values) -> int:
    """Register a tool."""
    worth = Decimal(price) if price is not None else None
    return tools.save_tool(ctx, ToolData(f"Tool {number}", kind_id, number, price=worth, **values)).id


def user(ctx: Ctx, mailbox: str) -> int:
    """The account of one of the people."""
    return ctx.session.scalars(sa.select(User.id).where(User.email == f"{mailbox}@acme.example")).one()


def tool(ctx: Ctx, number: str) -> Tool:
    """A tool by its number."""
    return ctx.session.scalars(sa.select(Tool).where(Tool.number == number)).one()


def kind(ctx: Ctx, code: str) -> int:
    """A kind of tool by its code."""
    return ctx.session.scalars(sa.select(ToolKind.id).where(ToolKind.code == code)).one()


def given(ctx: Ctx, number: str, mailbox: str, **values) -> int:
    """Hand a tool out and have it accepted; answers the custody."""
    row = custody.hand_over(ctx, tool(ctx, number).id, HandOver(user(ctx, mailbox), **values))
    custody.accept(ctx, row.id, SIGNED)
    return row.id


def kit(ctx: Ctx, code: str = "BASE", **needed: int) -> Kit:
    """A kit that needs so many of these kinds."""
    row = kits.save_kit(ctx, KitData(code, f"Kit {code}"))
    for kind_code, quantity in needed.items():
        kits.save_line(ctx, row.id, kind(ctx, kind_code), quantity)
    return row


def days(number: int) -> dt.timedelta:
    """So many days."""
    return dt.timedelta(days=number)
