"""Signed slips: sent by whoever was there, judged by headquarters, each under its clock (AG-11)."""

from __future__ import annotations

import io
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Forbidden,
    Invalid,
    RecordRef,
    _,
    attachable_type,
    cancel_clock,
    check_version,
    emit,
    find_clock,
    notify,
    receive,
    restart_clock,
    start_clock,
    stop_clock,
    store_file,
    transaction,
)
from plugins.service.contracts import ORDER
from plugins.service.life import WORK
from plugins.service.models import Order, Slip, SlipPage
from plugins.service.queries import orders as order_queries
from plugins.service.queries import routing
from plugins.service.queries import slips as queries
from plugins.service.services.common import (
    links_of,
    lock,
    refresh_urgency,
    require_not_archived,
    require_open,
    required,
    runs,
    short,
)
from plugins.service.slip_contracts import (
    MOST_PAGES,
    SLIP_CHECK,
    SLIP_DUE,
    SLIP_PURPOSE,
    SLIP_STEP,
    SlipData,
)
from plugins.service.visit_life import wants

JUDGE = "service.slip.judge"
PICTURES = ("image/", "application/pdf")
AFTER_WORK = ("working", "done", "confirmed")


def send_slip(ctx: Ctx, order_id: int, data: SlipData) -> Slip:
    """Send the slip that the customer signed to headquarters. One that still waits, or came back, is replaced by it.

    The same ``once`` twice answers the first slip. Refused once the order is closed, or the slip accepted.
    """
    ctx.require(WORK)
    pages = _received(ctx, data)
    with transaction(ctx):
        order = order_queries.get_order(ctx, order_id)
        lock(ctx, order)
        known = queries.by_once(ctx, data.once)
        if known is not None:
            return known
        require_open(order)
        if order.state not in AFTER_WORK:
            raise Conflict("not_begun", _("The work on {number} has not begun yet.", number=order.number))
        before = queries.newest_of(ctx, order.id)
        if before is not None and before.state == "accepted":
            text = _("Headquarters have accepted the slip of {number}.", number=order.number)
            raise Conflict("accepted_already", text)
        slip = Slip(
            order_id=order.id, number=before.number + 1 if before else 1, state="waiting",
            signed_by=short(data.signed_by, "signed_by", 120) or order.person_name,
            note=short(data.note, "note", 400), sent_at=ctx.now, sent_by_id=ctx.actor.user_id,
            sent_by=ctx.actor.name, tracking=short(data.tracking, "tracking", 80), once=data.once[:80] or None,
        )  # fmt: skip
        ctx.session.add(slip)
        ctx.session.flush()
        if before is not None and before.state == "waiting":
            before.state = "replaced"
            emit(ctx, "service.slip_replaced", before, links=_links(order), number=order.number)
        for n, (name, media_type, content) in enumerate(pages, 1):
            file = store_file(ctx, name, content, purpose=SLIP_PURPOSE, record=slip, media_type=media_type)
            ctx.session.add(SlipPage(slip_id=slip.id, number=n, file_id=file.id))
        stop_clock(ctx, order, SLIP_DUE)
        _start(ctx, order, SLIP_CHECK)
        refresh_urgency(ctx, order)
        emit(
            ctx, "service.slip_sent", slip, links=_links(order), number=order.number, pages=len(pages),
            who=slip.signed_by, tracking=slip.tracking,
        )  # fmt: skip
        _tell_headquarters(ctx, order, slip)
        return slip


def mail_original(ctx: Ctx, slip_id: int, tracking: str, *, version: int | None = None) -> Slip:
    """The original was mailed; the carrier and the tracking number are kept."""
    ctx.require(WORK)
    with transaction(ctx):
        slip = _standing(ctx, slip_id, version)
        words = _("Give the carrier and the tracking number.")
        slip.tracking = required(short(tracking, "tracking", 80), "tracking", words)
        facts = {"number": slip.order.number, "tracking": slip.tracking}
        emit(ctx, "service.slip_mailed", slip, links=_links(slip.order), **facts)
        return slip


