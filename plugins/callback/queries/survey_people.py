"""What cards need to know about many at once: how customers are reached, what is asked about already, counts by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, RecordRef
from plugins.base.queries import language_noted
from plugins.callback.models.calls import Preference
from plugins.callback.models.surveys import Campaign, CampaignDay, Invitation, Response

_CHUNK = 500


def no_calls(ctx: Ctx, customer_ids: Iterable[int]) -> set[int]:
    """Those of the customers who wish not to be called."""
    query = sa.select(Preference.customer_id).where(
        Preference.no_call.is_(True), Preference.customer_id.in_(sorted(set(customer_ids)) or [0])
    )
    return set(ctx.session.scalars(query))


def language_of(ctx: Ctx, customer_id: int | None, *, email: str = "", name: str = "") -> str:
    """What somebody at a customer is asked in: as noted, else as last answered by a link, else the company's."""
    query = sa.select(Response.language).join(Invitation, Response.invitation_id == Invitation.id)
    query = query.where(Invitation.customer_id == customer_id, Response.channel == "link")
    answered = sa.select(query.order_by(Response.id.desc()).limit(1).scalar_subquery().label("answered"))
    found = ctx.session.scalar(answered) if customer_id is not None else None
    return language_noted(ctx, customer_id, email=email, name=name) or found or ctx.company.locale


def known_once(ctx: Ctx, campaign_id: int, keys: Sequence[str]) -> dict[str, str]:
    """Those of the keys about which a campaign has a card, or a reason for none → the state of the card."""
    found: dict[str, str] = {}
    for n in range(0, len(keys), _CHUNK):
        query = sa.select(Invitation.once, Invitation.state).where(
            Invitation.campaign_id == campaign_id, Invitation.once.in_(keys[n : n + _CHUNK])
        )
        found.update((row.once, row.state) for row in ctx.session.execute(query))
    return found


def days_between(ctx: Ctx, campaign_id: int, days: Sequence[dt.date]) -> list[CampaignDay]:
    """What is written down about days already."""
    query = sa.select(CampaignDay).where(
        CampaignDay.campaign_id == campaign_id, CampaignDay.day >= days[0], CampaignDay.day <= days[-1]
    )
    return list(ctx.session.scalars(query))


def asked_yearly(ctx: Ctx, customer_ids: Sequence[int]) -> dict[int, dt.date]:
    """Customer → the day on which he or she got a card of a yearly survey last."""
    query = sa.select(Invitation.customer_id, sa.func.max(Invitation.day)).join(
        Campaign, sa.and_(Campaign.id == Invitation.campaign_id, Campaign.yearly.is_(True))
    )
    query = query.where(Invitation.customer_id.in_(list(customer_ids)), Invitation.state != "left_out")
    found = ctx.session.execute(query.group_by(Invitation.customer_id))
    return {row[0]: row[1] for row in found if row[0] is not None}


def had_yearly(ctx: Ctx, year: int) -> bool:
    """Whether there is a yearly campaign that began in a year."""
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    query = sa.select(Campaign.id).where(Campaign.yearly.is_(True), Campaign.begins_on.between(first, last))
    return ctx.session.scalars(query.limit(1)).first() is not None


def names_of_records(ctx: Ctx, refs: Iterable[RecordRef]) -> dict[RecordRef, str]:
    """Record → what people call it, one statement per kind; those that are gone or of no known kind are left out."""
    by_kind: dict[str, set[int]] = {}
    for ref in refs:
        by_kind.setdefault(ref.kind, set()).add(ref.id)
    found: dict[RecordRef, str] = {}
    for name, ids in sorted(by_kind.items()):
        kind = ctx.registry.kinds.get(name)
        if kind is not None:
            model: Any = kind.model
            for row in ctx.session.scalars(sa.select(model).where(model.id.in_(sorted(ids)))):
                found[RecordRef(name, row.id)] = kind.number(row)
    return found
