"""Reads of trips and returns. Who sees the order sees them: each statement joins it, and the session scopes that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, Membership, NotFound, RecordRef, Role, _, documents_of, rule
from plugins.service.after_contracts import CLOCK_OF, RETURN, RETURN_STEPS
from plugins.service.contracts import ORDER, VISITED
from plugins.service.models import Agreement, Briefing, Expense, Order, Return, ReturnCheck, Visit
from plugins.service.queries.orders import COUNTED

SHEET = "service.sheet"


def _with_order(model: Any) -> sa.Select:
    return sa.select(model).join(Order, sa.and_(Order.id == model.order_id, Order.company_id == model.company_id))


# --- before and on the trip -------------------------------------------------------------------------------------------


def briefings_of(ctx: Ctx, order_id: int) -> list[Briefing]:
    """What the customer of an order was told of the plan, the newest first."""
    query = sa.select(Briefing).where(Briefing.order_id == order_id).order_by(Briefing.id.desc())
    return list(ctx.session.scalars(query))


def agreements_of(ctx: Ctx, order_id: int) -> list[Agreement]:
    """The agreements to come back from an order, the newest first."""
    query = sa.select(Agreement).where(Agreement.order_id == order_id).order_by(Agreement.id.desc())
    return list(ctx.session.scalars(query))


def agreed_to_leave(ctx: Ctx, order: Order) -> bool:
    """Whether the department agreed since whoever is there, or was there last, arrived."""
    visits = sa.select(sa.func.max(Visit.arrived_at)).where(Visit.order_id == order.id)
    began = ctx.session.scalar(visits) or order.started_at
    found = agreements_of(ctx, order.id)[:1]
    return bool(found) and (began is None or found[0].at >= began)


def sheet_issued(ctx: Ctx, order: Order) -> bool:
    """Whether a service sheet was issued for an order that was not cancelled since."""
    issued = documents_of(ctx, RecordRef(ORDER, order.id))
    return any(d.kind == SHEET and d.cancelled_at is None for d in issued)


def who_agree(ctx: Ctx, permission: str) -> list[tuple[int, str]]:
    """(id, name) of everybody who holds a right by a role, by name."""
    rights = {code: set(given) for code, given in ctx.session.execute(sa.select(Role.code, Role.permissions))}
    query = sa.select(Membership).options(orm.joinedload(Membership.user)).where(Membership.active.is_(True))
    found = [
        (m.user_id, m.user.name)
        for m in ctx.session.scalars(query)
        if any(permission in rights.get(code, ()) for code in m.role_codes)
    ]
    return sorted(found, key=lambda person: person[1])


# --- the return -------------------------------------------------------------------------------------------------------


def rows_of(_ctx: Ctx) -> sa.Select:
    """Returns with what columns show of their orders."""
    return _with_order(Return).options(orm.joinedload(Return.order).joinedload(Order.customer))


def get_return(ctx: Ctx, return_id: int) -> Return:
    """The return; NotFound when there is none for this person."""
    row = ctx.session.scalar(rows_of(ctx).where(Return.id == return_id))
    if row is None:
        raise NotFound("unknown_return", _("There is no such return, or it is not meant for you."))
    return row


def returns_of(ctx: Ctx, order_ids: Sequence[int]) -> list[Return]:
    """What these orders owe after the work, of those that do."""
    if not order_ids:
        return []
    return list(ctx.session.scalars(sa.select(Return).where(Return.order_id.in_(order_ids)).order_by(Return.id)))


def return_of(ctx: Ctx, order_id: int) -> Return | None:
    """What an order owes after the work, once that was done."""
    return ctx.session.scalar(sa.select(Return).where(Return.order_id == order_id))


def checks_of(ctx: Ctx, return_id: int) -> list[ReturnCheck]:
    """Every step of a return, the first first."""
    query = sa.select(ReturnCheck).where(ReturnCheck.return_id == return_id).order_by(ReturnCheck.id)
    return list(ctx.session.scalars(query))


def owed(order: Order) -> dict[str, Any]:
    """The steps that an order will owe after the work, as its table of steps says; empty where nobody goes."""
    if order.kind not in VISITED or order.done_at is not None and order.started_at is None:
        return {}
    return {step: dict(order.steps[step]) for step in RETURN_STEPS if step in order.steps}


def clocks_of(ctx: Ctx, rows: Iterable[Return]) -> dict[int, Clock]:
    """Return → the clock of the step that comes next."""
    wanted = {r.id: CLOCK_OF[r.stage] for r in rows if r.stage in CLOCK_OF}
    if not wanted:
        return {}
    query = sa.select(Clock).where(Clock.record_kind == RETURN, Clock.record_id.in_(wanted)).order_by(Clock.id)
    return {c.record_id: c for c in ctx.session.scalars(query) if wanted[c.record_id] == c.kind}


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the list's tabs."""
    late = sa.exists().where(
        Clock.company_id == Return.company_id, Clock.record_kind == RETURN, Clock.record_id == Return.id,
        Clock.state == "running", Clock.due_at < ctx.now,
    )  # fmt: skip
    clauses = {
        "mine": lambda: sa.and_(Return.stage == "return_checklist", Return.technician_id == ctx.actor.user_id),
        "hand_in": lambda: Return.stage == "return_checklist",
        "review": lambda: Return.stage == "review",
        "costs": lambda: Return.stage == "cost_check",
        "late": lambda: late,
        "settled": lambda: Return.state == "settled",
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["all"])()


