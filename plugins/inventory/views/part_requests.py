"""Pages of requests for parts: asking, what is kept and picked, handing over. The list is declared."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, RecordRef, _, find_clock, possible, timeline, transaction
from core.web_api import (
    carry_out,
    clock_view_of,
    current_ctx,
    form_page,
    needs,
    panels_of,
    pressed,
    record_id,
    timeline_items,
    typed,
)
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.forms.part_requests import PartRequestForm, PartRequestLineForm, pick_form, picks_of
from plugins.inventory.lists.ledger import lot_words, place_name
from plugins.inventory.lists.part_requests import part_request_mark, urgency_marks
from plugins.inventory.lists.transfers import transfer_mark
from plugins.inventory.models import PartRequest
from plugins.inventory.models.places import PERSONAL
from plugins.inventory.part_request_contracts import PART_REQUEST, PartRequestData
from plugins.inventory.part_request_contracts import Progress as Standing
from plugins.inventory.queries import part_requests as queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places, records
from plugins.inventory.queries import transfers as transfer_queries
from plugins.inventory.services import part_requests as services
from plugins.inventory.services import transfers
from plugins.inventory.services.part_requests import ASK, SERVE, VIEW
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of


@blueprint.get("/part-requests/<int:record_id>")
@needs(VIEW)
def part_request_page(record_id: int):
    """One request for parts: what is asked for, what is kept for it, what was handed over."""
    return _page(current_ctx(), record_id)


def _page(ctx: Ctx, request_id: int, form: Any = None, extra: list[str] | None = None, status: int = 200):
    row = queries.get_request(ctx, request_id)
    ways = {t.name for t in possible(ctx, services.WORKFLOW, row)}
    lines, standing = queries.lines_of(ctx, row.id), queries.progress_of(ctx, row.id)
    own = row.assignee_id == ctx.actor.user_id or ctx.can(SERVE)
    ref = RecordRef(row.record_kind, row.record_id) if row.record_id is not None else None
    goods = transfer_queries.transfers_for(ctx, RecordRef(PART_REQUEST, row.id))
    draft = next((t for t in goods if t.state == "draft"), None)
    picked = transfer_queries.lines_of(ctx, draft.id) if draft is not None else []
    clock = find_clock(ctx, row, PART_REQUEST)
    serves = ctx.can(SERVE) and row.state == "approved"
    page = render_template(
        "inventory/part_request.html", row=row, mark=part_request_mark(row), urgency=urgency_marks(row),
        lines=[(line, standing.get(line.part_id, Standing())) for line in lines],
        store=place_name(row.to), who=places.names_of(ctx, [row.assignee_id]).get(row.assignee_id or 0, row.made_by),
        about=records.words_of(ctx, [ref]).get(ref) if ref else None,
        picked=[(line, lot_words(line), place_name(line.source)) for line in picked],
        sent=[(t, transfer_mark(t)) for t in goods if t.state not in ("draft", "cancelled")],
        clock=clock_view_of(ctx, clock) if clock is not None else None,
        may={
            "edit": own and row.state == "draft", "ask": own and "ask" in ways and lines,
            "pick": serves and any(s.reserved > s.picked for s in standing.values()),
            "keep": serves and any(
                line.open > standing.get(line.part_id, Standing()).reserved for line in lines
            ),
            "hand": serves and picked, "cancel": own and "cancel" in ways and not picked,
            "refuse": "refuse" in ways and not picked,
        },
        form=form or ReasonForm(formdata=None, version=row.version), extra=extra or [], panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


@blueprint.route("/part-requests/new", methods=["GET", "POST"])
@needs(ASK)
def part_request_new():
    """Ask for parts: for an order, or to fill up one's store."""
    ctx = current_ctx()
    form = PartRequestForm(
        formdata=typed(), version="", kind=request.args.get("kind", ""), record=request.args.get("record", "")
    )
    own = transfer_queries.stores_of(ctx, ctx.actor.user_id)
    form.to_id.choices = [(p.id, f"{p.code} {p.name}") for p in own]
    if ctx.can(SERVE):
        known = {p.id for p in own}
        form.to_id.choices += [(i, words) for i, words in places.offered(ctx, PERSONAL) if i not in known]
    ref_id = record_id(form.record.data)
    about = RecordRef(str(form.kind.data or "")[:80], ref_id) if ref_id is not None else None

    def save() -> PartRequest:
        data = PartRequestData(
            about, form.to_id.data, form.urgency.data, form.needed_by.data, form.note.data or ""
        )
        with transaction(ctx):
            row = services.draw_up(ctx, data)
            part_id = part_of(ctx, form.part.data)
            services.save_line(ctx, row.id, part_id, Decimal(form.quantity.data or 0))
            return row

    return form_page(
        form, save, "inventory/part_request_form.html",
        lambda row: url_for("inventory.part_request_page", record_id=row.id),
        about=records.words_of(ctx, [about]).get(about) if about else None, stores=form.to_id.choices,
        known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.route("/part-requests/<int:record_id>/lines/new", methods=["GET", "POST"])
@needs(ASK)
def part_request_line_new(record_id: int):
    """Ask for a part more, or for another quantity of one."""
    ctx = current_ctx()
    ctx.require(VIEW)
    row = queries.get_request(ctx, record_id)
    form = PartRequestLineForm(formdata=typed(), version=row.version)

    def save() -> Any:
        part_id = part_of(ctx, form.part.data)
        return services.save_line(ctx, row.id, part_id, Decimal(form.quantity.data or 0), version=form.seen)

    return form_page(
        form, save, "inventory/part_request_line_form.html",
        lambda _line: url_for("inventory.part_request_page", record_id=row.id, _anchor="lines"), row=row,
        known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.post("/part-requests/<int:record_id>/lines/<int:line_id>/drop")
@needs(ASK)
def part_request_line_drop(record_id: int, line_id: int):
    """Ask for it no more."""
    back = url_for("inventory.part_request_page", record_id=record_id, _anchor="lines")
    return pressed(lambda: services.drop_line(current_ctx(), line_id), _("Taken out"), back)


@blueprint.post("/part-requests/<int:record_id>/ask")
@needs(ASK)
def part_request_ask(record_id: int):
    """Ask for the parts, or for the approval that this needs."""
    return _pressed(record_id, services.ask, _("Asked for"))


@blueprint.post("/part-requests/<int:record_id>/keep")
@needs(SERVE)
def part_request_keep(record_id: int):
    """Keep what has come since."""
    back = url_for("inventory.part_request_page", record_id=record_id)
    return pressed(lambda: services.keep_again(current_ctx(), record_id), _("What there is, is kept for it"), back)


def _pressed(request_id: int, do: Callable[..., Any], done: str):
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    back = url_for("inventory.part_request_page", record_id=request_id)
    return pressed(lambda: do(ctx, request_id, version=form.seen), done, back)


@blueprint.route("/part-requests/<int:record_id>/pick", methods=["GET", "POST"])
@needs(SERVE)
def part_request_pick(record_id: int):
    """The pick list: where what is kept lies, and how much of it was taken."""
    ctx = current_ctx()
    row = queries.get_request(ctx, record_id)
    kept = queries.to_pick(ctx, row.id)
    form = pick_form(kept, formdata=typed(), version=row.version)
    return form_page(
        form, lambda: services.pick(ctx, row.id, picks_of(form, kept), version=form.seen),
        "inventory/part_request_pick.html", lambda _line: url_for("inventory.part_request_page", record_id=row.id),
        row=row, store=place_name(row.to),
        lots=[(r, lot_words(r.balance), place_name(r.balance.location), getattr(form, f"pick_{r.id}"))
              for r, _left in kept],
    )  # fmt: skip


@blueprint.post("/part-requests/<int:record_id>/unpick/<int:line_id>")
@needs(SERVE)
def part_request_unpick(record_id: int, line_id: int):
    """Put something picked back on its shelf."""
    back = url_for("inventory.part_request_page", record_id=record_id, _anchor="picked")
    return pressed(lambda: transfers.drop_line(current_ctx(), line_id), _("Put back"), back)


@blueprint.post("/part-requests/<int:record_id>/hand-over")
@needs(SERVE)
def part_request_hand_over(record_id: int):
    """Hand over what was picked: in person, or by sending it."""
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    in_person = request.form.get("way") == "person"
    back = url_for("inventory.part_request_page", record_id=record_id)
    return pressed(
        lambda: services.hand_over(ctx, record_id, in_person=in_person, version=form.seen), _("Given out"), back
    )


@blueprint.post("/part-requests/<int:record_id>/refuse")
@needs(SERVE)
def part_request_refuse(record_id: int):
    """The parts are not given."""
    return _ended(record_id, services.refuse, _("Refused"))


@blueprint.post("/part-requests/<int:record_id>/cancel")
@needs(ASK)
def part_request_cancel(record_id: int):
    """They are not needed any more."""
    return _ended(record_id, services.cancel, _("Cancelled"))


def _ended(request_id: int, end: Callable[..., Any], done: str):
    ctx = current_ctx()
    form = ReasonForm(formdata=request.form)
    queries.get_request(ctx, request_id)
    return carry_out(
        form, lambda: end(ctx, request_id, form.reason.data or "", version=form.seen), done,
        url_for("inventory.part_request_page", record_id=request_id),
        lambda extra, status: _page(ctx, request_id, form, extra, status),
    )  # fmt: skip
