"""The register of tools and equipment: kinds, tools, which of them are fixed assets, inspections, repair, the end."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    _,
    both,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    people_with_role,
    transaction,
)
from plugins.base.queries.suppliers import get_supplier
from plugins.inventory.models import Tool, ToolKind
from plugins.inventory.queries import kits as kit_queries
from plugins.inventory.queries import tools as queries
from plugins.inventory.rules.expiry import OVER, step_of
from plugins.inventory.rules.tools import is_asset, months_later
from plugins.inventory.services.common import fitting, required
from plugins.inventory.services.kit_counts import look_now
from plugins.inventory.tool_contracts import THRESHOLD, TOOL, TOOL_STATE_WORDS, ToolData, ToolKindData

EDIT = "inventory.tool.edit"
MOST_PRICE = Decimal(10) ** 10
AT_ONCE = 2000
"""So many tools are looked at in one run; those whose inspection ends first come first."""


def save_kind(ctx: Ctx, data: ToolKindData, *, version: int | None = None) -> ToolKind:
    """Add a kind of tool or change one."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_kind(ctx, data.id) if data.id else None
        check_version(row, version)
        code = required(data.code, "code", _("Give it a code."), 40)
        name = required(data.name, "name", _("Give it a name."), 120)
        same = queries.kind_by_code(ctx, code)
        if same is not None and same is not row:
            raise Invalid("code_taken", _("“{name}” has the code {code} already.", name=same.name, code=code), "code")
        if data.inspect_months is not None and not 1 <= data.inspect_months <= 240:
            raise Invalid("bad_months", _("From 1 to {n} months.", n=240), "inspect_months")
        row = row or ToolKind()
        row.code, row.name, row.inspect_months, row.active = code, name, data.inspect_months, data.active
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.tool_kind_saved", row, code=code, name=name)
        return row


def save_tool(ctx: Ctx, data: ToolData, *, version: int | None = None) -> Tool:
    """Add a tool to the register or change one. Whether it is a fixed asset follows from its price."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_tool(ctx, data.id, lock=True) if data.id else None
        check_version(row, version)
        name = required(data.name, "name", _("Give it a name."), 200)
        number = fitting(data.number, "number", 40)
        if row is not None and not number:
            raise Invalid("missing", _("Give it a number."), "number")
        same = queries.tool_by_number(ctx, number) if number else None
        if same is not None and same is not row:
            words = _("“{name}” has the number {number} already.", name=same.name, number=number)
            raise Invalid("number_taken", words, "number")
        _sensible(ctx, data)
        kits = {i for i in (row.kit_id if row is not None else None, data.kit_id) if i is not None}
        kit_queries.lock_kits(ctx, kits)
        kit = kit_queries.get_kit(ctx, data.kit_id) if data.kit_id else None
        row = row or Tool(state="store", asset=False)
        row.number = number or next_number(ctx, TOOL, str(get_setting(ctx, "inventory.tool_pattern")))
        row.name, row.kind_id, row.serial = name, queries.get_kind(ctx, data.kind_id).id, data.serial.strip()
        row.price, row.bought_on, row.supplier_id = data.price, data.bought_on, data.supplier_id
        row.unit_id, row.kit_id, row.inspect_by = data.unit_id, data.kit_id, data.inspect_by
        row.reserved = data.reserved or (kit is not None and kit.reserved)
        row.note = data.note.strip()
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.tool_saved", row, links=[kit], number=row.number, name=name, kits=sorted(kits))
        look_now(ctx, kits)
        classify(ctx, row)
        return row


def _sensible(ctx: Ctx, data: ToolData) -> None:
    if data.price is not None and not (data.price.is_finite() and 0 <= data.price < MOST_PRICE):
        raise Invalid("bad_price", _("A price is 0 or more."), "price")
    if data.bought_on is not None and data.bought_on > ctx.today:
        raise Invalid("in_future", _("That day is still to come."), "bought_on")
    fitting(data.serial, "serial", 80)
    if data.supplier_id is not None:
        get_supplier(ctx, data.supplier_id)
    if data.unit_id is not None:
        queries.get_unit(ctx, data.unit_id)


# --- fixed assets ---------------------------------------------------------------------------------------------------


def classify(ctx: Ctx, tool: Tool) -> bool:
    """Say anew whether a tool is a fixed asset (GS-16, AG-16); a change is on record with the day and the reason."""
    threshold = get_setting(ctx, THRESHOLD)
    wanted = is_asset(tool.price, threshold)
    if tool.asset == wanted:
        return False
    tool.asset, tool.asset_threshold = wanted, threshold
    tool.asset_since = ctx.today if wanted else None
    ctx.session.flush()
    name = "inventory.tool_became_asset" if wanted else "inventory.tool_no_asset"
    emit(
        ctx, name, tool, number=tool.number, price=tool.price if tool.price is not None else both(N_("not known")),
        threshold=threshold if threshold is not None else both(N_("none")),
    )  # fmt: skip
    return True


def classify_all(ctx: Ctx) -> int:
    """After the company's threshold has changed: answers for how many tools the answer is another one now."""
    with transaction(ctx):
        threshold = get_setting(ctx, THRESHOLD)
        if threshold is None:
            asset: sa.ColumnElement[bool] = sa.false()
        elif threshold == 0:
            asset = sa.true()
        else:
            asset = sa.and_(Tool.price.is_not(None), Tool.price > threshold)
        query = sa.select(Tool).where(sa.or_(sa.and_(Tool.asset, sa.not_(asset)), sa.and_(sa.not_(Tool.asset), asset)))
        rows = ctx.session.scalars(query.order_by(Tool.id).with_for_update())
        return sum(classify(ctx, row) for row in rows.all())


