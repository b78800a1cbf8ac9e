"""What the planner knows of customers: read in batches of customers, a fixed number of statements each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from core.api import Ctx, collect_items, compiled_in_force
from plugins.base.queries import customers_after, units_of_customers
from plugins.callback.models import Call, Need, Period, Preference
from plugins.callback.models.calls import AHEAD, ALL_DAYS, ALL_PARTS, HELD
from plugins.callback.queries.contacts import asked_by_phone
from plugins.callback.queries.duty import Capacity
from plugins.callback.rules import planning, rhythm

BATCH = 2_000
TABLE = "callback.plans"
BEFORE = dt.timedelta(days=31)
"""Services of so many days before a quarter are looked at: a call after one may be due in it."""
IN_VAIN = "missed"
"""The state of a call that nobody answered as often as the rules let it be tried."""
BY_PERSON = "cancelled"
"""Left out because a person cancelled the call: planning anew leaves it so."""


class Wanted(NamedTuple):
    """A need that the plans' table asks for."""

    key: str
    customer_id: int
    device_id: int | None
    reason: str
    first: dt.date
    last: dt.date
    questionnaire: str
    legal: bool


class KnownNeed(NamedTuple):
    """A need that stands in the plan."""

    id: int
    key: str
    call_id: int | None
    left_out: str


@dataclass
class Read:
    """A customer as the planner sees it, and what stands behind: needs by key, those in the plan, calls in it."""

    customer: planning.Customer
    unit_id: int | None
    phone: str
    wanted: dict[str, Wanted]
    known: dict[str, KnownNeed]
    calls: dict[int, Any]
    missed: list[int] = field(default_factory=list)
    """Calls whose day has passed, or that were tried in vain: carried over."""
    withdrawn: list[int] = field(default_factory=list)
    """Needs in the plan that the rules no longer ask for."""


class Plans:
    """The company's table of plans; what it answers is remembered by the facts it asks for."""

    def __init__(self, ctx: Ctx, on: dt.date):
        self.table = compiled_in_force(ctx, TABLE, on)
        self._known: dict[tuple, list] = {}

    def ask(self, **facts: Any) -> list[tuple[str, str, rhythm.Rhythm, str, bool]]:
        """(reason, from which day it counts, how often, questionnaire, whether the law asks) of each row that fits."""
        key = tuple(facts.values())
        found = self._known.get(key)
        if found is None:
            given = {name: value for name, value in facts.items() if value not in ("", None)}
            found = self._known[key] = [
                (
                    str(out["reason"]),
                    str(out["counts_from"]),
                    rhythm.Rhythm(
                        str(out["rhythm"]), _number(out, "after_days"), _number(out, "within_days"),
                        _number(out, "for_months"),
                    ),
                    str(out.get("questionnaire") or ""),
                    bool(out.get("legal")),
                )
                for out in self.table.decide(given).all_outputs
            ]  # fmt: skip
        return found


def _number(out: Mapping[str, Any], name: str) -> int:
    value = out.get(name)
    return value if isinstance(value, int) else 0


