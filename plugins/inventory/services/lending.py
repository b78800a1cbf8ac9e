"""Lending: reserved for a record, handed out, given more time, taken back, made ready again; lost (GS-15).

Each act locks the loaner first. So of two people who promise or hand out the same piece one is told who was faster.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    RecordRef,
    State,
    Transition,
    Workflow,
    _,
    advance,
    ask,
    attach,
    cancel_clock,
    check_version,
    emit,
    fill_in,
    get_setting,
    is_drawn,
    mail_ready,
    next_number,
    put_checklist,
    queue_mail,
    start_clock,
    stop_clock,
    store_file,
    transaction,
    written,
)
from plugins.base import queries as archive
from plugins.base.contracts import ChargeTold
from plugins.inventory.contracts import Circumstances
from plugins.inventory.loaner_contracts import (
    CLEANING,
    GRADE_WORDS,
    LOAN,
    LOAN_DUE,
    LOAN_STATE_WORDS,
    OVERDUE_MAIL,
    SIGNATURES,
    HandOutData,
    ReserveData,
    TakeBackData,
)
from plugins.inventory.models import Loan, Loaner
from plugins.inventory.quality_contracts import Arrival
from plugins.inventory.queries import loaners as queries
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import quality as quality_queries
from plugins.inventory.queries.trace import CUSTOMER
from plugins.inventory.rules import loaners as rules
from plugins.inventory.services import loan_papers
from plugins.inventory.services import loaners as pool
from plugins.inventory.services.common import fitting, required
from plugins.inventory.services.loaners import LEND, ONE, RESERVE, WRITE_OFF
from plugins.inventory.services.posting import Entry, post

AT_ONCE = 200
_END_OF_DAY = dt.time(23, 59)


def _decided(ctx: Ctx, loan: Loan) -> list[Gate]:
    """What is in quarantine is decided on before it is ready again."""
    place = queries.places_of(ctx, [loan.loaner.serial_id]).get(loan.loaner.serial_id)
    if place is None:
        text = _("The piece is not in stock any more: take it out of the pool")
        return [Gate("inventory.piece", text, True, waivable=False)]
    if loan.inspection_id is None and place[1] != "quarantine":
        return []
    waits = place[1] == "quarantine"
    text = _("It waits in quarantine for a decision") if waits else _("It is decided on")
    return [Gate("inventory.inspected", text, waits, "#inspection", _("Look at it"), waivable=False)]


def _facts(_ctx: Ctx, loan: Loan, _transition: str) -> Mapping[str, Any]:
    part = loan.loaner.serial.part
    return {
        "part": part.code, "for": loan.record_kind, "faulty": loan.faulty,
        "title": f"{part.name} {loan.loaner.serial.number}",
    }  # fmt: skip


WORKFLOW = Workflow(
    LOAN,
    (
        State("reserved", LOAN_STATE_WORDS["reserved"], "calendar-check"),
        State("out", LOAN_STATE_WORDS["out"], "hand-helping"),
        State("back", LOAN_STATE_WORDS["back"], "spray-can"),
        State("done", LOAN_STATE_WORDS["done"], "circle-check", final=True),
        State("cancelled", LOAN_STATE_WORDS["cancelled"], "circle-x", final=True),
        State("lost", LOAN_STATE_WORDS["lost"], "circle-question-mark", final=True),
    ),
    (
        Transition("hand_out", N_("Hand the loaner out"), ("reserved",), "out", LEND),
        Transition("take_back", N_("Take the loaner back"), ("out",), "back", LEND),
        Transition("clear", N_("It is ready again"), ("back",), "done", LEND, gates=(_decided,)),
        Transition("cancel", N_("It is not needed"), ("reserved",), "cancelled", RESERVE, True),
        Transition("write_off", N_("Write the lost loaner off"), ("out",), "lost", WRITE_OFF, True),
    ),
    fact_columns=(
        {"name": "part", "label": N_("Code of the loaner's part"), "type": "str"},
        {"name": "for", "label": N_("For what kind of record"), "type": "str"},
        {"name": "faulty", "label": N_("It came back faulty"), "type": "bool"},
    ),
    facts=_facts,
)


# --- reserving ------------------------------------------------------------------------------------------------------


def reserve(ctx: Ctx, data: ReserveData) -> Loan:
    """Keep a loaner for a record from a day to a day.

    Raises Conflict for one that somebody has on one of these days, Invalid for a record without a customer.
    """
    ctx.require(RESERVE)
    with transaction(ctx):
        about = loan_papers.about_on_paper(ctx, data.number) if data.number else queries.about_of(ctx, data.about)
        if about.customer_id is None:
            words = _("{record} names no customer: say first who gets the loaner.", record=about.words)
            raise Invalid("no_customer", words)
        _require_goes_on(ctx, about.ref)
        _check_days(ctx, data.from_on, data.due_on)
        loaner = queries.get_loaner(ctx, data.loaner_id, lock=True)
        _require_free(ctx, loaner, data.from_on, data.due_on)
        row = Loan(
            number=next_number(ctx, LOAN, str(get_setting(ctx, "inventory.loan_pattern"))), state="reserved",
            loaner_id=loaner.id, record_kind=about.ref.kind, record_id=about.ref.id, customer_id=about.customer_id,
            site_id=queries.own_site(ctx, about.customer_id, data.site_id), from_on=data.from_on, due_on=data.due_on,
            reserved_at=ctx.now, reserved_by=ctx.actor.name, reserved_by_id=ctx.actor.user_id, out_grades={},
            accessories=[], back_grades={}, missing=[],
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        _tell(ctx, "inventory.loan_reserved", row, loaner, since=row.from_on, until=row.due_on)
        return row


def cancel(ctx: Ctx, loan_id: int, reason: str, *, version: int | None = None) -> Loan:
    """It is not needed after all; the loaner is free for others."""
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        check_version(row, version)
        reason = required(reason, "reason", _("Give a reason."), 2000)
        advance(ctx, WORKFLOW, row, "cancel", reason=reason)
        _end(ctx, row, reason)
        _tell(ctx, "inventory.loan_cancelled", row, loaner, reason=reason)
        return row


def record_ended(ctx: Ctx, ref: RecordRef) -> None:
    """A record that is closed or cancelled needs no loaner any more: what was only reserved for it is free."""
    query = sa.select(Loan.id).where(Loan.record_kind == ref.kind, Loan.record_id == ref.id, Loan.state == "reserved")
    for loan_id in ctx.session.scalars(query.order_by(Loan.id)).all():
        cancel(ctx, loan_id, _("What it was reserved for has ended"))


def _require_goes_on(ctx: Ctx, ref: RecordRef) -> None:
    model: Any = ctx.registry.kinds[ref.kind].model
    row = ctx.session.scalar(sa.select(model).where(model.id == ref.id))
    if queries.over(ctx, ref, row):
        raise Conflict("ended", _("It has ended; nothing is lent for it any more."))


def _check_days(ctx: Ctx, since: dt.date, until: dt.date) -> None:
    if since < ctx.today:
        raise Invalid("past", _("That day has passed."), "from_on")
    if until < since:
        raise Invalid("too_early", _("It can’t be due before it goes out."), "due_on")


def _require_free(ctx: Ctx, loaner: Loaner, since: dt.date, until: dt.date, besides: int | None = None) -> None:
    """Raise Conflict, in words, where somebody has the loaner on one of these days."""
    if not loaner.active:
        raise Conflict("retired", _("{number} is out of the pool.", number=loaner.number), field="loaner_id")
    days = queries.taken(ctx, [loaner.id]).get(loaner.id, ())
    against = rules.clash(days, since, until, queries.spare_days(ctx), besides)
    if against is not None and against.until is None:
        words = _("{number} can’t be had: {loan} has it, and it is not ready again yet.", number=loaner.number,
                  loan=against.number)  # fmt: skip
        raise Conflict("taken", words, field="loaner_id")
    if against is not None:
        words = _(
            "{number} can’t be had on these days: {loan} has it from {since} to {until}.", number=loaner.number,
            loan=against.number, since=against.since, until=against.until,
        )  # fmt: skip
        raise Conflict("taken", words, field="loaner_id")


# --- out ------------------------------------------------------------------------------------------------------------


def hand_out(ctx: Ctx, loan_id: int, data: HandOutData, *, version: int | None = None) -> Loan:
    """Hand a reserved loaner to the customer: in which condition, with what, until when; photos are attached.

    Raises Conflict when somebody was faster, or the piece is not in its place.
    """
    ctx.require(LEND)
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        if row.out_at is not None:
            who, at = row.out_by, written(row.out_at.astimezone(ctx.tz), ctx.locale)
            words = _("{who} handed {number} out already, on {at}.", who=who, number=loaner.number, at=at)
            raise Conflict("out_already", words)
        check_version(row, version)
        _check_days(ctx, ctx.today, data.due_on)
        _require_free(ctx, loaner, ctx.today, data.due_on, besides=row.id)
        person = required(data.person, "person", _("Say who of the customer takes it."), 120)
        grades, note = _graded(ctx, data.grades), fitting(data.note, "note", 2000)
        site_id = queries.own_site(ctx, row.customer_id, data.site_id)
        advance(ctx, WORKFLOW, row, "hand_out")
        row.out_at, row.out_by, row.person = ctx.now, ctx.actor.name, person
        row.out_grades, row.out_note, row.accessories = grades, note, _listed(data.accessories)
        row.site_id, row.from_on, row.due_on = site_id, ctx.today, data.due_on
        _require_at_home(ctx, loaner)
        row.out_move_id = _move_out(ctx, loaner, row)
        ctx.session.flush()
        _sign(ctx, row, "out", data.signature)
        _tell(ctx, "inventory.loan_out", row, loaner, coverage=_coverage(ctx, row), due=row.due_on, who=row.person)
        _start(ctx, row)
        _photos(ctx, row, _("handed out"), data.photos)
        return row


def _require_at_home(ctx: Ctx, loaner: Loaner) -> None:
    place = queries.places_of(ctx, [loaner.serial_id]).get(loaner.serial_id)
    if place is None or place[0] != loaner.home_id:
        where = place[2] if place is not None else _("no location")
        words = _("{number} is in {place}, not in its place: bring it there first.", number=loaner.number, place=where)
        raise Conflict("not_at_home", words)


def _move_out(ctx: Ctx, loaner: Loaner, row: Loan) -> int:
    target = place_queries.first_of(ctx, "loan")
    serial = lot_queries.get_serial(ctx, loaner.serial_id)
    entry = Entry(serial.part_id, ONE, loaner.home_id, target.id, serial.batch_id, serial.id)
    given = Circumstances(row.number, RecordRef(LOAN, row.id))
    return post(ctx, "transfer", [entry], given, "inventory.transferred", fit=True).moves[0]


def _coverage(ctx: Ctx, row: Loan) -> dict[str, Any] | None:
    """The decision on coverage by which the record goes, for whoever owes the customer a loaner by it."""
    kind = ctx.registry.kinds.get(row.record_kind)
    if kind is None:
        return None
    model: Any = kind.model
    record = ctx.session.scalar(sa.select(model).where(model.id == row.record_id))
    found = queries.about_row(ctx, RecordRef(row.record_kind, row.record_id), record).coverage if record else None
    return {"kind": found.kind, "id": found.id} if found is not None else None


def extend(ctx: Ctx, loan_id: int, due_on: dt.date, reason: str, *, version: int | None = None) -> Loan:
    """Give the customer more time, with a reason. Raises Conflict where the loaner is promised to somebody then."""
    ctx.require(LEND)
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        check_version(row, version)
        _require_out(row)
        reason = required(reason, "reason", _("Give a reason."), 2000)
        if due_on <= row.due_on or due_on < ctx.today:
            raise Invalid("no_longer", _("Choose a day after {day}.", day=max(row.due_on, ctx.today)), "due_on")
        _require_free(ctx, loaner, max(row.due_on, ctx.today), due_on, besides=row.id)
        before, row.due_on = row.due_on, due_on
        row.extended, row.reminded_at = row.extended + 1, None
        ctx.session.flush()
        cancel_clock(ctx, row, LOAN_DUE)
        _tell(ctx, "inventory.loan_extended", row, loaner, due=due_on, before=before, reason=reason)
        _start(ctx, row)
        return row


def _start(ctx: Ctx, row: Loan) -> None:
    due = dt.datetime.combine(row.due_on, _END_OF_DAY, ctx.tz).astimezone(dt.UTC)
    facts = queries.limit_facts(row.loaner.serial.part.code, row.record_kind)
    start_clock(ctx, row, LOAN_DUE, facts, due=max(due, ctx.now + dt.timedelta(minutes=1)))


# --- back -----------------------------------------------------------------------------------------------------------


def take_back(ctx: Ctx, loan_id: int, data: TakeBackData, *, version: int | None = None) -> Loan:
    """Take it back: condition compared with that at handing out, damage and what is missing written down. A faulty one
    goes into quarantine and is inspected; every other one waits in its place until it is made ready again.
    """
    ctx.require(LEND)
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        if row.back_at is not None:
            at = written(row.back_at.astimezone(ctx.tz), ctx.locale)
            words = _("{who} took {number} back already, on {at}.", who=row.back_by, number=loaner.number, at=at)
            raise Conflict("back_already", words)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "take_back")
        row.back_grades = _graded(ctx, data.grades)
        row.missing = [name for name in _listed(data.missing) if name in row.accessories]
        row.back_note = fitting(data.note, "note", 2000)
        row.damage = _damage(ctx, row, data)
        row.damage_amount = data.damage_amount
        row.faulty, row.back_at, row.back_by = data.faulty, ctx.now, ctx.actor.name
        row.back_move_id = _move_back(ctx, loaner, row)
        ctx.session.flush()
        _sign(ctx, row, "back", data.signature)
        _tell(ctx, "inventory.loan_back", row, loaner, late=max(0, (ctx.today - row.due_on).days))
        if row.damage:
            amount = str(row.damage_amount) if row.damage_amount is not None else ""
            _tell(ctx, "inventory.loan_damaged", row, loaner, damage=row.damage, amount=amount)
        stop_clock(ctx, row, LOAN_DUE)
        put_checklist(ctx, row, CLEANING)
        _photos(ctx, row, _("taken back"), data.photos)
        return row


def _damage(ctx: Ctx, row: Loan, data: TakeBackData) -> str:
    """What was damaged or lost, which has to be said where something came back worse, or not at all."""
    if data.damage_amount is not None and (not data.damage_amount.is_finite() or data.damage_amount < 0):
        raise Invalid("bad_amount", _("An amount is a number from 0 on."), "damage_amount")
    damage = fitting(data.damage, "damage", 2000)
    worse = rules.worse(row.out_grades, row.back_grades)
    bad = [code for code in worse if row.back_grades[code] in ("damaged", "absent")]
    if (bad or row.missing) and not damage:
        names = [*queries.point_words(ctx, bad).values(), *row.missing]
        words = _("Say what happened: {what}.", what=_(", ").join(names))
        raise Invalid("damage_missing", words, "damage")
    if data.damage_amount and not damage:
        raise Invalid("damage_missing", _("Say what the amount is for."), "damage")
    return damage


def _move_back(ctx: Ctx, loaner: Loaner, row: Loan) -> int | None:
    serial = lot_queries.get_serial(ctx, loaner.serial_id)
    place = queries.places_of(ctx, [serial.id]).get(serial.id)
    if place is None:
        words = _("{serial} is not in stock by the book: receive it first.", serial=serial.number)
        raise Conflict("not_in_stock", words)
    target, arrival = loaner.home_id, None
    if row.faulty:
        target = quality_queries.quarantine_near(ctx, loaner.home_id).id
        arrival = Arrival("return", "faulty", row.damage or row.back_note)
    if place[0] == target:
        return None
    entry = Entry(serial.part_id, ONE, place[0], target, serial.batch_id, serial.id)
    given = Circumstances(row.number, RecordRef(LOAN, row.id))
    moves = post(ctx, "transfer", [entry], given, "inventory.transferred", arrival=arrival).moves
    opened = quality_queries.of_moves(ctx, moves) if row.faulty else []
    row.inspection_id = opened[0].id if opened else None
    return moves[0]


def clear(ctx: Ctx, loan_id: int, *, version: int | None = None) -> Loan:
    """It is cleaned, wiped and tried: it may go out again. What lies elsewhere after an inspection goes to its place.

    Raises Conflict while the checklist is open or the piece is in quarantine.
    """
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "clear")
        row.ended_at, row.ended_by = ctx.now, ctx.actor.name
        pool.bring(ctx, loaner, loaner.home_id, row.number)
        ctx.session.flush()
        _tell(ctx, "inventory.loan_cleared", row, loaner)
        return row


def settle(ctx: Ctx, loan_id: int, note: str, *, charge: bool = False, version: int | None = None) -> Loan:
    """Say how a damage was settled: charged, paid by an insurance, let go. ``charge``: the amount is put on the record
    that it was lent for, by the module whose record that is; both happen, or neither.
    """
    ctx.require(LEND)
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        check_version(row, version)
        if not row.damage or row.settled_at is not None:
            raise Conflict("nothing_open", _("There is no damage that is still to be settled."))
        charged = _charge(ctx, row, loaner) if charge else ""
        note = " ".join(x for x in (charged, note.strip()) if x)
        row.settled_note = required(note, "note", _("Say how it was settled."), 2000)
        row.settled_at, row.settled_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        _tell(ctx, "inventory.loan_settled", row, loaner, note=row.settled_note)
        return row


def may_charge(ctx: Ctx, row: Loan) -> bool:
    """Whether this person can put the damage on the record that the loaner was lent for."""
    if not row.damage_amount or row.settled_at is not None:
        return False
    return bool(ask(ctx, "may_charge", ref=RecordRef(row.record_kind, row.record_id)))


def _charge(ctx: Ctx, row: Loan, loaner: Loaner) -> str:
    """Put the amount of the damage on the record; answers what was done, in words."""
    if not row.damage_amount:
        raise Invalid("no_amount", _("No amount of the damage is written down: nothing can be charged."), "charge")
    part = loaner.serial.part
    told = ChargeTold(
        RecordRef(row.record_kind, row.record_id), row.damage_amount, f"inventory.loan:{row.id}",
        _("Damage of the loaner {what} ({number})", what=f"{part.name} {loaner.serial.number}", number=row.number),
        row.damage,
    )  # fmt: skip
    done = ask(ctx, "put_charge", told=told)
    if not done:
        raise Conflict("nobody_charges", _("What it was lent for takes no charges. Say how else it was settled."))
    return str(done)


# --- lost -----------------------------------------------------------------------------------------------------------


def write_off(ctx: Ctx, loan_id: int, reason: str, *, version: int | None = None) -> Loan:
    """It is lost: out of the book and out of the pool, with a reason. Where the company's table asks for an approval,
    that is asked for instead, and once it is given this goes through.
    """
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        check_version(row, version)
        reason = required(reason, "reason", _("Give a reason."), 2000)
        advance(ctx, WORKFLOW, row, "write_off", reason=reason)
        serial = lot_queries.get_serial(ctx, loaner.serial_id)
        place = queries.places_of(ctx, [serial.id]).get(serial.id)
        if place is not None:
            side = place_queries.first_of(ctx, "adjustment").id
            entry = Entry(serial.part_id, ONE, place[0], side, serial.batch_id, serial.id)
            given = Circumstances(reason, RecordRef(LOAN, row.id))
            post(ctx, "adjustment", [entry], given, "inventory.adjusted")
        _end(ctx, row, reason)
        cancel_clock(ctx, row, LOAN_DUE)
        _tell(ctx, "inventory.loan_written_off", row, loaner, reason=reason)
        pool.leave(ctx, loaner, reason)
        return row


# --- telling the customer -------------------------------------------------------------------------------------------


def remind(ctx: Ctx, loan_id: int) -> Loan:
    """Write to the customer that the loaner should be back. Raises Conflict where no address is known."""
    ctx.require(LEND)
    with transaction(ctx):
        loaner, row = _locked(ctx, loan_id)
        _require_out(row)
        name, address = queries.address_of(ctx, row.customer_id)
        if not address or not mail_ready():
            raise Conflict("no_address", _("No mail address of the customer is known, or mail is not set up."))
        _write(ctx, loaner, row, name, address)
        return row


def remind_all(ctx: Ctx) -> int:
    """Write to every customer whose loaner is overdue, once for each day agreed, where the company wants it."""
    if not get_setting(ctx, "inventory.loaner_mail") or not mail_ready():
        return 0
    told, last = 0, 0
    while found := [row.id for row in queries.to_remind(ctx, AT_ONCE, last)]:
        for last in found:  # those without an address stay in the query, so it goes on behind them
            with transaction(ctx):
                loaner, row = _locked(ctx, last)
                name, address = queries.address_of(ctx, row.customer_id)
                if address and row.state == "out" and row.reminded_at is None:
                    _write(ctx, loaner, row, name, address)
                    told += 1
    return told


def _write(ctx: Ctx, loaner: Loaner, row: Loan, name: str, address: str) -> None:
    locale = archive.language_of(ctx, row.customer_id, email=address, name=name)
    facts = {
        "number": row.number, "what": loaner.serial.part.name, "serial": loaner.serial.number, "name": name,
        "due": row.due_on, "company": ctx.company.name,
    }  # fmt: skip
    subject, body = fill_in(ctx, OVERDUE_MAIL, {k: written(v, locale) for k, v in facts.items()}, locale)
    row.reminded_at = ctx.now
    ctx.session.flush()
    cause = f"inventory loan {row.id} {row.due_on} {ctx.now.isoformat()}"
    queue_mail(ctx, address, subject, body, cause=cause, record=row, locale=locale)
    _tell(ctx, "inventory.loan_reminded", row, loaner, to=address)


# --- shared ---------------------------------------------------------------------------------------------------------


def _locked(ctx: Ctx, loan_id: int) -> tuple[Loaner, Loan]:
    """The loaner, then the loan, both locked; in this order everywhere."""
    loaner = queries.get_loaner(ctx, queries.get_loan(ctx, loan_id).loaner_id, lock=True)
    return loaner, queries.get_loan(ctx, loan_id, lock=True)


def _require_out(row: Loan) -> None:
    if row.state != "out":
        state = _(LOAN_STATE_WORDS[row.state])
        words = _("{number} is not with the customer: {state}.", number=row.number, state=state)
        raise Conflict("not_out", words)


def _graded(ctx: Ctx, grades: Mapping[str, str]) -> dict[str, str]:
    """A grade for each point that the company looks at. Raises Invalid for a point without one."""
    found = {}
    for code, words in queries.point_words(ctx, queries.points(ctx)).items():
        grade = grades.get(code, "")
        if grade not in GRADE_WORDS:
            raise Invalid("grade_missing", _("Say how it is: {point}.", point=words), f"grade-{code}")
        found[code] = grade
    return found


def _listed(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.strip()[:120] for name in names if name.strip()))[:40]


def _photos(ctx: Ctx, row: Loan, when: str, photos: Iterable[tuple[str, bytes]]) -> None:
    for name, content in photos:
        attach(ctx, row, f"{when} {name}", content)


def _sign(ctx: Ctx, row: Loan, when: str, drawn: bytes) -> None:
    """Keep the customer's signature, where one was drawn."""
    if not drawn:
        return
    if not is_drawn(drawn):
        raise Invalid("signature_empty", _("Nothing is drawn in the box yet."), "signature")
    store_file(ctx, "signature.png", drawn, purpose=SIGNATURES[when], record=row, media_type="image/png")


def _end(ctx: Ctx, row: Loan, reason: str) -> None:
    row.ended_at, row.ended_by, row.ended_reason = ctx.now, ctx.actor.name, reason
    ctx.session.flush()


def _tell(ctx: Ctx, event: str, row: Loan, loaner: Loaner, **facts: Any) -> None:
    """Tell it on the loan, and on the timelines of the record, the customer and the loaner."""
    about = [RecordRef(row.record_kind, row.record_id), RecordRef(CUSTOMER, row.customer_id)]
    what = f"{loaner.serial.part.name} {loaner.serial.number}"
    emit(
        ctx, event, row, links=[*dict.fromkeys(about), loaner], number=row.number, loaner=loaner.number, what=what,
        **facts,
    )  # fmt: skip
