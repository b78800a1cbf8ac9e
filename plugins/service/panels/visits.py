"""What visits add to the page of their order, and to the button of what comes next."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from core.api import Ctx, Panel, _
from core.web_api import clock_view_of, duration_words, moment
from plugins.service import life
from plugins.service.contracts import VISITED, NextStep, Steps
from plugins.service.labels import Words
from plugins.service.models import OPEN_STATES, Order, PartLine, Rating, Signature, Visit
from plugins.service.queries import appointments, dispatch
from plugins.service.queries import visits as queries
from plugins.service.rules.visits import punctuality
from plugins.service.visit_contracts import (
    ASPECT_WORDS,
    DIFFERS_WORDS,
    FURTHER_WORDS,
    GRADE_WORDS,
    PART_WORDS,
    SIGNER_WORDS,
    VISIT_OUTCOME_WORDS,
)

TONES = {"late": "bad", "early": "info", "in_time": "ok"}


@dataclass(frozen=True)
class Shown:
    """A visit in words, for the order's page, its own and the printed sheet."""

    visit: Visit
    outcome: str
    in_time: str
    in_time_tone: str
    differs: str
    further: str
    contacts: str
    minutes: str
    parts: list[PartLine]
    rating: Rating | None
    grades: list[tuple[str, str, str]]
    signatures: list[tuple[Signature, str]]


def new_key() -> str:
    """A key for one send."""
    return secrets.token_hex(12)


def shown(ctx: Ctx, order: Order) -> list[Shown]:
    """The visits of an order in words, newest first; a fixed number of statements."""
    visits = queries.visits_of(ctx, order.id)
    if not visits:
        return []
    parts, ratings = queries.parts_of(ctx, order.id), queries.ratings_of(ctx, order.id)
    signatures = queries.signatures_of(ctx, order.id)
    return [_shown(ctx, v, parts, ratings.get(v.id), signatures) for v in reversed(visits)]


def _shown(
    ctx: Ctx, visit: Visit, parts: list[PartLine], rating: Rating | None, signatures: list[Signature]
) -> Shown:
    words, tone = in_time_words(visit, appointments.grace(ctx))
    told = [
        _("travel {duration}", duration=duration_words(visit.travel_minutes * 60)) if visit.travel_minutes else "",
        _("work {duration}", duration=duration_words(visit.work_minutes * 60)) if visit.work_minutes else "",
    ]
    grades = []
    if rating is not None and not rating.declined:
        for aspect, label in ASPECT_WORDS.items():
            grade = getattr(rating, aspect)
            tone_of = {"poor": "bad", "fair": "warn"}.get(grade, "ok")
            grades.append((_(label), _(GRADE_WORDS[grade]) if grade else "", tone_of))
    return Shown(
        visit,
        _(VISIT_OUTCOME_WORDS[visit.outcome]),
        words,
        tone,
        _(DIFFERS_WORDS[visit.differs]) if visit.differs else "",
        _(FURTHER_WORDS[visit.further]) if visit.further else "",
        _contacts_words(visit),
        _(", ").join(t for t in told if t),
        [p for p in parts if p.visit_id == visit.id],
        rating,
        grades,
        [(s, _(SIGNER_WORDS[s.by])) for s in signatures if s.visit_id == visit.id],
    )


def _contacts_words(visit: Visit) -> str:
    if visit.contacts != "exchanged":
        return visit.contacts_why
    return _(", ").join(said for said in (visit.contact_who, visit.contact_phone) if said)


