"""The lists of reorder points and of what is proposed to be bought, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.api import (
    N_,
    BulkAction,
    ChoiceFilter,
    Ctx,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    RecordFilter,
    _,
    n_,
)
from plugins.base.queries.suppliers import Supplier
from plugins.inventory.contracts import PROPOSAL_STATE_WORDS, REORDER_RULE_WORDS
from plugins.inventory.models import Location, Part, ReorderPoint, ReorderProposal
from plugins.inventory.queries import reorder as queries
from plugins.inventory.queries.parts import plain_quantity, tidy
from plugins.inventory.services import reorder as services

SEE, EDIT, RUN, ASK = (
    "inventory.reorder.view", "inventory.reorder.edit", "inventory.reorder.run", "inventory.purchase.ask",
)  # fmt: skip


def place_words(location: Location | None) -> str:
    """Where a point counts."""
    return location.name if location is not None else _("the whole company")


def level_words(point: ReorderPoint, value) -> str:
    """A level with its unit: pieces, or days."""
    unit = _("days") if point.rule == "cover" else point.part.measure.name
    return f"{plain_quantity(value)} {unit}"


def _point_state(row: ReorderPoint) -> Mark:
    return Mark(_("In use"), "ok", "circle-check") if row.active else Mark(_("Not in use"), "", "circle-x")


POINTS = ListDef(
    "inventory.reorder",
    N_("Reorder points"),
    ReorderPoint,
    SEE,
    (
        ListColumn("part", N_("Part"), lambda r: r.part.code, "id", "id", ReorderPoint.part_id, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.part.name, "main", "main"),
        ListColumn("place", N_("Counts what is in"), lambda r: place_words(r.location), place="left"),
        ListColumn("rule", N_("How it counts"), lambda r: _(REORDER_RULE_WORDS[r.rule])),
        ListColumn("minimum", N_("Minimum"), lambda r: level_words(r, r.minimum), place="tag"),
        ListColumn("maximum", N_("Maximum"), lambda r: level_words(r, r.maximum)),
        ListColumn("state", N_("State"), _point_state, "mark", "right"),
    ),
    "/inventory/reorder/",
    icon="gauge",
    query=lambda _ctx: queries.with_words(sa.select(ReorderPoint)),
    search=lambda _ctx, text: ReorderPoint.part_id.in_(
        sa.select(Part.id).where(
            sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
        )
    ),
    search_words=N_("Part"),
    filters=(
        RecordFilter("part", N_("Part"), ReorderPoint.part_id, model=Part, by=Part.code),
        ChoiceFilter(
            "rule", N_("How it counts"), ReorderPoint.rule,
            lambda _ctx: [(code, _(words)) for code, words in REORDER_RULE_WORDS.items()],
        ),
    ),
    order=((ReorderPoint.part_id, False),),
    new=NewRecord(N_("Add a reorder point"), "inventory.reorder_new", EDIT),
    links=(ListLink(N_("Reorder proposals"), "inventory.proposals_list", SEE, "lightbulb"),),
    export=SEE,
    empty=N_("No reorder points here"),
    empty_hint=N_("A reorder point says below which level a part is bought again and how far it is filled up."),
)  # fmt: skip


# --- proposals ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProposalRow:
    """A proposal with the reason in words."""

    proposal: ReorderProposal
    why: str
    mark: Mark


def why_words(row: ReorderProposal) -> str:
    """Why so many are proposed: ``3 free, minimum 5, coming 0: 7 to reach 10``."""
    told = {
        "free": plain_quantity(row.free), "minimum": plain_quantity(row.minimum), "coming": plain_quantity(row.coming),
        "target": plain_quantity(row.target), "quantity": plain_quantity(row.quantity),
    }  # fmt: skip
    words = _("{free} free, minimum {minimum}, coming {coming}: {quantity} to reach {target}", **told)
    more = row.free + row.coming + row.quantity - row.target
    if more > 0:
        words = _("{why}, rounded up to what is sold", why=words)
    return words


_MARKS = {
    "open": ("info", "lightbulb"), "requested": ("ok", "clipboard-list"), "dismissed": ("", "bell-off"),
    "gone": ("", "circle-check"),
}  # fmt: skip


def _proposals(_ctx: Ctx, rows: list[ReorderProposal]) -> list[ProposalRow]:
    return [
        ProposalRow(row, why_words(row), Mark(_(PROPOSAL_STATE_WORDS[row.state]), *_MARKS[row.state])) for row in rows
    ]


def _guarantee(row: ProposalRow) -> list[Mark]:
    return [Mark(_("Guarantee part"), "info", "shield-check", tag=True)] if row.proposal.part.guarantee else []


PROPOSALS = ListDef(
    "inventory.proposals",
    N_("Reorder proposals"),
    ReorderProposal,
    SEE,
    (
        ListColumn("part", N_("Part"), lambda r: f"{r.proposal.part.code} {r.proposal.part.name}", "main", "main",
                   notes=_guarantee, fixed=True),
        ListColumn("place", N_("Counts what is in"), lambda r: place_words(r.proposal.location)),
        ListColumn("quantity", N_("Quantity proposed"), lambda r: tidy(r.proposal.quantity), "number", "tag"),
        ListColumn("measure", N_("Unit of measure"), lambda r: r.proposal.part.measure.name),
        ListColumn("why", N_("Why (proposal)"), lambda r: r.why, place="left"),
        ListColumn("supplier", N_("Supplier"), lambda r: r.proposal.supplier.name if r.proposal.supplier else ""),
        ListColumn("request", N_("Purchase request"),
                   lambda r: r.proposal.request.number if r.proposal.request else ""),
        ListColumn("at", N_("When"), lambda r: r.proposal.made_at, "moment"),
        ListColumn("state", N_("State"), lambda r: r.mark, "mark", "right"),
    ),
    "/inventory/proposals/",
    icon="lightbulb",
    query=lambda _ctx: queries.proposal_words(sa.select(ReorderProposal)),
    prepare=_proposals,
    search=lambda _ctx, text: ReorderProposal.part_id.in_(
        sa.select(Part.id).where(
            sa.or_(Part.code.istartswith(text, autoescape=True), Part.name.icontains(text, autoescape=True))
        )
    ),
    search_words=N_("Part"),
    filters=(
        RecordFilter("part", N_("Part"), ReorderProposal.part_id, model=Part, by=Part.code),
        RecordFilter("supplier", N_("Supplier"), ReorderProposal.supplier_id, model=Supplier, by=Supplier.name),
    ),
    tabs=(
        ListTab("open", N_("To be decided"), lambda _ctx: ReorderProposal.state == "open"),
        ListTab("requested", N_("In a request"), lambda _ctx: ReorderProposal.state == "requested", counted=False),
        ListTab("dismissed", N_("Dismissed"), lambda _ctx: ReorderProposal.state == "dismissed", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((ReorderProposal.id, True),),
    actions=(
        BulkAction(
            "request", N_("Make a purchase request"), ASK,
            lambda n, _choice: n_("{n} put into a purchase request", "{n} put into a purchase request", n),
            together=lambda ctx, ids, _value: services.request_proposals(ctx, ids), icon="clipboard-list",
        ),
        BulkAction(
            "dismiss", N_("Dismiss"), RUN, lambda n, _choice: n_("{n} dismissed", "{n} dismissed", n),
            each=lambda ctx, i, _value: services.dismiss(ctx, i), question=N_("Dismiss {n} proposals for now?"),
            icon="bell-off",
        ),
    ),
    new=NewRecord(N_("Look for short parts"), "inventory.proposals_run", RUN),
    links=(
        ListLink(N_("Reorder points"), "inventory.reorder_list", SEE, "gauge"),
        ListLink(N_("Purchase requests"), "inventory.requests_list", "inventory.purchase.view", "clipboard-list"),
    ),
    export=SEE,
    empty=N_("Nothing is short"),
    empty_hint=N_("Every night parts below their reorder point are proposed here."),
)  # fmt: skip
