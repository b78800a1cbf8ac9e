"""The page for scanners (keyboards that type a code and Enter), and labels to scan."""

from __future__ import annotations

import secrets
from decimal import Decimal, InvalidOperation

import segno
from flask import render_template, request, url_for
from markupsafe import Markup

from core.api import Ctx, DomainError, NotFound, RecordRef, _
from core.web_api import current_ctx, needs, record_id
from plugins.inventory.contracts import Circumstances
from plugins.inventory.lists.ledger import SEE, lot_words, move_mark, place_name
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places, records
from plugins.inventory.queries import stock as queries
from plugins.inventory.rules.scanning import label_text
from plugins.inventory.services import scanning, stock
from plugins.inventory.services.scanning import MODES, Scanning
from plugins.inventory.views.blueprint import blueprint

LAST = 8
"""So many of one's own moves of today can be undone on the page."""


def _state(ctx: Ctx) -> Scanning:
    """What was scanned before, as the form or the address carries it."""
    given = request.values
    mode = given.get("mode", "")
    ref_id = record_id(given.get("record"))
    try:
        quantity = Decimal(given.get("quantity", "1")[:20])
    except InvalidOperation:
        quantity = Decimal(1)
    return Scanning(
        mode if mode in MODES else MODES[0], record_id(given.get("place")), record_id(given.get("to")),
        RecordRef(given.get("kind", "")[:80], ref_id) if ref_id is not None else None,
        record_id(given.get("part")), quantity if quantity.is_finite() and quantity > 0 else Decimal(1),
    )  # fmt: skip


@blueprint.route("/scan", methods=["GET", "POST"])
@needs(SEE)
def scan_page():
    """Scan after scan; each says at once, in words, colour and sound, what came of it."""
    ctx = current_ctx()
    state, said, tone = _state(ctx), "", ""
    status = 200
    if request.method == "POST":
        once = request.form.get("once", "")[:60]
        try:
            undo = record_id(request.form.get("undo"))
            if undo is not None:
                stock.reverse(ctx, [undo], Circumstances(_("Scanned by mistake")))
                said, tone = _("Undone"), "warn"
            else:
                result = scanning.scan(ctx, state, request.form.get("code", ""), once)
                state, said, tone = result.state, result.said, "ok"
        except DomainError as error:
            if error.status in (403, 404):
                raise
            ctx.session.expire_all()
            said, tone, status = error.message, "bad", error.status
    return _page(ctx, state, said, tone), status


def _page(ctx: Ctx, state: Scanning, said: str, tone: str) -> str:
    known = places.locations(ctx, [i for i in (state.place_id, state.to_id) if i is not None])
    part = part_queries.part_words(ctx, [state.part_id]).get(state.part_id) if state.part_id else None
    about = records.words_of(ctx, [state.ref]).get(state.ref) if state.ref else None
    mine = queries.moves_by(ctx, ctx.actor.user_id, LAST)
    gone = queries.reversed_among(ctx, [m.id for m in mine])
    modes = {"receive": _("Receive"), "pick": _("Pick for an order"), "hand": _("Hand to a technician")}
    rights = {"receive": stock.RECEIVE, "pick": stock.ISSUE, "hand": stock.TRANSFER}
    return render_template(
        "inventory/scan.html", state=state, said=said, tone=tone, once=secrets.token_hex(16),
        modes=[
            {"label": words, "url": url_for("inventory.scan_page", mode=mode), "current": mode == state.mode}
            for mode, words in modes.items() if ctx.can(rights[mode])
        ],
        place=known.get(state.place_id or 0), target=known.get(state.to_id or 0), part=part,
        about=about.text if about else "",
        mine=[
            (m, move_mark(m), place_name(m.source), place_name(m.target), lot_words(m), m.id in gone) for m in mine
        ],
        may_undo=ctx.can(stock.REVERSE),
    )  # fmt: skip


# --- labels ---------------------------------------------------------------------------------------------------------


@blueprint.get("/labels/<kind>/<int:record_id>")
@needs(SEE)
def label_page(kind: str, record_id: int):
    """A label to print: of a part, a batch, a piece or a location."""
    ctx = current_ctx()
    if kind == "part":
        part = part_queries.get_part(ctx, record_id)
        codes: tuple[str, ...] = (part.code,)
        lines: tuple[str, ...] = (part.code, part.name)
    elif kind == "batch":
        batch = lot_queries.get_batch(ctx, record_id)
        until = batch.usable_until
        codes = (batch.part.code, batch.number)
        lines = (batch.number, f"{batch.part.code} {batch.part.name}", until.isoformat() if until else "")
    elif kind == "serial":
        piece = lot_queries.get_serial(ctx, record_id)
        codes, lines = (piece.part.code, piece.number), (piece.number, f"{piece.part.code} {piece.part.name}")
    elif kind == "location":
        place = places.get_location(ctx, record_id)
        codes, lines = (place.code,), (place.code, place.name)
    else:
        raise NotFound("unknown_label", _("There is no such label."))
    text = label_text(ctx.company.code, kind, *codes)
    code = Markup(segno.make(text, error="m").svg_inline(omitsize=True))
    return render_template("inventory/label.html", lines=[x for x in lines if x], code=code, text=text)
