"""The page of one order: next step, steps, clocks, what is missing, who pays and why, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import render_template, request, url_for

from core.api import N_, Ctx, Event, Gate, StoredDecision, _, clocks_on, decisions_on, gates, label, possible, timeline
from core.web_api import (
    DecisionView,
    Step,
    TimelineItem,
    clock_views,
    current_ctx,
    decision_view_of,
    has_endpoint,
    moment,
    needs,
    own_ids,
    panels_of,
    plain_form,
    record_id,
    sent,
    timeline_items,
)
from plugins.base import queries as base_queries
from plugins.service import life
from plugins.service.contracts import FAULTS, INQUIRY, VISITED, WORK_KIND_WORDS, WORKSHOP
from plugins.service.forms import orders as forms
from plugins.service.labels import Words
from plugins.service.models import OPEN_STATES, Order
from plugins.service.panels.dispatch import plan_url
from plugins.service.panels.orders import next_of
from plugins.service.queries import dispatch
from plugins.service.queries import orders as queries
from plugins.service.queries import visits as visit_queries
from plugins.service.services.dispatching import A_VISIT, reason_words
from plugins.service.staffing import FIT
from plugins.service.views.blueprint import blueprint
from plugins.service.views.planning import make_assign, span_of

HISTORY = 30
NEWEST = 5
"""So many happenings stand open; those before them are unfolded."""
PROPOSED = 3
"""So many people are proposed on the order's page; its page of dispatch ranks everybody."""
LABELS = {
    "state": N_("State"),
    "unit_id": N_("Serving unit"),
    "assignee_id": N_("Technician"),
    "work_kind": N_("Kind of work"),
    "urgency": N_("Urgency"),
    "cause": N_("Cause"),
    "outcome": N_("Outcome"),
    "zone": N_("Zone"),
    "distance_km": N_("Distance, km"),
    "address": N_("Address"),
    "subject": N_("Subject"),
    "serial_told": N_("Serial number as told"),
}
"""The columns whose changes the timeline shows."""


@blueprint.get("/<int:record_id>")
@needs(life.VIEW)
def order_page(record_id: int):
    """Everything about one order."""
    ctx = current_ctx()
    return page_of(ctx, queries.get_order(ctx, record_id))


def page_of(
    ctx: Ctx,
    order: Order,
    *,
    failed: Any = None,
    action: str = "",
    extra: list[str] | None = None,
    status: int = 200,
):
    """The page; ``failed`` is the form of ``action`` with what was typed, ``extra`` what is wrong beside its fields."""
    before = record_id(request.args.get("before"))
    events = timeline(ctx, order, before_id=before, limit=HISTORY + 1)
    names = _names(ctx, order, events)
    words = Words(ctx)
    step = next_of(ctx, [order]).get(order.id)
    step_url = step.url if step else ""
    decisions, limits = _decisions(ctx, order)
    can = {t.name for t in possible(ctx, life.WORKFLOW, order)}
    entitlements = queries.entitlements_of(ctx, order.id)
    panels = panels_of(ctx, order)
    missing = _gates(ctx, order)
    forms_ = _forms(ctx, order, failed, action)
    shown = {
        "order": order,
        "words": words,
        "steps": _steps(ctx, order),
        "clocks": clock_views(ctx, order),
        "decisions": decisions,
        "limits": limits,
        "history": _history(ctx, events[:HISTORY], words, names),
        "newest": NEWEST,
        "earlier": events[HISTORY - 1].id if len(events) > HISTORY else None,
        "gates": missing,
        "guidance": queries.guidance_of(ctx, order.id),
        "entitlements": entitlements,
        "became_paid": _became_paid(entitlements),
        "names": names,
        "can": can,
        "may": {
            "work": order.is_open and ctx.can(life.WORK),
            "entitle": order.is_open and ctx.can(life.ENTITLE),
            "change": order.is_open and ctx.can(life.OPEN),
            "recall": "recall" in can and order.kind != INQUIRY,
            "wait": order.is_open and not order.waiting and ctx.can(life.WORK),
            "silence": order.state == "done" and ctx.can(life.WORK) and "days" in order.steps.get("silence", {}),
        },
        "fault": order.kind in FAULTS,
        "inquiry": order.kind == INQUIRY,
        "visited_kinds": VISITED,
        "there": visit_queries.on_site(ctx, order.id) if order.state == "working" else None,
        "proposals": _proposals(ctx, order, missing, forms_["assign"]),
        "send_missing": sum(g.open and g.key != FIT for g in missing) if _waits_for_somebody(ctx, order) else 0,
        "plan_url": plan_url(order),
        "next_step": step.label if step else "",
        "next_url": step_url,
        "next_here": step_url.partition("#")[0] == url_for("service.order_page", record_id=order.id),
        "forms": forms_,
        "failed": action,
        "extra": extra or [],
        "panels": panels,
        "sections": _sections(order, panels),
        "documents_shown": _shows_documents(panels),
        "phones": "".join(c for c in order.person_phone if c in "+0123456789"),
        "links": {k: has_endpoint(k) for k in ("base.customer_page", "base.unit_page", "base.contact_page")},
        "coverage_url": _record_url(ctx, order.coverage_kind, order.coverage_ref),
        "about_url": _record_url(ctx, order.about_kind, order.about_ref),
        "unit_badges": base_queries.unit_badges(ctx, [order.device_id] if order.device_id else ()).get(
            order.device_id or 0, []
        ),
        "open_states": OPEN_STATES,
    }
    return render_template("service/order.html", **shown), status


