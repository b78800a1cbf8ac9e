"""The list of visits, declared; its page, saved filters, columns and export are the core's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    PersonFilter,
    _,
    n_,
)
from plugins.service import life
from plugins.service.models import Order, Rating, Visit
from plugins.service.panels.visits import in_time_words
from plugins.service.queries import appointments
from plugins.service.queries import visits as queries
from plugins.service.rules.visits import worst
from plugins.service.visit_contracts import (
    DIFFERS_WORDS,
    FURTHER_WORDS,
    GRADE_WORDS,
    VISIT_OUTCOME_WORDS,
    VISIT_STATE_WORDS,
)

GRADE_TONES = {"poor": "bad", "fair": "warn", "good": "ok", "very_good": "ok"}


@dataclass(frozen=True)
class Row:
    """A visit with its order and the customer's rating."""

    visit: Visit
    rating: Rating | None
    grace: dt.timedelta

    @property
    def order(self) -> Order:
        """The order."""
        return self.visit.order

    @property
    def customer(self) -> str:
        """The customer's name, or that of who called."""
        return (self.order.customer.name if self.order.customer else "") or self.order.person_name


def prepare(ctx: Ctx, visits: list[Visit]) -> list[Row]:
    """Rows with their ratings: one statement, however many there are."""
    query = sa.select(Rating).where(Rating.visit_id.in_([v.id for v in visits]))
    ratings = {r.visit_id: r for r in ctx.session.scalars(query)}
    grace = appointments.grace(ctx)
    return [Row(v, ratings.get(v.id), grace) for v in visits]


def rows_of(_ctx: Ctx) -> sa.Select:
    """Visits with the orders to which they belong."""
    return queries.visits_query().options(orm.joinedload(Visit.order).joinedload(Order.customer))


def _in_time(row: Row) -> Mark:
    words, tone = in_time_words(row.visit, row.grace)
    return Mark(words, tone, tag=bool(words))


def _rating(row: Row) -> Mark:
    if row.rating is None:
        return Mark("")
    if row.rating.declined:
        return Mark(_("none given"))
    grade = worst((row.rating.attitude, row.rating.skill, row.rating.arrival, row.rating.promises), tuple(GRADE_WORDS))
    return Mark(_(GRADE_WORDS[grade]) if grade else "", GRADE_TONES.get(grade, ""), tag=bool(grade))


def _state(row: Row) -> Mark:
    v = row.visit
    if v.state == "on_site":
        return Mark(_(VISIT_STATE_WORDS[v.state]), "info", "map-pin")
    tone = {"again": "warn", "not_solved": "warn", "solved": "ok"}.get(v.outcome, "")
    return Mark(_(VISIT_OUTCOME_WORDS[v.outcome]), tone, "repeat" if v.outcome == "again" else "circle-check")


COLUMNS = (
    ListColumn("number", N_("Number"), lambda r: f"{r.order.number}-{r.visit.number}", "id", "id", fixed=True),
    ListColumn("arrived", N_("Arrived at"), lambda r: r.visit.arrived_at, "moment", "left", sort=Visit.arrived_at),
    ListColumn("subject", N_("Subject"), lambda r: r.order.subject, "main", "main"),
    ListColumn("customer", N_("Customer"), lambda r: r.customer),
    ListColumn("technician", N_("Technician"), lambda r: r.visit.technician_name, "person"),
    ListColumn("in_time", N_("Appointment"), _in_time, "mark", "tag"),
    ListColumn("outcome", N_("Outcome"), _state, "mark", "right"),
    ListColumn("rating", N_("Rating"), _rating, "mark"),
    ListColumn("left", N_("Left at"), lambda r: r.visit.left_at, "moment", shown=False),
    ListColumn("travel", N_("Travel, minutes"), lambda r: r.visit.travel_minutes, "number", shown=False),
    ListColumn("work", N_("Work, minutes"), lambda r: r.visit.work_minutes, "number", shown=False),
    ListColumn("differs", N_("Compared with the report"), lambda r: _(DIFFERS_WORDS[r.visit.differs]), shown=False),
    ListColumn("further", N_("Further faults"), lambda r: _(FURTHER_WORDS[r.visit.further]), shown=False),
    ListColumn("done", N_("What was done"), lambda r: r.visit.done_text, shown=False),
    ListColumn("again", N_("New time agreed"), lambda r: r.visit.again_at, "moment", shown=False),
)


def _in_words(words: Mapping[str, str]) -> Any:
    return lambda ctx: [(code, _(text)) for code, text in words.items() if code]


FILTERS = (
    ChoiceFilter("outcome", N_("Outcome"), Visit.outcome, _in_words(VISIT_OUTCOME_WORDS)),
    PersonFilter("technician", N_("Technician"), Visit.technician_id, N_("nobody")),
    DaysFilter("arrived", N_("Arrived at"), Visit.arrived_at),
    ChoiceFilter("differs", N_("Compared with the report"), Visit.differs, _in_words(DIFFERS_WORDS)),
    ChoiceFilter("further", N_("Further faults"), Visit.further, _in_words(FURTHER_WORDS)),
)


def _today(ctx: Ctx) -> Any:
    return Visit.arrived_at >= dt.datetime.combine(ctx.today, dt.time(), ctx.tz)


TABS = (
    ListTab("mine", N_("My visits"), lambda ctx: Visit.technician_id == ctx.actor.user_id, counted=False),
    ListTab("on_site", N_("There now"), lambda ctx: Visit.state == "on_site"),
    ListTab("today", N_("Today"), _today),
    ListTab("again", N_("Another visit is needed"), lambda ctx: Visit.outcome == "again", counted=False),
    ListTab("all", N_("All"), lambda ctx: sa.true(), counted=False),
)


def _summary(ctx: Ctx, counts: Mapping[str, int]) -> str:
    return n_("{n} on site now", "{n} on site now", counts["on_site"])


def _search(ctx: Ctx, text: str) -> Any:
    from plugins.service.queries.orders import search_clause

    return search_clause(text)


VISITS = ListDef(
    "service.visits",
    N_("Visits"),
    Visit,
    life.VIEW,
    COLUMNS,
    "/service/visits/",
    icon="map-pin",
    query=rows_of,
    prepare=prepare,
    search=_search,
    search_words=N_("Number, customer, subject, serial number, phone"),
    filters=FILTERS,
    tabs=TABS,
    first=("today", "all"),
    order=((Visit.arrived_at, True),),
    export=life.VIEW,
    summary=_summary,
    empty=N_("No visits here"),
    empty_hint=N_("A visit begins when a technician arrives."),
)
