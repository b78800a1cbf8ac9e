"""The list of purchase requests, declared."""

from __future__ import annotations

from dataclasses import dataclass

from core.api import N_, Ctx, DaysFilter, ListColumn, ListDef, ListLink, ListTab, Mark, NewRecord, _
from plugins.inventory.contracts import REQUEST_STATE_WORDS
from plugins.inventory.models import PurchaseRequest
from plugins.inventory.queries import purchasing as queries

SEE, ASK, DECIDE = "inventory.purchase.view", "inventory.purchase.ask", "inventory.purchase.decide"
_MARKS = {
    "draft": ("info", "circle-dashed"), "approved": ("ok", "circle-check"), "ordered": ("ok", "shopping-cart"),
    "refused": ("bad", "circle-x"), "withdrawn": ("", "undo-2"),
}  # fmt: skip


def request_mark(state: str) -> Mark:
    """How a request stands, in words with its colour."""
    return Mark(_(REQUEST_STATE_WORDS[state]), *_MARKS[state])


@dataclass(frozen=True)
class RequestRow:
    """A request with how many lines it has."""

    request: PurchaseRequest
    lines: int


def _rows(ctx: Ctx, rows: list[PurchaseRequest]) -> list[RequestRow]:
    counts = queries.counts(ctx, [row.id for row in rows])
    return [RequestRow(row, counts.get(row.id, 0)) for row in rows]


def _urgent(row: RequestRow) -> list[Mark]:
    return [Mark(_("Guarantee part is short"), "warn", "shield-alert", tag=True)] if row.request.urgent else []


REQUESTS = ListDef(
    "inventory.requests",
    N_("Purchase requests"),
    PurchaseRequest,
    SEE,
    (
        ListColumn("number", N_("Number"), lambda r: r.request.number, "id", "id", PurchaseRequest.number, fixed=True),
        ListColumn("reason", N_("Reason"), lambda r: r.request.reason, "main", "main", notes=_urgent),
        ListColumn("lines", N_("Lines"), lambda r: r.lines, "number"),
        ListColumn("amount", N_("Amount"), lambda r: r.request.amount, "money", "tag"),
        ListColumn("asked_by", N_("Asked by"), lambda r: r.request.asked_by, "person", "left"),
        ListColumn("asked_at", N_("Asked"), lambda r: r.request.asked_at, "moment"),
        ListColumn("state", N_("State"), lambda r: request_mark(r.request.state), "mark", "right"),
    ),
    "/inventory/requests/",
    icon="clipboard-list",
    prepare=_rows,
    search=lambda _ctx, text: PurchaseRequest.number.istartswith(text, autoescape=True),
    search_words=N_("Number"),
    filters=(DaysFilter("asked", N_("Asked"), PurchaseRequest.asked_at),),
    tabs=(
        ListTab("draft", N_("Being drawn up"), lambda _ctx: PurchaseRequest.state == "draft"),
        ListTab("approved", N_("Approved"), lambda _ctx: PurchaseRequest.state == "approved"),
        ListTab("ordered", N_("Ordered"), lambda _ctx: PurchaseRequest.state == "ordered", counted=False),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("draft", "approved", "all"),
    order=((PurchaseRequest.number, True),),
    new=NewRecord(N_("Draw up a purchase request"), "inventory.request_new", ASK),
    links=(ListLink(N_("Reorder proposals"), "inventory.proposals_list", "inventory.reorder.view", "lightbulb"),),
    export=SEE,
    empty=N_("No purchase requests here"),
    empty_hint=N_("What is to be bought is asked for here; who approves it is said by a rule table."),
)  # fmt: skip