class Reader:
    """Reads everybody for the plan of a quarter, batch by batch."""

    def __init__(self, ctx: Ctx, period: Period, capacity: Capacity, start: dt.date, until: dt.date, carry_days: int):
        self.period_id, self.first, self.until = period.id, period.first, until
        self.capacity, self.start, self.carry_days = capacity, start, carry_days
        self.today = ctx.today
        self.plans = Plans(ctx, period.first)
        self.occasions: dict[int, list[tuple[str, str, int | None, dt.date]]] = defaultdict(list)
        begins = dt.datetime.combine(period.first - BEFORE, dt.time(), ctx.tz)
        for case in collect_items(ctx, "finished_cases", begins=begins, ends=ctx.now):
            if case.customer_id is not None:
                key = f"{case.record.kind}/{case.record.id}"
                day = case.finished_at.astimezone(ctx.tz).date()
                self.occasions[case.customer_id].append((case.sort, key, case.device_id, day))

    def batch(self, ctx: Ctx, after: int) -> list[Read]:
        """The customers that follow ``after`` in the order of their ids."""
        rows = customers_after(ctx, after, BATCH)
        if not rows:
            return []
        low, high = rows[0].id, rows[-1].id
        units = defaultdict(list)
        for unit in units_of_customers(ctx, low, high):
            units[unit.customer_id].append(unit)
        wishes = {
            row.customer_id: row
            for row in ctx.session.execute(
                sa.select(Preference.customer_id, Preference.weekdays, Preference.parts, Preference.no_call).where(
                    Preference.customer_id.between(low, high)
                )
            )
        }
        calls, needs = self._standing(ctx, low, high)
        asked = asked_by_phone(ctx, self.first, self.until, lambda column: column.between(low, high))
        return [
            self._read(row, units[row.id], wishes.get(row.id), calls[row.id], needs[row.id], asked.get(row.id, ()))
            for row in rows
        ]

    def _standing(self, ctx: Ctx, low: int, high: int):
        """Calls and needs in the plan, with calls of earlier quarters that were never made."""
        calls: dict[int, list] = defaultdict(list)
        looked_at = [sa.and_(Call.day >= self.first, Call.day <= self.until, Call.state.in_((*HELD, IN_VAIN)))]
        if self.today >= self.first:  # before, it is the earlier quarter's own plan that carries over
            lately = sa.and_(Call.state == IN_VAIN, Call.day >= self.first - BEFORE)
            looked_at.append(sa.and_(Call.day < self.first, sa.or_(Call.state.in_(AHEAD), lately)))
        query = sa.select(
            Call.id, Call.customer_id, Call.day, Call.part, Call.assignee_id, Call.state, Call.pinned, Call.period_id,
            Call.carried_from_id, Call.due_until,
        ).where(
            Call.customer_id.between(low, high),
            sa.or_(*looked_at),
        )  # fmt: skip
        for call in ctx.session.execute(query.order_by(Call.id)):
            calls[call.customer_id].append(call)
        needs: dict[int, list] = defaultdict(list)
        old = [c.id for found in calls.values() for c in found if c.period_id != self.period_id]
        mine = Need.period_id == self.period_id
        standing = sa.select(
            Need.id, Need.key, Need.call_id, Need.customer_id, Need.left_out, Need.device_id, Need.reason,
            Need.due_from, Need.due_until, Need.questionnaire, Need.legal,
        ).where(Need.customer_id.between(low, high), sa.or_(mine, Need.call_id.in_(old)) if old else mine)  # fmt: skip
        for need in ctx.session.execute(standing):
            needs[need.customer_id].append(need)
        return calls, needs

    def _read(
        self, row, units: Sequence[Any], wish, calls: Sequence[Any], needs: Sequence[Any], asked: Sequence[dt.date]
    ) -> Read:
        wanted = {one.key: one for one in self._wanted(row, units)} if row.active else {}
        by_id = {call.id: call for call in calls}
        ends: dict[int, dt.date] = {}
        for need in needs:
            ends[need.call_id] = max(need.due_until, ends.get(need.call_id, need.due_until))
        missed = [c.id for c in calls if self._is_carried_over(c, ends.get(c.id))]
        served: dict[int, list[str]] = defaultdict(list)
        known, spans, withdrawn = {}, {}, []
        for need in needs:
            known[need.key] = KnownNeed(need.id, need.key, need.call_id, need.left_out)
            call = by_id.get(need.call_id)
            if need.left_out == BY_PERSON or (need.call_id and not need.left_out and call is None):
                wanted.pop(need.key, None)  # cancelled by a person, or served by a call of another time
                continue
            late = call is not None and call.id in missed
            if call is not None and (call.state in ("done", "calling") or (call.state == IN_VAIN and not late)):
                wanted.pop(need.key, None)
                continue
            carried = call is not None and call.carried_from_id is not None and call.state in AHEAD
            kept = late or carried or (call is not None and (call.pinned or call.day <= self.today))
            if need.key not in wanted and kept:
                wanted[need.key] = Wanted(
                    need.key, row.id, need.device_id, need.reason, need.due_from, need.due_until, need.questionnaire,
                    need.legal,
                )  # fmt: skip
            if late and need.key in wanted:
                one = wanted[need.key]
                until = max(one.last, self.today + dt.timedelta(days=self.carry_days))
                spans[need.key] = (self.start, until)
            elif call is not None and carried and not need.left_out:  # the days that it was given stay its own
                one = wanted[need.key]
                spans[need.key] = (one.first, max(one.last, call.due_until))
                served[call.id].append(need.key)
            elif need.key not in wanted:
                withdrawn += [need.id] if need.left_out != "withdrawn" else []
            elif call is not None and not need.left_out:
                served[call.id].append(need.key)
        customer = planning.Customer(
            row.id,
            [planning.Need(n.key, *spans.get(n.key, (n.first, n.last)), n.legal) for n in wanted.values()],
            [
                planning.Ahead(
                    c.id, c.day, c.part, c.assignee_id, tuple(sorted(served[c.id])),
                    c.pinned or c.day < self.start or c.period_id != self.period_id,
                )  # fmt: skip
                for c in calls
                if c.state in AHEAD and c.id not in missed
            ],
            [*(c.day for c in calls if c.state in ("done", "calling") and c.day >= self.first), *asked],
            bool(row.phone),
            bool(wish and wish.no_call),
            wish.weekdays if wish else ALL_DAYS,
            wish.parts if wish else ALL_PARTS,
            self.capacity.groups_for(row.unit_id),
        )
        return Read(customer, row.unit_id, row.phone or "", wanted, known, by_id, missed, withdrawn)

    def _is_carried_over(self, call, ends: dt.date | None) -> bool:
        """Whether a call gets another day: it was not made in time, or tried in vain. What was carried over and tried
        in vain again when the last day of its reasons had passed is given up: it stays among those not called in time.
        """
        if call.state == IN_VAIN:
            return ends is not None and (call.carried_from_id is None or ends >= self.start)
        return call.state in AHEAD and call.day < self.today

    def _wanted(self, row, units: Sequence[Any]) -> Iterator[Wanted]:
        about = {"customer_class": row.klass, "customer_kind": row.kind}
        rows = self.plans.ask(
            about="customer", **about, product_group="", new_product=None, first_use=None, installed=None,
            service_kind="",
        )  # fmt: skip
        yield from self._due(rows, f"c{row.id}", {"itself": row.created_at.date()}, row.id, None)
        seen: set[int] = set()
        for unit in sorted(units, key=lambda u: (u.delivery_date or u.sale_date or dt.date.max, u.id)):
            delivered = unit.delivery_date or unit.sale_date
            rows = self.plans.ask(
                about="unit", **about, product_group=unit.group,
                new_product=bool(unit.new_until and delivered and delivered <= unit.new_until),
                first_use=unit.product_id not in seen, installed=unit.installed_on is not None, service_kind="",
            )  # fmt: skip
            seen.add(unit.product_id)
            days = {"delivery": delivered, "installation": unit.installed_on, "itself": delivered}
            yield from self._due(rows, f"u{unit.id}", days, row.id, unit.id)
        for kind, key, device_id, day in self.occasions.get(row.id, ()):
            rows = self.plans.ask(
                about="service", **about, product_group="", new_product=None, first_use=None, installed=None,
                service_kind=kind,
            )  # fmt: skip
            yield from self._due(rows, key, {"itself": day}, row.id, device_id)

    def _due(self, rows: Iterable, subject: str, days, customer_id: int, device_id: int | None) -> Iterator[Wanted]:
        for reason, counts_from, often, questionnaire, legal in rows:
            begins = days.get(counts_from)
            if begins is None:
                continue
            for tag, first, last in rhythm.due(often, begins, self.first, customer_id):
                key = f"{reason}:{subject}:{tag}"
                yield Wanted(key, customer_id, device_id, reason, first, last, questionnaire, legal)
