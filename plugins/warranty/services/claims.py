"""The verbs of claims to suppliers: opened, told at once, answered, recovered, closed (SB-5, INS-11, DEF-3.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Amount,
    Clock,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    advance,
    both,
    cancel_clock,
    check_version,
    clocks_on,
    emit,
    fill_in,
    get_setting,
    next_number,
    notify,
    queue_mail,
    start_clock,
    stop_clock,
    transaction,
    use_locale,
    written,
)
from plugins.base import queries as base_queries
from plugins.base.contracts import SUPPLIER, UNIT
from plugins.base.queries.suppliers import get_supplier
from plugins.warranty.agreed import (
    CLAIM,
    CLAIM_ANSWER,
    CLAIM_ANSWER_WORDS,
    CLAIM_OUTCOME_WORDS,
    CLAIM_TELL,
    AnswerData,
    ClaimData,
    RecoveryData,
    TellData,
)
from plugins.warranty.agreed_life import CLAIMS, WORK_CLAIMS
from plugins.warranty.models.claims import (
    CLAIM_ANSWERS,
    CLAIM_OUTCOMES,
    CLAIM_WISHES,
    NEVER,
    RECOVERY_WAYS,
    TELL_CHANNELS,
    ClaimRecovery,
    SupplierClaim,
)
from plugins.warranty.queries import agreements, suppliers
from plugins.warranty.queries import claims as queries

TEMPLATE = "warranty.claim_to_supplier"


def open_claim(ctx: Ctx, data: ClaimData) -> SupplierClaim:
    """Open a claim to the supplier who answers for a unit, a product or a part; the clock for telling it starts.

    Without ``supplier_id`` the narrowest term says who it is; Invalid where none does: then it is a product of our own.
    A claim whose supplier no longer answers may be opened all the same; it says so.
    """
    ctx.require(WORK_CLAIMS)
    with transaction(ctx):
        known = queries.claim_by_key(ctx, data.external_key)
        if known is not None:
            return known
        subject = data.subject.strip()[:200]
        if not subject:
            raise Invalid("subject_missing", _("Say in a few words what failed."), "subject")
        found_on = data.found_on or ctx.today
        if found_on > ctx.today:
            raise Invalid("in_the_future", _("The day lies in the future."), "found_on")
        if data.wish not in CLAIM_WISHES:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.wish), "wish")
        unit: Any = base_queries.get_unit(ctx, data.device_id) if data.device_id is not None else None
        product_id = unit.product_id if unit is not None else data.product_id
        facts = suppliers.supplier_of(
            ctx, unit_id=data.device_id, product_id=product_id, part_group=data.part_group, on=found_on
        )
        supplier_id = data.supplier_id or (facts.supplier_id if facts else None)
        if supplier_id is None:
            words = _("No supplier answers for it: it is a product of our own. Choose one if it is not.")
            raise Invalid("no_supplier", words, "supplier_id")
        supplier = get_supplier(ctx, supplier_id)
        own = facts if facts is not None and facts.supplier_id == supplier_id else None
        claimed = data.loss if data.claimed is None else data.claimed
        _check_amounts(data.loss, claimed)
        claim = SupplierClaim(
            number=next_number(ctx, CLAIM, get_setting(ctx, "warranty.claim.pattern")),
            supplier_id=supplier_id,
            term_id=own.term_id if own else None,
            within=own.within if own else "unknown",
            within_until=own.until if own else None,
            device_id=data.device_id,
            product_id=product_id,
            record_kind=data.source.kind if data.source else "",
            record_id=data.source.id if data.source else None,
            part=data.part.strip()[:120],
            part_group=data.part_group.strip()[:80],
            batch=data.batch.strip()[:80] or (unit.batch if unit is not None else ""),
            found_on=found_on,
            subject=subject,
            problem=data.problem.strip(),
            wish=data.wish,
            loss=data.loss,
            claimed=claimed,
            currency=ctx.company.currency,
            opened_at=ctx.now,
            unit_id=data.unit_id,
            assignee_id=data.assignee_id if data.assignee_id is not None else ctx.actor.user_id,
            external_key=data.external_key,
        )
        ctx.session.add(claim)
        ctx.session.flush()
        start_clock(ctx, claim, CLAIM_TELL, _facts(ctx, claim))
        _refresh(ctx, claim)
        emit(
            ctx,
            "warranty.claim_opened",
            claim,
            links=_links(claim),
            number=claim.number,
            supplier=supplier.name,
            subject=subject,
            due=claim.urgent_at,
        )
        _tell_owner(ctx, claim)
        return claim


def _check_amounts(loss: Decimal, claimed: Decimal) -> None:
    if loss < 0:
        raise Invalid("negative_loss", _("A loss can't be less than nothing."), "loss")
    if claimed < 0:
        raise Invalid("negative_claim", _("What is claimed can't be less than nothing."), "claimed")
    if claimed > loss:
        words = _("{claimed} is claimed, but the loss is {loss}. At most the loss can be claimed.",
                  claimed=f"{claimed:,.2f}", loss=f"{loss:,.2f}")  # fmt: skip
        raise Invalid("claim_over_loss", words, "claimed")


def _facts(ctx: Ctx, claim: SupplierClaim) -> dict[str, Any]:
    """What the table of time limits may ask for."""
    group = base_queries.get_product(ctx, claim.product_id).group if claim.product_id is not None else ""
    return {"wish": claim.wish, "within": claim.within, "product_group": group or None, "opened": ctx.today}


def _links(claim: SupplierClaim) -> list[RecordRef]:
    """The records on whose timelines a claim's events appear too: supplier, unit, what it arose from."""
    links = [RecordRef(SUPPLIER, claim.supplier_id)]
    if claim.device_id is not None:
        links.append(RecordRef(UNIT, claim.device_id))
    if claim.record_id is not None and claim.record_kind != UNIT:
        links.append(RecordRef(claim.record_kind, claim.record_id))
    return links


