"""Bills of assemblies: which parts are in a part, how many, and from when to when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import (
    Ctx,
    DomainError,
    Invalid,
    NotFound,
    RecordRef,
    _,
    bulk_insert,
    check_version,
    emit,
    emit_many,
    transaction,
)
from plugins.inventory.contracts import BILL_LINE, PART, BillLineData
from plugins.inventory.models import BillLine
from plugins.inventory.queries import bills as queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries.parts import PartWords, plain_quantity
from plugins.inventory.rules.bills import contains
from plugins.inventory.rules.quantities import fits, sensible

EDIT = "inventory.part.edit"


def save_line(ctx: Ctx, data: BillLineData, *, version: int | None = None) -> BillLine:
    """Add a line to the bill of an assembly, or change one. Nothing may in the end be inside itself."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_line(ctx, data.id) if data.id else BillLine(external_key=data.external_key)
        check_version(row if data.id else None, version)
        ids = [i for i in (data.part_id, data.assembly_id) if i is not None]
        parts = part_queries.part_words(ctx, ids)
        measures = part_queries.measure_words(ctx)
        columns = _checked(data, parts, measures, queries.edges(ctx))
        for name, value in columns.items():
            setattr(row, name, value)
        ctx.session.add(row)
        ctx.session.flush()
        links = [RecordRef(PART, i) for i in ids]
        emit(ctx, "inventory.bill_line_saved", row, links=links, **_words(data, parts, measures))
        return row


def add_lines(
    ctx: Ctx, lines: Sequence[BillLineData]
) -> tuple[int, list[tuple[BillLineData, DomainError]]]:
    """Add many lines in few statements: how many there are now, and what was refused and why."""
    ctx.require(EDIT)
    with transaction(ctx):
        ids = {i for x in lines for i in (x.part_id, x.assembly_id) if i is not None}
        parts, measures = part_queries.part_words(ctx, ids), part_queries.measure_words(ctx)
        inside = queries.edges(ctx)
        rows, good, refused = [], [], []
        for data in lines:
            try:
                columns = _checked(data, parts, measures, inside)
            except DomainError as error:
                refused.append((data, error))
            else:
                rows.append({**columns, "external_key": data.external_key, "version": 1})
                good.append(data)
        made = bulk_insert(ctx, BillLine, rows, BillLine.id) if rows else []
        happened = [
            ("inventory.bill_line_saved", RecordRef(BILL_LINE, line_id), _words(data, parts, measures))
            for line_id, data in zip(made, good, strict=True)
        ]
        emit_many(ctx, happened)
        return len(made), refused


def _checked(
    data: BillLineData, parts: Mapping[int, PartWords], measures: Mapping[int, tuple[str, int]],
    inside: dict[int, set[int]],
) -> dict[str, Any]:  # fmt: skip
    """The columns of a line; ``inside`` learns of it. Raises Invalid, in words."""
    part, assembly = parts.get(data.part_id), parts.get(data.assembly_id or 0)
    if part is None or (assembly is None and data.assembly_id is not None):
        raise NotFound("unknown_part", _("There is no such part."))
    measure_id = data.measure_id or part.measure_id
    if measure_id not in measures:
        raise NotFound("unknown_measure", _("There is no such unit of measure."))
    name, decimals = measures[measure_id]
    if not sensible(data.quantity):
        raise Invalid("bad_quantity", _("A quantity is a number above 0."), "quantity")
    if not fits(data.quantity, decimals):
        words = _(
            "{quantity} {measure} can’t be: {part} is counted with {decimals} decimals.",
            quantity=plain_quantity(data.quantity), measure=name, part=part.code, decimals=decimals,
        )  # fmt: skip
        raise Invalid("not_exact", words, "quantity")
    if data.since is not None and data.until is not None and data.until < data.since:
        raise Invalid("bad_dates", _("It can’t end before it begins."), "until")
    if assembly is not None:
        if contains(inside, part.id, assembly.id):
            raise Invalid("circle", _("{part} would in the end be inside itself.", part=assembly.code), "part")
        inside.setdefault(assembly.id, set()).add(part.id)
    return {
        "assembly_id": data.assembly_id, "part_id": part.id, "quantity": data.quantity, "measure_id": measure_id,
        "since": data.since, "until": data.until,
    }  # fmt: skip


def _words(
    data: BillLineData, parts: Mapping[int, PartWords], measures: Mapping[int, tuple[str, int]]
) -> dict[str, str]:
    part = parts[data.part_id]
    name = measures[data.measure_id or part.measure_id][0]
    return {
        "what": f"{part.code} × {plain_quantity(data.quantity)} {name}", "code": parts[data.assembly_id or part.id].code
    }  # fmt: skip


def drop_line(ctx: Ctx, line_id: int) -> BillLine:
    """Take a line out of a bill."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_line(ctx, line_id)
        part, assembly = row.part, row.assembly
        ctx.session.delete(row)
        ctx.session.flush()
        emit(ctx, "inventory.bill_line_dropped", assembly or part, code=(assembly or part).code, part=part.code)
        return row
