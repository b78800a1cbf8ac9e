"""Statistics of complaints: each breakdown is one aggregating statement, whatever there is to count.

A ``Cut`` says what is counted; the same conditions make the list of complaints behind each number. Withdrawn complaints
and duplicates are not counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.api import Clock, Ctx, OrgUnit, descendants
from plugins.complaints import following
from plugins.complaints.contracts import ANSWER, CALL, COMPLAINT, MEETING, RELAY, SOLUTION, CentreFigure
from plugins.complaints.models import CauseAction, Complaint
from plugins.complaints.rules import buckets, period_before, period_of

UNCOUNTED = ("withdrawn", "duplicate")
LIMITS = (RELAY, ANSWER, SOLUTION, MEETING, CALL)
CONDITIONS = ("kind", "severity", "category", "department", "product", "centre", "cause", "late")
NONE = "none"
"""The value of a condition for complaints that have nothing there: no cause, no product."""


@dataclass(frozen=True)
class Cut:
    """What is counted: received from ``begins`` to ``ends`` (both included), and conditions; empty means any."""

    begins: dt.date
    ends: dt.date
    kind: str = ""
    centre: str = ""
    category: str = ""
    severity: str = ""
    department: str = ""
    product: str = ""
    cause: str = ""
    late: str = ""
    """A kind of clock: only complaints that missed it."""

    @property
    def before(self) -> Cut:
        """The same for the period just before."""
        begins, ends = period_before(self.begins, self.ends)
        return replace(self, begins=begins, ends=ends)


@dataclass(frozen=True)
class Count:
    """How many in the period, and in the one before; ``key`` is the value counted by, None for complaints without."""

    key: Any
    now: int
    before: int = 0


@dataclass(frozen=True)
class Kept:
    """How often a time limit was kept, and how often not."""

    kind: str
    met: int
    late: int

    @property
    def share(self) -> int:
        """Per cent kept."""
        return round(100 * self.met / (self.met + self.late)) if self.met + self.late else 100


def read_cut(given: Mapping[str, str], today: dt.date) -> Cut:
    """Period and conditions as an address says; what can't be read is left out, the quarter of ``today`` is meant then.
    """
    values = {name: str(given.get(name, "")).strip()[:60] for name in Cut.__dataclass_fields__}
    begins, ends = _day(values.pop("begins")), _day(values.pop("ends"))
    if begins is None or ends is None or begins > ends or (ends - begins).days > 3700:
        begins, ends = period_of(today, "quarter")
    if values["kind"] not in ("complaint", "suggestion"):
        values["kind"] = "complaint"
    return Cut(begins, ends, **values)


def cut_arguments(cut: Cut, **changed: str) -> dict[str, Any]:
    """The same as arguments of an address."""
    values = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in asdict(cut).items()} | changed
    return {k: v for k, v in values.items() if v}


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None


def moment_of(ctx: Ctx, day: dt.date) -> dt.datetime:
    """The beginning of a day at the company, in UTC."""
    return dt.datetime.combine(day, dt.time(), ctx.tz).astimezone(dt.UTC)


def _customer() -> Any:
    return Complaint.customer.property.mapper.class_


def _within(ctx: Ctx, begins: dt.date, ends: dt.date) -> list[Any]:
    return [
        Complaint.received_at >= moment_of(ctx, begins),
        Complaint.received_at < moment_of(ctx, ends + dt.timedelta(days=1)),
    ]


def number_of(text: str) -> int | None:
    """The id in a text; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _same(column: Any, value: str) -> Any:
    number = number_of(value)
    return column.is_(None) if value == NONE else column == number if number is not None else sa.false()


def counted() -> Any:
    """What is counted at all."""
    return Complaint.state.not_in(UNCOUNTED)


