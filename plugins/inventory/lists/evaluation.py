"""The list of evaluations, declared; how a supplier stands."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import N_, ChoiceFilter, Ctx, DaysFilter, ListColumn, ListDef, ListLink, ListTab, Mark, RecordFilter, _
from plugins.base.contracts import STANDING_WORDS
from plugins.base.queries.suppliers import Supplier, search_suppliers
from plugins.inventory.evaluation_contracts import STANDING_MARKS
from plugins.inventory.models import Evaluation
from plugins.inventory.queries import evaluation as queries
from plugins.inventory.queries.parts import tidy
from plugins.inventory.services.evaluating import SEE


def standing_mark(standing: str) -> Mark:
    """How a supplier stands, in words with its colour."""
    return Mark(_(STANDING_WORDS[standing]), *STANDING_MARKS[standing])


def _standings(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in STANDING_WORDS.items() if code != "new"]


def _share(name: str):
    def value(row: Evaluation):
        found = getattr(row, name)
        return tidy(found) if found is not None else None

    return value


EVALUATIONS = ListDef(
    "inventory.evaluations",
    N_("Evaluations of suppliers"),
    Evaluation,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.number, "id", "id", Evaluation.id, fixed=True),
        ListColumn("supplier", N_("Supplier"), lambda r: r.supplier.name, "main", "main"),
        ListColumn("since", N_("First day"), lambda r: r.since, "date"),
        ListColumn("until", N_("Last day"), lambda r: r.until, "date", "left"),
        ListColumn("lines", N_("Lines"), lambda r: r.lines, "number"),
        ListColumn("on_time", N_("In full and on time (%)"), _share("on_time"), "number"),
        ListColumn("rejected", N_("Rejected (%)"), _share("rejected"), "number", "tag"),
        ListColumn("made_good", N_("Returns made good (%)"), _share("made_good"), "number"),
        ListColumn("claims", N_("Claims"), lambda r: r.claims, "number", shown=False),
        ListColumn("claims_met", N_("Claims made good (%)"), _share("claims_met"), "number"),
        ListColumn("score", N_("Average score"), _share("score"), "number"),
        ListColumn("standing", N_("Supplier standing"), lambda r: standing_mark(r.standing), "mark", "right"),
        ListColumn("next", N_("Due again on"), lambda r: r.next_on, "date"),
        ListColumn("by", N_("Evaluated by"), lambda r: r.made_by, shown=False),
        ListColumn("at", N_("Evaluated on"), lambda r: r.made_at, "moment", shown=False),
    ),
    "/inventory/evaluations/",
    icon="star",
    query=queries.evaluation_rows,
    search=lambda _ctx, text: sa.or_(
        Evaluation.number.istartswith(text, autoescape=True),
        Evaluation.supplier_id.in_(sa.select(Supplier.id).where(search_suppliers(text))),
    ),
    search_words=N_("Number, supplier"),
    filters=(
        RecordFilter("supplier", N_("Supplier"), Evaluation.supplier_id, model=Supplier, by=Supplier.name),
        ChoiceFilter("standing", N_("Supplier standing"), Evaluation.standing, _standings),
        DaysFilter("until", N_("Last day"), Evaluation.until),
    ),
    tabs=(ListTab("all", N_("All"), counted=False),),
    order=((Evaluation.id, True),),
    links=(ListLink(N_("Suppliers of parts"), "inventory.suppliers_list", SEE, "truck"),),
    export=SEE,
    empty=N_("No supplier was evaluated yet"),
    empty_hint=N_("An evaluation begins on the page of a supplier."),
)  # fmt: skip
