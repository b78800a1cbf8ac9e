"""What suppliers and claims add to pages of others: who is responsible, who answers, what was claimed (MD-4, SB-5)."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Figure, OpenWork, Panel, RecordRef, WorkItem, _, n_
from plugins.base.contracts import PRODUCT, SUPPLIER, UNIT
from plugins.base.queries import get_unit
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import CLAIM_STATE_WORDS, START_EVENT_WORDS, SUPPORTER_WORDS
from plugins.warranty.contracts import COST_KINDS
from plugins.warranty.models.suppliers import SupplierTerm
from plugins.warranty.panels.agreements import kind_of
from plugins.warranty.queries import agreements, claims, suppliers


def panels(ctx: Ctx, record) -> list[Panel]:
    """On pages of units, products and whatever is about one (a complaint, an order): who supports and who answers.

    Records of other modules are known by what they carry: ``device_id`` and ``product_id``.
    """
    kind = kind_of(ctx, record)
    if kind == SUPPLIER:
        return _of_supplier(ctx, record)
    if not kind or kind.startswith("warranty."):
        return []
    unit_id, product_id = _about(kind, record)
    found = []
    if ctx.can(life.SEE_SUPPLIERS) and (unit_id is not None or product_id is not None):
        found += _responsible(ctx, unit_id, product_id)
    if ctx.can(life.SEE_CLAIMS) and kind != PRODUCT and (unit_id is not None or product_id is not None):
        rows = claims.claims_about(ctx, RecordRef(kind, record.id), 5)
        may_open = ctx.can(life.WORK_CLAIMS)
        if rows or (may_open and found):
            new_url = url_for(
                "warranty.claim_new", device_id=unit_id, product_id=product_id, kind=kind, source_id=record.id
            )
            data = {"rows": rows, "words": CLAIM_STATE_WORDS, "new_url": new_url if may_open else ""}
            found.append(Panel(_("Supplier claims"), "warranty/_claims_of.html", data, order=45, idle=not rows))
    return found


def _of_supplier(ctx: Ctx, supplier: Any) -> list[Panel]:
    """On the page of a supplier: how long it answers, who supports its goods, what was claimed and came back."""
    found = []
    if ctx.can(life.SEE_SUPPLIERS):
        may_edit = ctx.can(life.EDIT_SUPPLIERS)
        terms = suppliers.terms_of(ctx, supplier.id)
        data = {
            "supplier": supplier,
            "terms": [(t, suppliers.about_words(t), suppliers.length_words(t), _covers(t)) for t in terms],
            "events": START_EVENT_WORDS,
            "may_edit": may_edit,
        }
        sub = _("Back-to-back warranty")
        found.append(Panel(_("How long it answers"), "warranty/_supplier_terms.html", data, "main", 10, sub=sub))
        rows = suppliers.agreements_of(ctx, supplier.id)
        data = {
            "supplier": supplier,
            "agreements": [(a, suppliers.about_words(a), suppliers.state_words(ctx, a)) for a in rows],
            "supporters": SUPPORTER_WORDS,
            "may_edit": may_edit,
        }
        found.append(Panel(_("Technical support"), "warranty/_supplier_support.html", data, "main", 12))
    if ctx.can(life.SEE_CLAIMS):
        begins = ctx.today.replace(month=1, day=1)
        sums = claims.recovered_by_supplier(ctx, begins, ctx.today)
        data = {
            "supplier": supplier,
            "claims": claims.claims_of_supplier(ctx, supplier.id),
            "words": CLAIM_STATE_WORDS,
            "figures": next((f for f in sums if f.supplier_id == supplier.id), None),
            "may_claim": ctx.can(life.WORK_CLAIMS),
        }
        found.append(Panel(_("Supplier claims"), "warranty/_supplier_claims.html", data, "main", 14))
    return found


def _covers(term: SupplierTerm) -> str:
    return agreements.covers_words(kind for kind in COST_KINDS if getattr(term, f"covers_{kind}"))


def _about(kind: str, record: Any) -> tuple[int | None, int | None]:
    if kind == UNIT:
        return record.id, record.product_id
    if kind == PRODUCT:
        return None, record.id
    return getattr(record, "device_id", None), getattr(record, "product_id", None)


def _responsible(ctx: Ctx, unit_id: int | None, product_id: int | None) -> list[Panel]:
    if product_id is None and unit_id is not None:
        product_id = get_unit(ctx, unit_id).product_id
    responsible = suppliers.responsible_for(ctx, product_id, ctx.today)
    facts = suppliers.supplier_of(ctx, unit_id=unit_id, product_id=product_id, on=ctx.today)
    if responsible is None and facts is None:
        return []
    data = {"responsible": responsible, "facts": facts, "may_see": ctx.can(life.SEE_SUPPLIERS)}
    return [Panel(_("Supplier and technical support"), "warranty/_supplier_side.html", data, order=35, idle=True)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Open claims of this person."""
    if ctx.actor.user_id is None or not ctx.can(life.WORK_CLAIMS):
        return []
    rows = claims.waiting(ctx)
    clocks = claims.running_clocks(ctx, [r.id for r in rows])
    items = []
    for row in rows:
        clock = clocks.get(row.id)
        items.append(
            WorkItem(
                title=row.subject,
                url=url_for("warranty.claim_page", record_id=row.id),
                number=row.number,
                kind=_("Supplier claim"),
                icon="undo-2",
                due=clock.due_at if clock is not None else None,
                clock=clock,
                detail=row.supplier.name,
                next_step=next_step(row.state),
            )
        )
    return items


def next_step(state: str) -> str:
    """The one thing to do next with a claim, in the words of a button."""
    return {
        "opened": _("Tell the supplier"), "told": _("Record the answer"), "answered": _("Close the claim"),
    }.get(state, "")  # fmt: skip


def figures(ctx: Ctx) -> list[Figure]:
    """Linked counts for the page "My work"."""
    if not ctx.can(life.SEE_CLAIMS):
        return []
    counts = claims.counts(ctx)
    late = counts["overdue"]
    hint = n_("{n} overdue", "{n} overdue", late) if late else ""
    url = url_for("warranty.claims_list", tab="overdue" if late else "open")
    return [Figure(_("Open supplier claims"), counts["open"], url, "bad" if late else "plain", hint, "undo-2")]


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """What stands beside the menu item: how many claims are overdue."""
    if not ctx.can(life.SEE_CLAIMS):
        return {}
    late = claims.counts(ctx)["overdue"]
    return {"warranty.claims_list": (late, True)} if late else {}


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person still holds."""
    count = claims.held_by(ctx, user_id)
    return [OpenWork(_("Open supplier claims"), count)] if count else []