def _refresh(ctx: Ctx, claim: SupplierClaim) -> None:
    """Put the earliest running deadline on the claim, so that queues can be sorted by it."""
    claim.urgent_at = min((c.due_at for c in clocks_on(ctx, claim) if c.state == "running"), default=NEVER)


def _tell_owner(ctx: Ctx, claim: SupplierClaim) -> None:
    if claim.assignee_id is not None and claim.assignee_id != ctx.actor.user_id:
        text = N_("Claim {number} is yours: {subject}")
        once = f"claim {claim.id} {claim.assignee_id}"
        notify(ctx, [claim.assignee_id], text, record=claim, once=once, number=claim.number, subject=claim.subject[:80])


def change_amounts(
    ctx: Ctx, claim_id: int, loss: Decimal, claimed: Decimal, *, version: int | None = None
) -> SupplierClaim:
    """The loss is known better now: correct it, and what is claimed; not below what was recovered already."""
    ctx.require(WORK_CLAIMS)
    with transaction(ctx):
        claim = _to_change(ctx, claim_id, version)
        _require_open(claim)
        _check_amounts(loss, claimed)
        if claimed < claim.recovered:
            words = _("{recovered} was recovered already; what is claimed can't be less.",
                      recovered=f"{claim.recovered:,.2f}")  # fmt: skip
            raise Invalid("claim_under_recovered", words, "claimed")
        before = f"{claim.claimed:,.2f}"
        claim.loss, claim.claimed = loss, claimed
        after = f"{claimed:,.2f}"
        emit(ctx, "warranty.claim_amounts", claim, links=_links(claim), number=claim.number, before=before, after=after)
        return claim


def give_claim(ctx: Ctx, claim_id: int, user_id: int, *, version: int | None = None) -> SupplierClaim:
    """Give an open claim to somebody who works here."""
    ctx.require(WORK_CLAIMS)
    with transaction(ctx):
        claim = _to_change(ctx, claim_id, version)
        _require_open(claim)
        name = dict(agreements.people(ctx)).get(user_id)
        if name is None:
            raise Invalid("unknown_person", _("Choose somebody who works here."), "user_id")
        claim.assignee_id = user_id
        emit(ctx, "warranty.claim_given", claim, number=claim.number, name=name, user_id=user_id)
        _tell_owner(ctx, claim)
        return claim


