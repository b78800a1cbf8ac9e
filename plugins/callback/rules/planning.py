"""Which customer is called on which day by whom: pure, deterministic, linear in customers.

Three steps, each with a law that is proven where it stands and tested against a slow reference:

1. ``bundle``: the needs of a customer are served by the fewest calls, on days that cannot meet.
2. ``fill``: calls go to parts of days. As many calls as possible find a place (no chain of moves would make room for
   another), those of higher rank first, and no chain of moves would make the plan more level.
3. ``deal``: the calls of a part of a day go to its agents, within what each can do, the least busy first.

What is planned already stays where it is as long as it can: planning twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from typing import NamedTuple

PARTS = 3
Heed = Callable[[], object]
"""Called again and again while a plan is made: tells that it goes on, or stops it by an error (``int``: neither)."""
_STEPS = 5_000
"""It is called at least once for so many calls."""
ANY_DAY, ANY_PART = 0b1111111, 0b111
LEGAL, USUAL = 0, 1
"""Ranks: what the law asks for comes first."""

NO_PHONE, NO_CALL, NO_WINDOW, NO_DAY, MONTH_FULL, FULL, PAST = (
    "no_phone", "no_call", "no_window", "no_day", "month_full", "full", "past",
)  # fmt: skip
"""Why somebody is not called."""


class Need(NamedTuple):
    """A reason to call within a span of days, told from all others by its key."""

    key: str
    first: dt.date
    last: dt.date
    legal: bool = False


class Ahead(NamedTuple):
    """A call that is planned already and serves the needs of these keys. A ``fixed`` one is not touched."""

    id: int
    day: dt.date
    part: int
    agent: int | None
    keys: tuple[str, ...]
    fixed: bool = False


@dataclass(slots=True)
class Customer:
    """Whom to call and what is known of that: ``needs`` still to be served, calls ``ahead``, days on which he or she
    was called (or will be, whatever comes), wishes, and which groups of agents may call.
    """

    id: int
    needs: Sequence[Need]
    ahead: Sequence[Ahead] = ()
    called: Sequence[dt.date] = ()
    phone: bool = True
    no_call: bool = False
    weekdays: int = ANY_DAY
    parts: int = ANY_PART
    groups: int = 1
    """A bit for each group of agents that sees this customer."""


class Placed(NamedTuple):
    """A call with its place; ``call_id`` is that of the one planned already, ``why`` it moved (empty: it did not)."""

    customer: int
    keys: tuple[str, ...]
    first: dt.date
    last: dt.date
    day: dt.date
    part: int
    agent: int
    call_id: int | None = None
    why: str = ""


class LeftOut(NamedTuple):
    """A need that no call serves, with the reason."""

    customer: int
    key: str
    why: str


@dataclass
class Result:
    """A plan: the calls with their places, needs left out, and calls that are no longer needed."""

    placed: list[Placed] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    attached: list[tuple[str, int]] = field(default_factory=list)
    """(key, call): needs that a fixed call serves."""


# --- the days, and what can be done on them -------------------------------------------------------------------------


class Grid:
    """The days of a plan and how many calls each agent can make in each part of them.

    A *place* is a part of a day for a group of agents. Places are numbered by time, so a span of days is a run of bits.
    """

    def __init__(self, days: Sequence[dt.date], room: Mapping[tuple[dt.date, int, int], int], group_of=None):
        """``room``: (day, part, agent) → calls. ``group_of``: agent → group of agents who see the same customers."""
        self.days = tuple(sorted(days))
        self.group_of: dict[int, int] = dict(group_of or {})
        self.groups = max(self.group_of.values(), default=0) + 1
        self.width = PARTS * self.groups
        self.index = {day: number for number, day in enumerate(self.days)}
        self.room: dict[int, dict[int, int]] = defaultdict(dict)
        self.of_day: dict[tuple[int, int], int] = defaultdict(int)
        """(day's number, agent) → calls that the agent can make that day."""
        for (day, part, agent), calls in sorted(room.items()):
            number = self.index.get(day)
            if number is not None and calls > 0:
                self.room[self.place(number, part, self.group_of.get(agent, 0))][agent] = calls
                self.of_day[number, agent] += calls
        self.size = len(self.days) * self.width
        self.capacity = [sum(self.room[p].values()) if p in self.room else 0 for p in range(self.size)]
        self.open = sum(1 << place for place, calls in enumerate(self.capacity) if calls)
        self.months = [day.year * 12 + day.month for day in self.days]
        self._wishes: dict[tuple[int, int, int], int] = {}
        self._month_masks: dict[int, int] = {}
        self._day_masks = [((1 << self.width) - 1) << number * self.width for number in range(len(self.days))]
        for number, month in enumerate(self.months):
            self._month_masks[month] = self._month_masks.get(month, 0) | self._day_masks[number]
        self.turn = self._turns()
        """Which of equally busy places comes first, so that few calls lie on days far apart."""

    def _turns(self) -> list[int]:
        """Days on which somebody works, in the order of their numbers read backwards bit by bit: however many are taken
        from the front, they halve, quarter … the plan and any span of it. A day comes with one part first, the morning
        or the afternoon by turns, with its other parts only after all days.
        """
        turns = [self.size * self.width] * self.size
        there = [number for number in range(len(self.days)) if self.open & self._day_masks[number]]
        digits = len(there).bit_length()
        order = sorted(range(len(there)), key=lambda place: f"{place:0{digits}b}"[::-1])
        for turn, number in enumerate(there[place] for place in order):
            for group in range(self.groups):
                places = [self.place(number, part, group) for part in range(PARTS)]
                places = [place for place in places if self.capacity[place]]
                for place_of_day, place in enumerate(places):
                    turns[place] = (place_of_day + turn) % len(places) * len(there) + turn
        return turns

    def place(self, number: int, part: int, group: int) -> int:
        """The place of a part of a day for a group."""
        return (number * PARTS + part) * self.groups + group

    def day_of(self, place: int) -> dt.date:
        """The day on which a place lies."""
        return self.days[place // self.width]

    def part_of(self, place: int) -> int:
        """The part of the day in which a place lies."""
        return place % self.width // self.groups

    def day_mask(self, day: dt.date) -> int:
        """Every place of a day; none for a day outside."""
        number = self.index.get(day)
        return 0 if number is None else self._day_masks[number]

    def month_mask(self, month: int) -> int:
        """Every place of a month, which is counted from the year 0."""
        return self._month_masks.get(month, 0)

    def wished(self, weekdays: int, parts: int, groups: int) -> int:
        """The places that a customer's wishes leave, whether anybody is there or not. Kept for each combination."""
        known = self._wishes.get((weekdays, parts, groups))
        if known is None:
            known = 0
            for number, day in enumerate(self.days):
                if weekdays >> day.weekday() & 1:
                    for part in range(PARTS):
                        if parts >> part & 1:
                            known |= (groups & (1 << self.groups) - 1) << (number * PARTS + part) * self.groups
            self._wishes[weekdays, parts, groups] = known
        return known

    def span(self, first: dt.date, last: dt.date) -> int:
        """Every place from one day to another, both included."""
        if not self.days or last < self.days[0] or first > self.days[-1]:
            return 0
        low = self._first_from(first) * self.width
        high = self._first_from(last + dt.timedelta(days=1)) * self.width
        return (1 << high) - (1 << low) if high > low else 0

    def _first_from(self, day: dt.date) -> int:
        """The number of the first day of the plan that is ``day`` or later."""
        if day in self.index:
            return self.index[day]
        if day <= self.days[0]:
            return 0
        if day > self.days[-1]:
            return len(self.days)
        return next(n for n, known in enumerate(self.days) if known >= day)


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, from the lowest."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


# --- 1: the fewest calls --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Bundle:
    """Needs of a customer that one call serves, and every place where that call may lie."""

    customer: int
    keys: tuple[str, ...]
    first: dt.date
    last: dt.date
    mask: int
    rank: int
    call_id: int | None = None
    now: int = -1
    """The place where it is planned already; -1 for none."""
    agent: int | None = None
    why: str = ""


def bundle(customer: Customer, grid: Grid, most: int) -> tuple[list[Bundle], list[LeftOut], list[tuple[str, int]]]:
    """The fewest calls that serve a customer's needs, at most ``most`` a month; needs that none can serve, and those
    that a call which is not touched serves.

    Needs are taken by the day on which they end; each call serves all that have begun on the last day of the first of
    them. No fewer points pierce these spans (the first-ending needs of the calls are pairwise apart, so each needs a
    call of its own), and every later call begins after the earlier one has ended: no two of them fall on one day.
    """
    left: list[LeftOut] = []
    needs = customer.needs
    fixed = [call for call in customer.ahead if call.fixed]
    attached: list[tuple[str, int]] = []
    if fixed:
        needs, attached = _attach(needs, fixed)
    if not customer.phone:
        return [], [LeftOut(customer.id, need.key, NO_PHONE) for need in needs], attached
    if customer.no_call:
        left = [LeftOut(customer.id, need.key, NO_CALL) for need in needs if not need.legal]
        needs = [need for need in needs if need.legal]
    free = grid.wished(customer.weekdays, customer.parts, customer.groups) & grid.open
    for day in customer.called:
        free &= ~grid.day_mask(day)
    for call in fixed:
        free &= ~grid.day_mask(call.day)
    spans = []
    for need in needs:
        mask = grid.span(need.first, need.last)
        if mask & free:
            spans.append(_eligible(need, mask & free, grid))
        else:
            left.append(LeftOut(customer.id, need.key, _why_never(need, mask, free, grid)))
    found = _pierced(customer, spans, free, grid)
    days = [*customer.called, *(call.day for call in fixed)]
    if found and len(found) + len(days) > most:
        found, refused = _within_months(found, days, grid, most, customer)
        left += [LeftOut(customer.id, key, MONTH_FULL) for one in refused for key in one.keys]
    _inherit(customer, found, grid)
    return found, left, attached


def _attach(needs: Sequence[Need], fixed: Sequence[Ahead]) -> tuple[list[Need], list[tuple[str, int]]]:
    """Needs that a call which is not touched serves, and those that it does not."""
    open_, served = [], []
    for need in needs:
        own = next((c for c in fixed if need.key in c.keys), None)
        own = own or next((c for c in fixed if need.first <= c.day <= need.last), None)
        if own is None:
            open_.append(need)
        else:
            served.append((need.key, own.id))
    return open_, served


class _Span(NamedTuple):
    last: int
    first: int
    need: Need


def _eligible(need: Need, mask: int, grid: Grid) -> _Span:
    """A need with the numbers of the last and the first day on which a call can serve it."""
    low = (mask & -mask).bit_length() - 1
    return _Span((mask.bit_length() - 1) // grid.width, low // grid.width, need)


def _why_never(need: Need, mask: int, free: int, grid: Grid) -> str:
    if not mask:
        return PAST if grid.days and need.last < grid.days[0] else NO_DAY
    return NO_WINDOW if mask & grid.open else NO_DAY


def _pierced(customer: Customer, spans: list[_Span], free: int, grid: Grid) -> list[Bundle]:
    found = []
    spans.sort(key=lambda s: (s.last, s.first, s.need.key))
    while spans:
        end = spans[0].last
        served = [s for s in spans if s.first <= end]
        spans = [s for s in spans if s.first > end]
        begin = max(s.first for s in served)
        run = (1 << (end + 1) * grid.width) - (1 << begin * grid.width)
        rank = LEGAL if any(s.need.legal for s in served) else USUAL
        found.append(
            Bundle(
                customer.id,
                tuple(sorted(s.need.key for s in served)),
                max(s.need.first for s in served),
                min(s.need.last for s in served),
                run & free,
                rank,
            )
        )
    return found


def _within_months(
    found: list[Bundle], days: Iterable[dt.date], grid: Grid, most: int, customer: Customer
) -> tuple[list[Bundle], list[Bundle]]:
    """Each call in a month of its own choice, no month fuller than allowed; those for which no month is left.

    A matching grown by paths: who has a month keeps one, and as many as possible get one.
    """
    room: dict[int, int] = dict.fromkeys(grid.months, most)
    for day in days:
        month = day.year * 12 + day.month
        if month in room:
            room[month] -= 1
    if all(sum(bool(one.mask & grid.month_mask(m)) for one in found) <= left for m, left in room.items()):
        return found, []
    now = {key: call.day.year * 12 + call.day.month for call in customer.ahead for key in call.keys}
    wanted = [_months_of(one, room, grid, now) for one in found]
    holds: dict[int, list[int]] = {month: [] for month in room}

    def settle(place: int, seen: set[int]) -> bool:
        for month in wanted[place]:
            if month in seen:
                continue
            seen.add(month)
            if len(holds[month]) < room[month]:
                holds[month].append(place)
                return True
            for other in holds[month]:
                if settle(other, seen):
                    holds[month].remove(other)
                    holds[month].append(place)
                    return True
        return False

    order = sorted(range(len(found)), key=lambda p: (found[p].rank, not any(k in now for k in found[p].keys), p))
    for place in order:
        settle(place, set())
    month_of = {place: month for month, places in holds.items() for place in places}
    for place, month in month_of.items():
        found[place].mask &= grid.month_mask(month)
    kept = [one for place, one in enumerate(found) if place in month_of]
    return kept, [one for place, one in enumerate(found) if place not in month_of]


def _months_of(one: Bundle, room: Iterable[int], grid: Grid, now: Mapping[str, int]) -> list[int]:
    here = {now[key] for key in one.keys if key in now}
    return sorted((m for m in room if one.mask & grid.month_mask(m)), key=lambda m: (m not in here, m))


def _inherit(customer: Customer, found: list[Bundle], grid: Grid) -> None:
    """Calls that are planned already go on as the call that serves most of the same needs."""
    for call in sorted((c for c in customer.ahead if not c.fixed), key=lambda c: c.id):
        own = set(call.keys)
        shared = [(len(own.intersection(one.keys)), -place) for place, one in enumerate(found) if one.call_id is None]
        count, place = max(shared, default=(0, 0))
        if not count:
            continue
        one = found[-place]
        one.call_id = call.id
        number = grid.index.get(call.day)
        group = grid.group_of.get(call.agent or 0)
        if number is None:
            one.why = "day"
            continue
        one.now, one.agent, one.why = _place_now(one, call, number, group, grid)


def _place_now(one: Bundle, call: Ahead, number: int, group: int | None, grid: Grid) -> tuple[int, int | None, str]:
    """Where a call can stay: in its group, or in the same part of the same day with another one."""
    if group is not None:
        place = grid.place(number, call.part, group)
        if one.mask >> place & 1:
            return place, call.agent, ""
    for other in range(grid.groups):
        place = grid.place(number, call.part, other)
        if one.mask >> place & 1:
            return place, None, "agent"
    day = grid.day_mask(call.day)
    why = "span" if not (grid.span(one.first, one.last) & day) else "wish" if grid.open & day else "day"
    return -1, None, why


# --- 2: as many as possible, as level as possible -------------------------------------------------------------------


class _Class:
    """Calls that may lie in the same places: ``count`` of them, ``at`` says how many lie where."""

    __slots__ = ("at", "count", "fresh", "mask", "short")

    def __init__(self, mask: int, fresh: bool):
        self.mask, self.fresh = mask, fresh
        self.count = self.short = 0
        self.at: dict[int, int] = {}


class Fill:
    """Classes of calls on places, grown and levelled by chains of moves (augmenting paths).

    Law 1: when ``grow`` ends, no call that lacks a place could have one, however others were moved: the places reached
    from it are full and lead to no other. Law 2: when ``level`` ends, no chain of moves of new calls would bring the
    loads closer together: the sum of squares by capacity is the least possible.
    """

    def __init__(self, capacity: Sequence[int], turn: Sequence[int] = ()):
        """``turn`` says which of equally busy places comes first; without it the earliest does."""
        self.capacity = capacity
        self.load = [0] * len(capacity)
        self.turn = turn or range(len(capacity))
        self.free = sum(1 << place for place, calls in enumerate(capacity) if calls > 0)
        self.here: list[dict[int, None]] = [{} for _ in capacity]
        self.classes: list[_Class] = []
        self.dead = 0
        """Full places that lead to full places only."""

    def put(self, number: int, place: int, calls: int) -> None:
        """So many calls of a class come to a place (or leave it)."""
        one = self.classes[number]
        after = one.at.get(place, 0) + calls
        self.load[place] += calls
        if after:
            one.at[place] = after
            self.here[place][number] = None
        else:
            one.at.pop(place, None)
            self.here[place].pop(number, None)
        if self.load[place] < self.capacity[place]:
            self.free |= 1 << place
        else:
            self.free &= ~(1 << place)

    def add(self, mask: int, count: int, fresh: bool, kept: Mapping[int, int] | None = None) -> int:
        """A class of calls, some of which lie somewhere already; answers its number."""
        self.classes.append(_Class(mask, fresh))
        number = len(self.classes) - 1
        self.classes[number].count = count
        for place, calls in (kept or {}).items():
            self.put(number, place, calls)
        self.classes[number].short = count - sum((kept or {}).values())
        return number

    def spread(self, number: int) -> None:
        """Calls that lack a place go to where the load is least for what can be done there."""
        one = self.classes[number]
        heap = [((self.load[p] + 1) / self.capacity[p], self.turn[p], p) for p in bits(one.mask & self.free)]
        heapify(heap)
        gained: dict[int, int] = defaultdict(int)
        load = self.load
        while one.short and heap:
            _share, turn, place = heap[0]
            gained[place] += 1
            one.short -= 1
            after = load[place] + gained[place]
            if after >= self.capacity[place]:
                heapreplace(heap, (float("inf"), turn, place))
                if heap[0][0] == float("inf"):
                    break
            else:
                heapreplace(heap, ((after + 1) / self.capacity[place], turn, place))
        for place, calls in gained.items():
            self.put(number, place, calls)

    def grow(self, number: int) -> None:
        """Make room for calls of a class that lack a place, by moving others along chains."""
        one = self.classes[number]
        while one.short:
            start = one.mask & ~self.dead
            parents, visited, target = self._search(start, self.free, fresh_only=False)
            if target < 0:
                self.dead |= visited
                return
            chain = self._chain(parents, target)
            moved = min(one.short, self.capacity[target] - self.load[target], *(s[3] for s in chain))
            self._move(chain, moved)
            root = chain[0][1] if chain else target
            self.put(number, root, moved)
            one.short -= moved

    def level(self, heed: Heed = int) -> None:
        """Move new calls along chains from busy places to less busy ones until no chain helps."""
        there = [place for place, calls in enumerate(self.capacity) if calls]
        order = sorted(there, key=lambda p: (-self.load[p] / self.capacity[p], p))
        again = True
        while again:
            again = False
            for place in order:
                heed()
                while self._relieve(place):
                    again = True
                    heed()

    def _relieve(self, place: int) -> bool:
        """Move some new calls away from a place where that levels the plan; whether it did."""
        if not self.load[place]:
            return False
        saved = (2 * self.load[place] - 1) / self.capacity[place]
        parents, visited, _target = self._search(1 << place, 0, fresh_only=True)
        best, target = saved, -1
        for other in sorted(bits(visited & self.free), key=self.turn.__getitem__):
            cost = (2 * self.load[other] + 1) / self.capacity[other]
            if cost < best - 1e-9:
                best, target = cost, other
        if target < 0 or target == place:
            return False
        chain = self._chain(parents, target, fresh_only=True)
        a, b = self.capacity[place], self.capacity[target]
        even = (self.load[place] * b - self.load[target] * a) // (a + b)
        moved = max(1, min(even, self.capacity[target] - self.load[target], *(step[3] for step in chain)))
        self._move(chain, moved)
        return True

    def _search(self, start: int, goal: int, *, fresh_only: bool) -> tuple[dict[int, int], int, int]:
        """Places that chains reach from those of ``start``: each one's parent, all of them, the first of ``goal``."""
        visited = start
        parents: dict[int, int] = dict.fromkeys(bits(start), -1)
        if start & goal:
            return parents, visited, self._least(start & goal)
        queue = list(parents)
        for place in queue:
            new = self._reach(place, fresh_only) & ~visited & ~self.dead
            if not new:
                continue
            visited |= new
            for other in bits(new):
                parents[other] = place
                queue.append(other)
            if new & goal:
                return parents, visited, self._least(new & goal)
        return parents, visited, -1

    def _reach(self, place: int, fresh_only: bool) -> int:
        found = 0
        for number in self.here[place]:
            one = self.classes[number]
            if one.fresh or not fresh_only:
                found |= one.mask
        return found

    def _least(self, mask: int) -> int:
        return min(bits(mask), key=lambda p: (self.load[p] / self.capacity[p], p))

    def _chain(self, parents: Mapping[int, int], target: int, *, fresh_only: bool = False):
        """The moves that free the root: (class, from, to, how many can go), from the root on."""
        steps = []
        place = target
        while parents[place] >= 0:
            before = parents[place]
            number = next(
                n
                for n in self.here[before]
                if self.classes[n].mask >> place & 1 and (self.classes[n].fresh or not fresh_only)
            )
            steps.append((number, before, place, self.classes[number].at[before]))
            place = before
        return steps[::-1]

    def _move(self, chain, calls: int) -> None:
        for number, before, after, _most in reversed(chain):
            self.put(number, after, calls)
            self.put(number, before, -calls)


def fill(bundles: Sequence[Bundle], grid: Grid, heed: Heed = int) -> list[int]:
    """The place of each call; -1 for one that finds none. Those planned already stay unless they must make room."""
    kept = _kept(bundles, grid)
    classes: dict[tuple[int, bool, int, int], list[int]] = defaultdict(list)
    for number, one in enumerate(bundles):
        classes[one.rank, not kept[number], len(one.keys), one.mask].append(number)
    filler = Fill(grid.capacity, grid.turn)
    order = sorted(classes, key=lambda k: (k[1], k[0], -k[2], k[3].bit_length(), k[3].bit_count(), k[3]))
    numbers = {}
    for key in order:
        heed()
        at: dict[int, int] = defaultdict(int)
        if not key[1]:
            for number in classes[key]:
                at[bundles[number].now] += 1
        numbers[key] = filler.add(key[3], len(classes[key]), key[1], at)
        if key[1]:
            filler.spread(numbers[key])
            filler.grow(numbers[key])
    filler.level(heed)
    places = [-1] * len(bundles)
    for key in order:
        heed()
        _settle(bundles, classes[key], dict(filler.classes[numbers[key]].at), places)
    return places


def _kept(bundles: Sequence[Bundle], grid: Grid) -> list[bool]:
    """Which calls stay where they are: those that may, as far as there is room, of higher rank and older ones first."""
    taken = [0] * grid.size
    kept = [False] * len(bundles)
    here = [n for n, one in enumerate(bundles) if one.now >= 0]
    for number in sorted(here, key=lambda n: (bundles[n].rank, bundles[n].agent is None, bundles[n].call_id or 0)):
        place = bundles[number].now
        if taken[place] < grid.capacity[place]:
            taken[place] += 1
            kept[number] = True
        else:
            bundles[number].why = bundles[number].why or "full"
    return kept


def _settle(bundles: Sequence[Bundle], members: Sequence[int], at: dict[int, int], places: list[int]) -> None:
    """Give the calls of a class the places that it has: who is there already stays."""
    moving = []
    for number in members:
        now = bundles[number].now
        if at.get(now, 0) > 0:
            at[now] -= 1
            places[number] = now
        else:
            moving.append(number)
    free = [place for place in sorted(at) for _ in range(at[place])]
    for number, place in zip(moving, free, strict=False):
        places[number] = place


# --- 3: who calls ---------------------------------------------------------------------------------------------------


def deal(bundles: Sequence[Bundle], places: Sequence[int], grid: Grid, heed: Heed = int) -> list[int]:
    """The agent of each call that has a place: the one who has it already where he or she can, else the least busy
    of the day, and of these who has the fewest in all.
    """
    agents = [0] * len(bundles)
    room = {place: dict(grid.room[place]) for place in grid.room}
    busy: dict[tuple[int, int], int] = defaultdict(int)
    total: dict[int, int] = defaultdict(int)
    waiting: dict[int, list[int]] = defaultdict(list)
    for number, place in enumerate(places):
        if place < 0:
            continue
        one = bundles[number]
        if place == one.now and one.agent is not None and room[place].get(one.agent, 0) > 0:
            agents[number] = one.agent
            room[place][one.agent] -= 1
            busy[place // grid.width, one.agent] += 1
            total[one.agent] += 1
        else:
            waiting[place].append(number)
    for place in sorted(waiting):
        heed()
        day = place // grid.width
        left = room[place]
        heap = [
            (busy[day, agent] / grid.of_day[day, agent], total[agent], agent) for agent, n in left.items() if n > 0
        ]
        heapify(heap)
        for number in waiting[place]:
            _share, _total, agent = heap[0]
            agents[number] = agent
            left[agent] -= 1
            busy[day, agent] += 1
            total[agent] += 1
            share = busy[day, agent] / grid.of_day[day, agent] if left[agent] > 0 else float("inf")
            heapreplace(heap, (share, total[agent], agent))
    return agents


# --- all of it ------------------------------------------------------------------------------------------------------


class Planner:
    """A plan in the making: customers are added one by one, then all calls find their places at once."""

    def __init__(self, grid: Grid, most: int):
        """At most ``most`` calls a month for each customer."""
        self.grid, self.most = grid, most
        self.result = Result()
        self.bundles: list[Bundle] = []
        self.before: dict[int, Ahead] = {}

    def add(self, customer: Customer) -> None:
        """Find the calls that serve a customer's needs."""
        found, left, attached = bundle(customer, self.grid, self.most)
        self.bundles += found
        self.result.left_out += left
        self.result.attached += attached
        used = {one.call_id for one in found}
        for call in customer.ahead:
            if not call.fixed and call.id not in used:
                self.result.dropped.append(call.id)
            elif not call.fixed:
                self.before[call.id] = call

    def finish(self, heed: Heed = int) -> Result:
        """Give every call its place and its agent."""
        result, grid = self.result, self.grid
        places = fill(self.bundles, grid, heed)
        agents = deal(self.bundles, places, grid, heed)
        for number, one in enumerate(self.bundles):
            if not number % _STEPS:
                heed()
            if places[number] < 0:
                result.left_out += [LeftOut(one.customer, key, FULL) for key in one.keys]
                if one.call_id is not None:
                    result.dropped.append(one.call_id)
                continue
            day, part = grid.day_of(places[number]), grid.part_of(places[number])
            old = self.before.get(one.call_id or 0)
            why = _why_moved(one, old, day, part, agents[number])
            result.placed.append(
                Placed(one.customer, one.keys, one.first, one.last, day, part, agents[number], one.call_id, why)
            )
        return result


def plan(customers: Iterable[Customer], grid: Grid, most: int) -> Result:
    """Plan the calls to ``customers`` on ``grid``, at most ``most`` a month for each of them."""
    planner = Planner(grid, most)
    for customer in customers:
        planner.add(customer)
    return planner.finish()


def _why_moved(one: Bundle, old: Ahead | None, day: dt.date, part: int, agent: int) -> str:
    if old is None or (old.day, old.part, old.agent) == (day, part, agent):
        return ""
    if (old.day, old.part) == (day, part):
        return "agent"
    return one.why if one.why and one.why != "agent" else "room"
