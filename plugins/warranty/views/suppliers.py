"""Pages of how long suppliers answer, and of service agreements with them. Lists are declared in ``lists``."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, RecordRef, _, timeline
from core.web_api import (
    RecordForms,
    chosen,
    current_ctx,
    first_line,
    flash_done,
    flash_error,
    form_page,
    needs,
    panels_of,
    record_id,
    sent,
    timeline_items,
    typed,
)
from plugins.base import queries as base_queries
from plugins.base.queries.suppliers import get_supplier, offered_suppliers
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import (
    AGREEMENT,
    AgreementData,
    SupplierTermData,
)
from plugins.warranty.contracts import COST_KINDS
from plugins.warranty.forms import agreed as forms
from plugins.warranty.models.suppliers import SupplierAgreement
from plugins.warranty.queries import follow_ups
from plugins.warranty.queries import suppliers as queries
from plugins.warranty.rules.agreements import next_days
from plugins.warranty.services import suppliers as services
from plugins.warranty.views.blueprint import blueprint

PRODUCTS = 500


def _supplier_url(supplier_id: int) -> str:
    return url_for("base.supplier_page", record_id=supplier_id)


# --- how long they answer -------------------------------------------------------------------------------------------


@blueprint.route("/suppliers/<int:record_id>/terms/new", methods=["GET", "POST"])
@needs(life.EDIT_SUPPLIERS)
def supplier_term_new(record_id: int):
    """How long the supplier answers for which goods."""
    ctx = current_ctx()
    supplier = get_supplier(ctx, record_id)
    form = forms.TermForm(formdata=typed(), version="", amount=12, valid_from=ctx.today.replace(month=1, day=1))
    _offer_products(ctx, form)
    return form_page(
        form,
        lambda: services.save_term(ctx, _term(form, supplier.id)),
        "warranty/supplier_term_form.html",
        lambda _saved: _supplier_url(supplier.id),
        supplier=supplier,
        term=None,
    )


@blueprint.route("/supplier-terms/<int:record_id>", methods=["GET", "POST"])
@needs(life.EDIT_SUPPLIERS)
def supplier_term_edit(record_id: int):
    """Change it; claims that were made by it keep what they said."""
    ctx = current_ctx()
    row = queries.get_term(ctx, record_id)
    supplier = get_supplier(ctx, row.supplier_id)
    covers = [kind for kind in COST_KINDS if getattr(row, f"covers_{kind}")]
    form = forms.TermForm(formdata=typed(), obj=row, version=row.version, covers=covers)
    _offer_products(ctx, form, row.product_id)
    return form_page(
        form,
        lambda: services.save_term(ctx, _term(form, supplier.id), row.id, version=form.seen),
        "warranty/supplier_term_form.html",
        lambda _saved: _supplier_url(supplier.id),
        supplier=supplier,
        term=row,
    )


@blueprint.post("/supplier-terms/<int:record_id>/delete")
@needs(life.EDIT_SUPPLIERS)
def supplier_term_delete(record_id: int):
    """Remove a term by which no claim was made; else say so."""
    ctx = current_ctx()
    supplier_id = queries.get_term(ctx, record_id).supplier_id
    try:
        services.delete_term(ctx, record_id)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
    else:
        flash_done(_("Term removed"))
    return redirect(_supplier_url(supplier_id))


def _offer_products(ctx: Ctx, form: forms.GoodsForm, keep: int | None = None) -> None:
    rows = [(p.id, f"{p.code} {p.name}") for p in base_queries.search_products(ctx, "", PRODUCTS)]
    if keep is not None and keep not in dict(rows):
        product = base_queries.get_product(ctx, keep)
        rows.append((product.id, f"{product.code} {product.name}"))
    form.product_id.choices = first_line(_("not one product alone"), rows)


def _term(form: forms.TermForm, supplier_id: int) -> SupplierTermData:
    return SupplierTermData(
        supplier_id=supplier_id,
        amount=form.amount.data,
        valid_from=form.valid_from.data,
        unit=form.unit.data,
        start_event=form.start_event.data,
        product_id=chosen(form.product_id.data),
        product_group=form.product_group.data or "",
        maker=form.maker.data or "",
        part_group=form.part_group.data or "",
        covers=frozenset(form.covers.data or ()),
        valid_until=form.valid_until.data,
        note=form.note.data or "",
    )


# --- service agreements ---------------------------------------------------------------------------------------------


@blueprint.route("/agreements/new", methods=["GET", "POST"])
@needs(life.EDIT_SUPPLIERS)
def agreement_new():
    """Agree with a supplier, or renew an agreement (``follows_id``)."""
    ctx = current_ctx()
    before = record_id(request.values.get("follows_id"))
    first: dict[str, Any] = {"supplier_id": record_id(request.args.get("supplier_id"))}
    if before is not None:
        first = _following(queries.get_agreement(ctx, before))
    form = forms.AgreementForm(formdata=typed(), version="", **first)
    form.supplier_id.choices = offered_suppliers(ctx, first.get("supplier_id"))
    _offer_products(ctx, form, first.get("product_id"))
    return form_page(
        form,
        lambda: services.save_agreement(ctx, _agreement(form)),
        "warranty/agreement_form.html",
        lambda saved: url_for("warranty.agreement_page", record_id=saved.id),
        agreement=None,
        before=queries.get_agreement(ctx, before) if before is not None else None,
    )


def _following(row: SupplierAgreement) -> dict[str, Any]:
    """The same again, for as long, from the day after."""
    names = (
        "supplier_id", "product_id", "product_group", "maker", "before_sale", "after_sale", "third_party",
        "contact_name", "phone", "email", "content",
    )  # fmt: skip
    begins, ends = next_days(row.valid_from, queries.last_valid_day(row))
    return {name: getattr(row, name) for name in names} | {
        "valid_from": begins, "valid_until": ends, "follows_id": row.id,
    }  # fmt: skip


@blueprint.route("/agreements/<int:record_id>/edit", methods=["GET", "POST"])
@needs(life.EDIT_SUPPLIERS)
def agreement_edit(record_id: int):
    """Change an agreement while it is in force."""
    ctx = current_ctx()
    row = queries.get_agreement(ctx, record_id)
    form = forms.AgreementForm(formdata=typed(), obj=row, version=row.version)
    form.supplier_id.choices = offered_suppliers(ctx, row.supplier_id)
    _offer_products(ctx, form, row.product_id)
    return form_page(
        form,
        lambda: services.save_agreement(ctx, _agreement(form), row.id, version=form.seen),
        "warranty/agreement_form.html",
        lambda saved: url_for("warranty.agreement_page", record_id=saved.id),
        agreement=row,
        before=None,
    )


def _agreement(form: forms.AgreementForm) -> AgreementData:
    return AgreementData(
        supplier_id=form.supplier_id.data,
        valid_from=form.valid_from.data,
        valid_until=form.valid_until.data,
        before_sale=form.before_sale.data,
        after_sale=form.after_sale.data,
        third_party=form.third_party.data or "",
        product_id=chosen(form.product_id.data),
        product_group=form.product_group.data or "",
        maker=form.maker.data or "",
        contact_name=form.contact_name.data or "",
        phone=form.phone.data or "",
        email=(form.email.data or "").strip(),
        content=form.content.data or "",
        follows_id=record_id(form.follows_id.data),
    )


@blueprint.get("/agreements/<int:record_id>")
@needs(life.SEE_SUPPLIERS)
def agreement_page(record_id: int):
    """One service agreement: who gives technical support, for how long, what follows."""
    ctx = current_ctx()
    return _agreement_page(ctx, queries.get_agreement(ctx, record_id))


def _agreement_page(ctx: Ctx, row: SupplierAgreement, *, failed: Any = None, name: str = "", extra=(), status=200):
    names = {"we": ctx.company.name, "supplier": row.supplier.name, "third": row.third_party}
    words, tone = queries.state_words(ctx, row)
    page = render_template(
        "warranty/agreement.html",
        agreement=row,
        about=queries.about_words(row),
        before_sale=names[row.before_sale],
        after_sale=names[row.after_sale],
        state=words,
        tone=tone,
        before=queries.get_agreement(ctx, row.follows_id) if row.follows_id is not None else None,
        follower=queries.follower_of(ctx, row.id),
        endings=follow_ups.follow_ups_on(ctx, RecordRef(AGREEMENT, row.id)),
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
        forms=AGREEMENT_ACTS.forms(ctx, row, failed, name) if row.state == "in_force" or name else {},
        failed=name,
        extra=list(extra),
    )
    return page, status


def _end_form(ctx: Ctx, row: SupplierAgreement) -> forms.EndForm:
    return forms.EndForm(formdata=sent(ctx, row, "end"), version=row.version, last_day=ctx.today)


def _end(ctx: Ctx, agreement_id: int, _name: str, form: Any) -> str:
    done = services.end_agreement(ctx, agreement_id, form.last_day.data, form.reason.data, version=form.seen)
    return _("{number} ends with {day}", number=done.number, day=form.last_day.data.isoformat())


AGREEMENT_ACTS = RecordForms(
    {"end": _end_form},
    {"end": life.EDIT_SUPPLIERS},
    queries.get_agreement,
    _agreement_page,
    _end,
    lambda number: url_for("warranty.agreement_page", record_id=number),
)


@blueprint.post("/agreements/<int:record_id>/<action>")
@needs(life.SEE_SUPPLIERS)
def agreement_act(record_id: int, action: str):
    """End an agreement before its time. On an error the page comes back with what was typed."""
    return AGREEMENT_ACTS.run(record_id, action)