def _became_paid(entitlements: list[Any]) -> bool:
    """Whether the newest decision made paid what an earlier one had as free, or under a contract."""
    return bool(entitlements) and entitlements[0].work_kind == "paid" and entitlements[0].before in ("free", "contract")


def _record_url(ctx: Ctx, kind: str, ref_id: int | None) -> str:
    """The page of a record of any module; empty where it is off, or the person may not see it."""
    known = ctx.registry.kinds.get(kind)
    if known is None or ref_id is None or not known.endpoint or not has_endpoint(known.endpoint):
        return ""
    return url_for(known.endpoint, record_id=ref_id) if not known.view or ctx.can(known.view) else ""


def _steps(ctx: Ctx, o: Order) -> list[Step]:
    """The stages of its life: done, current, still ahead. Kinds without a visit have fewer."""
    labels = {"received": _("Taken in"), "accepted": _("Accept")}
    done: dict[str, tuple[bool, Any]] = {
        "received": (True, o.received_at),
        "accepted": (o.state != "requested", o.accepted_at),
    }
    if o.kind != INQUIRY:
        labels["decided"] = _("Entitlement")
        done["decided"] = (bool(o.work_kind), None)
        labels["dispatched"] = _("Dispatch")
        past = any(at is not None for at in (o.dispatched_at, o.started_at, o.done_at))
        waits = o.state in ("requested", "accepted")  # somebody who was there needs to be sent again
        done["dispatched"] = (past and not waits, None if waits else o.dispatched_at)
    if o.kind in VISITED or o.kind == WORKSHOP:
        labels["started"] = _("On site") if o.kind in VISITED else _("On the bench")
        begun = o.started_at is not None and o.state not in ("requested", "accepted", "dispatched")
        done["started"] = (begun or o.done_at is not None, o.started_at if begun else None)
    labels["done"] = _("Answered") if o.kind == INQUIRY else _("Done")
    done["done"] = (o.done_at is not None, o.done_at)
    if "confirmation" in o.steps:
        labels["confirmed"] = _("Customer confirmed")
        done["confirmed"] = (o.confirmed_at is not None or o.silent_closed, o.confirmed_at)
    labels |= {"closed": _("Close the order"), "archived": _("Archive")}
    done["closed"] = (o.state in ("closed", "archived"), o.closed_at)
    done["archived"] = (o.state == "archived", o.archived_at)
    if o.state == "cancelled":
        return [Step(labels["received"], "done"), Step(_("Cancelled"), "done")]
    notes = {"decided": _(WORK_KIND_WORDS[o.work_kind])} if o.work_kind else {}
    current = next((k for k, (is_done, _at) in done.items() if not is_done), "")
    return [
        Step(
            labels[key],
            "done" if is_done else "cur" if key == current else "",
            moment(at, ctx.now, ctx.tz, today=True) if at else notes.get(key, ""),
        )
        for key, (is_done, at) in done.items()
    ]


