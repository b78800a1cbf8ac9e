"""Reads of installations. Who sees the order sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _, rule
from plugins.service.install_contracts import TABLE, Line, Progress
from plugins.service.models import (
    Installation,
    InstallPaper,
    InstallStep,
    InstallVerdict,
    Order,
    Trainee,
)
from plugins.service.queries.orders import by_order, product_group
from plugins.service.rules.installation import lines_of, progress


def installation_of(ctx: Ctx, order_id: int) -> Installation | None:
    """What an order has as an installation; None before its steps were put on it."""
    return ctx.session.scalar(sa.select(Installation).where(Installation.order_id == order_id))


def _installations() -> sa.Select:
    """Joined with their orders, which the session scopes to what this person sees."""
    own = sa.and_(Order.id == Installation.order_id, Order.company_id == Installation.company_id)
    return sa.select(Installation).join(Order, own)


def get_installation(ctx: Ctx, installation_id: int) -> Installation:
    """The installation; NotFound when there is none for this person."""
    row = ctx.session.scalar(_installations().where(Installation.id == installation_id))
    if row is None:
        raise NotFound("unknown_installation", _("There is no such installation, or it is not meant for you."))
    return row


def steps_of(ctx: Ctx, order_id: int) -> list[InstallStep]:
    """The steps of an installation, in their order."""
    query = sa.select(InstallStep).where(InstallStep.order_id == order_id)
    return list(ctx.session.scalars(query.order_by(InstallStep.n)))


def papers_of(ctx: Ctx, order_id: int) -> list[InstallPaper]:
    """The papers for the customer, in their order."""
    query = sa.select(InstallPaper).where(InstallPaper.order_id == order_id)
    return list(ctx.session.scalars(query.order_by(InstallPaper.n)))


def verdicts_of(ctx: Ctx, order_id: int) -> list[InstallVerdict]:
    """What the customer said to the steps and the whole, the first first."""
    query = sa.select(InstallVerdict).where(InstallVerdict.order_id == order_id)
    return list(ctx.session.scalars(query.order_by(InstallVerdict.id)))


def trainees_of(ctx: Ctx, order_id: int) -> list[Trainee]:
    """The operators trained, the first first."""
    return list(ctx.session.scalars(sa.select(Trainee).where(Trainee.order_id == order_id).order_by(Trainee.id)))


def get_step(ctx: Ctx, order_id: int, step_id: int) -> InstallStep:
    """A step of an installation; NotFound when there is none."""
    return _row(ctx, InstallStep, order_id, step_id)


def get_paper(ctx: Ctx, order_id: int, paper_id: int) -> InstallPaper:
    """A paper of an installation; NotFound when there is none."""
    return _row(ctx, InstallPaper, order_id, paper_id)


def _row(ctx: Ctx, model: Any, order_id: int, row_id: int) -> Any:
    row = ctx.session.scalar(sa.select(model).where(model.id == row_id, model.order_id == order_id))
    if row is None:
        raise NotFound("unknown_line", _("The installation has no such line."))
    return row


def installations_of(ctx: Ctx, order_ids: Sequence[int]) -> list[tuple[Installation, Progress]]:
    """The installations of these orders, each with how far it is; three statements at most."""
    if not order_ids:
        return []

    def rows(model: Any) -> list[Any]:
        return list(ctx.session.scalars(sa.select(model).where(model.order_id.in_(order_ids)).order_by(model.id)))

    installations = rows(Installation)
    steps, papers = (by_order(rows(m)) if installations else {} for m in (InstallStep, InstallPaper))
    return [
        (i, progress(steps.get(i.order_id, ()), papers.get(i.order_id, ()), final=i.accepted_on is not None))
        for i in installations
    ]


def progress_of(ctx: Ctx, order_id: int) -> Progress | None:
    """How far the installation of an order is; None where it has none."""
    found = installation_of(ctx, order_id)
    if found is None:
        return None
    return progress(steps_of(ctx, order_id), papers_of(ctx, order_id), final=found.accepted_on is not None)


def facts_of(order: Order) -> dict[str, Any]:
    """What the table of installations asks of an order."""
    return {
        "product_group": product_group(order) or None,
        "product": order.product.code if order.product is not None else None,
        "work_kind": order.work_kind or None,
    }


def lines_for(ctx: Ctx, order: Order) -> list[Line]:
    """What the company's table puts on this order now."""
    return lines_of(rule(ctx, TABLE, facts_of(order)).decision.all_outputs)


# --- lists ----------------------------------------------------------------------------------------------------------


def rows_of(_ctx: Ctx) -> sa.Select:
    """Installations with what columns show of their orders."""
    order = orm.joinedload(Installation.order)
    return _installations().options(
        order.joinedload(Order.customer), order.joinedload(Order.office), order.joinedload(Order.product)
    )


def tab_clause(ctx: Ctx, tab: str) -> Any:
    """The condition of one of the list's tabs."""
    going_on = sa.and_(Order.is_open.is_(True), Installation.accepted_on.is_(None))
    clauses = {
        "mine": lambda: sa.and_(going_on, Order.assignee_id == ctx.actor.user_id),
        "open": lambda: going_on,
        "overdue": lambda: sa.and_(going_on, Order.urgent_at < ctx.now),
        "objected": lambda: sa.and_(going_on, _has_step("objected")),
        "to_accept": lambda: sa.and_(
            going_on, ~_has_step("objected"), sa.or_(_has_step("done"), ~_has_step("open"))
        ),
        "accepted": lambda: Installation.accepted_on.is_not(None),
        "all": lambda: sa.true(),
    }
    return clauses.get(tab, clauses["all"])()


def _has_step(state: str) -> Any:
    own = sa.and_(InstallStep.order_id == Installation.order_id, InstallStep.company_id == Installation.company_id)
    return sa.exists().where(own, InstallStep.state == state)


def steps_and_progress(
    ctx: Ctx, rows: Sequence[Installation]
) -> tuple[dict[int, list[InstallStep]], dict[int, Progress]]:
    """The steps of each installation by order, in their order, and how far each is: two statements for all."""
    ids = [i.order_id for i in rows]
    steps: dict[int, list[InstallStep]] = {i: [] for i in ids}
    for step in ctx.session.scalars(
        sa.select(InstallStep).where(InstallStep.order_id.in_(ids)).order_by(InstallStep.order_id, InstallStep.n)
    ):
        steps[step.order_id].append(step)
    papers: dict[int, list[InstallPaper]] = {i: [] for i in ids}
    for paper in ctx.session.scalars(sa.select(InstallPaper).where(InstallPaper.order_id.in_(ids))):
        papers[paper.order_id].append(paper)
    far = {
        i.order_id: progress(steps[i.order_id], papers[i.order_id], final=i.accepted_on is not None) for i in rows
    }
    return steps, far
