"""Taking a complaint in, judging how serious it is, and sending it to the department that answers for it."""

from __future__ import annotations

from dataclasses import dataclass

from core.api import (
    N_,
    SYSTEM,
    Ctx,
    Invalid,
    OrgUnit,
    RecordRef,
    StoredDecision,
    _,
    advance,
    emit,
    get_setting,
    next_number,
    plan_clocks,
    redecide_clock,
    rule,
    tell_started,
    transaction,
    unit_by_code,
)
from plugins.base import queries as base_queries
from plugins.base import services as base_services
from plugins.base.contracts import ComplaintTold
from plugins.complaints import queries, rules
from plugins.complaints.contracts import (
    ANSWER,
    CHANNEL_WORDS,
    CLOCKS,
    COMPLAINT,
    RELAY,
    SOLUTION,
    Classification,
    ComplaintData,
)
from plugins.complaints.life import CLASSIFY, OPEN, WORKFLOW
from plugins.complaints.models import KINDS, Complaint
from plugins.complaints.services.common import (
    checked_email,
    links_of,
    note_hands,
    refresh_urgency,
    required,
    tell_role,
    to_change,
)
from plugins.complaints.services.judging import count_repeats, judge, note_repeats, settle_duty, tell_severity


def open_complaint(ctx: Ctx, data: ComplaintData) -> Complaint:
    """Take a complaint or suggestion in: number, severity, time limits, and the department, when its category is known.

    The same ``external_key`` twice answers the first one, unchanged. Without a category it waits to be classified.
    """
    ctx.require(OPEN)
    subject = required(data.subject, "subject", _("Say in a few words what it is about."), 200)
    _choice(data.kind, KINDS, "kind")
    _choice(data.channel, tuple(CHANNEL_WORDS), "channel")
    _known_choice(ctx, "complaints.routing", "category", data.category)
    _known_choice(ctx, "complaints.severity", "severity", data.severity)
    with transaction(ctx):
        known = queries.by_external_key(ctx, data.external_key)
        if known is not None:
            return known
        complaint = _new(ctx, data, subject)
        count_repeats(ctx, complaint)
        # All that the tables say is known before the row is written, so that it is written once.
        role = judge(ctx, complaint, data.severity)
        facts = rules.limit_facts(complaint, complaint.received_at.astimezone(ctx.tz).date())
        clocks = plan_clocks(ctx, complaint, CLOCKS, facts, at=complaint.received_at)
        refresh_urgency(ctx, complaint, clocks)
        way = _way(ctx, complaint) if complaint.category else None
        ctx.session.add(complaint)
        ctx.session.flush()
        emit(
            ctx,
            "complaints.opened",
            complaint,
            links=links_of(complaint),
            number=complaint.number,
            subject=subject,
            channel=complaint.channel,
            person=complaint.person_name,
        )
        note_repeats(ctx, complaint, before=0)
        tell_started(ctx, complaint, clocks)
        if way is not None:
            _tell_way(ctx, complaint, way)
        else:
            emit(ctx, "complaints.awaits_classification", complaint, number=complaint.number)
        tell_severity(ctx, complaint, role)
        settle_duty(ctx, complaint, at=complaint.received_at)
        if complaint.contact_id is not None and ctx.can("base.contact.record"):
            base_services.settle_contact(ctx, complaint.contact_id, COMPLAINT, complaint.id)
        return complaint


def open_compensation(
    ctx: Ctx, about: RecordRef, number: str, problem: str, *, device_id: int | None, case_id: int
) -> Complaint:
    """Open a case for damage of our own that ``about`` (``number``) says is compensated; the same case once.

    Its category is the company's (setting); one that the company does not have leaves it to be classified.
    """
    key = f"{about.kind}:{case_id}"
    with transaction(ctx):
        known = queries.by_external_key(ctx, key)
        if known is not None:
            return known
        category = str(get_setting(ctx, "complaints.compensation_category"))
        offered = {choice.value for choice in queries.choices(ctx, "complaints.routing", "category")}
        data = ComplaintData(
            _("Compensation: {problem}", problem=problem or number)[:200],
            _("Decision {number}: the damage was done by a repair of ours.", number=number),
            channel="other",
            device_id=device_id,
            category=category if category in offered else "",
            source=number,
            external_key=key,
        )
        complaint = open_complaint(ctx, data)
        emit(ctx, "complaints.compensation_opened", complaint, links=[about], number=complaint.number, by=number)
        return complaint


