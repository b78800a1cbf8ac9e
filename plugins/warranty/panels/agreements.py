"""What contracts and follow-ups add to pages of others: panels, work, figures. Asked by the hooks."""

from __future__ import annotations

import datetime as dt

from flask import url_for

from core.api import Ctx, Figure, OpenWork, Panel, WorkItem, _, n_
from plugins.base.contracts import CUSTOMER, UNIT, CustomerFigure
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import FOLLOW_UP_ACTION_ICONS, FOLLOW_UP_ACTION_WORDS
from plugins.warranty.queries import agreements, follow_ups


def kind_of(ctx: Ctx, record) -> str:
    """The kind of a row; empty for one that has none, or is not saved yet."""
    if not getattr(record, "id", None):
        return ""
    return next((k.kind for k in ctx.registry.kinds.values() if k.model is type(record)), "")


def panels(ctx: Ctx, record) -> list[Panel]:
    """On the page of a customer its contracts, on that of a unit what contracts say for it today."""
    if not ctx.can(life.SEE_CONTRACTS):
        return []
    kind = kind_of(ctx, record)
    if kind == CUSTOMER:
        rows = agreements.contracts_of_customer(ctx, record.id, 8)
        data = {"rows": rows, "customer": record, "may_edit": ctx.can(life.EDIT_CONTRACTS)}
        return [Panel(_("Service contracts"), "warranty/_contracts_of.html", data, order=30)]
    if kind != UNIT:
        return []
    facts = agreements.contract_facts(ctx, record.id, ctx.today)
    if not facts:
        return []
    return [Panel(_("Service contract"), "warranty/_contract_facts.html", {"facts": facts}, order=12)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Steps of the expiry ladder that wait for this person or for the person's roles."""
    if ctx.actor.user_id is None or not ctx.can(life.WORK_FOLLOW_UPS):
        return []
    return [
        WorkItem(
            title=row.about,
            url=url_for("warranty.follow_up_page", record_id=row.id),
            number=row.number,
            kind=_(FOLLOW_UP_ACTION_WORDS[row.action]),
            icon=FOLLOW_UP_ACTION_ICONS[row.action],
            due=dt.datetime.combine(row.due_on, dt.time(23, 59), ctx.tz),
            detail=_("Ends on {day}", day=row.expires_on.isoformat()),
            next_step=_("Record the visit") if row.action == "visit" else _("Open"),
        )
        for row in follow_ups.waiting(ctx)
    ]


def figures(ctx: Ctx) -> list[Figure]:
    """Linked counts for the page "My work"."""
    found = []
    if ctx.can(life.SEE_FOLLOW_UPS):
        counts = follow_ups.counts(ctx)
        late = counts["overdue"]
        hint = n_("{n} overdue", "{n} overdue", late) if late else ""
        url = url_for("warranty.follow_ups_list", tab="overdue" if late else "open")
        tone = "bad" if late else "plain"
        found.append(Figure(_("About to end"), counts["open"], url, tone, hint, "calendar-clock"))
    if ctx.can(life.TAKE_PAYMENTS):
        unpaid = agreements.overdue_instalments(ctx, ctx.today)
        if unpaid:
            url = url_for("warranty.contracts_list", tab="unpaid")
            found.append(Figure(_("Overdue instalments"), unpaid, url, "warn", icon="banknote"))
    return found


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """What stands beside the menu item: how many steps are overdue."""
    if not ctx.can(life.SEE_FOLLOW_UPS):
        return {}
    late = follow_ups.counts(ctx)["overdue"]
    return {"warranty.follow_ups_list": (late, True)} if late else {}


def customer_figures(ctx: Ctx, customer) -> list[CustomerFigure]:
    """How many contracts of a customer are in force."""
    if not ctx.can(life.SEE_CONTRACTS):
        return []
    rows = agreements.contracts_of_customer(ctx, customer.id, 100)
    count = sum(c.state == "in_force" for c in rows)
    return [CustomerFigure(_("Service contracts in force"), str(count))] if count else []


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person still holds."""
    counts = (
        (_("Open service contracts"), agreements.held_by(ctx, user_id)),
        (_("Open follow-ups"), follow_ups.held_by(ctx, user_id)),
    )
    return [OpenWork(words, count) for words, count in counts if count]
