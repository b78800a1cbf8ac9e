"""What calling holds about a person, and removing it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.callback.calling_contracts import PROMISE, TRY
from plugins.callback.models import Call, CallDraft, Promise, Try


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """Attempts to call, drafts, promises."""
    tries, promises, drafts = _tries(ctx, ref), _promises(ctx, ref), _drafts(ctx, ref)
    if not tries and not promises and not drafts:
        return []
    return [
        PersonalData(
            _("Calls made and promises"),
            len(tries) + len(promises) + len(drafts),
            _("Numbers called, notes of calls, what was promised and what came of it"),
            _("Days and results of attempts, that promises were kept"),
            (*(RecordRef(TRY, t.id) for t in tries), *(RecordRef(PROMISE, p.id) for p in promises)),
            max([*(t.at for t in tries), *(p.made_at for p in promises)], default=None),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it."""
    for row in _tries(ctx, ref):
        row.phone = row.note = ""
    for promise in _promises(ctx, ref):
        promise.text = promise.result = ""
    for draft in _drafts(ctx, ref):
        ctx.session.delete(draft)


def _ids(ctx: Ctx, ref: RecordRef) -> list[int]:
    return ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []


def _of_calls(ctx: Ctx, ref: RecordRef, model: Any) -> list[Any]:
    ids = _ids(ctx, ref)
    calls = sa.select(Call.id).where(Call.customer_id.in_(ids))
    query = sa.select(model).where(model.call_id.in_(calls)).order_by(model.id)
    return list(ctx.session.scalars(query)) if ids else []


def _tries(ctx: Ctx, ref: RecordRef) -> list[Try]:
    return _of_calls(ctx, ref, Try)


def _drafts(ctx: Ctx, ref: RecordRef) -> list[CallDraft]:
    return _of_calls(ctx, ref, CallDraft)


def _promises(ctx: Ctx, ref: RecordRef) -> list[Promise]:
    ids = _ids(ctx, ref)
    query = sa.select(Promise).where(Promise.customer_id.in_(ids)).order_by(Promise.id).with_for_update()
    return list(ctx.session.scalars(query)) if ids else []
