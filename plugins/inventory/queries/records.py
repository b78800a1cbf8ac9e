"""What moves and reservations are for, in words: records of any module, by RecordRef."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, RecordRef, _


@dataclass(frozen=True)
class RecordWords:
    """How a record is called, and the endpoint of its page where this person may see it."""

    text: str
    endpoint: str
    id: int


def name_of(ctx: Ctx, ref: RecordRef) -> str:
    """What stands on the papers of a record: its kind and its number. For who has such a paper in hand."""
    kind = ctx.registry.kinds[ref.kind]
    model: Any = kind.model
    row = ctx.session.scalar(sa.select(model).where(model.id == ref.id))
    return f"{_(kind.label)} {kind.number(row)}" if row is not None else ""


def words_of(ctx: Ctx, refs: Iterable[RecordRef | None]) -> dict[RecordRef, RecordWords]:
    """Ref → its words, of the records that this person may know of; one statement for each kind."""
    wanted: dict[str, set[int]] = {}
    for ref in refs:
        if ref is not None:
            wanted.setdefault(ref.kind, set()).add(ref.id)
    found: dict[RecordRef, RecordWords] = {}
    for name, ids in sorted(wanted.items()):
        kind = ctx.registry.kinds.get(name)
        if kind is None or ctx.registry.owner_of("kinds", name) not in {"core", *ctx.enabled}:
            continue
        if kind.view and not ctx.can(kind.view):
            continue
        model: Any = kind.model
        for row in ctx.session.scalars(sa.select(model).where(model.id.in_(sorted(ids)))):
            if kind.sees is None or kind.sees(ctx, row):
                words = RecordWords(f"{_(kind.label)} {kind.number(row)}", kind.endpoint, row.id)
                found[RecordRef(name, row.id)] = words
    return found
