"""The life of a visit: from arriving to leaving, and what leaving waits for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, Gate, State, Transition, Workflow, _
from plugins.service.contracts import FAULTS, KIND_WORDS, VISITED, WORK_KIND_WORDS
from plugins.service.life import WITHOUT_A_VISIT, WORK
from plugins.service.models import Order, Rating, Signature, Visit
from plugins.service.queries.orders import product_group, served_by_agent
from plugins.service.visit_contracts import AGAIN, VISIT, VISIT_STATE_WORDS


def signed(ctx: Ctx, order: Order) -> bool:
    """Whether the customer has signed on one of the order's visits, or it was said why not."""
    query = sa.select(Signature.id).where(Signature.order_id == order.id, Signature.standing.is_(True)).limit(1)
    return ctx.session.scalar(query) is not None


def rated(ctx: Ctx, order: Order) -> bool:
    """Whether the customer has rated one of the order's visits, or said that he or she does not want to."""
    return ctx.session.scalar(sa.select(Rating.id).where(Rating.order_id == order.id).limit(1)) is not None


def wants(order: Order, step: str) -> bool:
    """Whether a step of a visit applies: the table asks for it, and somebody has to have been there."""
    return step in order.steps and order.kind in VISITED and order.outcome not in WITHOUT_A_VISIT


def _told(ctx: Ctx, visit: Visit) -> list[Gate]:
    """FLW-5 and DEF-7.2: compared with the report, asked for further faults. Not asked when somebody comes again."""
    if visit.outcome in (AGAIN, "refused") or visit.order.kind not in FAULTS:
        return []
    compared, asked = bool(visit.differs), bool(visit.further)
    return [
        Gate(
            "service.compared", _("Compared with the report") if compared else _("Say whether it is as reported"),
            not compared, "#differs", _("Fill in"),
        ),
        Gate(
            "service.further",
            _("The customer was asked for further faults") if asked else _("Ask the customer for further faults"),
            not asked, "#further", _("Fill in"),
        ),
    ]  # fmt: skip


def _contacts(ctx: Ctx, visit: Visit) -> list[Gate]:
    """DEF-7.3: contacts are exchanged with the customer, or it is said why not, where the company's table asks."""
    if visit.outcome in (AGAIN, "refused") or not wants(visit.order, "contacts"):
        return []
    words = {
        "": _("Exchange contacts with the customer"),
        "exchanged": _("Contacts exchanged: {who}", who=visit.contact_who),
        "none": _("No contacts exchanged: {why}", why=visit.contacts_why),
    }
    return [Gate("service.contacts", words[visit.contacts], not visit.contacts, "#contacts", _("Fill in"))]


def _done(ctx: Ctx, visit: Visit) -> list[Gate]:
    """What was done is written down, unless nothing was."""
    if visit.outcome in (AGAIN, "refused"):
        return []
    written = bool(visit.done_text.strip())
    text = _("What was done is written down") if written else _("Write down what was done")
    return [Gate("service.done_text", text, not written, "#done_text", _("Fill in"))]


def _signed(ctx: Ctx, visit: Visit) -> list[Gate]:
    """VCH-4, FLW-7: the customer's signature or the reason for none, where the company's table asks for it."""
    if visit.outcome == AGAIN or not wants(visit.order, "signature"):
        return []
    given = signed(ctx, visit.order)
    text = _("The customer has signed") if given else _("The customer's signature is missing")
    return [Gate("service.signature", text, not given, "#sign", _("To sign"))]


def _facts(ctx: Ctx, visit: Visit, transition: str) -> dict[str, Any]:
    order = visit.order
    return {
        "kind": order.kind,
        "work_kind": order.work_kind or None,
        "product_group": product_group(order) or None,
        "by_agent": served_by_agent(order),
        "title": order.subject,
    }


WORKFLOW = Workflow(
    VISIT,
    (
        State("on_site", VISIT_STATE_WORDS["on_site"], "map-pin"),
        State("ended", VISIT_STATE_WORDS["ended"], "circle-check", final=True),
    ),
    (Transition("end", N_("End the visit"), ("on_site",), "ended", WORK, gates=(_told, _contacts, _done, _signed)),),
    fact_columns=(
        {"name": "kind", "label": N_("Kind"), "type": "choice", "choices": KIND_WORDS},
        {
            "name": "work_kind",
            "label": N_("Kind of work"),
            "type": "choice",
            "choices": {k: w for k, w in WORK_KIND_WORDS.items() if k},
            "optional": True,
        },
        {"name": "product_group", "label": N_("Product group"), "type": "str", "optional": True},
        {"name": "by_agent", "label": N_("An agent serves it"), "type": "bool"},
    ),
    facts=_facts,
)


def gates_of_order(ctx: Ctx, order: Order, transition: str) -> list[Gate]:
    """What closing an order waits for: signature and rating, where the company's table asks for them."""
    if transition != "close":
        return []
    found = []
    if wants(order, "signature"):
        given = signed(ctx, order)
        text = _("The customer has signed") if given else _("The customer's signature is missing")
        found.append(Gate("service.signature", text, not given, "#visits", _("To sign")))
    if wants(order, "rating"):
        given = rated(ctx, order)
        text = _("The customer was asked for a rating") if given else _("The customer's rating is missing")
        found.append(Gate("service.rating", text, not given, "#visits", _("Rate")))
    return found