def tell_supplier(ctx: Ctx, claim_id: int, data: TellData, *, version: int | None = None) -> SupplierClaim:
    """The supplier is told: by a mail that goes out now, or as it was done otherwise. Its time to answer begins."""
    with transaction(ctx):
        claim = _to_change(ctx, claim_id, version)
        if data.by not in TELL_CHANNELS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.by), "by")
        advance(ctx, CLAIMS, claim, "tell")
        if data.by == "mail":
            _mail(ctx, claim, data)
        _told(ctx, claim, data.by, data.to.strip()[:255])
        return claim


def _mail(ctx: Ctx, claim: SupplierClaim, data: TellData) -> None:
    if not data.to.strip():
        raise Invalid("no_address", _("Enter the address to which the mail goes."), "to")
    subject, body = data.subject, data.body
    if not body.strip():
        subject, body = letter(ctx, claim, data.locale or ctx.company.locale)
    cause = f"{CLAIM}:{claim.id}:{claim.version}"
    queue_mail(ctx, data.to, subject, body, cause=cause, record=claim, locale=data.locale or ctx.company.locale)


def _told(ctx: Ctx, claim: SupplierClaim, by: str, to: str) -> None:
    claim.told_at, claim.told_by, claim.told_to = ctx.now, by, to
    stop_clock(ctx, claim, CLAIM_TELL)
    start_clock(ctx, claim, CLAIM_ANSWER, _facts(ctx, claim))
    _refresh(ctx, claim)
    facts = {"number": claim.number, "supplier": claim.supplier.name, "due": claim.urgent_at}
    emit(ctx, "warranty.claim_told", claim, links=_links(claim), **facts)


def letter(ctx: Ctx, claim: SupplierClaim, locale: str) -> tuple[str, str]:
    """Subject and text of the mail to the supplier, by the company's template."""
    unit: Any = base_queries.get_unit(ctx, claim.device_id) if claim.device_id is not None else None
    product = base_queries.get_product(ctx, claim.product_id) if claim.product_id is not None else None
    facts: dict[str, Any] = {
        "number": claim.number,
        "supplier": claim.supplier.name,
        "contact": claim.supplier.contact_name or claim.supplier.name,
        "subject": claim.subject,
        "product": product.name if product is not None else "",
        "serial": (unit.serial or "") if unit is not None else "",
        "part": claim.part,
        "batch": claim.batch,
        "found": claim.found_on,
        "problem": claim.problem or claim.subject,
        "details": "",
        "claimed": Amount(claim.claimed, claim.currency),
        "company": ctx.company.name,
        "name": ctx.actor.name,
    }
    with use_locale(locale):
        lines = (
            (_("Product"), facts["product"]),
            (_("Serial number"), facts["serial"]),
            (_("Part"), claim.part),
            (_("Batch"), claim.batch),
            (_("Found on"), claim.found_on.isoformat()),
        )
        facts["details"] = "\n".join(_("{label}: {value}", label=name, value=value) for name, value in lines if value)
        facts["opening"] = _opening(claim)
        facts["asked"] = _asked(written(facts["claimed"], locale) if claim.claimed else "")
    return fill_in(ctx, TEMPLATE, facts, locale)


def _opening(claim: SupplierClaim) -> str:
    if claim.within == "yes":
        return _("Something that you supplied has failed within the time for which you answer.")
    return _("Something that you supplied has failed.")


def _asked(claimed: str) -> str:
    """What the supplier is asked for; where nothing is claimed the problem is fed back all the same (MD-1)."""
    if claimed:
        return _("We claim {claimed}. Please tell us how you will settle it.", claimed=claimed)
    return _("We claim nothing. Please tell us the cause and what you do so that it does not come again.")


