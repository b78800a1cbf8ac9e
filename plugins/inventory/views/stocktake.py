"""Pages of stocktakes: beginning one, counting line by line, what was found besides, looking and posting."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, gates, possible, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    flash_done,
    flash_error,
    form_page,
    money_words,
    needs,
    panels_of,
    timeline_items,
    typed,
)
from plugins.inventory.forms.common import ReasonForm, VersionForm
from plugins.inventory.forms.stocktake import CountForm, FoundForm, StocktakeForm
from plugins.inventory.lists.ledger import lot_words, place_name
from plugins.inventory.lists.stocktake import line_mark, sees_book, stocktake_mark
from plugins.inventory.models import Stocktake, StocktakeLine
from plugins.inventory.models.places import INSIDE
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places
from plugins.inventory.queries import quality as quality_queries
from plugins.inventory.queries import stocktake as queries
from plugins.inventory.services import stocktake as services
from plugins.inventory.services.stocktake import COUNT, LEAD, VIEW
from plugins.inventory.stocktake_contracts import (
    STOCKTAKE_KIND_WORDS,
    CountData,
    FoundData,
    StocktakeData,
)
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of

SHOWN = 40
"""So many differences stand on the page; the list has all."""


@blueprint.route("/stocktakes/new", methods=["GET", "POST"])
@needs(LEAD)
def stocktake_new():
    """Begin a stocktake of a location."""
    ctx = current_ctx()
    form = StocktakeForm(formdata=typed())
    form.location_id.choices = places.offered(ctx, [kind for kind in INSIDE if kind not in services.NOT_COUNTED])

    def save() -> Stocktake:
        data = StocktakeData(
            form.location_id.data, form.kind.data, bool(form.blind.data), bool(form.guarantee_only.data),
            form.not_since.data, form.note.data or "",
        )  # fmt: skip
        return services.begin(ctx, data)

    return form_page(
        form, save, "inventory/stocktake_form.html", lambda row: url_for("inventory.stocktake_page", record_id=row.id)
    )


@blueprint.get("/stocktakes/<int:record_id>")
@needs(VIEW)
def stocktake_page(record_id: int):
    """One stocktake: how far it is, what differs, what it waits for."""
    return _page(current_ctx(), record_id)


def _page(ctx: Ctx, stocktake_id: int, form: Any = None, extra: list[str] | None = None, status: int = 200):
    row = queries.get_stocktake(ctx, stocktake_id)
    ways = {t.name: t for t in possible(ctx, services.WORKFLOW, row)}
    known = sees_book(ctx, row)
    lines = queries.differing(ctx, row.id) if known else []
    costs = quality_queries.costs(ctx, {line.part_id for line in lines}) if known else None
    done = queries.progress(ctx, row.id, costs)
    ahead = next((name for name in ("finish", "post") if name in ways), "")
    shown = render_template(
        "inventory/stocktake.html", row=row, place=place_name(row.location), mark=stocktake_mark(row),
        kind=_(STOCKTAKE_KIND_WORDS[row.kind]), done=done, known=known,
        amount=money_words(done.amount, ctx.company.currency) if done.amount is not None else "",
        lines=[(line, lot_words(line), place_name(line.location)) for line in lines[:SHOWN]], more=len(lines) > SHOWN,
        gates=gates(ctx, ways[ahead], row) if ahead else [], ways=ways,
        may={"count": ctx.can(COUNT) and row.state == "open"},
        form=form or ReasonForm(formdata=None, version=row.version), extra=extra or [], panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return shown, status


@blueprint.post("/stocktakes/<int:record_id>/finish")
@needs(LEAD)
def stocktake_finish(record_id: int):
    """Counting is done."""
    return _done(record_id, services.finish, _("Counting is done"))


@blueprint.post("/stocktakes/<int:record_id>/recount")
@needs(LEAD)
def stocktake_recount(record_id: int):
    """Go on counting."""
    return _done(record_id, services.go_on, _("Go on counting"))


@blueprint.post("/stocktakes/<int:record_id>/post")
@needs(LEAD)
def stocktake_post(record_id: int):
    """Correct the book, or ask for the approval that this needs."""
    return _done(record_id, services.post_differences, _("Posted"))


def _done(stocktake_id: int, do: Any, said: str):
    ctx = current_ctx()
    form = VersionForm(formdata=request.form)
    queries.get_stocktake(ctx, stocktake_id)
    try:
        do(ctx, stocktake_id, version=form.seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if error.code == "stale":
            return _page(ctx, stocktake_id, extra=[error.message], status=error.status)
        flash_error(error)
    else:
        flash_done(said)
    return redirect(url_for("inventory.stocktake_page", record_id=stocktake_id))


@blueprint.post("/stocktakes/<int:record_id>/cancel")
@needs(LEAD)
def stocktake_cancel(record_id: int):
    """End it without posting anything."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    return carry_out(
        form, lambda: services.cancel(ctx, record_id, form.reason.data or "", version=form.seen), _("Cancelled"),
        url_for("inventory.stocktake_page", record_id=record_id),
        lambda extra, status: _page(ctx, record_id, form, extra, status),
    )  # fmt: skip