def _decisions(ctx: Ctx, order: Order) -> tuple[list[DecisionView], list[DecisionView]]:
    """(decisions on steps, those on time limits), newest first; twelve at most."""
    stored = sorted(decisions_on(ctx, order), key=lambda d: -d.id)[:12]
    steps = [decision_view_of(ctx, d) for d in stored if d.table_name == "service.steps"][:1]
    limits = {c.kind: c.limit.words() for c in clocks_on(ctx, order)}
    decided = [d for d in stored if d.table_name == "service.limits"]
    return steps, [decision_view_of(ctx, d, verdict=_limit_words(ctx, d, limits)) for d in decided]


def _limit_words(ctx: Ctx, stored: StoredDecision, limits: dict[str, str]) -> str:
    """Which time limit was decided, and how long it is now."""
    name = f"service.{stored.facts.get('clock', '')}"
    kind = ctx.registry.clock_kinds.get(name)
    if kind is None:
        return ""
    return _("{clock}: {limit}", clock=_(kind.label), limit=limits[name]) if name in limits else _(kind.label)


def _waits_for_somebody(ctx: Ctx, order: Order) -> bool:
    """Whether this person may send somebody to it now."""
    waits = order.state in dispatch.TO_DISPATCH and order.kind != INQUIRY and not order.waiting
    return waits and ctx.can(life.DISPATCH)


def _proposals(
    ctx: Ctx, order: Order, missing: Sequence[Gate], form: Any
) -> list[tuple[Any, list[tuple[str, int]]]] | None:
    """(whom to send first, what speaks for and against it): a few people; None when nobody is to be sent from here."""
    if not _waits_for_somebody(ctx, order) or any(g.open and g.key != FIT for g in missing):
        return None
    starts, ends = span_of(ctx, form)
    begin = max(starts or ctx.now, ctx.now)
    found = dispatch.candidates(ctx, order, begin, max(ends or begin + A_VISIT, begin))
    able = [c for c in found if c.may_go][:PROPOSED]
    return [(c, [(label(reason_words(c, r.code)), r.points) for r in c.reasons]) for c in able]


def _sections(order: Order, panels: Sequence[Any]) -> list[tuple[str, str]]:
    """(anchor, words) of the parts of the page, to jump to."""
    main = [p.title for p in panels if p.where == "main"]
    found = [("tl", _("History")), *((f"part-{n}", title) for n, title in enumerate(main, 1))]
    found.append(("customer", _("Customer")))
    if order.device_id or order.product_id or order.serial_told:
        found.append(("unit", _("Unit")))
    found.append(("entitlement", _("Who pays")))
    return [*found, ("documents", _("Documents"))] if _shows_documents(panels) else found


def _shows_documents(panels: Sequence[Any]) -> bool:
    """Whether the page has a part to print from: not, where nothing was issued and nothing may be any more."""
    return any('id="documents"' in (p.body or "") for p in panels)


AHEAD = {
    "requested": "dispatch", "accepted": "dispatch", "dispatched": "start", "working": "finish", "done": "close",
    "confirmed": "close", "closed": "archive",
}
"""State → the way on whose conditions the page lists."""