def record_answer(ctx: Ctx, claim_id: int, data: AnswerData, *, version: int | None = None) -> SupplierClaim:
    """What the supplier answers; its clock stops."""
    with transaction(ctx):
        claim = _to_change(ctx, claim_id, version)
        if data.answer not in CLAIM_ANSWERS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.answer), "answer")
        if data.answer == "refused" and not data.text.strip():
            raise Invalid("text_missing", _("Write why the supplier refuses."), "text")
        accepted = _accepted(claim, data)
        advance(ctx, CLAIMS, claim, "answer")
        claim.answer, claim.answer_text, claim.answered_at = data.answer, data.text.strip(), ctx.now
        claim.accepted = accepted
        stop_clock(ctx, claim, CLAIM_ANSWER)
        _refresh(ctx, claim)
        emit(
            ctx,
            "warranty.claim_answered",
            claim,
            links=_links(claim),
            number=claim.number,
            answer=both(CLAIM_ANSWER_WORDS[data.answer]),
            accepted=f"{accepted:,.2f}",
        )
        return claim


def _accepted(claim: SupplierClaim, data: AnswerData) -> Decimal:
    if data.answer == "refused":
        return Decimal(0)
    accepted = claim.claimed if data.accepted is None else data.accepted
    if not 0 <= accepted <= claim.claimed:
        words = _("Between nothing and {claimed}, which is claimed, can be accepted.", claimed=f"{claim.claimed:,.2f}")
        raise Invalid("bad_accepted", words, "accepted")
    return accepted


def insist(ctx: Ctx, claim_id: int, reason: str, *, version: int | None = None) -> SupplierClaim:
    """The answer will not do: the supplier is told again, and a new time to answer begins."""
    with transaction(ctx):
        claim = _to_change(ctx, claim_id, version)
        advance(ctx, CLAIMS, claim, "insist", reason=reason)
        claim.answer, claim.accepted = "", Decimal(0)
        start_clock(ctx, claim, CLAIM_ANSWER, _facts(ctx, claim))
        _refresh(ctx, claim)
        emit(ctx, "warranty.claim_insisted", claim, links=_links(claim), number=claim.number, reason=reason.strip())
        return claim


def record_recovery(ctx: Ctx, claim_id: int, data: RecoveryData) -> ClaimRecovery:
    """Something came from the supplier: money, a credit note, goods or a repair, and what it is worth. Booked once.

    All of it together is at most what was claimed.
    """
    ctx.require(WORK_CLAIMS)
    with transaction(ctx):
        claim = queries.get_claim(ctx, claim_id)
        known = queries.recovery_by_cause(ctx, data.once) if data.once else None
        if known is not None:
            return known
        ctx.session.refresh(claim, with_for_update={"of": SupplierClaim})
        _require_open(claim)
        if data.way not in RECOVERY_WAYS:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=data.way), "way")
        if data.amount <= 0:
            raise Invalid("nothing_recovered", _("Enter what it is worth, more than nothing."), "amount")
        if data.received_on > ctx.today:
            raise Invalid("in_the_future", _("The day lies in the future."), "received_on")
        left = claim.claimed - claim.recovered
        if data.amount > left:
            words = _("{left} of what was claimed is still open; {amount} is more.",
                      left=f"{left:,.2f}", amount=f"{data.amount:,.2f}")  # fmt: skip
            raise Invalid("more_than_claimed", words, "amount")
        row = ClaimRecovery(
            claim_id=claim.id,
            received_on=data.received_on,
            amount=data.amount,
            way=data.way,
            reference=data.reference.strip()[:80],
            once=data.once or f"{CLAIM}:{claim.id}:{claim.version}",
            by_name=ctx.actor.name,
        )
        ctx.session.add(row)
        claim.recovered += data.amount
        ctx.session.flush()
        emit(
            ctx,
            "warranty.claim_recovered",
            claim,
            links=_links(claim),
            number=claim.number,
            amount=f"{data.amount:,.2f}",
            total=f"{claim.recovered:,.2f}",
        )
        return row


