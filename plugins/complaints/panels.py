"""What this plugin adds to pages of others: offers, panels, work, figures, search results. Asked by the hooks."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, DayFact, Figure, Notice, Offer, OpenWork, Panel, WorkItem, _, n_
from plugins.base.contracts import CustomerFigure
from plugins.complaints import following, life, queries
from plugins.complaints.contracts import (
    ACTION,
    ACTION_STATE_WORDS,
    CALL,
    COMPLAINT,
    KIND_WORDS,
    STATE_WORDS,
    STEP_WORDS,
)
from plugins.complaints.models import Complaint


def page_url(complaint: Complaint, anchor: str = "") -> str:
    """The address of a complaint's page."""
    return url_for("complaints.complaint_page", record_id=complaint.id, _anchor=anchor or None)


def next_step(ctx: Ctx, complaint: Complaint) -> tuple[str, str]:
    """(words, anchor) of the one thing to do next, in the words of a button; empty when nothing is."""
    if complaint.state == "received":
        return (_("Classify"), "classify") if ctx.can(life.CLASSIFY) else ("", "")
    if complaint.state == "replied" and ctx.can(life.CLOSE):
        return _("Close the case"), "close"
    if complaint.is_open and complaint.duty and not complaint.met_at and complaint.duty_role in ctx.actor.roles:
        return _("Record the meeting"), "meeting"
    if not complaint.is_open or not ctx.can(life.HANDLE):
        return "", ""
    if complaint.state == "in_progress" and complaint.accepted_at is None and complaint.assignee_id is None:
        return _("Take it on"), "assign"
    if complaint.state == "replied":
        return _("Ask the customer"), "confirmation"
    return _("Answer"), "reply"


