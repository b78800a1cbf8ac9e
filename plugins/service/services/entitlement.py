"""Who pays: asked of the module that decides on coverage, or chosen by a person with a reason; decided again when the
cause changes. Every decision is kept.
"""

from __future__ import annotations

from core.api import (
    N_,
    Conflict,
    Ctx,
    DomainError,
    Forbidden,
    Invalid,
    RecordRef,
    _,
    ask,
    both,
    emit,
    notify,
    transaction,
)
from plugins.service.contracts import (
    CAUSE_WORDS,
    CONSENT_WORDS,
    INQUIRY,
    INSPECTION,
    INSTALLATION,
    ORDER,
    PREVENTIVE,
    WORK_KIND_WORDS,
    CoverageQuestion,
)
from plugins.service.life import ENTITLE, WORK
from plugins.service.models import Entitlement, Order
from plugins.service.queries import orders as queries
from plugins.service.services.common import (
    chosen,
    links_of,
    put_steps,
    refresh_clocks,
    require_open,
    required,
    to_change,
)
from plugins.service.services.installation import renew

STANDS = "stands"
WORK_OF = {INSTALLATION: "installation", PREVENTIVE: "maintenance", INSPECTION: "maintenance"}
"""Kind of order → the kind of work that decisions on coverage know; all others are about a fault."""


def entitle(ctx: Ctx, order_id: int, *, version: int | None = None) -> Order:
    """Ask again who pays, by what is known now."""
    ctx.require(ENTITLE)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        if order.device_id is None:
            text = _("Without a unit nobody can decide by rules. Choose the kind of work.")
            raise Invalid("no_unit", text, "device_id")
        if not find_entitlement(ctx, order, _("Asked again")):
            raise Conflict("nobody_decides", order.coverage_words or _("Choose the kind of work by hand."))
        return order


def choose_work_kind(
    ctx: Ctx, order_id: int, work_kind: str, reason: str, *, version: int | None = None
) -> Order:
    """A person decides the kind of work (VCH-1), with the reason; what was decided before stays on record."""
    ctx.require(ENTITLE)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        if not work_kind:
            raise Invalid("work_kind_missing", _("Choose the kind of work."), "work_kind")
        chosen(work_kind, tuple(WORK_KIND_WORDS), "work_kind")
        if order.coverage_ref is not None and order.work_kind:
            text = _("A decision on coverage stands. Correct the cause, or have it decided again there.")
            raise Conflict("decision_stands", text)
        reason = required(reason, "reason", _("Give a reason."), 1000)
        put_entitlement(ctx, order, work_kind, by_hand=True, words=reason, reason=reason)
        return order