def close_claim(
    ctx: Ctx,
    claim_id: int,
    outcome: str,
    text: str = "",
    *,
    waive: Mapping[str, str] | None = None,
    version: int | None = None,
) -> SupplierClaim:
    """Close a claim with its outcome; one that is given up or refused says why."""
    with transaction(ctx):
        claim = _to_change(ctx, claim_id, version)
        if outcome not in CLAIM_OUTCOMES:
            raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=outcome), "outcome")
        if outcome in ("refused", "given_up") and not text.strip():
            raise Invalid("text_missing", _("Write why."), "text")
        if outcome == "partly" and not claim.recovered:
            raise Invalid("nothing_recovered", _("Nothing was recovered. Choose another outcome."), "outcome")
        claim.outcome, claim.outcome_text = outcome, text.strip()
        advance(ctx, CLAIMS, claim, "close", reason=text, waive=waive)
        _over(ctx, claim)
        words = both(CLAIM_OUTCOME_WORDS[outcome])
        emit(
            ctx,
            "warranty.claim_closed",
            claim,
            links=_links(claim),
            number=claim.number,
            outcome=words,
            recovered=f"{claim.recovered:,.2f}",
        )
        return claim


def withdraw_claim(ctx: Ctx, claim_id: int, reason: str, *, version: int | None = None) -> SupplierClaim:
    """There was nothing to claim after all."""
    with transaction(ctx):
        claim = _to_change(ctx, claim_id, version)
        if claim.recovered:
            words = _("Something was recovered for {number}: close it instead.", number=claim.number)
            raise Conflict("recovered_already", words)
        advance(ctx, CLAIMS, claim, "withdraw", reason=reason)
        claim.outcome_text = reason.strip()
        _over(ctx, claim)
        emit(ctx, "warranty.claim_withdrawn", claim, links=_links(claim), number=claim.number, reason=reason.strip())
        return claim


def _over(ctx: Ctx, claim: SupplierClaim) -> None:
    claim.is_open, claim.closed_at = False, ctx.now
    for kind in (CLAIM_TELL, CLAIM_ANSWER):
        cancel_clock(ctx, claim, kind)
    claim.urgent_at = NEVER


def _to_change(ctx: Ctx, claim_id: int, version: int | None) -> SupplierClaim:
    claim = queries.get_claim(ctx, claim_id)
    check_version(claim, version)
    return claim


def _require_open(claim: SupplierClaim) -> None:
    if not claim.is_open:
        raise Conflict("not_open", _("{number} is closed.", number=claim.number))


def hand_over_claims(ctx: Ctx, from_user_id: int, to_user_id: int) -> int:
    """Give all open claims of one person to another; answers how many. Works while the module is off, too."""
    with transaction(ctx):
        query = sa.select(SupplierClaim).where(
            SupplierClaim.is_open.is_(True), SupplierClaim.assignee_id == from_user_id
        )
        rows = list(ctx.session.scalars(query.order_by(SupplierClaim.id)))
        name = agreements.names_of(ctx, [to_user_id]).get(to_user_id, "")
        for claim in rows:
            claim.assignee_id = to_user_id
            emit(ctx, "warranty.claim_given", claim, number=claim.number, name=name, user_id=to_user_id)
        return len(rows)


def refresh_claims(ctx: Ctx) -> None:
    """Reckon the deadline of every open claim anew: the module was off, and its clocks moved."""
    with transaction(ctx):
        due = dict(
            ctx.session.execute(
                sa.select(Clock.record_id, sa.func.min(Clock.due_at))
                .where(Clock.record_kind == CLAIM, Clock.state == "running")
                .group_by(Clock.record_id)
            ).all()
        )
        changed = 0
        query = sa.select(SupplierClaim).where(SupplierClaim.is_open.is_(True)).order_by(SupplierClaim.id)
        for claim in ctx.session.scalars(query):
            moment: dt.datetime = due.get(claim.id, NEVER)
            if claim.urgent_at != moment:
                claim.urgent_at = moment
                changed += 1
        if changed:
            emit(ctx, "warranty.deadlines_refreshed", claims=changed)