def offers(ctx: Ctx, contact) -> list[Offer]:
    """A contact can become a complaint."""
    if not ctx.can(life.OPEN):
        return []
    url = url_for("complaints.complaint_new", contact_id=getattr(contact, "id", None))
    primary = getattr(contact, "matter", "") == "complaint"
    return [Offer("complaints.open", _("Complaint"), "message-square-warning", url, primary, 40)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Open complaints given to this person, or waiting in his or her department, and the person's actions."""
    if ctx.actor.user_id is None:
        return []
    found = _complaints(ctx) if ctx.can(life.VIEW) else []
    found += _calls(ctx) if ctx.can(life.VIEW) and ctx.can(life.HANDLE) else []
    return found + (_actions(ctx, ctx.actor.user_id) if ctx.can(life.SEE_ACTIONS) else [])


def _actions(ctx: Ctx, user_id: int) -> list[WorkItem]:
    rows = following.open_actions_of(ctx, user_id)
    clocks = queries.running_clocks(ctx, ACTION, [r.id for r in rows])
    items = []
    for row in rows:
        clock = clocks.get(row.id)
        items.append(
            WorkItem(
                title=row.title,
                url=url_for("complaints.action_page", record_id=row.id),
                number=row.number,
                kind=_("Improvement action"),
                icon="wrench",
                due=clock.due_at if clock is not None else None,
                clock=clock,
                detail=_(ACTION_STATE_WORDS[row.state]),
                next_step=_("Check of effect") if row.state == "done" else _("Report it done"),
            )
        )
    return items


def _calls(ctx: Ctx) -> list[WorkItem]:
    """Customers who are to be called about a step, and have no mail address."""
    rows = queries.calls_due(ctx, queries.own_unit(ctx))
    clocks = queries.running_clocks(ctx, COMPLAINT, [c.id for _told, c in rows], CALL)
    due = {number: clock.due_at for number, clock in clocks.items()}
    return [
        WorkItem(
            title=_("{step}: {subject}", step=_(STEP_WORDS[told.step]), subject=complaint.subject),
            url=page_url(complaint, "progress"),
            number=complaint.number,
            kind=_("Call to a customer"),
            icon="phone-outgoing",
            due=due.get(complaint.id) or told.expected_at or told.created_at,
            clock=clocks.get(complaint.id),
            detail=(complaint.customer.name if complaint.customer else "") or complaint.person_name,
            next_step=_("Call the customer"),
        )
        for told, complaint in rows
    ]


def _complaints(ctx: Ctx) -> list[WorkItem]:
    rows = queries.waiting(ctx, queries.own_unit(ctx))
    clocks = queries.next_clocks(ctx, [r.id for r in rows])
    items = []
    for row in rows:
        clock = clocks.get(row.id)
        running = clock is not None and clock.state in ("running", "paused")
        step, anchor = next_step(ctx, row)
        items.append(
            WorkItem(
                title=row.subject,
                url=page_url(row, anchor),
                number=row.number,
                kind=_(KIND_WORDS[row.kind]),
                icon="message-square-warning",
                due=clock.due_at if clock is not None and running else None,
                clock=clock if running else None,
                detail=(row.customer.name if row.customer else "") or row.person_name,
                next_step=step or _("Open"),
            )
        )
    return items


def figures(ctx: Ctx) -> list[Figure]:
    """Linked counts for the page "My work"."""
    if not ctx.can(life.VIEW):
        return []
    counts = queries.counts(ctx, queries.own_unit(ctx))
    url = url_for("complaints.complaints_list")
    return [
        Figure(
            _("Overdue complaints"),
            counts.overdue,
            f"{url}?tab=overdue",
            "bad" if counts.overdue else "plain",
            icon="octagon-alert",
        ),
        Figure(
            _("Serious complaints"),
            counts.serious,
            f"{url}?tab=serious",
            "warn" if counts.serious else "plain",
            icon="triangle-alert",
        ),
        Figure(
            _("Open complaints"),
            counts.open,
            f"{url}?tab=open",
            hint=_("New this week: {n}", n=counts.week),
            icon="message-square-warning",
        ),
    ]


def notices(ctx: Ctx) -> list[Notice]:
    """Complaints that the rules send to a department which this company does not have."""
    if not ctx.can("complaints.rules.edit"):
        return []
    lacking = queries.lacking_departments(ctx)
    if not lacking:
        return []
    title = n_("{n} complaint found no department", "{n} complaints found no department", sum(lacking.values()))
    text = _("The routing table names what this company does not have: {names}.", names=_(", ").join(lacking))
    url = url_for("complaints.complaints_list", tab="open", routing="missing")
    return [Notice(title, text, url, _("Look at them"), "warn", "git-branch")]


def today(ctx: Ctx) -> list[DayFact]:
    """How many complaints came in today, where this person looks."""
    if not ctx.can(life.VIEW):
        return []
    url = url_for("complaints.complaints_list", tab="week")
    return [DayFact(_("Complaints taken in"), str(queries.taken_in_today(ctx)), url)]


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """What stands beside the menu item: how many are overdue, else how many are mine."""
    if not ctx.can(life.VIEW):
        return {}
    found = queries.counts(ctx, queries.own_unit(ctx))
    if found.overdue:
        return {"complaints.complaints_list": (found.overdue, True)}
    return {"complaints.complaints_list": (found.mine, False)} if found.mine else {}


def panels(ctx: Ctx, record) -> list[Panel]:
    """On the page of a customer or a unit: its newest complaints."""
    if not ctx.can(life.VIEW) or not getattr(record, "id", None):
        return []
    kind = next((k.kind for k in ctx.registry.kinds.values() if k.model is type(record)), "")
    if kind == "base.customer":
        rows = queries.of_customer(ctx, record.id)
    elif kind == "base.unit":
        rows = queries.of_device(ctx, record.id)
    else:
        return []
    if not rows:
        return []
    return [Panel(_("Complaints"), "complaints/_newest.html", {"rows": rows, "words": STATE_WORDS}, order=40)]


def customer_figures(ctx: Ctx, customer) -> list[CustomerFigure]:
    """How many of a customer's complaints are open."""
    if not ctx.can(life.VIEW):
        return []
    count = sum(c.is_open for c in queries.of_customer(ctx, customer.id, 100))
    return [CustomerFigure(_("Open complaints"), str(count))] if count else []


def held(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """What a person still holds."""
    counts = (
        (_("Open complaints"), queries.count_open(ctx, user_id)),
        (_("Open actions"), following.count_open_actions(ctx, user_id)),
    )
    return [OpenWork(words, count) for words, count in counts if count]


def held_by_unit(ctx: Ctx, unit_id: int) -> list[OpenWork]:
    """What a department still holds."""
    count = queries.count_open(ctx, unit_id=unit_id)
    return [OpenWork(_("Open complaints"), count)] if count else []


def effects(ctx: Ctx) -> list[str]:
    """What switching the module on or off changes right now."""
    count = queries.count_open(ctx)
    clocks = queries.clock_counts(ctx)
    found = [n_("{n} open complaint", "{n} open complaints", count)]
    if "complaints" in ctx.enabled:
        running = clocks.get("running", 0)
        found.append(n_("{n} running time limit will stand still", "{n} running time limits will stand still", running))
    else:
        paused = clocks.get("paused", 0)
        found.append(n_("{n} time limit will go on", "{n} time limits will go on", paused))
    return found if count else []
