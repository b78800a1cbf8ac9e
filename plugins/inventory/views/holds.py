"""Pages of batch holds and their tasks, and the trace of a lot. The lists are declared."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, Invalid, RecordRef, _, timeline
from core.web_api import carry_out, clock_view_of, current_ctx, needs, panels_of, record_id, timeline_items, typed
from plugins.inventory.contracts import DECISION_WORDS, HOLD_TASK_WORDS
from plugins.inventory.forms.holds import DoneForm, ReleaseForm, TraceForm
from plugins.inventory.lists.catalogue import SEE_STOCK
from plugins.inventory.lists.holds import SEE, TaskRow, hold_mark, task_mark, task_rows
from plugins.inventory.lists.ledger import balance_mark
from plugins.inventory.models import Hold, HoldTask
from plugins.inventory.queries import holds as queries
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import records, stock, trace
from plugins.inventory.queries.trace import Lot
from plugins.inventory.services import holding, lots
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import SHOWN, move_lines, part_of, record_link

HELD_TASKS = 50
"""So many tasks stand on the page of a hold; the list has all."""


@blueprint.get("/holds/<int:record_id>")
@needs(SEE)
def hold_page(record_id: int):
    """One hold: why, how far it is, what is to be done about whom, and the decision that ends it."""
    ctx = current_ctx()
    return _hold(ctx, queries.get_hold(ctx, record_id))


def _hold(ctx: Ctx, hold: Hold, form: ReleaseForm | None = None, extra: list[str] | None = None, status: int = 200):
    counts = queries.progress_of(ctx, [hold.id]).get(hold.id, {})
    progress = [
        (_(words), sum(n for (k, state), n in counts.items() if k == kind and state != "open"),
         sum(n for (k, _state), n in counts.items() if k == kind))
        for kind, words in HOLD_TASK_WORDS.items()
    ]  # fmt: skip
    tasks = task_rows(ctx, queries.tasks_of(ctx, hold.id, HELD_TASKS + 1))
    page = render_template(
        "inventory/hold.html", hold=hold, batch=hold.batch, part=hold.batch.part, mark=hold_mark(hold),
        progress=[line for line in progress if line[2]], done=sum(line[1] for line in progress),
        total=sum(line[2] for line in progress), decision=_(DECISION_WORDS[hold.decision]) if hold.decision else "",
        tasks=[
            (row, task_mark(row.task), _(HOLD_TASK_WORDS[row.task.kind]), _left(ctx, row)) for row in tasks[:HELD_TASKS]
        ],
        more=len(tasks) > HELD_TASKS, form=form or ReleaseForm(formdata=None, version=hold.batch.version),
        extra=extra or [], may={"release": ctx.can(lots.HOLD) and hold.state == "open"}, panels=panels_of(ctx, hold),
        history=timeline_items(ctx, timeline(ctx, hold)),
    )  # fmt: skip
    return page, status


def _left(ctx: Ctx, row: TaskRow):
    """The time limit of a task as a chip, while it is to do."""
    return clock_view_of(ctx, row.clock) if row.clock is not None and row.task.state == "open" else None


@blueprint.post("/holds/<int:record_id>/release")
@needs(lots.HOLD)
def hold_release(record_id: int):
    """Release the batch by a decision."""
    ctx = current_ctx()
    hold = queries.get_hold(ctx, record_id)
    form = ReleaseForm(formdata=typed())

    def release() -> None:
        lots.release_batch(
            ctx, hold.batch_id, form.reason.data or "", decision=form.decision.data, version=form.seen
        )

    return carry_out(
        form, release, _("Released"), url_for("inventory.hold_page", record_id=record_id),
        lambda extra, status: _hold(ctx, queries.get_hold(ctx, record_id), form, extra, status),
    )  # fmt: skip


@blueprint.get("/hold-tasks/<int:record_id>")
@needs(SEE)
def hold_task_page(record_id: int):
    """One task of a hold; what came of it is reported here."""
    ctx = current_ctx()
    return _task(ctx, queries.get_task(ctx, record_id))


def _task(ctx: Ctx, task: HoldTask, form: DoneForm | None = None, extra: list[str] | None = None, status: int = 200):
    row = task_rows(ctx, [task])[0]
    page = render_template(
        "inventory/hold_task.html", task=task, row=row, clock=_left(ctx, row), mark=task_mark(task),
        words=_(HOLD_TASK_WORDS[task.kind]),
        batch=task.hold.batch, part=task.hold.batch.part, form=form or DoneForm(formdata=None, version=task.version),
        extra=extra or [], may={"work": ctx.can(holding.WORK) and task.state == "open"}, panels=panels_of(ctx, task),
        history=timeline_items(ctx, timeline(ctx, task)),
    )  # fmt: skip
    return page, status


@blueprint.post("/hold-tasks/<int:record_id>/done")
@needs(holding.WORK)
def hold_task_done(record_id: int):
    """Report that it was done."""
    ctx = current_ctx()
    task = queries.get_task(ctx, record_id)
    form = DoneForm(formdata=typed())
    return carry_out(
        form, lambda: holding.finish_task(ctx, task.id, form.result.data or "", version=form.seen), _("Done"),
        url_for("inventory.hold_page", record_id=task.hold_id),
        lambda extra, status: _task(ctx, queries.get_task(ctx, record_id), form, extra, status),
    )  # fmt: skip


# --- the trace ------------------------------------------------------------------------------------------------------


@blueprint.get("/trace")
@needs(SEE)
def trace_page():
    """Whence a batch or a piece came and whither it went, or what a record got and whence that came."""
    ctx = current_ctx()
    ctx.require(SEE_STOCK)
    form = TraceForm(formdata=request.args)
    extra: list[str] = []
    lot = Lot()
    try:
        lot = _asked(ctx, form)
    except Invalid as error:
        extra = form.refuse(error)
    found = lot.batch or lot.serial or lot.ref
    before = record_id(request.args.get("before"))
    moves = trace.moves_of(ctx, lot, before, SHOWN + 1) if found else []
    return render_template(
        "inventory/trace.html", form=form, extra=extra, lot=lot, found=found, known=part_queries.offered_parts(ctx),
        about=record_link(records.words_of(ctx, [lot.ref]).get(lot.ref)) if lot.ref else ("", ""),
        moves=move_lines(ctx, moves[:SHOWN]), older=_older(moves) if len(moves) > SHOWN else "",
        first=before is None, **(_ends(ctx, lot) if found else {}),
    )  # fmt: skip


def _asked(ctx: Ctx, form: TraceForm) -> Lot:
    """The lot that the address names. Raises Invalid, in words, for one that is not known."""
    batch_id, serial_id = record_id(request.args.get("batch_id")), record_id(request.args.get("serial_id"))
    ref_id = record_id(request.args.get("record"))
    if ref_id is not None:
        return Lot(ref=RecordRef(request.args.get("kind", "")[:80], ref_id))
    if batch_id is not None:
        batch = lot_queries.get_batch(ctx, batch_id)
        form.part.data, form.batch.data = batch.part.code, batch.number
        return Lot(batch=batch)
    if serial_id is not None:
        serial = lot_queries.serials(ctx, [serial_id]).get(serial_id)
        return Lot(serial=serial)
    if not any((form[name].data or "").strip() for name in ("part", "batch", "serial")):
        return Lot()
    part_id = part_of(ctx, form.part.data)
    number = (form.serial.data or "").strip()
    if number:
        piece = lot_queries.serials_by_number(ctx, [part_id], [number]).get((part_id, number))
        if piece is None:
            words = _("There is no serial number {number} of this part.", number=number)
            raise Invalid("unknown_serial", words, "serial")
        return Lot(serial=piece)
    number = (form.batch.data or "").strip()
    if number:
        row = lot_queries.batches_by_number(ctx, [part_id], [number]).get((part_id, number))
        if row is None:
            raise Invalid("unknown_batch", _("There is no batch {number} of this part.", number=number), "batch")
        return Lot(batch=lot_queries.get_batch(ctx, row.id))
    raise Invalid("lot_missing", _("Name the batch or the serial number."), "batch")


_ASKED = ("part", "batch", "serial", "batch_id", "serial_id", "kind", "record")


def _older(moves: list) -> str:
    args: dict[str, Any] = {key: value for key, value in request.args.items() if key in _ASKED}
    return url_for("inventory.trace_page", **args, before=moves[SHOWN - 1].id)


def _ends(ctx: Ctx, lot: Lot) -> dict[str, Any]:
    """Where it came from, where it is, who has it."""
    if lot.ref is not None:
        pairs = trace.lots_of_record(ctx, lot.ref, SHOWN)
        batches = lot_queries.batches(ctx, [b for b, _s in pairs])
        serials = lot_queries.serials(ctx, [s for _b, s in pairs])
        return {
            "origins": move_lines(ctx, trace.origins(ctx, pairs, SHOWN)), "balances": [], "gone": [],
            "lots": [(batches.get(b or 0), serials.get(s or 0)) for b, s in pairs],
        }  # fmt: skip
    batch_id, serial_id = (0, lot.serial.id) if lot.serial is not None else (lot.batch.id if lot.batch else 0, 0)
    gone = trace.deliveries(ctx, batch_id, serial_id)
    if lot.batch is not None:
        gone += trace.sold(ctx, lot.batch)
    shown = gone[:SHOWN]
    refs = [
        (d.ref, RecordRef(trace.CUSTOMER, d.customer_id or 0), RecordRef(trace.DEVICE, d.device_id or 0))
        for d in shown
    ]  # fmt: skip
    known = records.words_of(ctx, [ref for three in refs for ref in three if ref.id])
    rows = stock.balances_of_lot(ctx, batch_id, serial_id, SHOWN)
    return {
        "origins": move_lines(ctx, trace.origins(ctx, [(batch_id or None, serial_id or None)], SHOWN)),
        "balances": [(b, balance_mark(b, ctx.today)) for b in rows],
        "gone": [
            (d, *(record_link(known.get(ref)) for ref in three)) for d, three in zip(shown, refs, strict=True)
        ],
        "count": len(gone), "lots": [],
    }  # fmt: skip