def take_original(ctx: Ctx, slip_id: int, *, version: int | None = None) -> Slip:
    """The original has come in at headquarters."""
    ctx.require(JUDGE)
    with transaction(ctx):
        slip = _standing(ctx, slip_id, version)
        _require_headquarters(ctx, slip)
        if slip.original_at is not None:
            raise Conflict("here_already", _("The original of {number} is here already.", number=slip.order.number))
        slip.original_at = ctx.now
        emit(ctx, "service.slip_original", slip, links=_links(slip.order), number=slip.order.number)
        return slip


def accept_slip(ctx: Ctx, slip_id: int, *, version: int | None = None) -> Slip:
    """Headquarters accept the slip. Not by who sent it, nor by somebody of the agent's."""
    ctx.require(JUDGE)
    with transaction(ctx):
        slip = _to_judge(ctx, slip_id, version, ("waiting",))
        slip.state = "accepted"
        _judged(ctx, slip)
        stop_clock(ctx, slip.order, SLIP_CHECK)
        refresh_urgency(ctx, slip.order)
        emit(ctx, "service.slip_accepted", slip, links=_links(slip.order), number=slip.order.number)
        return slip


def send_slip_back(ctx: Ctx, slip_id: int, reason: str, *, version: int | None = None) -> Slip:
    """Headquarters want another slip, and say why; the agent's time limit goes on. Also one accepted before, while
    the order is open.
    """
    ctx.require(JUDGE)
    with transaction(ctx):
        slip = _to_judge(ctx, slip_id, version, ("waiting", "accepted"))
        order = slip.order
        require_open(order)
        slip.reason = required(reason, "reason", _("Say what is wrong with it."), 400)
        slip.state = "sent_back"
        _judged(ctx, slip)
        stop_clock(ctx, order, SLIP_CHECK)
        if find_clock(ctx, order, SLIP_DUE) is not None:
            restart_clock(ctx, order, SLIP_DUE)
        else:
            _start(ctx, order, SLIP_DUE)
        refresh_urgency(ctx, order)
        emit(ctx, "service.slip_sent_back", slip, links=_links(order), number=order.number, reason=slip.reason)
        told = sorted({u for u in (slip.sent_by_id, order.assignee_id) if u is not None})
        if told:
            text = N_("The signed slip of {number} came back: {reason}")
            once = f"slip {slip.id} back v{slip.version}"
            notify(ctx, told, text, record=slip, once=once, number=order.number, reason=slip.reason[:200])
        return slip


def keep_clock(ctx: Ctx, order_id: int) -> None:
    """An order was done, goes on, or came to its end: the time limit for its slip follows. Twice changes nothing."""
    with transaction(ctx):
        order = order_queries.find_order(ctx, order_id)
        if order is None:
            return
        clock = find_clock(ctx, order, SLIP_DUE)
        running = clock is not None and clock.state in ("running", "paused")
        if order.state in ("done", "confirmed") and wants(order, SLIP_STEP):
            slip = queries.newest_of(ctx, order.id)
            if not running and (slip is None or slip.state == "sent_back") and _start(ctx, order, SLIP_DUE):
                refresh_urgency(ctx, order)
                emit(ctx, "service.slip_awaited", order, number=order.number)
        elif running:
            for kind in (SLIP_DUE, SLIP_CHECK):
                cancel_clock(ctx, order, kind)
            if order.is_open:
                refresh_urgency(ctx, order)
            emit(ctx, "service.slip_not_awaited", order, number=order.number)


# --- shared -----------------------------------------------------------------------------------------------------------


