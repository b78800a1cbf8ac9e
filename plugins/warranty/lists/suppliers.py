"""The list of service agreements with suppliers, declared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    RecordFilter,
    _,
    n_,
)
from plugins.base.queries.suppliers import Supplier
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import AGREEMENT_STATE_WORDS, SUPPORTER_WORDS
from plugins.warranty.lists.agreements import in_words
from plugins.warranty.models.suppliers import SupplierAgreement
from plugins.warranty.queries import suppliers as queries


@dataclass(frozen=True)
class Row:
    """An agreement and the day on which it is looked at."""

    agreement: SupplierAgreement
    today: dt.date

    @property
    def state(self) -> Mark:
        """In force, about to end, or over, in words."""
        row = self.agreement
        words = _(AGREEMENT_STATE_WORDS[row.state])
        if row.state == "ended":
            return Mark(words, "", "circle-stop")
        if row.valid_until < self.today:
            return Mark(_("Expired on {day}", day=row.valid_until.isoformat()), "bad", "octagon-alert")
        return Mark(words, "ok", "circle-check")


def _prepare(ctx: Ctx, rows: list[SupplierAgreement]) -> list[Row]:
    return [Row(row, ctx.today) for row in rows]


def _rows(_ctx: Ctx) -> sa.Select:
    loaded = (orm.joinedload(SupplierAgreement.supplier), orm.joinedload(SupplierAgreement.product))
    return sa.select(SupplierAgreement).options(*loaded)


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    return ListTab(key, label, lambda ctx: queries.agreement_tab(ctx, key), counted=counted)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    return n_("{n} about to end", "{n} about to end", counts["ending"])


AGREEMENTS = ListDef(
    "warranty.agreements",
    N_("Service agreements with suppliers"),
    SupplierAgreement,
    life.SEE_SUPPLIERS,
    (
        ListColumn(
            "number", N_("Number"), lambda r: r.agreement.number, "id", "id", SupplierAgreement.number, fixed=True
        ),
        ListColumn("supplier", N_("Supplier"), lambda r: r.agreement.supplier.name, "main", "main"),
        ListColumn("about", N_("For which goods"), lambda r: queries.about_words(r.agreement), place="left"),
        ListColumn("before", N_("Support before the sale"), lambda r: _(SUPPORTER_WORDS[r.agreement.before_sale])),
        ListColumn("after", N_("Support after the sale"), lambda r: _(SUPPORTER_WORDS[r.agreement.after_sale])),
        ListColumn("third", N_("Third party"), lambda r: r.agreement.third_party, shown=False),
        ListColumn("from", N_("Valid from"), lambda r: r.agreement.valid_from, "date"),
        ListColumn("until", N_("Valid until"), lambda r: r.agreement.valid_until, "date"),
        ListColumn("state", N_("State"), lambda r: r.state, "mark", "right"),
    ),
    "/warranty/agreements/",
    icon="handshake",
    query=_rows,
    prepare=_prepare,
    search=lambda _ctx, text: queries.agreement_search(text),
    search_words=N_("Number, supplier, product group"),
    filters=(
        RecordFilter("supplier", N_("Supplier"), SupplierAgreement.supplier_id, model=Supplier, by=Supplier.name),
        ChoiceFilter("after", N_("Support after the sale"), SupplierAgreement.after_sale, in_words(SUPPORTER_WORDS)),
        DaysFilter("until", N_("Valid until"), SupplierAgreement.valid_until),
    ),
    tabs=(
        _tab("in_force", N_("In force")),
        _tab("ending", N_("About to end")),
        _tab("over", N_("Over")),
        _tab("all", N_("All"), counted=False),
    ),
    first=("in_force",),
    order=((SupplierAgreement.valid_until, False),),
    new=NewRecord(N_("Add an agreement"), "warranty.agreement_new", life.EDIT_SUPPLIERS),
    export=life.SEE_SUPPLIERS,
    summary=_summary,
    empty=N_("No service agreements here"),
    empty_hint=N_("They say who gives technical support for a supplier's goods before and after the sale."),
)