def in_time_words(visit: Visit, grace: dt.timedelta) -> tuple[str, str]:
    """How the arrival stands to the appointment, in words, and their tone; empty without an appointment."""
    found = punctuality(visit.arrived_at, visit.agreed_from, visit.agreed_until, grace)
    if found is None:
        return "", ""
    minutes = duration_words(found.minutes * 60)
    texts = {
        "late": _("{duration} late", duration=minutes),
        "early": _("{duration} early", duration=minutes),
        "in_time": _("In time"),
    }
    return texts[found.word], TONES[found.word]


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """On the page of an order to which somebody goes: its visits, and what is to be brought."""
    if not isinstance(record, Order) or record.kind not in VISITED or not ctx.can(life.VIEW):
        return []
    order, may = record, record.is_open and ctx.can(life.WORK)
    rows = shown(ctx, order)
    bring = queries.to_bring(ctx, [order.id]) if order.is_open else []
    open_now = next((s.visit for s in rows if s.visit.state == "on_site"), None)
    mine = next(
        (s.visit for s in rows if s.visit.state == "on_site" and s.visit.technician_id == ctx.actor.user_id), None
    )
    if not rows and not bring and not may:
        return []
    data = {
        "order": order,
        "rows": rows,
        "bring": bring,
        "may": may,
        "may_arrive": may and mine is None and order.state in OPEN_STATES and _goes(ctx, order),
        "mine": mine or open_now,
        "offers": queries.offers(ctx, order) if may else None,
        "kinds": [(code, _(word)) for code, word in PART_WORDS.items()],
        "loaner": queries.loaner_of(ctx, order),
        "once": new_key(),
    }
    idle = not rows and not bring and order.state != "dispatched"
    return [Panel(_("On site"), "service/_visits.html", data, "main", 10, acts=True, idle=idle)]


def cards_of(ctx: Ctx, here: Sequence[Visit]) -> list[dict[str, Any]]:
    """The orders to which this person goes, the one where he or she is first, then by the time agreed; ``here`` are the
    visits of the day. A fixed number of statements.
    """
    rows = queries.orders_today(ctx)
    busy = {v.order_id: v for v in here if v.state == "on_site"}
    agreed = queries.agreed_for(ctx, rows)
    clocks = queries.arrival_clocks(ctx, [o.id for o in rows])
    cards: list[dict[str, Any]] = [
        {
            "order": o,
            "agreed": agreed[o.id],
            "when": _when(ctx, *agreed[o.id]),
            "clock": clock_view_of(ctx, clocks[o.id]) if o.id in clocks else None,
            "visit": busy.get(o.id),
            "map": queries.map_link(ctx, o),
            "phone": "".join(c for c in o.person_phone if c in "+0123456789"),
            "once": new_key(),
        }
        for o in rows
    ]
    return sorted(cards, key=lambda c: (c["visit"] is None, c["agreed"][0] is None, c["agreed"][0] or ctx.now))


def _when(ctx: Ctx, starts: dt.datetime | None, ends: dt.datetime | None) -> str:
    """The time agreed, as short as it can be said."""
    if starts is None:
        return ""
    text = moment(starts, ctx.now, ctx.tz, today=True)
    return text if ends in (None, starts) else f"{text}–{ends.astimezone(ctx.tz):%H:%M}"


HOME_CARDS = 5
"""So many orders of the day stand on "My work"; "My day" has all."""


def home_panels(ctx: Ctx) -> list[Panel]:
    """For technicians: where they go today, what to bring, and what comes next."""
    if not ctx.can(life.WORK):
        return []
    here = queries.visits_today(ctx)
    cards = cards_of(ctx, here)
    if not cards:
        return []
    bring = queries.to_bring(ctx, [c["order"].id for c in cards])
    data = {
        "cards": cards[:HOME_CARDS],
        "more": max(0, len(cards) - HOME_CARDS),
        "bring": bring,
        "packed": sum(p.packed_at is not None for p in bring),
        "ended": sum(v.state == "ended" for v in here),
        "url": url_for("service.today"),
        "words": Words(ctx),
    }
    return [Panel(_("My day"), "service/_home_day.html", data, "main", 10, acts=True)]


def _goes(ctx: Ctx, order: Order) -> bool:
    """Whether this person is sent to it, or nobody is."""
    sent = {a.user_id for a in dispatch.standing_of(ctx, order.id)} | {order.assignee_id} - {None}
    return not sent or ctx.actor.user_id in sent


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """Arrive, go on with the visit: for whoever goes there."""
    if not ctx.can(life.WORK) or ctx.actor.user_id is None:
        return []
    mine = [o for o in orders if o.kind in VISITED and o.assignee_id == ctx.actor.user_id]
    visits = queries.open_visits(ctx, [o.id for o in mine if o.state == "working"], ctx.actor.user_id)
    found: Steps = []
    for order in mine:
        if order.id in visits:
            url = url_for("service.visit_page", record_id=visits[order.id])
            found.append((order.id, NextStep(_("Go on with the visit"), url, 20)))
        elif order.state == "dispatched":
            found.append((order.id, NextStep(_("Arrive"), url_for("service.today", _anchor=f"o{order.id}"), 15)))
    return found