def search_clause(text: str) -> Any:
    """Number of the order, its subject, who was there."""
    text = text.strip()[:100]
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return sa.or_(
        Order.number.ilike(f"{escaped}%", escape="\\"),
        Order.subject.ilike(f"%{escaped}%", escape="\\"),
        Return.technician_name.ilike(f"{escaped}%", escape="\\"),
    )


def count(ctx: Ctx, tab: str) -> int:
    """How many rows a tab has; 1,001 at most."""
    some = _with_order(Return).with_only_columns(Return.id).where(tab_clause(ctx, tab)).limit(COUNTED + 1).subquery()
    return ctx.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0


def waiting(ctx: Ctx, tab: str, limit: int = 30) -> list[Return]:
    """The returns of a tab, the longest waiting first."""
    query = rows_of(ctx).where(tab_clause(ctx, tab)).order_by(Return.since, Return.id).limit(limit)
    return list(ctx.session.scalars(query))


def held_by(ctx: Ctx, user_id: int) -> list[Return]:
    """What a person still has to hand in."""
    query = rows_of(ctx).where(Return.technician_id == user_id, Return.stage.in_(("return_checklist", "working")))
    return list(ctx.session.scalars(query.order_by(Return.id)))


def returns_of_orders(ctx: Ctx, order_ids: Sequence[int]) -> list[Return]:
    """The returns of some orders."""
    return list(ctx.session.scalars(sa.select(Return).where(Return.order_id.in_(order_ids)).order_by(Return.id)))


# --- expenses ---------------------------------------------------------------------------------------------------------


def expense_rows(_ctx: Ctx) -> sa.Select:
    """Expenses with their orders."""
    return _with_order(Expense).options(orm.joinedload(Expense.order))


def get_expense(ctx: Ctx, expense_id: int) -> Expense:
    """The expense; NotFound when there is none for this person."""
    row = ctx.session.scalar(expense_rows(ctx).where(Expense.id == expense_id))
    if row is None:
        raise NotFound("unknown_expense", _("There is no such expense, or it is not meant for you."))
    return row


def expense_by_once(ctx: Ctx, once: str) -> Expense | None:
    """The expense that a form with this key made."""
    return ctx.session.scalar(sa.select(Expense).where(Expense.once == once)) if once else None


def expenses_of(ctx: Ctx, order_id: int) -> list[Expense]:
    """The expenses on an order, the first first."""
    return list(ctx.session.scalars(sa.select(Expense).where(Expense.order_id == order_id).order_by(Expense.id)))


def claimed(ctx: Ctx, order_id: int) -> Decimal:
    """What is claimed on an order and was not refused."""
    return sum((e.amount for e in expenses_of(ctx, order_id) if e.state == "claimed"), start=Decimal(0))


def beforehand(ctx: Ctx, order: Order, kind: str, amount: Decimal) -> bool:
    """Whether an expense has to be allowed before it is made: by the table ``service.expenses``."""
    out = rule(ctx, "service.expenses", {"expense": kind, "amount": amount, "kind": order.kind}).outputs or {}
    return bool(out.get("beforehand"))


def sees(ctx: Ctx, row: Any) -> bool:
    """Whether this person sees the order of a return or an expense."""
    kind = type(row)
    return ctx.session.scalar(_with_order(kind).with_only_columns(kind.id).where(kind.id == row.id)) is not None
