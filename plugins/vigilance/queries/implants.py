"""The register of implants; who has them is read by ``services.implants.show_patients`` alone."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from core.api import Ctx, NotFound, _
from plugins.vigilance.models import Implant


def get_implant(ctx: Ctx, implant_id: int, *, lock: bool = False) -> Implant:
    """One implant. Raises NotFound."""
    query = sa.select(Implant).where(Implant.id == implant_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_implant", _("There is no such implant."))
    return row


def get_implants(ctx: Ctx, implant_ids: Iterable[int]) -> list[Implant]:
    """Implants in the order of ids, of those that there are."""
    query = sa.select(Implant).where(Implant.id.in_(sorted(set(implant_ids)) or [0]))
    return list(ctx.session.scalars(query.order_by(Implant.id)))


def implants_of_batch(ctx: Ctx, product_id: int, batch: str, after: int, limit: int) -> list[Implant]:
    """The implants of a batch, page by page in the order of ids."""
    query = sa.select(Implant).where(Implant.product_id == product_id, Implant.batch == batch, Implant.id > after)
    return list(ctx.session.scalars(query.order_by(Implant.id).limit(limit)))


def piece_in_use(ctx: Ctx, product_id: int, serial: str) -> Implant | None:
    """Who has the piece with this serial number now."""
    return ctx.session.scalar(
        sa.select(Implant).where(
            Implant.product_id == product_id, Implant.serial == serial, Implant.state == "in_use"
        )
    )
