"""Inspection rounds: each place looked at point by point; what fails opens a repair, once (HOT-7, HOT-10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.api import (
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    both,
    checklist_template,
    emit,
    label,
    plain,
    transaction,
    unit_by_code,
)
from plugins.base import queries as base_queries
from plugins.service.contracts import INSPECTION, ORDER, OrderData
from plugins.service.life import ACCEPT, WORK
from plugins.service.models import Order, Round, RoundFault, RoundPlace
from plugins.service.queries import orders as order_queries
from plugins.service.queries import rounds as queries
from plugins.service.queries.visits import sent_before
from plugins.service.round_contracts import Answers, Point
from plugins.service.rules.rounds import MOST_PLACES, judged, kept_point, places_of, points_of
from plugins.service.services import course
from plugins.service.services.common import links_of, lock, require_open, required
from plugins.service.services.opening import put_order
from plugins.service.services.sending import remember_on

BEFORE_WORK = ("requested", "accepted", "dispatched")


def begin_round(ctx: Ctx, order_id: int, checklist: str, places: str = "") -> Round:
    """Put a checklist and the places of the round on an order of kind inspection that has none."""
    ctx.require(WORK)
    with transaction(ctx):
        order = order_queries.get_order(ctx, order_id)
        require_open(order)
        lock(ctx, order)
        if queries.round_of(ctx, order.id) is not None:
            raise Conflict("round_there", _("{number} has its round already.", number=order.number))
        return put_round(ctx, order, checklist, places)


def put_round(ctx: Ctx, order: Order, checklist: str, places: str = "") -> Round:
    """The same inside the transaction of whoever calls. Without places the round is about the order's unit, or its
    place as a whole.
    """
    if order.kind != INSPECTION:
        raise Invalid("no_round", _("{number} is no inspection round.", number=order.number), "checklist")
    template = checklist_template(ctx, checklist, ORDER)
    if template is None:
        raise Invalid("unknown_checklist", _("Choose a checklist."), "checklist")
    kept = [kept_point(item, _both) for item in template.items]
    found = Round(order_id=order.id, checklist=checklist, name=dict(template.name), points=plain(kept))
    ctx.session.add(found)
    ctx.session.flush()
    lines = check_places(places) or [""]
    for n, line in enumerate(lines, 1):
        device = base_queries.unit_by_serial(ctx, line) if line else order.device
        name = _unit_name(device) if device is not None else line or order.address or order.subject
        device_id = device.id if device is not None else None
        place = RoundPlace(round_id=found.id, n=n, name=name[:200], device_id=device_id, state="open", answers={})
        ctx.session.add(place)
    ctx.session.flush()
    _emit(ctx, "service.round_prepared", found, order, checklist=found.name, places=len(lines))
    return found


def check_places(text: str) -> list[str]:
    """The places as typed, one per line; Invalid when there are too many."""
    lines = places_of(text)
    if len(lines) > MOST_PLACES:
        raise Invalid("too_many_places", _("At most {n} places.", n=MOST_PLACES), "places")
    return lines


def check_place(
    ctx: Ctx, place_id: int, given: Answers, *, seen: int | None = None, once: str = ""
) -> list[RoundFault]:
    """A place was looked at: every point answered. Each point that fails opens a repair, or is added to the one that is
    open already for it; answered again, it opens no other. Answers the faults of this place.

    The first place begins the work. Sent again with the same ``once`` it changes nothing. Raises Invalid with
    ``problems`` by point for what is missing.
    """
    with transaction(ctx):
        if _known(ctx, place_id, once):
            place = queries.get_place(ctx, place_id)
            return [f for f in queries.faults_of(ctx, place.round_id) if f.place_id == place.id]
        found, order, place = _to_change(ctx, place_id, seen)
        points = points_of(found.points)
        shown, wrong = judged(points, given)
        if wrong:
            told = _messages()
            problems = {code: told[lacks] for code, lacks in wrong.items()}
            raise Invalid("round_incomplete", _("Not every point is answered."), problems=problems)
        _remember(ctx, once, "place", order)
        if order.state == "requested" and ctx.can(ACCEPT):
            course.accept(ctx, order.id)
        if order.state in BEFORE_WORK:
            course.start(ctx, order.id)
        place.answers, place.state, place.reason = shown, "checked", ""
        place.seen_at, place.seen_by_id, place.seen_by = ctx.now, ctx.actor.user_id, ctx.actor.name
        bad = [p for p in points if not shown[p.code]["ok"]]
        ctx.session.flush()
        _emit(ctx, "service.round_place_seen", found, order, place=place.name, bad=len(bad))
        return [_fault(ctx, found, order, place, p, shown[p.code]["remark"]) for p in bad]


def skip_place(ctx: Ctx, place_id: int, reason: str, *, seen: int | None = None, once: str = "") -> RoundPlace:
    """Nobody could look at a place: a guest sleeps there, say. The same ``once`` again changes nothing."""
    with transaction(ctx):
        if _known(ctx, place_id, once):
            return queries.get_place(ctx, place_id)
        found, order, place = _to_change(ctx, place_id, seen)
        if place.state == "checked":
            raise Conflict("seen_already", _("Somebody has looked at {place} already.", place=place.name))
        place.reason = required(reason, "reason", _("Give a reason."), 400)
        _remember(ctx, once, "place", order)
        place.state, place.seen_at = "skipped", ctx.now
        place.seen_by_id, place.seen_by = ctx.actor.user_id, ctx.actor.name
        _emit(ctx, "service.round_place_skipped", found, order, place=place.name, reason=place.reason)
        return place


def _known(ctx: Ctx, place_id: int, once: str) -> bool:
    """Whether this was sent before. Of two sends with one key the second waits here for the first."""
    ctx.require(WORK)
    lock(ctx, queries.get_place(ctx, place_id))
    return bool(once) and sent_before(ctx, once) is not None


def _remember(ctx: Ctx, once: str, what: str, order: Order) -> None:
    if once:
        remember_on(ctx, once, what, order)


def _fault(ctx: Ctx, found: Round, order: Order, place: RoundPlace, point: Point, remark: str) -> RoundFault:
    known = queries.fault_at(ctx, place.id, point.code)
    if known is not None:
        return known
    said = queries.repair_for(ctx, found, point.code)
    repair, opened = None, False
    if said.get("opens") is not False:
        repair = queries.open_repair(ctx, found, place, point.code)
        opened = repair is None
        repair = repair or _open_repair(ctx, found, order, place, point, remark, said)
    fault = RoundFault(
        place_id=place.id, point=point.code, remark=remark, at=ctx.now, opened=opened,
        repair_id=repair.id if repair is not None else None,
    )  # fmt: skip
    ctx.session.add(fault)
    ctx.session.flush()
    facts: dict[str, Any] = {"place": place.name, "point": dict(point.text), "remark": remark}
    if repair is None:
        _emit(ctx, "service.round_fault", found, order, **facts)
    else:
        name = "service.round_repair_opened" if opened else "service.round_repair_known"
        _emit(ctx, name, found, order, [RecordRef(ORDER, repair.id)], order=repair.number, **facts)
    return fault


def _open_repair(
    ctx: Ctx, found: Round, order: Order, place: RoundPlace, point: Point, remark: str, said: dict[str, Any]
) -> Order:
    words = point.text.get(ctx.company.locale) or label(dict(point.text))
    administration = order.work_kind == "administration"
    data = OrderData(
        kind=str(said.get("kind") or "on_site"), subject=_("{place}: {point}", place=place.name, point=words)[:200],
        text=remark, urgency=str(said.get("urgency") or "normal"), channel="other", customer_id=order.customer_id,
        device_id=place.device_id, site_id=order.site_id if place.device_id is None else None, address=order.address,
        unit_id=_unit(ctx, said), about=RecordRef(ORDER, order.id), source="round",
        work_kind="administration" if administration else "",
        work_kind_reason=_("Found on the round {number}", number=order.number) if administration else "",
        external_key=f"round:{place.id}:{point.code}",
    )  # fmt: skip
    return put_order(ctx, data)


def _unit(ctx: Ctx, said: dict[str, Any]) -> int | None:
    code = str(said.get("unit") or "")
    unit = unit_by_code(ctx, code, required=False) if code else None
    return unit.id if unit is not None else None


def _to_change(ctx: Ctx, place_id: int, seen: int | None) -> tuple[Round, Order, RoundPlace]:
    ctx.require(WORK)
    place = queries.get_place(ctx, place_id)
    lock(ctx, place)
    if seen is not None and seen != place.version:
        text = _("Somebody else has looked at {place} meanwhile. What you typed is kept below.", place=place.name)
        raise Conflict("stale", text)
    found = queries.get_round(ctx, place.round_id)
    order = found.order
    require_open(order)
    if order.state in ("done", "confirmed"):
        raise Conflict("round_over", _("The round is over. The order goes on first.", number=order.number))
    return found, order, place


def _both(words: Any) -> dict[str, str]:
    return dict(words) if isinstance(words, dict) else both(str(words))


def _messages() -> dict[str, str]:
    return {
        "missing": _("Answer this point."),
        "bad_choice": _("Choose one of the answers."),
        "no_number": _("Enter a number."),
        "remark": _("It is not OK: say what is wrong."),
    }


def _unit_name(device: Any) -> str:
    product = " ".join(p for p in (device.product.name, device.product.model) if p)
    return _("{product}, {serial}", product=product, serial=device.serial) if device.serial else product


def _emit(
    ctx: Ctx, event: str, found: Round, record: Order, more: Sequence[RecordRef] = (), /, **facts: Any
) -> None:
    links = [RecordRef(ORDER, record.id), *links_of(record), *more]
    emit(ctx, event, found, links=links, number=record.number, **facts)