def condition(ctx: Ctx, name: str, value: str) -> Any:
    """One of the conditions of a ``Cut``, by its name."""
    if name in ("kind", "severity"):
        return getattr(Complaint, name) == value
    if name == "category":
        return Complaint.category == ("" if value == NONE else value)
    if name == "department":
        return _same(Complaint.unit_id, value)
    if name == "product":
        return _same(Complaint.product_id, value)
    if name == "centre":
        return _in_centre(ctx, value)
    if name == "cause":
        return _with_cause(ctx, value)
    late = sa.select(Clock.record_id).where(Clock.record_kind == COMPLAINT, Clock.kind == value, _missed())
    return Complaint.id.in_(late)


def conditions(ctx: Ctx, cut: Cut) -> list[Any]:
    """Everything but the period, as conditions on complaints."""
    given = ((name, getattr(cut, name)) for name in CONDITIONS)
    return [counted(), *(condition(ctx, name, value) for name, value in given if value)]


def _with_cause(ctx: Ctx, cause: str) -> Any:
    if cause.endswith("!") or cause == NONE:
        return _same(Complaint.cause_id, cause.removesuffix("!"))
    number = number_of(cause)
    return Complaint.cause_id.in_(sorted(following.tree(ctx).below(number))) if number is not None else sa.false()


def _in_centre(ctx: Ctx, centre: str) -> Any:
    """Of customers whom an organisation unit looks after; ``12+`` means unit 12 and all below it."""
    customer = _customer()
    if centre == NONE:
        looked_after = sa.select(customer.id).where(customer.unit_id.is_not(None))
        return sa.or_(Complaint.customer_id.is_(None), Complaint.customer_id.not_in(looked_after))
    number = number_of(centre.removesuffix("+"))
    if number is None:
        return sa.false()
    units = sorted(descendants(ctx.session, number)) if centre.endswith("+") else [number]
    return Complaint.customer_id.in_(sa.select(customer.id).where(customer.unit_id.in_(units)))


def _missed() -> Any:
    return sa.or_(Clock.state == "missed", Clock.breached_at.is_not(None))


def _both(ctx: Ctx, cut: Cut) -> tuple[Any, Any, list[Any]]:
    """(counted in the period, counted in the one before, conditions that let both through)."""
    begin = moment_of(ctx, cut.begins)
    now = sa.func.sum(sa.case((Complaint.received_at >= begin, 1), else_=0))
    before = sa.func.sum(sa.case((Complaint.received_at < begin, 1), else_=0))
    return now, before, [*_within(ctx, cut.before.begins, cut.ends), *conditions(ctx, cut)]


def _counted(ctx: Ctx, cut: Cut, column: Any, *, most: int = 0, customers: bool = False) -> list[Count]:
    now, before, where = _both(ctx, cut)
    query = sa.select(column, now, before).where(*where).group_by(column)
    if customers:
        query = query.select_from(Complaint).outerjoin(Complaint.customer)
    query = query.order_by(now.desc(), column)
    rows = ctx.session.execute(query.limit(most) if most else query)
    return [Count(key, int(n or 0), int(b or 0)) for key, n, b in rows]


def total(ctx: Ctx, cut: Cut) -> Count:
    """All complaints of the period and of the one before."""
    now, before, where = _both(ctx, cut)
    row = ctx.session.execute(sa.select(now, before).where(*where)).one()
    return Count(None, int(row[0] or 0), int(row[1] or 0))


def by_category(ctx: Ctx, cut: Cut) -> list[Count]:
    """By category, the most frequent first."""
    return _counted(ctx, cut, Complaint.category)


def by_severity(ctx: Ctx, cut: Cut) -> list[Count]:
    """By severity."""
    return _counted(ctx, cut, Complaint.severity)


def by_department(ctx: Ctx, cut: Cut) -> list[Count]:
    """By the department that has them."""
    return _counted(ctx, cut, Complaint.unit_id)


def by_product(ctx: Ctx, cut: Cut, most: int = 10) -> list[Count]:
    """The products complained about most."""
    return _counted(ctx, cut, Complaint.product_id, most=most)


