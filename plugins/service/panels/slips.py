"""What signed slips add to pages: a condition of closing, the next step, work, the newest slip of an order."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, url_for

from core.api import Ctx, Gate, Panel, WorkItem, _
from plugins.service import life
from plugins.service.contracts import NextStep, Steps
from plugins.service.models import Order, Slip
from plugins.service.queries import slips as queries
from plugins.service.services.slips import AFTER_WORK, JUDGE, may_judge
from plugins.service.slip_contracts import SLIP_STATE_ICONS, SLIP_STATE_TONES, SLIP_STATE_WORDS, SLIP_STEP
from plugins.service.visit_life import wants


def slip_url(slip: Slip) -> str:
    """The address of a slip."""
    return url_for("service.slip_page", record_id=slip.id) if has_request_context() else ""


def send_url(order: Order) -> str:
    """The address of the form that sends the slip of an order."""
    return url_for("service.slip_new", record_id=order.id) if has_request_context() else ""


def gates(ctx: Ctx, record, transition: str) -> list[Gate]:
    """AG-11: closing waits until headquarters have accepted the signed slip, where the company's table asks for it."""
    if not isinstance(record, Order) or transition != "close" or not wants(record, SLIP_STEP):
        return []
    slip = queries.newest_of(ctx, record.id)
    if slip is None:
        return [Gate("service.slip", _("The signed slip is missing"), True, send_url(record), _("Send it"))]
    if slip.state == "sent_back":
        text = _("The signed slip came back: {reason}", reason=slip.reason[:120])
        return [Gate("service.slip", text, True, send_url(record), _("Send it again"))]
    if slip.state == "accepted":
        return [Gate("service.slip", _("Headquarters have accepted the signed slip"), False)]
    text = _("The signed slip waits for headquarters")
    return [Gate("service.slip", text, True, slip_url(slip), _("Look at it"))]


def lacks(ctx: Ctx, order: Order) -> bool:
    """Whether somebody has to send a slip for this order now."""
    if order.state not in ("done", "confirmed") or not wants(order, SLIP_STEP):
        return False
    slip = queries.newest_of(ctx, order.id)
    return slip is None or slip.state == "sent_back"


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """Sending the slip, once the work is done; judging it, for headquarters."""
    asked = [o for o in orders if SLIP_STEP in o.steps and o.state in ("done", "confirmed")]
    newest = queries.newest_of_orders(ctx, [o.id for o in asked])
    found: Steps = []
    for order in asked:
        slip = newest.get(order.id)
        lacking = wants(order, SLIP_STEP) and (slip is None or slip.state == "sent_back")
        if lacking and ctx.can(life.WORK):
            found.append((order.id, NextStep(_("Send the signed slip"), send_url(order), 15)))
        elif slip is not None and slip.state == "waiting" and may_judge(ctx, slip):
            found.append((order.id, NextStep(_("Judge the signed slip"), slip_url(slip), 12)))
    return found


def panels(ctx: Ctx, record) -> list[Panel]:
    """On an order's page: its signed slips, where it has any or needs one."""
    if not isinstance(record, Order) or not ctx.can(life.VIEW):
        return []
    rows = queries.slips_of(ctx, record.id)
    if not rows and not wants(record, SLIP_STEP):
        return []
    accepted = bool(rows) and rows[0].state == "accepted"
    may = record.is_open and record.state in AFTER_WORK and ctx.can(life.WORK) and not accepted
    data = {
        "rows": [(s, slip_url(s), _(SLIP_STATE_WORDS[s.state]), SLIP_STATE_ICONS[s.state], SLIP_STATE_TONES[s.state])
                 for s in rows],
        "send_url": send_url(record) if may else "",
        "first": not rows or rows[0].state == "sent_back",
    }  # fmt: skip
    idle = accepted or not rows and not may
    return [Panel(_("Signed slip"), "service/_slips.html", data, order=24, idle=idle)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Slips that this person may judge."""
    if ctx.actor.user_id is None or not ctx.can(JUDGE):
        return []
    return [
        WorkItem(
            title=s.order.subject, url=slip_url(s), number=s.order.number, kind=_("Signed slip"), icon="signature",
            detail=s.order.office.name if s.order.office else s.sent_by, next_step=_("Judge the signed slip"),
        )
        for s in queries.to_judge(ctx) if may_judge(ctx, s)
    ]  # fmt: skip