# --- counting -------------------------------------------------------------------------------------------------------


@blueprint.get("/stocktakes/<int:record_id>/count")
@needs(COUNT)
def stocktake_count(record_id: int):
    """The next line that has to be counted."""
    ctx = current_ctx()
    return redirect(_next(ctx, queries.get_stocktake(ctx, record_id).id))


def _next(ctx: Ctx, stocktake_id: int, after: int = 0) -> str:
    found = queries.next_line(ctx, stocktake_id, after)
    if found is None:
        return url_for("inventory.stocktake_page", record_id=stocktake_id)
    return url_for("inventory.stocktake_line", record_id=found)


@blueprint.route("/stocktake-lines/<int:record_id>", methods=["GET", "POST"])
@needs(VIEW)
def stocktake_line(record_id: int):
    """One line: count it, and on to the next one."""
    ctx = current_ctx()
    line = queries.get_line(ctx, record_id)
    form = CountForm(formdata=typed(), seen=str(line.counts))

    def save() -> StocktakeLine:
        value = form.quantity.data
        seen = str(form.seen.data or "")
        data = CountData(
            value if isinstance(value, Decimal) else Decimal(value or 0), form.at.data, form.note.data or "",
            bool(form.again.data), int(seen) if seen.isascii() and seen.isdigit() else None,
        )  # fmt: skip
        return services.count(ctx, record_id, data)

    row = line.stocktake
    known = sees_book(ctx, row)
    return form_page(
        form, save, "inventory/stocktake_line.html", lambda done: _next(ctx, done.stocktake_id, done.id), line=line,
        row=row, part=line.part, lot=lot_words(line), place=place_name(line.location), known=known,
        mark=line_mark(line, known), may={"count": ctx.can(COUNT) and row.state == "open"},
        done=queries.progress(ctx, row.id),
    )  # fmt: skip


@blueprint.route("/stocktakes/<int:record_id>/found", methods=["GET", "POST"])
@needs(COUNT)
def stocktake_found(record_id: int):
    """Count what lies there and stands on no list."""
    ctx = current_ctx()
    row = queries.get_stocktake(ctx, record_id)
    form = FoundForm(formdata=typed())
    known = places.locations(ctx, queries.subtree(ctx, row.location_id))
    form.location_id.choices = [(i, f"{p.code} {p.name}") for i, p in sorted(known.items(), key=lambda x: x[1].code)]

    def save() -> StocktakeLine:
        value = form.quantity.data
        data = FoundData(
            part_of(ctx, form.part.data), form.location_id.data,
            value if isinstance(value, Decimal) else Decimal(value or 0), form.batch.data or "",
            form.serial.data or "", form.note.data or "",
        )  # fmt: skip
        return services.count_found(ctx, record_id, data)

    return form_page(
        form, save, "inventory/stocktake_found.html",
        lambda line: url_for("inventory.stocktake_page", record_id=record_id), row=row, place=place_name(row.location),
        known=part_queries.offered_parts(ctx),
    )  # fmt: skip
