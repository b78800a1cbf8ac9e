"""The page for scanners (keyboards that type a code and Enter), and labels to scan."""

from __future__ import annotations

import datetime as dt
import secrets
import zlib
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, NotFound, RecordRef, _
from core.web_api import current_ctx, day_of, needs, record_id
from plugins.inventory.contracts import Circumstances
from plugins.inventory.lists.ledger import SEE, lot_words, move_mark, place_name
from plugins.inventory.models import StocktakeLine, Transfer, TransferLine, TransferScan
from plugins.inventory.part_request_contracts import PART_REQUEST
from plugins.inventory.queries import loaners as loaner_queries
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import ordering as ordering_queries
from plugins.inventory.queries import part_requests as request_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places, records
from plugins.inventory.queries import quality as quality_queries
from plugins.inventory.queries import stock as queries
from plugins.inventory.queries import stocktake as stocktake_queries
from plugins.inventory.queries import transfers as transfer_queries
from plugins.inventory.scanning_contracts import MODE_WORDS, SIGN_WORDS, SORT_WORDS, TRAIL, Scanning
from plugins.inventory.services import (
    loaners,
    quality,
    scan_arrivals,
    scan_orders,
    scanning,
    stock,
    stocktake,
    transfers,
)
from plugins.inventory.transfer_contracts import TRANSFER
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.labels import label_of

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
        mode if mode in MODE_WORDS else next(iter(MODE_WORDS)), record_id(given.get("place")),
        record_id(given.get("to")),
        RecordRef(given.get("kind", "")[:80], ref_id) if ref_id is not None else None,
        record_id(given.get("part")), quantity if quantity.is_finite() and quantity > 0 else Decimal(1),
        _since(given.get("since", "")), _trail(given.get("trail", "")),
        given.get("sort", "") if given.get("sort") in SORT_WORDS else "",
    )  # fmt: skip