def by_centre(ctx: Ctx, cut: Cut) -> list[Count]:
    """By the organisation unit that looks after the customer."""
    return _counted(ctx, cut, _customer().unit_id, customers=True)


def by_cause(ctx: Ctx, cut: Cut, tree: following.Tree) -> list[Count]:
    """By cause, rolled up to those right below the cause that ``cut`` asks for, or to the topmost; most frequent first.

    ``key`` is what ``Cut.cause`` takes for the same complaints: ``12`` counts what lies below cause 12, too,
    ``12!`` only those put down to itself; None: the cause is not known.
    """
    asked = number_of(cut.cause)
    depth = len(tree.path(asked)) if asked is not None else 0
    sums: dict[str | None, list[int]] = {}
    for row in _counted(ctx, cut, Complaint.cause_id):
        path = tree.path(row.key)
        key = str(path[depth].id) if len(path) > depth else f"{path[-1].id}!" if path else None
        pair = sums.setdefault(key, [0, 0])
        pair[0] += row.now
        pair[1] += row.before
    return sorted((Count(k, n, b) for k, (n, b) in sums.items()), key=lambda c: (-c.now, c.key is None, c.key or ""))


def by_time(ctx: Ctx, cut: Cut) -> list[Count]:
    """Week by week, or month by month for longer periods, oldest first; ``key`` is the first day."""
    days = buckets(cut.begins, cut.ends)
    ends = [*days[1:], cut.ends + dt.timedelta(days=1)]
    edges = [(max(a, cut.begins), b) for a, b in zip(days, ends, strict=True)]
    columns = [
        sa.func.sum(
            sa.case(
                (
                    sa.and_(
                        Complaint.received_at >= moment_of(ctx, a), Complaint.received_at < moment_of(ctx, b)
                    ),
                    1,
                ),
                else_=0,
            )
        )
        for a, b in edges
    ]
    query = sa.select(*columns).where(*_within(ctx, cut.begins, cut.ends), *conditions(ctx, cut))
    row = ctx.session.execute(query).one()
    return [Count(a, int(n or 0)) for (a, _b), n in zip(edges, row, strict=True)]


@dataclass(frozen=True)
class Effect:
    """How many complaints there were in so many days before an action was done, and in as many since."""

    days: int
    before: int
    since: int


def effect_of(ctx: Ctx, action: CauseAction) -> Effect | None:
    """Whether complaints with the cause of an action became fewer: as many days before as have passed since it was
    done, until it was checked. None while it is not done, and without a cause.
    """
    if action.cause_id is None or action.done_at is None:
        return None
    until = action.checked_at or ctx.now
    days = max(1, (until - action.done_at).days)
    span = dt.timedelta(days=days)

    def within(first: dt.datetime, last: dt.datetime) -> Any:
        clause = sa.and_(Complaint.received_at >= first, Complaint.received_at < last)
        return sa.func.sum(sa.case((clause, 1), else_=0))

    query = sa.select(within(action.done_at - span, action.done_at), within(action.done_at, action.done_at + span))
    query = query.where(
        counted(), Complaint.received_at >= action.done_at - span, Complaint.received_at < action.done_at + span,
        _with_cause(ctx, str(action.cause_id)),
    )
    before, since = ctx.session.execute(query).one()
    return Effect(days, int(before or 0), int(since or 0))


def count_with_cause(ctx: Ctx, cause_id: int) -> int:
    """How many complaints were put down to a cause, or to one below it."""
    query = sa.select(sa.func.count(Complaint.id)).where(counted(), _with_cause(ctx, str(cause_id)))
    return ctx.session.scalar(query) or 0


