"""The list of signed slips, declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    PersonFilter,
    UnitFilter,
    _,
    n_,
)
from plugins.service.life import VIEW
from plugins.service.models import Order, Slip
from plugins.service.queries import slips as queries
from plugins.service.slip_contracts import SLIP_STATE_ICONS, SLIP_STATE_TONES, SLIP_STATE_WORDS


def _state(slip: Slip) -> Mark:
    words = _(SLIP_STATE_WORDS[slip.state])
    return Mark(words, SLIP_STATE_TONES[slip.state], SLIP_STATE_ICONS[slip.state], title=slip.reason)


def _customer(slip: Slip) -> str:
    return (slip.order.customer.name if slip.order.customer else "") or slip.order.person_name


COLUMNS = (
    ListColumn("number", N_("Number"), lambda s: f"{s.order.number}-{s.number}", "id", "id", fixed=True),
    ListColumn("sent", N_("Slip sent at"), lambda s: s.sent_at, "moment", "left", sort=Slip.sent_at),
    ListColumn("subject", N_("Subject"), lambda s: s.order.subject, "main", "main"),
    ListColumn("office", N_("Serving unit"), lambda s: s.order.office.name if s.order.office else ""),
    ListColumn("customer", N_("Customer"), _customer),
    ListColumn("sent_by", N_("Slip sent by"), lambda s: s.sent_by, "person"),
    ListColumn("state", N_("State"), _state, "mark", "right"),
    ListColumn("tracking", N_("Carrier and tracking number"), lambda s: s.tracking),
    ListColumn("original", N_("Original came in"), lambda s: s.original_at, "moment"),
    ListColumn("signed", N_("Signed by"), lambda s: s.signed_by, shown=False),
    ListColumn("reason", N_("Why it was sent back"), lambda s: s.reason, shown=False),
    ListColumn("judged", N_("Slip judged at"), lambda s: s.judged_at, "moment", shown=False),
    ListColumn("judged_by", N_("Slip judged by"), lambda s: s.judged_by, shown=False),
    ListColumn("note", N_("Note"), lambda s: s.note, shown=False),
)


def _states(_ctx: Ctx) -> list[tuple[str, str]]:
    return [(code, _(text)) for code, text in SLIP_STATE_WORDS.items()]


FILTERS = (
    ChoiceFilter("state", N_("State"), Slip.state, _states),
    UnitFilter("unit", N_("Serving unit"), Order.unit_id, N_("none")),
    PersonFilter("sent_by", N_("Slip sent by"), Slip.sent_by_id, N_("Nobody")),
    DaysFilter("sent", N_("Slip sent at"), Slip.sent_at),
)


def _tab(key: str, label: str, *, counted: bool = True) -> ListTab:
    def where(ctx: Ctx) -> Any:
        return queries.tab_clause(ctx, key)

    return ListTab(key, label, where, counted=counted)


def _summary(_ctx: Ctx, counts: Mapping[str, int]) -> str:
    return n_("{n} waits for headquarters", "{n} wait for headquarters", counts["waiting"])


SLIPS = ListDef(
    "service.slips",
    N_("Signed slips"),
    Slip,
    VIEW,
    COLUMNS,
    "/service/slips/",
    icon="signature",
    query=queries.rows_of,
    search=lambda _ctx, text: queries.search_clause(text),
    search_words=N_("Order, subject, who signed, tracking number"),
    filters=FILTERS,
    tabs=(
        _tab("waiting", N_("To judge")),
        _tab("sent_back", N_("Sent back")),
        _tab("original", N_("Original under way")),
        _tab("accepted", N_("Accepted by headquarters"), counted=False),
        _tab("all", N_("All"), counted=False),
    ),
    first=("waiting", "all"),
    order=((Slip.sent_at, True),),
    export=VIEW,
    summary=_summary,
    empty=N_("No signed slips here"),
    empty_hint=N_("They are sent from the page of an order."),
)