def _gates(ctx: Ctx, order: Order) -> list:
    """What the way on waits for; what closing waits for, too, once the work is begun."""
    name = AHEAD.get(order.state, "")
    if not name:
        return []
    if order.kind == INQUIRY and name in ("dispatch", "start"):
        name = "finish"
    return [_resolved(ctx, order, gate) for gate in gates(ctx, life.WORKFLOW.transition(name), order)]


def _resolved(ctx: Ctx, order: Order, gate: Gate) -> Gate:
    """A condition whose button leads to where it is met, also where that is a page of its own."""
    planned = {"service.triage": "assessment", "service.appointment": "appointment", FIT: ""}
    if gate.key in planned:
        shown_here = gate.key == FIT and order.state in dispatch.TO_DISPATCH
        return gate if shown_here else replace(gate, url=plan_url(order, planned[gate.key]))
    if gate.open and gate.key in ("service.signature", "service.rating"):
        last = visit_queries.last_visit(ctx, order.id)
        if last is not None:
            there = "service.visit_sign" if last.state == "on_site" else "service.visit_page"
            return replace(gate, url=url_for(there, record_id=last.id, _anchor="signature-p"))
    return gate


def _names(ctx: Ctx, order: Order, events: list[Event]) -> dict[str, dict[int, str]]:
    """Names of the people and organisation units that the page speaks of."""
    people = {order.assignee_id}
    for event in events:
        for change in event.changes or []:
            people.update(v for v in change.get("fields", {}).get("assignee_id", ()) if isinstance(v, int))
    return {"people": queries.names_of(ctx, people), "units": queries.unit_names(ctx)}


QUIET = ("core.clock_started", "core.clock_met", "core.clock_paused", "core.clock_resumed")
"""What the strip of time limits shows already: left out of the history, so that what people did is found in it."""


def _history(
    ctx: Ctx, events: Sequence[Event], words: Words, names: dict[str, dict[int, str]]
) -> list[TimelineItem]:
    """Events in words, with the changes that mean something to staff; what a quiet one changed, its cause tells."""
    items: list[TimelineItem] = []
    quiet: list[tuple[str, str, str]] = []
    for event, plain in zip(events, timeline_items(ctx, events), strict=True):
        changes = _changes(event, words, names)
        if event.name in QUIET:  # told just before what set it off
            if items and items[-1].at == plain.at:
                items[-1] = replace(items[-1], changes=[*items[-1].changes, *changes])
            else:
                quiet += changes
            continue
        told = [*changes, *quiet]
        items.append(TimelineItem(plain.who, plain.text, plain.at, plain.icon, COLOURS.get(event.name, ""), told))
        quiet = []
    return items


def _changes(
    event: Event, words: Words, names: dict[str, dict[int, str]]
) -> list[tuple[str, str, str]]:
    return [
        (_(LABELS[name]), _value(words, names, name, old), _value(words, names, name, new))
        for change in event.changes or []
        if change.get("table") == Order.__tablename__ and change.get("verb") == "changed"
        for name, (old, new) in change.get("fields", {}).items()
        if name in LABELS
    ]


def _value(words: Words, names: dict[str, dict[int, str]], name: str, value: Any) -> str:
    if value in (None, ""):
        return ""
    if name == "assignee_id":
        return names["people"].get(value, str(value))
    if name == "unit_id":
        return names["units"].get(value, str(value))
    by_name = {
        "state": words.state, "work_kind": words.work_kind, "urgency": words.urgency, "cause": words.cause,
        "outcome": words.outcome, "zone": words.zone,
    }
    return by_name[name](value) if name in by_name else str(value)


COLOURS = {
    "service.guided": "out",
    "service.silence_told": "out",
    "service.consented": "ok",
    "service.confirmed": "ok",
    "service.done": "ok",
    "service.closed": "ok",
    "core.clock_met": "ok",
    "core.clock_breached": "bad",
    "service.objected": "bad",
    "service.consent_withdrawn": "bad",
    "service.entitlement_changed": "bad",
}
"""Event → how the timeline colours it."""


