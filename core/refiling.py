"""Correcting a record that was filed on the wrong one: a call under the wrong customer, a complaint on the wrong unit.

A kind of record says in its ``RecordKind.refile`` under what it may be filed and which right is needed. What stands
together with it (a call and the complaint that it became) comes along, over every module that is on; each module
decides anew what depends on it. Both records keep the event on their timelines, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core import hooks
from core.context import Ctx
from core.db import check_version, transaction
from core.errors import Conflict, Invalid, NotFound
from core.events import RecordRef, emit, ref_of
from core.files import require_not_frozen
from core.i18n import _
from core.registry import RecordKind

EVENT = "core.record_refiled"


def _nothing(*_arguments: Any) -> None:
    return None


@dataclass(frozen=True)
class Refilable:
    """Under what a kind of record may be filed: ``under`` maps kinds (``base.customer``) to the columns of their ids.

    ``place(ctx, record, kind, target)`` (optional) sets what follows from it and raises a DomainError when it can't be;
    the column itself is set by then. ``settled(ctx, record)`` decides anew what depends on it, after the event.
    """

    right: str
    under: dict[str, str]
    place: Callable[[Ctx, Any, str, Any], None] = _nothing
    settled: Callable[[Ctx, Any], None] = _nothing


def refilable(ctx: Ctx, kind: str) -> tuple[RecordKind, Refilable]:
    """The kind and how it is refiled. NotFound for one that can't be, or whose module is off; needs its right."""
    known = ctx.registry.kinds.get(kind)
    owner = ctx.registry.owner_of("kinds", kind)
    if known is None or known.refile is None or (owner != "core" and owner not in ctx.enabled):
        raise NotFound("not_refilable", _("There is no such page."))
    ctx.require(known.refile.right)
    return known, known.refile


def goes_along(ctx: Ctx, record: Any, under: str) -> list[Any]:
    """Records that stand with this one under the same record of kind ``under`` and go with it, found over all modules.

    Raises Conflict when a module can't say.
    """
    found: dict[RecordRef, Any] = {ref_of(ctx, record): record}
    waiting = [record]
    while waiting:
        one = waiting.pop()
        for answer in hooks.collect(ctx, "filed_together", record=one):
            if answer.error:
                module = ctx.registry.plugin_label(answer.plugin)
                text = _("The module “{module}” could not say what goes along.", module=module)
                raise Conflict("refile_failed", text)
            for other in answer.value:
                ref = ref_of(ctx, other)
                if ref not in found and _stands_with(ctx, other, record, under):
                    found[ref] = other
                    waiting.append(other)
    return list(found.values())[1:]


def _column(ctx: Ctx, record: Any, under: str) -> str | None:
    how = ctx.registry.kinds[ref_of(ctx, record).kind].refile
    return how.under.get(under) if how is not None else None


def _stands_with(ctx: Ctx, other: Any, record: Any, under: str) -> bool:
    own, its = _column(ctx, record, under), _column(ctx, other, under)
    return own is not None and its is not None and getattr(other, its) == getattr(record, own)


def find_target(ctx: Ctx, under: str, text: str) -> Any:
    """The record of kind ``under`` with this number; None when there is none. A merged one leads on."""
    known = ctx.registry.kinds.get(under)
    if known is None or known.merge is None or not text.strip():
        return None
    found = known.merge.find(ctx, text)
    into = getattr(found, known.merge.into) if found is not None else None
    model: Any = known.model
    return ctx.session.scalar(sa.select(model).where(model.id == into)) if into is not None else found


def refile(
    ctx: Ctx, kind: str, record_id: int, under: str, target_id: int, reason: str, *, version: int | None = None
) -> list[Any]:
    """File a record under another one of kind ``under``, with what goes along; answers all that was moved, it first.

    ``version`` is the one that the person saw. Raises Invalid without a reason, or when it is filed there already.
    """
    known, how = refilable(ctx, kind)
    reason = reason.strip()
    if not reason:
        raise Invalid("reason_missing", _("Say why it was filed wrongly."), "reason")
    if under not in how.under or under not in ctx.registry.kinds:
        raise NotFound("not_refilable", _("There is no such page."))
    with transaction(ctx):
        target = _locked(ctx, ctx.registry.kinds[under], target_id)
        merge = ctx.registry.kinds[under].merge
        if merge is not None and getattr(target, merge.into) is not None:
            raise Conflict("merged_already", _("This record was merged into another one. Choose that one."))
        record = _locked(ctx, known, record_id)
        check_version(record, version)
        if getattr(record, how.under[under]) == target.id:
            raise Invalid("filed_there", _("It is filed there already."), "into")
        moving = [record, *goes_along(ctx, record, under)]
        for one in sorted(moving[1:], key=lambda r: (r.__tablename__, r.id)):
            refilable(ctx, ref_of(ctx, one).kind)
        for one in moving:
            _move(ctx, one, under, target, reason)
        for one in moving:
            its: Any = ctx.registry.kinds[ref_of(ctx, one).kind].refile
            its.settled(ctx, one)
        return moving


def _locked(ctx: Ctx, known: RecordKind, record_id: int) -> Any:
    model: Any = known.model
    query = sa.select(model).where(model.id == record_id).with_for_update()
    row = ctx.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("unknown_record", _("There is no such record in this company."))
    return row


def _move(ctx: Ctx, record: Any, under: str, target: Any, reason: str) -> None:
    ref = ref_of(ctx, record)
    require_not_frozen(ctx, ref)
    known, place = ctx.registry.kinds[ref.kind], ctx.registry.kinds[under]
    how: Any = known.refile
    before_id = getattr(record, how.under[under])
    model: Any = place.model
    before = ctx.session.scalar(sa.select(model).where(model.id == before_id)) if before_id is not None else None
    setattr(record, how.under[under], target.id)
    how.place(ctx, record, under, target)
    ctx.session.flush()
    emit(
        ctx,
        EVENT,
        record,
        links=[RecordRef(under, before_id) if before_id is not None else None, target],
        number=known.number(record),
        before=place.number(before) if before is not None else "–",
        after=place.number(target),
        reason=reason,
        under=under,
    )