def limits_kept(ctx: Ctx, cut: Cut) -> list[Kept]:
    """For each time limit how often it was kept and missed; those still running in time are not counted yet."""
    met = sa.func.sum(sa.case((sa.and_(Clock.state == "met", Clock.breached_at.is_(None)), 1), else_=0))
    late = sa.func.sum(sa.case((_missed(), 1), else_=0))
    query = (
        sa.select(Clock.kind, met, late)
        .select_from(Complaint)
        .join(Clock, sa.and_(Clock.record_kind == COMPLAINT, Clock.record_id == Complaint.id))
        .where(*_within(ctx, cut.begins, cut.ends), *conditions(ctx, cut), Clock.kind.in_(LIMITS))
        .group_by(Clock.kind)
    )
    found = {kind: Kept(kind, int(m or 0), int(n or 0)) for kind, m, n in ctx.session.execute(query)}
    return [found[k] for k in LIMITS if k in found and found[k].met + found[k].late]


def products(ctx: Ctx, most: int = 200) -> list[tuple[str, str]]:
    """(id, name) of the first products by name, to choose from."""
    product = Complaint.product.property.mapper.class_
    query = sa.select(product.id, product.name, product.model).order_by(product.name, product.id).limit(most)
    return [(str(i), " ".join(x for x in (name, model) if x)) for i, name, model in ctx.session.execute(query)]


def names_of_products(ctx: Ctx, ids: Sequence[int | None]) -> dict[int, str]:
    """The names of products by id, in one statement."""
    product = Complaint.product.property.mapper.class_
    query = sa.select(product.id, product.name, product.model).where(product.id.in_([i for i in ids if i is not None]))
    return {i: " ".join(x for x in (name, model) if x) for i, name, model in ctx.session.execute(query)}


# --- the report of a centre (GS-26) ---------------------------------------------------------------------------------

_FIGURES = (
    ("received", {"en": "Complaints received", "zh": "收到投诉"}),
    ("suggestions", {"en": "Suggestions received", "zh": "收到建议"}),
    ("serious", {"en": "of these serious or critical", "zh": "其中严重、重大"}),
    ("repeated", {"en": "Repeated complaints", "zh": "重复投诉"}),
    ("closed", {"en": "Settled", "zh": "已办结"}),
    ("open", {"en": "Still open", "zh": "未办结"}),
    ("overdue", {"en": "Solution overdue", "zh": "超时"}),
    ("actions", {"en": "Corrective and preventive actions opened", "zh": "新立纠正、预防措施"}),
)


def centre_figures(ctx: Ctx, unit: OrgUnit, begins: dt.date, ends: dt.date) -> list[CentreFigure]:
    """What a centre reports about complaints and suggestions received in a period, in two statements."""

    def count(clause: Any) -> Any:
        return sa.func.sum(sa.case((clause, 1), else_=0))

    is_complaint = Complaint.kind == "complaint"
    late = sa.select(Clock.record_id).where(Clock.record_kind == COMPLAINT, Clock.kind == SOLUTION, _missed())
    cut = Cut(begins, ends, centre=f"{unit.id}+")
    row = ctx.session.execute(
        sa.select(
            count(is_complaint),
            count(Complaint.kind == "suggestion"),
            count(sa.and_(is_complaint, Complaint.severity != "minor")),
            count(sa.and_(is_complaint, Complaint.repeats > 0)),
            count(Complaint.is_open.is_(False)),
            count(Complaint.is_open.is_(True)),
            count(Complaint.id.in_(late)),
        ).where(*_within(ctx, begins, ends), *conditions(ctx, cut))
    ).one()
    actions = ctx.session.scalar(
        sa.select(sa.func.count(CauseAction.id)).where(
            CauseAction.unit_id.in_(sorted(descendants(ctx.session, unit.id))),
            CauseAction.opened_at >= moment_of(ctx, begins),
            CauseAction.opened_at < moment_of(ctx, ends + dt.timedelta(days=1)),
        )
    )
    values = [*(int(v or 0) for v in row), actions or 0]
    return [CentreFigure(f"complaints.{key}", words, n) for (key, words), n in zip(_FIGURES, values, strict=True)]
