"""A unit's warranty on pages of others: badges wherever units stand, a panel on the unit's own page, notices."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import url_for

from core.api import Ctx, Notice, Panel, _, get_setting, n_
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT, UnitBadge
from plugins.warranty import life, words
from plugins.warranty.contracts import WHOLE, Badge
from plugins.warranty.queries import periods as queries

ICONS = {"running": "shield-check", "last_day": "shield-alert", "over": "shield-off", "unknown": "shield-question-mark"}


def tone_of(badge: Badge, soon: int) -> str:
    """Green inside, amber when it ends soon or its start is unknown, plain outside."""
    if badge.state in ("running", "last_day"):
        return "warn" if badge.days_left is not None and badge.days_left <= soon else "ok"
    return "warn" if badge.state == "unknown" else "line"


def badges_of_units(ctx: Ctx, device_ids: list[int]) -> dict[int, list[UnitBadge]]:
    """Badge, the further periods that end later in small, and whether the product is a new one: three statements."""
    if not ctx.can(life.SEE_CARD):
        return {}
    soon = int(get_setting(ctx, "warranty.soon_days"))
    rows = queries.rows_of(ctx, device_ids)
    units = base_queries.units_by_id(ctx, device_ids)
    found: dict[int, list[UnitBadge]] = {}
    for device_id, unit in units.items():
        shown = found.setdefault(device_id, [])
        main = next((r for r in rows.get(device_id, ()) if r.is_main), None)
        if main is not None:
            badge = queries.badge_of_row(main, ctx.today)
            url = url_for("warranty.card_page", record_id=device_id)
            shown.append(UnitBadge(words.badge(badge), tone_of(badge, soon), ICONS.get(badge.state, "shield"), url=url))
        if queries.is_new_product(ctx, unit.product):
            shown.append(UnitBadge(_("New product"), "info", "sparkles"))
        later = [r for r in rows.get(device_id, ()) if not r.is_main and not r.repair_id and _later(r, main, ctx.today)]
        if later:
            latest = max(later, key=lambda r: r.ends_on)
            text = _("{cover} until {day}", cover=words.cover(latest), day=latest.last_day)
            shown.append(UnitBadge(text, boxed=False))
    return found


def _later(row: Any, main: Any, today: dt.date) -> bool:
    known = row.last_day is not None and not row.unknown and row.ends_on >= today and row.cover != WHOLE
    return known and (main is None or row.ends_on > main.ends_on)


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """The periods of a unit on its page, worked out now."""
    unit_class: Any = ctx.registry.kinds[UNIT].model
    if not isinstance(record, unit_class) or not ctx.can(life.SEE_CARD):
        return []
    found = queries.periods_of(ctx, record.id)
    product = base_queries.get_product(ctx, record.product_id)
    data = {
        "periods": [p for p in found if not p.repair_id or p.covers_now],
        "words": words,
        "device_id": record.id,
        "is_new": queries.is_new_product(ctx, product),
        "new_until": product.new_until,
    }
    return [Panel(_("Warranty"), "warranty/_panel.html", data, order=10)]


def notices(ctx: Ctx) -> list[Notice]:
    """Units whose start is doubtful or unknown can't be decided on; those who may record proofs are told."""
    if not ctx.can(life.EDIT_DATES):
        return []
    n = queries.count_unknown(ctx)
    if not n:
        return []
    return [
        Notice(
            n_("{n} unit whose warranty can't be told", "{n} units whose warranty can't be told", n),
            _("The day from which it counts is unknown, or proofs contradict each other."),
            url_for("warranty.units_list", tab="unknown"),
            _("Look at them"),
        )
    ]