def find_cause(
    ctx: Ctx, order_id: int, cause: str, text: str = "", *, version: int | None = None
) -> Order:
    """Write down the cause that was found; one that differs from what was known decides anew who pays."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        put_cause(ctx, order, cause, text)
        return order


def put_cause(ctx: Ctx, order: Order, cause: str, text: str = "") -> None:
    """The cause found, inside the transaction of whoever calls; see ``find_cause``."""
    if not cause:
        raise Invalid("cause_missing", _("Choose the cause."), "cause")
    chosen(cause, tuple(CAUSE_WORDS), "cause")
    before, said = order.cause, order.cause_text
    order.cause_text = text.strip() or said
    if (cause, order.cause_text) == (before, said):
        return
    order.cause = cause
    emit(
        ctx, "service.cause_found", order, links=links_of(order), number=order.number,
        cause=both(CAUSE_WORDS[cause]), before=both(CAUSE_WORDS[before]),
    )  # fmt: skip
    if cause == before:
        return
    reason = _("The cause found: {cause}", cause=_(CAUSE_WORDS[cause]))
    if order.device_id is not None and not order.work_kind_by_hand:
        find_entitlement(ctx, order, reason)


def settle_steps(ctx: Ctx, order: Order) -> None:
    """What follows from another kind of work: steps and limits."""
    put_steps(ctx, order)
    refresh_clocks(ctx, order)


def find_entitlement(ctx: Ctx, order: Order, reason: str = "") -> bool:
    """Ask whoever decides on coverage, inside the transaction of whoever calls; whether something stands now.

    Where nobody decides, or the records contradict each other, the order says why and waits for a person.
    """
    if order.kind == INQUIRY:
        return False
    given = {"work": WORK_OF.get(order.kind, "fault"), **({"cause": order.cause} if order.cause else {})}
    former = order.coverage_ref
    question = CoverageQuestion(
        order.device_id or 0, order.subject, RecordRef(ORDER, order.id), given, former_id=former, reason=reason,
    )
    try:
        with ctx.session.begin_nested():
            answer = ask(ctx, "find_coverage", case=question)
    except Forbidden:
        answer = None
    except DomainError as error:
        order.coverage_words = error.message
        emit(ctx, "service.undecided", order, number=order.number, why=error.message)
        return False
    if answer is None:
        return False
    kind = answer.charge if answer.state == STANDS and answer.charge in WORK_KIND_WORDS else ""
    words = answer.words or (_("A person has to decide: {number}", number=answer.number) if not kind else "")
    ref = answer.ref
    put_entitlement(ctx, order, kind, words=words, reason=reason, coverage=(ref.kind, ref.id), named=answer.number)
    return bool(kind)


def follow_decision(ctx: Ctx, order_id: int, reason: str = "") -> None:
    """A decision on coverage was settled, approved, refused or taken again elsewhere: the open order that it is about
    follows it, unless a person chose. The same decision twice changes nothing.
    """
    with transaction(ctx):
        order = queries.find_order(ctx, order_id)
        if order is None or not order.is_open or order.work_kind_by_hand:
            return
        answer = ask(ctx, "coverage_about", ref=RecordRef(ORDER, order.id))
        if answer is None:
            return
        work_kind = answer.charge if answer.state == STANDS and answer.charge in WORK_KIND_WORDS else ""
        coverage = (answer.ref.kind, answer.ref.id)
        if (work_kind, order.coverage_kind, order.coverage_ref) == (order.work_kind, *coverage):
            return
        put_entitlement(
            ctx, order, work_kind, words=answer.words, reason=reason, coverage=coverage, named=answer.number
        )


def put_entitlement(
    ctx: Ctx,
    order: Order,
    work_kind: str,
    *,
    by_hand: bool = False,
    words: str = "",
    reason: str = "",
    coverage: tuple[str, int | None] = ("", None),
    named: str = "",
) -> None:
    """Keep a decision on the kind of work, and put it on the order; whoever works on it hears of a change."""
    before = order.work_kind
    order.work_kind, order.work_kind_by_hand, order.coverage_words = work_kind, by_hand, words
    order.coverage_kind, order.coverage_ref = coverage
    ctx.session.add(
        Entitlement(
            order_id=order.id, at=ctx.now, work_kind=work_kind, before=before, cause=order.cause, by_hand=by_hand,
            coverage_kind=coverage[0], coverage_ref=coverage[1], words=words, reason=reason, by_id=ctx.actor.user_id,
            by_name=ctx.actor.name,
        )
    )
    settle_steps(ctx, order)
    facts = {"number": order.number, "work_kind": both(WORK_KIND_WORDS[work_kind]), "decision": named}
    changed = bool(before) and before != work_kind
    if changed:
        was = both(WORK_KIND_WORDS[before])
        emit(ctx, "service.entitlement_changed", order, links=links_of(order), **facts, before=was, reason=reason)
        renew(ctx, order)
    else:
        emit(ctx, "service.entitled", order, links=links_of(order), **facts)
    if changed and work_kind == "paid" and order.assignee_id is not None:
        text = N_("{number}: the customer pays now. Tell the price, record the consent, then go on.")
        once = f"order {order.id} v{order.version} paid"
        notify(ctx, [order.assignee_id], text, record=order, once=once, number=order.number)


def record_consent(
    ctx: Ctx, order_id: int, how: str, who: str = "", note: str = "", *, version: int | None = None
) -> Order:
    """The customer agreed to pay (GS-11): who, when, how, and to what. Before that no paid work goes on."""
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        if order.work_kind != "paid":
            raise Conflict("nothing_to_pay", _("The customer has nothing to pay for {number}.", number=order.number))
        chosen(how, tuple(CONSENT_WORDS), "how")
        order.consent_at, order.consent_how = ctx.now, how
        order.consent_who = who.strip()[:120] or order.person_name
        text = _("Say to what the customer agreed: the amount, or the rates.")
        order.consent_note = required(note, "note", text, 1000)
        emit(
            ctx, "service.consented", order, links=links_of(order), number=order.number, who=order.consent_who,
            how=both(CONSENT_WORDS[how]),
        )  # fmt: skip
        return order


def withdraw_consent(ctx: Ctx, order_id: int, reason: str, *, version: int | None = None) -> Order:
    """The customer no longer agrees. Work that was not begun can't begin, begun work can't be finished as done; whoever
    was sent is told at once.
    """
    ctx.require(WORK)
    with transaction(ctx):
        order = to_change(ctx, order_id, version)
        require_open(order)
        reason = required(reason, "reason", _("Give a reason."), 1000)
        if order.consent_at is None:
            raise Conflict("no_consent", _("No consent to {number} is on record.", number=order.number))
        order.consent_at, order.consent_how, order.consent_who, order.consent_note = None, "", "", ""
        emit(ctx, "service.consent_withdrawn", order, links=links_of(order), number=order.number, reason=reason)
        if order.assignee_id is not None:
            text = N_("{number}: the customer withdrew the consent. Don't go on: {reason}")
            once = f"order {order.id} v{order.version} withdrawn"
            notify(
                ctx, [order.assignee_id], text, record=order, once=once, number=order.number, reason=reason[:200]
            )
        return order
