"""What is printed: a contract on one sheet, the report before something ends, the claim as a letter to the supplier."""

from __future__ import annotations

from typing import Any

from core.api import N_, Amount, Conflict, Ctx, DocumentKind, _
from plugins.base import queries as base_queries
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import (
    CLAIM,
    CONTRACT,
    CONTRACT_STATE_WORDS,
    FOLLOW_UP,
    FOLLOW_UP_SORT_WORDS,
    RENEWAL_WORDS,
    WISH_WORDS,
)
from plugins.warranty.models.agreements import FollowUp, ServiceContract
from plugins.warranty.models.claims import SupplierClaim
from plugins.warranty.queries import agreements
from plugins.warranty.services.claims import letter


def _contract_sheet(ctx: Ctx, contract: ServiceContract) -> dict[str, Any]:
    customer = base_queries.get_customer(ctx, contract.customer_id)
    return {
        "number": contract.number,
        "title": contract.title,
        "customer": customer.name,
        "address": customer.address,
        "contact": contract.contact_name,
        "state": _(CONTRACT_STATE_WORDS[contract.state]),
        "begins": contract.starts_on,
        "ends": contract.last_day,
        "covers": agreements.covers_words(contract.covers),
        "level": agreements.level_words(ctx, contract.level),
        "renewal": _(RENEWAL_WORDS[contract.renewal]),
        "price": Amount(contract.price, contract.currency),
        "items": [agreements.item_words(item) for item in agreements.items_of(ctx, contract.id)],
        "quotas": [agreements.quota_words(quota) for quota in agreements.quotas_of(ctx, contract.id)],
        "instalments": [
            {"number": part.number, "due": part.due_on, "amount": Amount(part.amount, contract.currency)}
            for part in agreements.instalments_of(ctx, contract.id)
        ],
        "note": contract.note,
    }


def _expiry_report(ctx: Ctx, row: FollowUp) -> dict[str, Any]:
    if not row.result:
        raise Conflict("no_report", _("The report is not written yet."))
    customer = base_queries.get_customer(ctx, row.customer_id) if row.customer_id else None
    return {
        "number": row.number,
        "what": _(FOLLOW_UP_SORT_WORDS[row.sort]),
        "about": row.about,
        "customer": customer.name if customer else "",
        "ends": row.expires_on,
        "written": row.done_at or row.made_at,
        "by": row.done_by,
        "report": row.result,
    }


def _claim_letter(ctx: Ctx, claim: SupplierClaim) -> dict[str, Any]:
    _subject, text = letter(ctx, claim, ctx.locale)
    product = base_queries.get_product(ctx, claim.product_id) if claim.product_id is not None else None
    unit: Any = base_queries.get_unit(ctx, claim.device_id) if claim.device_id is not None else None
    return {
        "number": claim.number,
        "supplier": claim.supplier.name,
        "address": claim.supplier.address,
        "subject": claim.subject,
        "product": product.name if product is not None else "",
        "serial": (unit.serial or "") if unit is not None else "",
        "part": claim.part,
        "batch": claim.batch,
        "found": claim.found_on,
        "wish": _(WISH_WORDS[claim.wish]),
        "loss": Amount(claim.loss, claim.currency),
        "claimed": Amount(claim.claimed, claim.currency),
        "text": text,
    }


KINDS = [
    DocumentKind(
        "warranty.contract_sheet",
        N_("Contract sheet"),
        CONTRACT,
        "warranty/documents/contract_sheet.html",
        _contract_sheet,
        life.EDIT_CONTRACTS,
        "warranty.contract_sheet.pattern",
        language=base_queries.language_for,
    ),
    DocumentKind(
        "warranty.expiry_report",
        N_("Expiry report"),
        FOLLOW_UP,
        "warranty/documents/expiry_report.html",
        _expiry_report,
        life.WORK_FOLLOW_UPS,
        "warranty.expiry_report.pattern",
    ),
]
SUPPLIER_KINDS = [
    DocumentKind(
        "warranty.claim_letter",
        N_("Claim letter"),
        CLAIM,
        "warranty/documents/claim_letter.html",
        _claim_letter,
        life.WORK_CLAIMS,
        "warranty.claim_letter.pattern",
    ),
]
