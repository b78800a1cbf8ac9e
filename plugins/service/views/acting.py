"""What pages of records with several forms share: what was typed is never lost, ids never clash."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, request

from core.api import Conflict, Ctx, DomainError, _, changed_since
from core.web_api import current_ctx, flash_done, kept_form, moment, timeline_items

Maker = Callable[[Ctx, Any], Any]


@dataclass(frozen=True)
class Acts:
    """The forms of a record's page: ``makers`` makes each, ``rights`` says who may, ``do`` carries one out.

    ``find(ctx, id)`` answers the record, ``page(ctx, record, **failed)`` draws its page, ``back(id)`` is its address.
    ``do(ctx, id, name, form)`` answers the sentence that is shown afterwards.
    """

    makers: Mapping[str, Maker]
    rights: Mapping[str, str]
    find: Callable[[Ctx, int], Any]
    page: Callable[..., Any]
    do: Callable[[Ctx, int, str, Any], str]
    back: Callable[[int], str]

    def run(self, record_id: int, action: str) -> Any:
        """Carry one action out. On an error the page comes back with what was typed."""
        ctx = current_ctx()
        if action not in self.makers:
            abort(404)
        ctx.require(self.rights[action])
        record = self.find(ctx, record_id)
        form = self.makers[action](ctx, record)
        if not form.validate():
            return self.page(ctx, record, failed=form, name=action, status=422)
        try:
            done = self.do(ctx, record_id, action, form)
        except DomainError as error:
            if error.status in (403, 404):
                raise
            ctx.session.expire_all()
            record = self.find(ctx, record_id)
            extra = form.refuse(error)
            if isinstance(error, Conflict) and error.code == "stale" and "version" in form:
                extra += _meanwhile(ctx, record, form.seen or 0)
                form.version.raw_data, form.version.data = None, record.version
            return self.page(ctx, record, failed=form, name=action, extra=extra, status=error.status)
        flash_done(done)
        return redirect(self.back(record_id))

    def forms(self, ctx: Ctx, record: Any, failed: Any = None, name: str = "") -> dict[str, Any]:
        """Every form that this person may use, with ids of its own; the one that failed as it was sent."""
        usable = {key: make for key, make in self.makers.items() if key != name and ctx.can(self.rights[key])}
        shown = {key: make(ctx, record) for key, make in usable.items()}
        if name:
            shown[name] = failed
        for key, form in shown.items():
            for field in form:
                field.id = f"{key}-{field.short_name}"
                field.label.field_id = field.id
        return shown


def _meanwhile(ctx: Ctx, record: Any, seen: int) -> list[str]:
    """What the others did to a record since this person opened it, the newest first."""
    return [
        _("{name}, {time}: {what}", name=item.who, time=moment(item.at, ctx.now, ctx.tz, today=True), what=item.text)
        for item in timeline_items(ctx, changed_since(ctx, record, seen))
    ]


def is_sent(name: str) -> bool:
    """Whether this request sends the form of that action."""
    return request.method == "POST" and (request.view_args or {}).get("action") == name


def sent(ctx: Ctx, record: Any, name: str, transition: str = "") -> Any:
    """What the form of an action was sent with, or filled in with before an approval was asked for; else nothing."""
    if is_sent(name):
        return request.form
    return kept_form(ctx, record, transition) if transition else None


def simple(name: str, kind: type, transition: str = "") -> Maker:
    """A maker of a form that needs nothing but the record's version."""

    def make(ctx: Ctx, record: Any) -> Any:
        return kind(formdata=sent(ctx, record, name, transition), version=record.version)

    return make


def token() -> str:
    """A key for a form that must not count twice when it is sent twice."""
    return secrets.token_hex(12)