# --- forms ------------------------------------------------------------------------------------------------------------


def _forms(ctx: Ctx, order: Order, failed: Any, action: str) -> dict[str, Any]:
    """Every form that the page may show, filled with what is known; the failed one with what was typed."""
    made = {name: make(ctx, order) for name, make in {**MAKERS, "assign": _make_assign}.items() if name != action}
    if action:
        made[action] = failed
    return {name: own_ids(name, form) for name, form in made.items()}


def _make_assign(ctx: Ctx, o: Order) -> Any:
    return make_assign(ctx, o, None)


def make_change(ctx: Ctx, o: Order) -> forms.FactsForm:
    form = forms.FactsForm(
        formdata=_sent(ctx, o, "change"), version=o.version, subject=o.subject, text=o.text, urgency=o.urgency,
        device_id=str(o.device_id or ""), serial_told=o.serial_told, site_id=str(o.site_id or ""), address=o.address,
        region=o.region, zone=o.zone, distance_km=o.distance_km if o.distance_source == "entered" else None,
        unit_id=str(o.unit_id or ""), person_name=o.person_name, person_phone=o.person_phone,
    )  # fmt: skip
    forms.offer_places(ctx, form, o.customer_id, o.device_id)
    return form


def make_result(ctx: Ctx, o: Order) -> forms.ResultForm:
    return forms.ResultForm(
        formdata=_sent(ctx, o, "result"), version=o.version, outcome=o.outcome, cause=o.cause, cause_text=o.cause_text,
        text=o.result,
    )  # fmt: skip


def make_cause(ctx: Ctx, o: Order) -> forms.CauseForm:
    return forms.CauseForm(
        formdata=_sent(ctx, o, "cause"), version=o.version, cause=o.cause, cause_text=o.cause_text
    )


def make_work_kind(ctx: Ctx, o: Order) -> forms.WorkKindForm:
    return forms.WorkKindForm(formdata=_sent(ctx, o, "work_kind"), version=o.version, work_kind=o.work_kind or None)


def make_consent(ctx: Ctx, o: Order) -> forms.ConsentForm:
    return forms.ConsentForm(formdata=_sent(ctx, o, "consent"), version=o.version, who=o.person_name)


def _sent(ctx: Ctx, order: Order, action: str) -> Any:
    """What this request sends to that form, or what was typed there before an approval was asked for."""
    return sent(ctx, order, action, action)


MAKERS = {
    "accept": plain_form("accept", forms.VersionForm, "accept"),
    "recall": plain_form("recall", forms.ReasonForm, "recall"),
    "start": plain_form("start", forms.StartForm, "start"),
    "come_again": plain_form("come_again", forms.ReasonForm, "come_again"),
    "result": make_result,
    "cause": make_cause,
    "guidance": plain_form("guidance", forms.GuidanceForm, "guidance"),
    "answer": plain_form("answer", forms.AnswerForm, "answer"),
    "entitle": plain_form("entitle", forms.VersionForm, "entitle"),
    "work_kind": make_work_kind,
    "consent": make_consent,
    "withdraw_consent": plain_form("withdraw_consent", forms.ReasonForm, "withdraw_consent"),
    "wait": plain_form("wait", forms.WaitForm, "wait"),
    "resume": plain_form("resume", forms.VersionForm, "resume"),
    "confirm": plain_form("confirm", forms.VersionForm, "confirm"),
    "object": plain_form("object", forms.ReasonForm, "object"),
    "silence": plain_form("silence", forms.VersionForm, "silence"),
    "close": plain_form("close", forms.VersionForm, "close"),
    "reopen": plain_form("reopen", forms.ReasonForm, "reopen"),
    "archive": plain_form("archive", forms.VersionForm, "archive"),
    "cancel": plain_form("cancel", forms.ReasonForm, "cancel"),
    "change": make_change,
    "note": plain_form("note", forms.NoteForm, "note"),
}
