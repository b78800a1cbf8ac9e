"""How the columns of this plugin are called, in lists, forms and timelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.api import N_, ColumnWords, _
from core.web_api import TimelineItem
from plugins.base.contracts import (
    CAUSE_WORDS,
    CHANNEL_WORDS,
    CONTACT_STATE_WORDS,
    CUSTOMER_KIND_WORDS,
    DIRECTION_WORDS,
    LANGUAGE_WORDS,
    MATTER_WORDS,
    STANDING_WORDS,
    UNIT_STATUS_WORDS,
)

LABELS: dict[str, str] = {
    "number": N_("Number"),
    "name": N_("Name"),
    "kind": N_("Kind"),
    "klass": N_("Customer class"),
    "grade": N_("Grade"),
    "language": N_("Language"),
    "address": N_("Address"),
    "note": N_("Note"),
    "unit_id": N_("Organisation unit"),
    "assignee_id": N_("Person in charge"),
    "active": N_("Active"),
    "merged_into_id": N_("Merged into"),
    "created_at": N_("Added on"),
    "phones": N_("Phone"),
    "code": N_("Code"),
    "group": N_("Product group"),
    "model": N_("Specification and model"),
    "maker": N_("Maker"),
    "new_until": N_("Counts as new until"),
    "product": N_("Product"),
    "product_id": N_("Product"),
    "product.name": N_("Product"),
    "product.group": N_("Product group"),
    "customer": N_("Customer"),
    "customer_id": N_("Customer"),
    "customer.name": N_("Customer"),
    "customer.klass": N_("Customer class"),
    "device_id": N_("Unit"),
    "site_id": N_("Place"),
    "serial": N_("Serial number"),
    "batch": N_("Batch"),
    "production_date": N_("Produced on"),
    "sale_date": N_("Sold on"),
    "delivery_date": N_("Delivered on"),
    "installed_on": N_("Installed on"),
    "accepted_on": N_("Accepted on"),
    "status": N_("Status"),
    "quantity": N_("Quantity"),
    "expiry": N_("Expiry"),
    "destination": N_("Destination"),
    "channel": N_("Channel"),
    "invoice": N_("Invoice"),
    "direction": N_("Direction"),
    "received_at": N_("Received"),
    "phone": N_("Phone"),
    "phone_raw": N_("Phone as typed"),
    "caller_name": N_("Caller"),
    "purchase_date": N_("Date of purchase"),
    "matter": N_("About"),
    "subject": N_("Subject"),
    "text": N_("What the customer says"),
    "cause": N_("Likely cause"),
    "appearance": N_("Appearance"),
    "state": N_("State"),
    "outcome": N_("What it became"),
    "settled_at": N_("Settled"),
    "contact_name": N_("Contact person"),
    "lead_days": N_("Lead time (days)"),
    "standing": N_("Supplier standing"),
    "evaluate_on": N_("Due for evaluation on"),
}

VALUES: dict[str, dict[str, str]] = {
    "kind": CUSTOMER_KIND_WORDS,
    "status": UNIT_STATUS_WORDS,
    "channel": CHANNEL_WORDS,
    "direction": DIRECTION_WORDS,
    "matter": MATTER_WORDS,
    "cause": CAUSE_WORDS,
    "language": LANGUAGE_WORDS,
    "state": CONTACT_STATE_WORDS,
    "outcome": {"record": N_("only recorded")},
    "standing": STANDING_WORDS,
}
"""What is kept in a column → how it is called."""

_OF_PARTS = {
    "title": N_("Position"),
    "email": N_("E-mail"),
    "outcome_ref": N_("What it became"),
    "external_key": N_("Key at the source"),
    "raw": N_("Phone as typed"),
    "extension": N_("Extension"),
    "label": N_("Note"),
    "is_primary": N_("Main number"),
    "province": N_("Province"),
    "city": N_("City"),
    "district": N_("District"),
    "latitude": N_("Latitude"),
    "longitude": N_("Longitude"),
    "zone": N_("Zone"),
}
"""Columns of phone numbers, contact persons and places, which have no list of their own."""

WORDS = ColumnWords(
    {**LABELS, **_OF_PARTS},
    {
        **{name: words for name, words in VALUES.items() if name not in ("kind", "state", "outcome")},
        "base_customer.kind": CUSTOMER_KIND_WORDS,
        "base_contact.state": CONTACT_STATE_WORDS,
        "base_contact.outcome": VALUES["outcome"],
    },
)
"""For the audit trail."""

_INNER = frozenset(name for name in LABELS if name.endswith("_id"))


def in_words(items: Sequence[TimelineItem]) -> list[TimelineItem]:
    """A timeline with the changed values in words, without what only the program needs (keys, ids)."""
    shown = {_(text) for name, text in LABELS.items() if name not in _INNER}
    values = {_(LABELS[name]): words for name, words in VALUES.items()}

    def word(label: str, value: str) -> str:
        known = values.get(label, {})
        return _(known[value]) if value in known else value

    return [
        replace(item, changes=[(n, word(n, old), word(n, new)) for n, old, new in item.changes if n in shown])
        for item in items
    ]
