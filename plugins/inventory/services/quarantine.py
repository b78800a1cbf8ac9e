"""What comes into quarantine waits there for a decision: every arrival opens an inspection, by whichever way it came.

``posting.post`` tells of every move into and out of quarantine (``follow``). So what all open inspections still have to
decide, and what is asked to be scrapped, is what lies there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from core.api import Ctx, RecordRef, emit, get_setting, next_number, put_checklist, rule
from plugins.inventory.models import Inspection, Location
from plugins.inventory.quality_contracts import INSPECTION, RULES, Arrival
from plugins.inventory.queries import quality as queries
from plugins.inventory.queries.parts import PartWords

DECIDED = ("release", "scrap", "supplier")
"""Sorts of moves that carry a decision out: whoever posts them has said what is decided already."""
_SOURCE = {"receipt": "receipt", "return": "return"}


class Line(Protocol):
    """What has to be known of a move."""

    @property
    def part_id(self) -> int: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def from_id(self) -> int: ...
    @property
    def to_id(self) -> int: ...
    @property
    def batch_id(self) -> int | None: ...
    @property
    def serial_id(self) -> int | None: ...


def to_inspect(ctx: Ctx, part_ids: Iterable[int], source: str) -> dict[int, str]:
    """Part → the code of its checklist (or none), of those that the company's table wants inspected."""
    wanted = {}
    for part_id, facts in queries.rule_facts(ctx, part_ids).items():
        out: Any = rule(ctx, RULES, {"source": source, **facts}).outputs or {}
        if out.get("inspect"):
            wanted[part_id] = str(out.get("checklist") or "")
    return wanted


def follow(
    ctx: Ctx,
    kind: str,
    lines: Sequence[Line],
    moves: Sequence[int],
    ref: RecordRef | None,
    parts: Mapping[int, PartWords],
    places: Mapping[int, Location],
    arrival: Arrival | None = None,
) -> list[Inspection]:
    """Moves were posted: open an inspection for what came into quarantine, take from the open ones what left it
    without a decision (corrected, reversed). Answers what was opened.
    """
    opened = []
    arrival = arrival or Arrival(_SOURCE.get(kind, "stock"))
    coming = [(x, move) for x, move in zip(lines, moves, strict=True) if places[x.to_id].kind == "quarantine"]
    checklists = to_inspect(ctx, {x.part_id for x, _move in coming}, arrival.source) if coming else {}
    for line in lines:
        if places[line.from_id].kind == "quarantine" and kind not in DECIDED:
            _gone(ctx, line, parts[line.part_id])
    for line, move in coming:
        checklist = checklists.get(line.part_id, "")
        place = places[line.to_id]
        key = (line.part_id, line.batch_id, line.serial_id)
        opened.append(open_inspection(ctx, key, line.quantity, place, arrival, ref, parts, move, checklist))
    return opened


def open_inspection(
    ctx: Ctx,
    key: tuple[int, int | None, int | None],
    quantity: Decimal,
    place: Location,
    arrival: Arrival,
    ref: RecordRef | None,
    parts: Mapping[int, PartWords],
    move_id: int | None,
    checklist: str,
) -> Inspection:
    """A quantity in quarantine waits for a decision from now on."""
    part = parts[key[0]]
    row = Inspection(
        number=next_number(ctx, INSPECTION, str(get_setting(ctx, "inventory.inspection_pattern"))),
        state="open", source=arrival.source, part_id=key[0], batch_id=key[1], serial_id=key[2], location_id=place.id,
        unit_id=place.unit_id, quantity=quantity, undecided=quantity, reason_code=arrival.reason_code,
        note=arrival.note.strip(), finding="", record_kind=ref.kind if ref else "",
        record_id=ref.id if ref else None, move_id=move_id, opened_at=ctx.now, opened_by=ctx.actor.name,
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()
    emit(
        ctx, "inventory.inspection_opened", row, links=[ref] if ref is not None else [], number=row.number,
        what=f"{part.code} × {part.amount(quantity)}", place=place.name,
        reason=queries.reasons(ctx).get(row.reason_code, ""), source=row.source,
    )  # fmt: skip
    if checklist:
        put_checklist(ctx, row, checklist)
    return row


def _gone(ctx: Ctx, line: Line, part: PartWords) -> None:
    """So much left quarantine without a decision; the newest inspections wait for so much less."""
    left = line.quantity
    for row in queries.open_on(ctx, line.part_id, line.batch_id, line.serial_id, line.from_id):
        if not left:
            return
        some = min(left, row.undecided)
        row.undecided -= some
        left -= some
        if not row.undecided:
            row.state, row.ended_at = "withdrawn", ctx.now
        ctx.session.flush()
        emit(
            ctx, "inventory.inspection_shrunk", row, number=row.number, what=f"{part.code} × {part.amount(some)}",
        )  # fmt: skip
