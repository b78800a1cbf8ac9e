"""What contracts, follow-ups and claims hold about a person, and removing it."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, PersonalData, RecordRef, _
from plugins.base.queries import ids_of_person
from plugins.warranty.agreed import CLAIM, CONTRACT, FOLLOW_UP
from plugins.warranty.models.agreements import ContractUse, ServiceContract
from plugins.warranty.models.claims import SupplierClaim
from plugins.warranty.queries.follow_ups import of_customers


def personal_data(ctx: Ctx, ref: RecordRef) -> list[PersonalData]:
    """The contracts of a customer with what was done about their ends, and claims that arose from the customer's units.
    """
    ids = _persons(ctx, ref)
    contracts, steps, claims = _contracts(ctx, ids), of_customers(ctx, ids) if ids else [], _claims(ctx, ids)
    if not contracts and not steps and not claims:
        return []
    moments = [c.created_at for c in contracts] + [f.made_at for f in steps] + [c.opened_at for c in claims]
    return [
        PersonalData(
            _("Service contracts and supplier claims"),
            len(contracts) + len(steps) + len(claims),
            _("Title, contact person, address for mail, notes, reasons, reports of visits, what happened"),
            _("The number, days, what is covered, prices and payments: accounts need them; the supplier and amounts"),
            (
                *(RecordRef(CONTRACT, c.id) for c in contracts),
                *(RecordRef(FOLLOW_UP, f.id) for f in steps),
                *(RecordRef(CLAIM, c.id) for c in claims),
            ),
            max(moments),
        )
    ]


def erase(ctx: Ctx, ref: RecordRef) -> None:
    """Remove all of it. A contract, a step and a claim are called by their numbers from now on."""
    ids = _persons(ctx, ref)
    if not ids:
        return
    contracts = _contracts(ctx, ids)
    for contract in contracts:
        contract.title = contract.number
        contract.contact_name = contract.contact_email = contract.note = contract.close_reason = ""
        contract.external_key = None
    numbers = [c.id for c in contracts]
    uses = sa.select(ContractUse).where(ContractUse.contract_id.in_(numbers)).order_by(ContractUse.id)
    for use in ctx.session.scalars(uses):
        use.note = ""
    for step in of_customers(ctx, ids):
        step.about = step.number
        step.task = step.result = step.reason = step.sent_to = ""
    for claim in _claims(ctx, ids):
        claim.subject = claim.number
        claim.problem = claim.answer_text = claim.outcome_text = ""
        claim.external_key = None


def _persons(ctx: Ctx, ref: RecordRef) -> list[int]:
    return ids_of_person(ctx, ref.id) if ref.kind == "base.customer" else []


def _contracts(ctx: Ctx, ids: list[int]) -> list[ServiceContract]:
    if not ids:
        return []
    query = sa.select(ServiceContract).where(ServiceContract.customer_id.in_(ids)).order_by(ServiceContract.id)
    return list(ctx.session.scalars(query.with_for_update()))


def _claims(ctx: Ctx, ids: list[int]) -> list[SupplierClaim]:
    if not ids:
        return []
    units = ctx.registry.kinds["base.unit"].model
    own = sa.select(units.id).where(units.customer_id.in_(ids))  # type: ignore[attr-defined]
    query = sa.select(SupplierClaim).where(SupplierClaim.device_id.in_(own)).order_by(SupplierClaim.id)
    return list(ctx.session.scalars(query.with_for_update()))
