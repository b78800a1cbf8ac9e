"""Pages of parts, units of measure and batches. The lists are declared."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from core.api import Ctx, Invalid, RecordRef, _, timeline
from core.web_api import carry_out, current_ctx, form_page, needs, panels_of, pressed, timeline_items, typed
from plugins.base.queries import product_by_code
from plugins.inventory.contracts import TRACKING_WORDS, BatchData, MeasureData, PartData
from plugins.inventory.forms.catalogue import BatchForm, BillForm, MeasureForm, PackForm, PartForm, SubstituteForm
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.lists.catalogue import EDIT, SEE, SEE_STOCK, batch_mark
from plugins.inventory.lists.ledger import balance_mark, lot_words, move_mark, place_name
from plugins.inventory.models import Batch, Part
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as queries
from plugins.inventory.queries import records, stock
from plugins.inventory.services import lots as lot_services
from plugins.inventory.services import parts as services
from plugins.inventory.views.blueprint import blueprint

NO_RECORD = RecordRef("", 0)
SHOWN = 30
"""So many lines of each sort stand on a page; the lists have all."""
EDIT_BATCH, HOLD = "inventory.batch.edit", "inventory.batch.hold"


# --- one part -------------------------------------------------------------------------------------------------------


@blueprint.get("/parts/<int:record_id>")
@needs(SEE)
def part_page(record_id: int):
    """One part: where it is, what moves it made, for whom it is kept, what it fits and what replaces it."""
    ctx = current_ctx()
    return _part(ctx, queries.get_part(ctx, record_id))


def _part(ctx: Ctx, part: Part, form: Any = None, extra: list[str] | None = None, status: int = 200):
    sees_stock = ctx.can(SEE_STOCK)
    balances = stock.balances_of(ctx, part.id, SHOWN + 1) if sees_stock else []
    kept = stock.reservations_on(ctx, part.id, SHOWN) if sees_stock else []
    own = {type(f): f for f in (form,) if f is not None}
    pack_form = own.get(PackForm) or PackForm(formdata=None)
    pack_form.measure_id.choices = [m for m in queries.measures(ctx) if m[0] != part.measure_id]
    page = render_template(
        "inventory/part.html",
        part=part,
        tracking=_(TRACKING_WORDS[part.tracking]),
        stock=stock.stock_of(ctx, [part.id])[part.id] if sees_stock else None,
        balances=[(b, lot_words(b), balance_mark(b, ctx.today)) for b in balances[:SHOWN]],
        more_balances=len(balances) > SHOWN,
        moves=move_lines(ctx, stock.moves_of_part(ctx, part.id, SHOWN)) if sees_stock else [],
        kept=kept_lines(ctx, kept),
        packs=queries.packs_of(ctx, part.id),
        substitutes=queries.substitutes_of(ctx, part.id),
        replaced_by=queries.get_part(ctx, part.replaced_by_id) if part.replaced_by_id else None,
        replaces=queries.superseded_by(ctx, part.id),
        products=queries.products_of(ctx, part.id, SHOWN),
        pack_form=pack_form,
        substitute_form=own.get(SubstituteForm) or SubstituteForm(formdata=None),
        bill_form=own.get(BillForm) or BillForm(formdata=None),
        failed=type(form).__name__ if form is not None else "",
        extra=extra or [],
        may={
            "edit": ctx.can(EDIT), "see": sees_stock, "receive": ctx.can("inventory.stock.receive") and part.active,
            "issue": ctx.can("inventory.stock.issue"), "transfer": ctx.can("inventory.stock.transfer"),
        },
        panels=panels_of(ctx, part),
        history=timeline_items(ctx, timeline(ctx, part)),
    )  # fmt: skip
    return page, status


def move_lines(ctx: Ctx, moves: list) -> list[dict[str, Any]]:
    """Moves as their tables show them."""
    refs = {m.id: stock.reference_of(m) for m in moves}
    known = records.words_of(ctx, refs.values())
    gone = stock.reversed_among(ctx, [m.id for m in moves])
    return [
        {
            "move": m, "mark": move_mark(m), "source": place_name(m.source), "target": place_name(m.target),
            "lot": lot_words(m), "reversed": m.id in gone, "about": record_link(known.get(refs[m.id] or NO_RECORD)),
        }
        for m in moves
    ]  # fmt: skip


def kept_lines(ctx: Ctx, kept: list) -> list[tuple[Any, tuple[str, str], str]]:
    """Reservations with (words, address) of what they are for, and their batch or serial number."""
    refs = {r.id: RecordRef(r.record_kind, r.record_id) for r in kept}
    known = records.words_of(ctx, refs.values())
    return [(r, record_link(known.get(refs[r.id])), lot_words(r.balance)) for r in kept]


def record_link(words: records.RecordWords | None) -> tuple[str, str]:
    """(words, address) of a record; empty where this person may not know of it."""
    if words is None:
        return "", ""
    return words.text, url_for(words.endpoint, record_id=words.id) if words.endpoint else ""


@blueprint.route("/parts/new", methods=["GET", "POST"])
@needs(EDIT)
def part_new():
    """Add a part to the catalogue."""
    ctx = current_ctx()
    return _part_form(ctx, PartForm(formdata=typed(), version=""), None)


@blueprint.route("/parts/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def part_edit(record_id: int):
    """Change a part."""
    ctx = current_ctx()
    part = queries.get_part(ctx, record_id)
    newer = queries.get_part(ctx, part.replaced_by_id).code if part.replaced_by_id else ""
    return _part_form(ctx, PartForm(formdata=typed(), obj=part, version=part.version, replaced_by=newer), part)


def _part_form(ctx: Ctx, form: PartForm, part: Part | None):
    form.measure_id.choices = queries.measures(ctx, part.measure_id if part else None)

    def save() -> Part:
        data = PartData(
            form.code.data or "", form.name.data or "", form.measure_id.data, form.tracking.data,
            bool(form.guarantee.data), form.storage.data or "", form.shelf_life_days.data,
            part_of(ctx, form.replaced_by.data, "replaced_by") if (form.replaced_by.data or "").strip() else None,
            form.note.data or "", bool(form.active.data), part.id if part else None, warn_days=form.warn_days.data,
        )  # fmt: skip
        return services.save_part(ctx, data, version=form.seen if part else None)

    return form_page(
        form, save, "inventory/part_form.html", lambda row: url_for("inventory.part_page", record_id=row.id),
        part=part, known=queries.offered_parts(ctx),
    )  # fmt: skip


def part_of(ctx: Ctx, code: str | None, field: str = "part") -> int:
    """The id of the part with a code as it was typed or scanned. Raises Invalid."""
    text = (code or "").strip().partition(" ")[0]
    found = queries.parts_by_code(ctx, {text, (code or "").strip()})
    if not found:
        raise Invalid("unknown_part", _("There is no part {code}.", code=(code or "").strip()), field)
    return found.get((code or "").strip()) or found[text]


@blueprint.post("/parts/<int:record_id>/packs")
@needs(EDIT)
def pack_add(record_id: int):
    """A further unit of the part."""
    ctx = current_ctx()
    part = queries.get_part(ctx, record_id)
    form = PackForm(formdata=typed())
    form.measure_id.choices = queries.measures(ctx)
    return carry_out(
        form, lambda: services.save_pack(ctx, part.id, form.measure_id.data, form.factor.data), _("Saved"),
        url_for("inventory.part_page", record_id=record_id, _anchor="packs"),
        lambda extra, status: _part(ctx, queries.get_part(ctx, record_id), form, extra, status),
    )  # fmt: skip


@blueprint.post("/parts/<int:record_id>/packs/<int:row_id>/drop")
@needs(EDIT)
def pack_drop(record_id: int, row_id: int):
    """The part is no longer counted in this unit."""
    back = url_for("inventory.part_page", record_id=record_id, _anchor="packs")
    return pressed(lambda: services.drop_pack(current_ctx(), row_id), _("Taken out"), back)


@blueprint.post("/parts/<int:record_id>/substitutes")
@needs(EDIT)
def substitute_add(record_id: int):
    """Another part may be used instead."""
    ctx = current_ctx()
    part = queries.get_part(ctx, record_id)
    form = SubstituteForm(formdata=typed())
    return carry_out(
        form, lambda: services.add_substitute(ctx, part.id, part_of(ctx, form.code.data, "code"), form.note.data or ""),
        _("Saved"), url_for("inventory.part_page", record_id=record_id, _anchor="substitutes"),
        lambda extra, status: _part(ctx, queries.get_part(ctx, record_id), form, extra, status),
    )  # fmt: skip


@blueprint.post("/parts/<int:record_id>/substitutes/<int:row_id>/drop")
@needs(EDIT)
def substitute_drop(record_id: int, row_id: int):
    """It may no longer be used instead."""
    back = url_for("inventory.part_page", record_id=record_id, _anchor="substitutes")
    return pressed(lambda: services.drop_substitute(current_ctx(), row_id), _("Taken out"), back)


@blueprint.post("/parts/<int:record_id>/products")
@needs(EDIT)
def bill_add(record_id: int):
    """A product has the part in it."""
    ctx = current_ctx()
    part = queries.get_part(ctx, record_id)
    form = BillForm(formdata=typed())

    def save() -> None:
        product = product_by_code(ctx, (form.code.data or "").strip())
        if product is None:
            raise Invalid("unknown_product", _("There is no product {code}.", code=form.code.data), "code")
        services.add_to_product(ctx, part.id, product.id, form.quantity.data, form.place.data or "")

    return carry_out(
        form, save, _("Saved"), url_for("inventory.part_page", record_id=record_id, _anchor="products"),
        lambda extra, status: _part(ctx, queries.get_part(ctx, record_id), form, extra, status),
    )  # fmt: skip


@blueprint.post("/parts/<int:record_id>/products/<int:row_id>/drop")
@needs(EDIT)
def bill_drop(record_id: int, row_id: int):
    """The product no longer has the part in it."""
    back = url_for("inventory.part_page", record_id=record_id, _anchor="products")
    return pressed(lambda: services.drop_from_product(current_ctx(), row_id), _("Taken out"), back)


# --- units of measure -----------------------------------------------------------------------------------------------


@blueprint.get("/measures/<int:record_id>")
@needs(SEE)
def measure_page(record_id: int):
    """One unit of measure."""
    ctx = current_ctx()
    row = queries.get_measure(ctx, record_id)
    return render_template(
        "inventory/measure.html", measure=row, may={"edit": ctx.can(EDIT)}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip


@blueprint.route("/measures/new", methods=["GET", "POST"])
@needs(EDIT)
def measure_new():
    """Add a unit of measure."""
    return _measure_form(current_ctx(), MeasureForm(formdata=typed(), version=""), None)


@blueprint.route("/measures/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def measure_edit(record_id: int):
    """Change a unit of measure."""
    ctx = current_ctx()
    row = queries.get_measure(ctx, record_id)
    return _measure_form(ctx, MeasureForm(formdata=typed(), obj=row, version=row.version), row)


def _measure_form(ctx: Ctx, form: MeasureForm, row):
    def save():
        data = MeasureData(
            form.code.data or "", form.name.data or "", form.decimals.data or 0, bool(form.active.data),
            row.id if row else None,
        )  # fmt: skip
        return services.save_measure(ctx, data, version=form.seen if row else None)

    return form_page(
        form, save, "inventory/measure_form.html", lambda m: url_for("inventory.measure_page", record_id=m.id),
        measure=row,
    )  # fmt: skip


# --- batches --------------------------------------------------------------------------------------------------------


@blueprint.get("/batches/<int:record_id>")
@needs(SEE)
def batch_page(record_id: int):
    """One batch: until when it may be used, where it is, where it went."""
    ctx = current_ctx()
    return _batch(ctx, lot_queries.get_batch(ctx, record_id))


def _batch(ctx: Ctx, row: Batch, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200):
    sees_stock = ctx.can(SEE_STOCK)
    page = render_template(
        "inventory/batch.html",
        batch=row,
        part=row.part,
        mark=batch_mark(row, ctx.today),
        balances=[(b, balance_mark(b, ctx.today)) for b in stock.balances_of_batch(ctx, row.id, SHOWN)]
        if sees_stock else [],
        moves=move_lines(ctx, stock.moves_of_batch(ctx, row.id, SHOWN)) if sees_stock else [],
        form=form or ReasonForm(formdata=None, version=row.version),
        extra=extra or [],
        may={"edit": ctx.can(EDIT_BATCH), "hold": ctx.can(HOLD), "see": sees_stock},
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


@blueprint.route("/batches/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT_BATCH)
def batch_edit(record_id: int):
    """Correct what stands on the goods."""
    ctx = current_ctx()
    row = lot_queries.get_batch(ctx, record_id)
    form = BatchForm(formdata=typed(), obj=row, version=row.version)

    def save() -> Batch:
        data = BatchData(
            form.number.data or "", form.produced_on.data, form.expires_on.data, form.sterile_until.data,
            form.note.data or "",
        )  # fmt: skip
        return lot_services.change_batch(ctx, row.id, data, version=form.seen)

    return form_page(
        form, save, "inventory/batch_form.html", lambda b: url_for("inventory.batch_page", record_id=b.id), batch=row
    )


@blueprint.post("/batches/<int:record_id>/hold")
@needs(HOLD)
def batch_hold(record_id: int):
    """Stop the batch everywhere."""
    return _batch_act(record_id, lot_services.hold_batch, _("On hold"))


@blueprint.post("/batches/<int:record_id>/release")
@needs(HOLD)
def batch_release(record_id: int):
    """The batch may be used again."""
    return _batch_act(record_id, lot_services.release_batch, _("Released"))


def _batch_act(record_id: int, do, done: str):
    ctx = current_ctx()
    row = lot_queries.get_batch(ctx, record_id)
    form = ReasonForm(formdata=typed())
    return carry_out(
        form, lambda: do(ctx, row.id, form.reason.data or "", version=form.seen), done,
        url_for("inventory.batch_page", record_id=record_id),
        lambda extra, status: _batch(ctx, lot_queries.get_batch(ctx, record_id), form, extra, status),
    )  # fmt: skip


