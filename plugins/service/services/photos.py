"""Photos from a phone: each is sent with a key of its own, so that a retry after a dropped connection is one photo."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, Invalid, _, attach, transaction
from plugins.service.life import WORK
from plugins.service.models import Order, Round, Visit
from plugins.service.queries import rounds as round_queries
from plugins.service.queries import visits as queries
from plugins.service.rules.visits import is_photo
from plugins.service.services.common import lock, require_open
from plugins.service.services.sending import remember_on, to_work_on

PHOTOGRAPH = "core.attachments.edit"


def add_photo(ctx: Ctx, visit_id: int, name: str, content: bytes, once: str) -> Visit:
    """A photo taken on a visit; it hangs on the visit. Sent again with the same ``once`` it changes nothing."""
    ctx.require(WORK)
    with transaction(ctx):
        visit = to_work_on(ctx, visit_id)
        _keep(ctx, visit.order, visit, name, content, once, visit)
        return visit


def add_place_photo(ctx: Ctx, place_id: int, name: str, content: bytes, once: str) -> Round:
    """A photo taken at a place of a round; it hangs on the round, and its name says at which place."""
    ctx.require(WORK)
    with transaction(ctx):
        place = round_queries.get_place(ctx, place_id)
        found = round_queries.get_round(ctx, place.round_id)
        lock(ctx, found.order)
        _keep(ctx, found.order, found, f"{place.n} {place.name[:60]} {name[-80:]}", content, once)
        return found


def _keep(
    ctx: Ctx, order: Order, record: Any, name: str, content: bytes, once: str, visit: Visit | None = None
) -> None:
    if queries.sent_before(ctx, once) is not None:
        return
    require_open(order)
    if not is_photo(name, content):
        raise Invalid("no_photo", _("“{name}” is no photo. Take JPEG or PNG.", name=name[:80]), "photo")
    remember_on(ctx, once, "photo", order, visit)
    attach(ctx, record, name, content)
