"""Reorder points of the demonstration, what they propose, and purchase requests on their way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from core.api import Ctx
from plugins.inventory.contracts import Arrival, PointData, RequestLineData
from plugins.inventory.queries.ordering import lines_of
from plugins.inventory.queries.reorder import Tree, open_proposals, points_in_force
from plugins.inventory.services import ordering, purchasing, reorder


def _orders(ctx: Ctx, belt: int, oil: int, main: int, reason: str) -> None:
    """Three orders: one late and partly here, one not sent yet, one cancelled."""
    begun = ctx.at(ctx.now - dt.timedelta(days=20))
    for step in range(3):
        then = begun if step == 0 else ctx
        request = purchasing.draw_up(then, reason)
        for part_id, quantity in ((belt, Decimal(20 + step)), (oil, Decimal("12.5"))):
            purchasing.save_line(then, request.id, RequestLineData(part_id, quantity, location_id=main))
        purchasing.approve(then, request.id)
        orders = ordering.order_request(then, request.id)
        for order in orders:
            if step == 0:
                ordering.send_order(then, order.id)
                line = lines_of(then, order.id)[0]
                week = ctx.at(ctx.now - dt.timedelta(days=6))
                ordering.receive_order(week, order.id, [Arrival(line.id, Decimal(5))], main)
            elif step == 2:
                ordering.cancel_order(then, order.id, reason)


def fill(ctx: Ctx, made: dict[str, int], where: dict[str, int], reason: str) -> None:
    """Points for most parts, one by days of cover, one for a region; two requests, proposals left open."""
    belt, guard, oil, filters, strong, seal = list(made.values())[:6]
    for part_id, low, high in ((belt, 80, 120), (guard, 90, 150), (filters, 60, 90), (strong, 40, 70), (seal, 50, 60)):
        reorder.save_point(ctx, PointData(part_id, Decimal(low), Decimal(high)))
    reorder.save_point(ctx, PointData(oil, Decimal(30), Decimal(90), "cover"))
    reorder.save_point(ctx, PointData(belt, Decimal(6), Decimal(12), location_id=where["north"]))
    reorder.propose(ctx)
    points = points_in_force(ctx, Tree(ctx))
    waiting = open_proposals(ctx, [p.id for p in points])
    by_part = {row.part_id: row.id for row in waiting.values()}
    if strong in by_part:
        reorder.dismiss(ctx, by_part[strong])
    some = [by_part[part_id] for part_id in (belt, guard) if part_id in by_part]
    if some:
        reorder.request_proposals(ctx, some)
    if filters in by_part:
        purchasing.approve(ctx, reorder.request_proposals(ctx, [by_part[filters]]).id)
    _orders(ctx, belt, oil, where["main"], reason)
    empty = purchasing.draw_up(ctx, reason)
    purchasing.withdraw(ctx, empty.id, reason)