def open_told(ctx: Ctx, told: ComplaintTold) -> RecordRef:
    """Take in what another module has heard from a customer; whoever told it needs no right for complaints."""
    data = ComplaintData(
        told.subject.strip()[:200],
        told.text.strip(),
        channel="questionnaire" if told.written else "phone",
        customer_id=told.customer_id,
        device_id=told.device_id,
        product_id=None if told.device_id else told.product_id,
        person_name=told.person_name[:120],
        person_phone=told.person_phone[:60],
        source=told.about_number[:60],
        external_key=told.key,
    )
    complaint = open_complaint(ctx.as_actor(SYSTEM), data)
    if told.about is not None:
        emit(ctx, "complaints.heard", complaint, links=[told.about], number=complaint.number, about=told.about_number)
    return RecordRef(COMPLAINT, complaint.id)


def classify(ctx: Ctx, complaint_id: int, given: Classification, *, version: int | None = None) -> Complaint:
    """Say what kind of complaint it is; severity is judged and the department chosen anew, limits follow them."""
    ctx.require(CLASSIFY)
    with transaction(ctx):
        complaint = to_change(ctx, complaint_id, version)
        _choice(given.kind, KINDS, "kind")
        required(given.category, "category", _("Choose a category."))
        _known_choice(ctx, "complaints.routing", "category", given.category)
        _known_choice(ctx, "complaints.severity", "severity", given.severity)
        advance(ctx, WORKFLOW, complaint, "classify")
        for name in ("kind", "category", "nature", "region", "injury", "in_batch", "unusable"):
            value = getattr(given, name)
            setattr(complaint, name, value.strip() if isinstance(value, str) else value)
        count_repeats(ctx, complaint)
        role = judge(ctx, complaint, given.severity)
        emit(
            ctx,
            "complaints.classified",
            complaint,
            number=complaint.number,
            category=queries.choice_label(ctx, "complaints.routing", "category", complaint.category),
            severity=queries.choice_label(ctx, "complaints.severity", "severity", complaint.severity),
        )
        facts = rules.limit_facts(complaint, complaint.received_at.astimezone(ctx.tz).date())
        for kind in (RELAY, ANSWER, SOLUTION):
            redecide_clock(ctx, complaint, kind, facts)
        refresh_urgency(ctx, complaint)
        _route(ctx, complaint)
        tell_severity(ctx, complaint, role)
        settle_duty(ctx, complaint)
        return complaint


def _new(ctx: Ctx, data: ComplaintData, subject: str) -> Complaint:
    """The row, completed from the unit and the entry of the call register that it names."""
    contact = base_queries.get_contact(ctx, data.contact_id) if data.contact_id else None
    device_id = data.device_id or (contact.device_id if contact else None)
    device = base_queries.get_unit(ctx, device_id) if device_id else None
    customer_id = (
        data.customer_id or (contact.customer_id if contact else None) or (device.customer_id if device else None)
    )
    customer = base_queries.get_customer(ctx, customer_id) if customer_id else None
    product_id = data.product_id or (device.product_id if device else None)
    product = base_queries.get_product(ctx, product_id) if product_id else None
    received = data.received_at or (contact.received_at if contact else None) or ctx.now
    if received > ctx.now:
        raise Invalid("received_later", _("It can't have come in later than now."), "received_at")
    name = data.person_name.strip() or (contact.caller_name if contact else "") or (customer.name if customer else "")
    phone = data.person_phone.strip() or (contact.phone_raw if contact else "")
    again = queries.get_complaint(ctx, data.again_of_id) if data.again_of_id else None
    return Complaint(
        number=next_number(ctx, COMPLAINT, get_setting(ctx, "complaints.pattern")),
        kind=data.kind,
        channel=data.channel,
        received_at=received,
        customer_id=customer.id if customer else None,
        device_id=device.id if device else None,
        product_id=product.id if product else None,
        contact_id=contact.id if contact else None,
        person_name=name[:120],
        person_phone=phone[:60],
        person_email=checked_email(data.person_email),
        phone_reversed=rules.reversed_digits(phone),
        subject=subject,
        severity="minor",  # until it is judged, a line further on
        text=data.text.strip(),
        category=data.category,
        nature=data.nature.strip()[:120],
        region=data.region.strip()[:80],
        injury=data.injury,
        in_batch=data.in_batch,
        unusable=data.unusable,
        again_of_id=again.id if again else None,
        source=data.source.strip()[:60],
        external_key=data.external_key or None,
        tags=list(data.tags),
    )