# --- inspection and calibration -------------------------------------------------------------------------------------


def record_inspection(
    ctx: Ctx, tool_id: int, on: dt.date, until: dt.date | None, note: str = "", *, version: int | None = None
) -> Tool:
    """It was inspected or calibrated on a day, and that holds until a day: by its kind, unless said."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_tool(ctx, tool_id, lock=True)
        check_version(row, version)
        if on > ctx.today:
            raise Invalid("in_future", _("That day is still to come."), "on")
        months = queries.get_kind(ctx, row.kind_id).inspect_months
        if until is None and months is None:
            raise Invalid("missing", _("Say until when it holds: this kind of tool has no interval."), "until")
        row.inspect_by = until or months_later(on, months or 0)
        if row.inspect_by < on:
            raise Invalid("bad_day", _("It can’t end before it begins."), "until")
        ctx.session.flush()
        emit(
            ctx, "inventory.tool_inspected", row, number=row.number, on=on, until=row.inspect_by,
            note=fitting(note, "note", 1000), kits=_kits(row),
        )  # fmt: skip
        look_now(ctx, _kits(row))
        return row


def warn_of_inspections(ctx: Ctx) -> int:
    """Scheduled: tell who keeps the tools of every inspection that comes to a step before its end or has ended, each
    once for each step; answers how many lines were put into inboxes.
    """
    with transaction(ctx):
        people = people_with_role(ctx, str(get_setting(ctx, "inventory.tools_told")))
        told = 0
        for row in queries.due(ctx, AT_ONCE) if people else ():
            if row.inspect_by is None:
                continue
            step = step_of((row.inspect_by - ctx.today).days, queries.warn_days(ctx))
            if step is None:
                continue
            text = N_("Inspection of {number} {name} ends on {day}")
            if step == OVER:
                text = N_("Inspection of {number} {name} ended on {day}: not to be used")
            day = row.inspect_by.isoformat()
            told += notify(
                ctx, people, text, record=row, once=f"tool {row.id} {day} {step}", number=row.number, name=row.name,
                day=day,
            )  # fmt: skip
        return told


# --- repair, found again, the end -----------------------------------------------------------------------------------


def send_to_repair(ctx: Ctx, tool_id: int, reason: str, *, version: int | None = None) -> Tool:
    """What is in store goes to repair."""
    return _move(ctx, tool_id, ("store",), "repair", "inventory.tool_to_repair", reason, version)


def back_from_repair(ctx: Ctx, tool_id: int, reason: str, *, version: int | None = None) -> Tool:
    """It is mended and in store again; ``reason`` says what was done."""
    return _move(ctx, tool_id, ("repair",), "store", "inventory.tool_repaired", reason, version)


def found_again(ctx: Ctx, tool_id: int, reason: str, *, version: int | None = None) -> Tool:
    """What was lost is there again. A claim for it is waived by whoever decides on it."""
    return _move(ctx, tool_id, ("lost",), "store", "inventory.tool_found", reason, version)


def retire(ctx: Ctx, tool_id: int, reason: str, *, version: int | None = None) -> Tool:
    """It leaves the register's use for good: worn out, sold, given up as lost."""
    return _move(ctx, tool_id, ("store", "repair", "lost"), "retired", "inventory.tool_retired", reason, version)


def _move(
    ctx: Ctx, tool_id: int, sources: tuple[str, ...], target: str, event: str, reason: str, version: int | None
) -> Tool:
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_tool(ctx, tool_id, lock=True)
        check_version(row, version)
        if row.state not in sources:
            raise not_now(row)
        why = required(reason, "reason", _("Give a reason."), 1000)
        row.state = target
        ctx.session.flush()
        emit(ctx, event, row, number=row.number, reason=why, kits=_kits(row))
        look_now(ctx, _kits(row))
        return row


def not_now(tool: Tool) -> Conflict:
    """The refusal of what its state does not allow."""
    words = _("{tool} can’t be now: it is {state}.", tool=f"{tool.number} {tool.name}",
              state=_(TOOL_STATE_WORDS[tool.state]))  # fmt: skip
    return Conflict("wrong_state", words)


def _kits(row: Tool) -> list[int]:
    return [row.kit_id] if row.kit_id is not None else []