def _start(ctx: Ctx, order: Order, kind: str) -> bool:
    """Start a clock where the table ``service.slip_limits`` has a limit; the agent's counts from the work done."""
    facts = queries.limit_facts(order)
    if not runs(ctx, kind, facts):
        return False
    start_clock(ctx, order, kind, facts, at=(order.done_at or ctx.now) if kind == SLIP_DUE else ctx.now)
    return True


def _received(ctx: Ctx, data: SlipData) -> list[tuple[str, str, Any]]:
    """(name, media type, content on the disk) of each page; Invalid for what is no picture and no PDF."""
    if not data.pages:
        raise Invalid("pages_missing", _("Add a photo or scan of the signed slip."), "pages")
    if len(data.pages) > MOST_PAGES:
        raise Invalid("too_many_pages", _("At most {n} pages.", n=MOST_PAGES), "pages")
    found = []
    for name, content in data.pages:
        media_type = attachable_type(ctx, name, io.BytesIO(content))
        if not media_type.startswith(PICTURES):
            raise Invalid("no_picture", _("“{name}” is no photo and no PDF.", name=name[:80]), "pages")
        found.append((name, media_type, receive(ctx, content)))
    return found


def _standing(ctx: Ctx, slip_id: int, version: int | None) -> Slip:
    slip = queries.get_slip(ctx, slip_id)
    lock(ctx, slip)
    require_not_archived(slip.order)
    check_version(slip, version)
    if slip.state == "replaced":
        raise Conflict("replaced", _("A later slip has taken its place."))
    return slip


def _to_judge(ctx: Ctx, slip_id: int, version: int | None, states: tuple[str, ...]) -> Slip:
    slip = _standing(ctx, slip_id, version)
    if slip.state not in states or queries.newest_of(ctx, slip.order_id) is not slip:
        raise Conflict("judged_already", _("The slip of {number} was judged already.", number=slip.order.number))
    _require_headquarters(ctx, slip)
    return slip


def _require_headquarters(ctx: Ctx, slip: Slip) -> None:
    if _is_own(ctx, slip):
        raise Forbidden("own_slip", _("Somebody else judges the slip that you sent."))
    if _is_of_own_agent(ctx, slip):
        raise Forbidden("own_slip", _("Headquarters judge the slips of an agent."))
    if not _has_role(ctx, slip):
        role = order_queries.role_label(ctx, queries.judging_role(slip.order))
        raise Forbidden("not_your_role", _("Only the role “{role}” judges this slip.", role=role))


def _is_own(ctx: Ctx, slip: Slip) -> bool:
    return slip.sent_by_id is not None and slip.sent_by_id == ctx.actor.user_id


def _is_of_own_agent(ctx: Ctx, slip: Slip) -> bool:
    bound = ctx.actor.unit_ids
    return bound is not None and slip.order.unit_id in bound and order_queries.served_by_agent(slip.order)


def _has_role(ctx: Ctx, slip: Slip) -> bool:
    role = queries.judging_role(slip.order)
    return not role or ctx.actor.is_system or role in ctx.actor.roles


def may_judge(ctx: Ctx, slip: Slip) -> bool:
    """Whether this person may judge a slip."""
    return ctx.can(JUDGE) and not (_is_own(ctx, slip) or _is_of_own_agent(ctx, slip)) and _has_role(ctx, slip)


def _judged(ctx: Ctx, slip: Slip) -> None:
    slip.judged_at, slip.judged_by_id, slip.judged_by = ctx.now, ctx.actor.user_id, ctx.actor.name


def _tell_headquarters(ctx: Ctx, order: Order, slip: Slip) -> None:
    role, top = queries.judging_role(order), order_queries.headquarters(ctx)
    told = [u for u in routing.told_in(ctx, role, top.id if top else None) if u != ctx.actor.user_id]
    if told:
        text = N_("The signed slip of {number} is to be judged")
        notify(ctx, told, text, record=slip, once=f"slip {slip.id}", number=order.number)


def _links(order: Order) -> list[Any]:
    return [RecordRef(ORDER, order.id), *links_of(order)]