@dataclass(frozen=True)
class Way:
    """Where the routing table sends a complaint: the department it named (None: lacking), the one that gets it, what
    it was called, whom to tell, who had it before, and the decision that was kept.
    """

    unit: OrgUnit | None
    given: OrgUnit | None
    code: str
    tell: str | None
    before: tuple[int | None, int | None]
    decision: StoredDecision | None


def _route(ctx: Ctx, complaint: Complaint) -> None:
    """Send it where the routing table says; where that department is lacking, to the headquarters, and say so."""
    with ctx.session.no_autoflush:  # the complaint is written once, when all is known
        way = _way(ctx, complaint)
    ctx.session.flush()
    _tell_way(ctx, complaint, way)


def _way(ctx: Ctx, complaint: Complaint) -> Way:
    """Put on the complaint where the routing table sends it."""
    product = base_queries.get_product(ctx, complaint.product_id) if complaint.product_id else None
    ruling = rule(
        ctx, "complaints.routing", rules.routing_facts(complaint, product.group if product else ""), record=complaint
    )
    before = (complaint.unit_id, complaint.assignee_id)
    out = dict(ruling.outputs or {})
    code = str(out.get("department") or "")
    named = unit_by_code(ctx, code, required=False) if code else None
    unit = named if named is not None and named.active else None
    given = unit or queries.headquarters(ctx)
    complaint.state = "in_progress"
    complaint.assignee_id = queries.member_by_email(ctx, str(out.get("person") or ""))
    complaint.accepted_at = None
    complaint.unit_id = given.id if given else None
    complaint.routing = "routed" if unit else ("missing" if code else "referred")
    complaint.routing_note = str(out.get("note") or "")[:200] if unit else code
    return Way(unit, given, code, out.get("tell_role"), before, ruling.stored)


def _tell_way(ctx: Ctx, complaint: Complaint, way: Way) -> None:
    """Write down whose hands it came into, and tell those who must hear of it."""
    note_hands(ctx, complaint, "routed", way.before, decision_id=way.decision.id if way.decision else None)
    _emit_routed(ctx, complaint, way.unit, way.given, way.code)
    tell_role(ctx, complaint, way.tell, N_("Complaint {number} came in: {subject}"))


def _emit_routed(ctx: Ctx, complaint: Complaint, unit: OrgUnit | None, fallback: OrgUnit | None, code: str) -> None:
    links = links_of(complaint)
    if unit is not None:
        emit(ctx, "complaints.routed", complaint, links=links, number=complaint.number, department=unit.name)
        return
    name = fallback.name if fallback else ""
    event = "complaints.department_missing" if code else "complaints.referred"
    emit(ctx, event, complaint, links=links, number=complaint.number, missing=code, department=name)


def _choice(value: str, allowed: tuple[str, ...], field: str) -> None:
    if value not in allowed:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=value), field)


def _known_choice(ctx: Ctx, table: str, column: str, value: str) -> None:
    """Invalid unless the column of the company's table offers ``value``, or leaves it free."""
    if not value:
        return
    choices = queries.choices(ctx, table, column)
    if choices and value not in {c.value for c in choices}:
        raise Invalid("bad_choice", _("“{value}” is not one of the choices.", value=value), column)