def _since(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo is not None and day_of(moment.date()) else None


def _trail(text: str) -> tuple[tuple[int, Decimal], ...]:
    """What was scanned last, as the form carries it: ``12:1 13:2.5``. What is none of that is left out."""
    found = []
    for entry in text[: TRAIL * 40].split()[-TRAIL:]:
        line, _sep, size = entry.partition(":")
        line_id = record_id(line)
        try:
            quantity = Decimal(size)
        except InvalidOperation:
            continue
        if line_id is not None and quantity.is_finite() and quantity > 0:
            found.append((line_id, quantity))
    return tuple(found)


@blueprint.route("/scan", methods=["GET", "POST"])
@needs(SEE)
def scan_page():
    """Scan after scan; each says at once, in words, colour and sound, what came of it."""
    ctx = current_ctx()
    state, said, tone = _state(ctx), "", ""
    status = 200
    if request.method == "POST":
        once = _once()
        try:
            undo = record_id(request.form.get("undo"))
            if undo is not None:
                stock.reverse(ctx, [undo], Circumstances(_("Scanned by mistake"), once=f"undo {undo}"))
                said, tone = _("Undone"), "warn"
            elif "uncount" in request.form:
                result = scanning.take_back(ctx, state, _once("back"))
                state, said, tone = result.state, result.said, result.tone
            elif "finish" in request.form:
                result = scanning.finish(ctx, state, once, complete=request.form["finish"] == "rest")
                state, said, tone = result.state, result.said, result.tone
            elif request.form.get("sort_next") in SORT_WORDS:
                result = scan_arrivals.said(ctx, state, request.form["sort_next"], once)
                state, said, tone = result.state, result.said, result.tone
            elif "unpick" in request.form:
                transfers.drop_line(ctx, record_id(request.form["unpick"]) or 0)
                said, tone = _("Put back"), "warn"
            else:
                result = scanning.scan(ctx, state, request.form.get("code", ""), once)
                if result.opens is not None:
                    return redirect(url_for(result.opens[0], record_id=result.opens[1], scanned=1))
                state, said, tone = result.state, result.said, result.tone
        except DomainError as error:
            if error.status == 404 or (error.status == 403 and error.code != "not_yours"):
                raise
            ctx.session.expire_all()
            said, tone, status = error.message, "bad", error.status
    return _page(ctx, state, said, tone), status


def _once(act: str = "") -> str:
    """Tells what is sent again: the key of the page, with the code, since another code is another scan, and the act."""
    key, code = request.form.get("once", "")[:40], request.form.get("code", "").strip()
    return f"{key}-{zlib.crc32(code.encode()):08x}{act}" if key else ""


def _page(ctx: Ctx, state: Scanning, said: str, tone: str) -> str:
    known = places.locations(ctx, [i for i in (state.place_id, state.to_id) if i is not None])
    part = part_queries.part_words(ctx, [state.part_id]).get(state.part_id) if state.part_id else None
    about = records.words_of(ctx, [state.ref]).get(state.ref) if state.ref else None
    named = about.text if about is not None else _kept_for(ctx, state)
    return render_template(
        "inventory/scan.html", state=state, said=said, tone=tone, once=secrets.token_hex(16),
        modes=[
            {"label": _(MODE_WORDS[mode]), "url": url_for("inventory.scan_page", mode=mode),
             "current": mode == state.mode}
            for mode in _modes(ctx)
        ],
        undone=bool({"undo", "uncount", "unpick"} & request.form.keys()),
        place=known.get(state.place_id or 0), target=known.get(state.to_id or 0), part=part,
        about=named, trail=" ".join(f"{i}:{q}" for i, q in state.trail), here=_here(state), sorts=SORT_WORDS,
        counted=_counted(ctx, state), picked=_picked(ctx, state), came=_came(ctx, state), of_request=_of_request(state),
        begun=_begun(ctx, state),
        mine=_mine(ctx, state), may_undo=ctx.can(stock.REVERSE),
    )  # fmt: skip


def _modes(ctx: Ctx) -> list[str]:
    """What this person may do with a scanner."""
    rights = {
        "receive": stock.RECEIVE, "pick": stock.ISSUE, "hand": stock.TRANSFER, "send": transfers.OWN,
        "take": transfers.OWN, "count": stocktake.COUNT,
    }  # fmt: skip
    return [mode for mode in MODE_WORDS if ctx.can(rights[mode])]


def _mine(ctx: Ctx, state: Scanning) -> list[tuple]:
    """What this person moved last today, where that can be undone by the way of working."""
    if state.mode in ("count", "send", "take") or _of_request(state):
        return []
    mine = queries.moves_by(ctx, ctx.actor.user_id, LAST)
    gone = queries.reversed_among(ctx, [m.id for m in mine])
    return [
        (m, move_mark(m), place_name(m.source), place_name(m.target), lot_words(m), m.id in gone,
         m.record_kind != TRANSFER)
        for m in mine
    ]  # fmt: skip


def _kept_for(ctx: Ctx, state: Scanning) -> str:
    """What it is picked for, of what this person knows by its paper alone."""
    ref = state.ref if state.mode == "pick" else None
    return records.name_of(ctx, ref) if ref is not None and queries.reserved_for(ctx, ref) else ""


def _of_request(state: Scanning) -> bool:
    return state.mode == "pick" and state.ref is not None and state.ref.kind == PART_REQUEST


def _picked(ctx: Ctx, state: Scanning) -> list[tuple[TransferLine, str, str]]:
    """What is picked for the request and not handed over, or put into the transfer and not sent, the newest first."""
    draft_id = state.ref.id if state.ref is not None and state.mode == "send" else None
    if state.ref is not None and _of_request(state):
        draft = request_queries.draft_of(ctx, state.ref.id)
        draft_id = draft.id if draft is not None else None
    lines = transfer_queries.lines_of(ctx, draft_id) if draft_id is not None else []
    return [(line, lot_words(line), place_name(line.source)) for line in reversed(lines)]


def _came(ctx: Ctx, state: Scanning) -> list[tuple[TransferLine | TransferScan, str, scan_arrivals.Came, bool]]:
    """Of the transfer that is accepted what was scanned last, by line or lot: how much, and whether sent."""
    if state.mode != "take" or state.ref is None:
        return []
    scans = transfer_queries.scans_of(ctx, state.ref.id)
    some = scan_arrivals.taken(scans)
    known = {line.id: line for line in transfer_queries.lines_of(ctx, state.ref.id)}
    last = {scan_arrivals.what_of(scan): scan for scan in scans}
    keys = list(dict.fromkeys(scan_arrivals.what_of(scan) for scan in reversed(scans)))[:TRAIL]
    rows = [(key, known[key] if isinstance(key, int) else last[key]) for key in keys]
    return [(row, lot_words(row), some[key], isinstance(row, TransferLine)) for key, row in rows]


def _begun(ctx: Ctx, state: Scanning) -> list[tuple[Transfer, int]]:
    """The transfers whose acceptance this person has begun, where none is chosen."""
    return transfer_queries.begun_by(ctx, TRAIL) if state.mode == "take" and state.ref is None else []


def _here(state: Scanning) -> str:
    """The address at which a page that is loaded anew goes on where this one stands."""
    given: dict[str, Any] = {
        "mode": state.mode, "place": state.place_id, "to": state.to_id, "part": state.part_id,
        "kind": state.ref.kind if state.ref else None, "record": state.ref.id if state.ref else None,
        "quantity": None if state.quantity == 1 else state.quantity, "sort": state.sort or None,
        "since": state.since.isoformat() if state.since else None,
        "trail": " ".join(f"{i}:{q}" for i, q in state.trail) or None,
    }  # fmt: skip
    return url_for("inventory.scan_page", **given)


def _counted(ctx: Ctx, state: Scanning) -> list[tuple[StocktakeLine, str, str]]:
    """What was counted by the last scans, the newest first: what was counted, never what the book says."""
    if state.mode != "count":
        return []
    ids = list(dict.fromkeys(line_id for line_id, _quantity in reversed(state.trail)))
    known = stocktake_queries.counted_lines(ctx, ids)
    return [(known[i], lot_words(known[i]), place_name(known[i].location)) for i in ids if i in known]


# --- labels ---------------------------------------------------------------------------------------------------------


@blueprint.get("/labels/<kind>/<int:record_id>")
@needs(SEE)
def label_page(kind: str, record_id: int):
    """A label to print: of a part, a batch, a piece, a location, a loaner, of quarantine, a transfer, an order."""
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
    elif kind == "transfer":
        ctx.require(transfers.VIEW)
        row = transfer_queries.get_transfer(ctx, record_id)
        codes, lines = (row.number,), (row.number, f"{place_name(row.source)} → {place_name(row.target)}")
    elif kind == "loaner":
        ctx.require(loaners.VIEW)
        loaner = loaner_queries.get_loaner(ctx, record_id)
        piece = loaner.serial
        codes, lines = (loaner.number,), (loaner.number, f"{piece.part.name} {piece.number}")
    elif kind == "inspection":
        ctx.require(quality.VIEW)
        found = quality_queries.get_inspection(ctx, record_id)
        warning = _("QUARANTINE: not to be used before a quality decision")
        codes, lines = (found.number,), (found.number, f"{found.part.code} {found.part.name}", warning)
    elif kind == "order":
        ctx.require(scan_orders.VIEW)
        order = ordering_queries.get_order(ctx, record_id)
        codes, lines = (order.number,), (order.number, order.supplier.name if order.supplier else "")
    else:
        raise NotFound("unknown_label", _("There is no such label."))
    return render_template("inventory/label.html", labels=[label_of(ctx, kind, codes, lines)], heading=_("Label"))


@blueprint.get("/labels/modes")
@needs(SEE)
def mode_labels():
    """Labels that begin each way of working, to hang up beside the desk: then nobody needs a mouse."""
    ctx = current_ctx()
    modes = _modes(ctx)
    labels = [label_of(ctx, "mode", (mode,), (_(MODE_WORDS[mode]),)) for mode in modes]
    if "take" in modes:
        labels += [label_of(ctx, "sign", (sign,), (_(words),)) for sign, words in SIGN_WORDS.items()]
    return render_template("inventory/label.html", labels=labels, heading=_("Labels of ways of working"))
