"""What was typed where a step turned out to need an approval: kept with the request, filled in again for the repeat."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from core.approvals import chains
from core.approvals import services as approvals
from core.approvals.models import GRANTED, Approval
from core.context import Ctx
from core.events import RecordRef
from core.web.conflict import VERSION_FIELD

LARGEST = 50_000
"""Longer forms, in characters, are not kept."""
_NOT_KEPT = ("csrf_token", "version", VERSION_FIELD)


def entered() -> dict[str, Any] | None:
    """What this request sends, for ``Approval.entered``; None when it is no form, or too long a one."""
    values = [[name, text] for name, text in request.form.items(multi=True) if name not in _NOT_KEPT]
    if request.method != "POST" or not values or sum(len(n) + len(t) for n, t in values) > LARGEST:
        return None
    return {"to": request.path, "record": (request.view_args or {}).get("record_id"), "values": values}


def kept_form(ctx: Ctx, record: Any, transition: str) -> MultiDict | None:
    """What was typed when this transition of a record was tried and an approval asked for, until that is used.

    For ``formdata`` of the form that leads to the transition: whoever repeats it finds everything filled in.

    >>> CloseForm(formdata=kept_form(ctx, record, "close"), version=record.version)  # doctest: +SKIP
    """
    found = ctx.memo.setdefault("kept_forms", {})
    key = (type(record), record.id)
    if key not in found:
        found[key] = _open_request(ctx, record)
    asked = found[key]
    if asked is None or asked.transition != transition or not asked.entered:
        return None
    return MultiDict((name, text) for name, text in asked.entered["values"])


def _open_request(ctx: Ctx, record: Any) -> Approval | None:
    kind = ctx.registry.kind_of(type(record))
    if kind not in ctx.registry.workflows or not chains.was_used(ctx, kind):
        return None
    asked = approvals.open_request(ctx, RecordRef(kind, record.id))
    if asked is None or not ctx.can(ctx.registry.workflows[kind].transition(asked.transition).permission):
        return None
    return asked


def repeat_of(ctx: Ctx, asked: Approval) -> dict[str, Any] | None:
    """What a page needs to do with one press what was approved; None where that is not possible for this person.

    Only for a form that was sent to the record's own address: then the version to send is known, too.
    """
    if asked.state != GRANTED or not asked.entered or asked.entered.get("record") != asked.record_id:
        return None
    if not ctx.can(ctx.registry.workflows[asked.record_kind].transition(asked.transition).permission):
        return None
    kind = ctx.registry.kinds[asked.record_kind]
    record: Any = ctx.session.get(kind.model, asked.record_id)
    if record is None or (kind.sees is not None and not kind.sees(ctx, record)):
        return None
    if approvals.changed_since(ctx, asked, record):
        return None
    values = [tuple(pair) for pair in asked.entered["values"]]
    if hasattr(record, "version"):
        values += [("version", record.version), (VERSION_FIELD, record.version)]
    return {"url": request.script_root + asked.entered["to"], "values": values}
