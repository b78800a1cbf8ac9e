"""What installations add to pages: progress on the order's and the visit's, conditions, the next step."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, url_for

from core.api import Ctx, Gate, Panel, _, label
from plugins.service import life
from plugins.service.contracts import INSTALLATION, NextStep, Steps
from plugins.service.install_contracts import STEP_ICONS, STEP_STATE_WORDS, STEP_TONES, Progress
from plugins.service.models import Installation, Order, Visit
from plugins.service.queries import installation as queries

NOT_INSTALLED = ("solved_by_phone", "answered", "refused", "not_solved")
"""Outcomes of an order by which nothing was installed."""


def page_url(found: Installation, anchor: str = "") -> str:
    """The address of an installation's page; empty where the worker asks."""
    if not has_request_context():
        return ""
    return url_for("service.installation_page", record_id=found.id, _anchor=anchor or None)


def gates(ctx: Ctx, record, transition: str) -> list[Gate]:
    """No step open and no paper left when the work is done; each step and the whole accepted when the order closes."""
    if not isinstance(record, Order) or record.kind != INSTALLATION or transition not in ("finish", "close"):
        return []
    if record.outcome in NOT_INSTALLED:
        return []
    found = queries.installation_of(ctx, record.id)
    far = queries.progress_of(ctx, record.id)
    if found is None or far is None:
        return []
    return _before_done(found, far) if transition == "finish" else _before_closing(found, far)


def _before_done(found: Installation, far: Progress) -> list[Gate]:
    left, papers = far.steps - far.done, far.papers - far.handed
    said = _("All steps are done") if not left else _("Steps done: {done} of {n}", done=far.done, n=far.steps)
    handed = _("All papers are handed over")
    if papers:
        handed = _("Papers handed over: {done} of {n}", done=far.handed, n=far.papers)
    return [
        Gate("service.install_steps", said, bool(left), page_url(found, "steps"), _("To the steps")),
        Gate("service.install_papers", handed, bool(papers), page_url(found, "papers"), _("Hand it over")),
    ]


def _before_closing(found: Installation, far: Progress) -> list[Gate]:
    left = far.steps - far.accepted
    said = _("Every step is accepted")
    if left:
        said = _("Steps accepted by the customer: {done} of {n}", done=far.accepted, n=far.steps)
    whole = _("The whole is accepted") if far.final else _("The final acceptance is missing")
    return [
        Gate("service.install_accepted", said, bool(left), page_url(found, "steps"), _("Have it accepted")),
        Gate("service.install_final", whole, not far.final, page_url(found, "final"), _("Have it accepted")),
    ]


def next_steps(ctx: Ctx, orders: Iterable[Order]) -> Steps:
    """While somebody works there: the steps; then the customer's acceptance."""
    if not ctx.can(life.WORK):
        return []
    on = [
        o.id for o in orders
        if o.kind == INSTALLATION and o.state in ("working", "done", "confirmed") and o.outcome not in NOT_INSTALLED
    ]  # fmt: skip
    found: Steps = []
    for row, far in queries.installations_of(ctx, on):
        if far.done < far.steps or far.handed < far.papers:
            found.append((row.order_id, NextStep(_("Steps of the installation"), page_url(row, "steps"), 14)))
        elif not far.final:
            found.append((row.order_id, NextStep(_("Have it accepted"), page_url(row, "final"), 14)))
    return found


def panels(ctx: Ctx, record) -> list[Panel]:
    """The steps of an installation on the page of its order, and of a visit on it."""
    order = record.order if isinstance(record, Visit) else record
    if not isinstance(order, Order) or order.kind != INSTALLATION or not ctx.can(life.VIEW):
        return []
    found = queries.installation_of(ctx, order.id)
    if found is None:
        if not order.is_open or not ctx.can(life.WORK) or not queries.lines_for(ctx, order):
            return []
        asked = {"begin_url": url_for("service.installation_begin", record_id=order.id)}
        return [Panel(_("Installation and commissioning"), "service/_installation.html", asked, "main", 12)]
    steps = [
        (label(s.text), _(STEP_STATE_WORDS[s.state]), STEP_ICONS[s.state], STEP_TONES[s.state])
        for s in queries.steps_of(ctx, order.id)
    ]
    data = {"i": found, "far": queries.progress_of(ctx, order.id), "steps": steps, "url": page_url(found)}
    return [Panel(_("Installation and commissioning"), "service/_installation.html", data, "main", 12)]
