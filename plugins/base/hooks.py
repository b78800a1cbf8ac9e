"""What this plugin answers when the core asks: search, work that waits, references, handing over."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, DayFact, Hit, OpenWork, WorkItem, _
from plugins.base import queries
from plugins.base.rules import phone_words

_EACH = 4
"""How many hits of each kind the search box shows; ten altogether."""


def search(ctx: Ctx, query: str) -> list[Hit]:
    """Customers, units, contacts and products that a word brings up, each only for those who may see it."""
    found: list[Hit] = []
    if ctx.can("base.customer.view"):
        for c in queries.briefs(ctx, queries.search_customers(ctx, query, _EACH)):
            numbers = ", ".join(phone_words(p, ctx.company.region) for p in c.phones[:2])
            detail = " ".join(x for x in (c.number, numbers, c.address) if x)
            found.append(
                Hit(c.name, url_for("base.customer_page", record_id=c.id), _("Customer"), detail, "user-round")
            )
    if ctx.can("base.unit.view"):
        for u in queries.search_units(ctx, query, _EACH):
            owner = u.customer.name if u.customer else ""
            title = f"{u.product.name} {u.serial or ''}".strip()
            found.append(Hit(title, url_for("base.unit_page", record_id=u.id), _("Unit"), owner, "package"))
    if ctx.can("base.contact.view"):
        for contact in queries.search_contacts(ctx, query, _EACH):
            said = contact.subject or contact.text[:80]
            url = url_for("base.contact_page", record_id=contact.id)
            found.append(
                Hit(
                    contact.number,
                    url,
                    _("Entry of the call register"),
                    f"{contact.caller_name} {said}",
                    "phone-incoming",
                )
            )
    if ctx.can("base.product.view"):
        for p in queries.search_products(ctx, query, _EACH):
            found.append(Hit(p.name, url_for("base.product_page", record_id=p.id), _("Product"), p.code, "boxes"))
    return found[:10]


def work_items(ctx: Ctx) -> list[WorkItem]:
    """Contacts taken in by this person of which nothing has become yet."""
    if ctx.actor.user_id is None or not ctx.can("base.contact.view"):
        return []
    return [
        WorkItem(
            c.subject or c.text[:80],
            url_for("base.contact_page", record_id=c.id),
            c.number,
            _("Call register"),
            "phone-incoming",
            detail=c.customer.name if c.customer else c.caller_name,
            next_step=_("Decide what becomes of it"),
        )
        for c in queries.open_contacts_of(ctx, ctx.actor.user_id)
    ]


def today(ctx: Ctx) -> list[DayFact]:
    """What this person has taken in today, and how much of it is settled."""
    if ctx.actor.user_id is None or not ctx.can("base.contact.view"):
        return []
    taken, settled = queries.contacts_today(ctx, ctx.actor.user_id)
    url = url_for("base_contacts.index_view")
    return [DayFact(_("Taken in by me"), str(taken), url), DayFact(_("Settled of these"), str(settled))]


def open_work_of(ctx: Ctx, user_id: int) -> list[OpenWork]:
    """The contacts that a person still holds."""
    held = queries.open_contacts_held(ctx, user_id)
    return [OpenWork(_("Entries of the call register that are still open"), held)] if held else []
