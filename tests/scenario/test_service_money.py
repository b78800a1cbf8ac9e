"""What the policies say of money: charged, consented, collected, invoiced, handed over to finance, with exact times."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.api import Actor, Conflict, DomainError, Forbidden, Invalid, find_clock, gates, transaction, use_locale
from core.testing import moment
from plugins.service import life, services
from plugins.service.contracts import OrderData
from plugins.service.models import Charge, Payment
from plugins.service.money_contracts import CASH, ChargeData, PaymentData
from plugins.service.queries import money as queries
from plugins.service.queries import orders
from plugins.service.services import money
from tests.support.workshop_site import at, finished, furnish, order, person

D = Decimal
LABOUR = ChargeData("labour", "Labour", D("1.5"), D("30"), reason="our price sheet")
PART = ChargeData("part", "Element", D(1), D("12.50"), payer="company", reason="goodwill")



@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office()


def open_gates(ctx, order_id: int, transition: str) -> list[str]:
    found = gates(ctx, life.WORKFLOW.transition(transition), orders.get_order(ctx, order_id))
    return [g.text for g in found if g.open]


def done(office, text: str = "2026-03-02 11:00") -> int:
    """A paid order on site whose work is done, with 45.00 to pay."""
    order_id = order(office, kind="on_site", work_kind="paid")
    services.start(at(office, "2026-03-02 10:00"), order_id)
    money.add_charge(at(office, "2026-03-02 10:30"), order_id, LABOUR)
    money.add_charge(at(office, "2026-03-02 10:31"), order_id, PART)
    finished(office, order_id, text)
    services.confirm(at(office, text), order_id)
    return order_id


@pytest.mark.clause("GS-11")
def test_paid_work_begins_after_consent_is_collected_and_its_cash_is_handed_to_finance_in_time(office):
    ctx = at(office)
    unasked = services.open_order(ctx, OrderData(subject="Kettle", work_kind="paid", work_kind_reason="told so"))
    services.accept(ctx, unasked.id)
    with pytest.raises(Conflict) as refused:
        services.start(ctx, unasked.id)
    assert [g.text for g in refused.value.details["gates"]] == ["The customer has not agreed to pay yet"]
    order_id = done(office)
    assert open_gates(ctx, order_id, "close") == ["CN¥45.00 is not paid yet"]
    paid = money.collect(at(office, "2026-03-02 11:10"), order_id, PaymentData(D("45.00"), "cash"))
    assert (paid.number, paid.mode, paid.holder_id) == ("SK2603-0001", "on_spot", person(office, "tom"))
    assert find_clock(ctx, paid, CASH).due_at == moment("2026-03-03 18:00")
    assert open_gates(ctx, order_id, "close") == []
    services.close(at(office, "2026-03-02 12:00"), order_id)
    assert open_gates(ctx, order_id, "archive") == [
        "CN¥45.00 in cash is not handed over to finance", "CN¥45.00 is not invoiced",
    ]  # fmt: skip
    given = money.hand_over_cash(at(office, "2026-03-03 09:00"), [paid.id])
    assert (given.number, given.amount, given.state) == ("JK2603-0001", D(45), "given")
    with pytest.raises(Forbidden, match="Somebody else of finance"):
        money.confirm_cash(at(office, "2026-03-03 09:10"), given.id, D(45))
    assert open_gates(ctx, order_id, "archive")[0] == "Finance has not confirmed CN¥45.00"
    money.confirm_cash(at(office, "2026-03-03 10:00", "fay"), given.id, D(45))
    assert find_clock(ctx, paid, CASH).state == "met"
    money.record_invoice(at(office, "2026-03-03 10:30", "fay"), order_id, "FP-1", dt.date(2026, 3, 3), D(45))
    assert open_gates(ctx, order_id, "archive") == []
    assert services.archive(at(office, "2026-03-03 11:00"), order_id).state == "archived"
    with pytest.raises(Conflict, match="is archived and stays as it is"):
        money.add_charge(at(office, "2026-03-04 09:00"), order_id, LABOUR)


@pytest.mark.clause("AG-11")
def test_paid_work_has_its_charge_told_the_consent_recorded_and_an_invoice(office):
    order_id = done(office)
    ctx = at(office, "2026-03-02 12:00")
    row = orders.get_order(ctx, order_id)
    assert (row.consent_who, row.consent_note) == ("Ann Lee", "45.00 labour")
    now = queries.balance_of(ctx, order_id)
    assert (now.by_payer, now.open) == ({"customer": D("45.00"), "company": D("12.50")}, D("45.00"))
    money.record_invoice(ctx, order_id, "FP-9", ctx.today, D("45"))
    with pytest.raises(Conflict, match="FP-9 is recorded already"):
        money.record_invoice(ctx, done(office), "FP-9", ctx.today, D("45"))


def test_an_order_closes_unpaid_only_by_the_role_that_the_table_names(office):
    order_id = done(office)
    rights = ("service.order.view", "service.money.settle")
    fay = Actor(person(office, "fay"), "Fay", frozenset(rights), roles=frozenset({"finance"}))
    hana = Actor(person(office, "hana"), "Hana", frozenset(rights), roles=frozenset({"manager"}))
    with pytest.raises(Forbidden, match="Only the role"):
        money.allow_unpaid(at(office).as_actor(fay), order_id, "poor")
    allowed = money.allow_unpaid(at(office).as_actor(hana), order_id, "paid at the end of the month")
    assert (allowed.amount, allowed.role, allowed.by_name) == (D("45.00"), "manager", "Hana")
    ctx = at(office, "2026-03-02 12:00")
    assert open_gates(ctx, order_id, "close") == []
    money.add_charge(ctx, order_id, LABOUR)
    assert open_gates(ctx, order_id, "close") == ["CN¥90.00 is not paid yet"]


def test_nothing_is_changed_a_wrong_charge_or_payment_is_taken_back_by_a_counter_entry(office):
    order_id = done(office)
    ctx = at(office, "2026-03-02 12:00")
    first = queries.charges_of(ctx, order_id)[0]
    counter = money.counter_charge(ctx, order_id, first.id, "counted twice")
    assert (counter.amount, counter.quantity, counter.counters_id) == (D("-45"), D("-1.5"), first.id)
    with pytest.raises(Conflict, match="taken back already"):
        money.counter_charge(ctx, order_id, first.id, "again")
    paid = money.collect(ctx, order_id, PaymentData(D("20"), "cash", once="form:1"))
    assert money.collect(ctx, order_id, PaymentData(D("20"), "cash", once="form:1")).id == paid.id
    assert open_gates(ctx, order_id, "close") == ["CN¥20.00 too much was paid"]
    back = money.correct(ctx, paid.id, "never got it")
    assert (back.amount, back.kind, queries.balance_of(ctx, order_id).cash_open) == (D("-20"), "correction", D(0))
    assert find_clock(ctx, paid, CASH).state == "cancelled"
    with pytest.raises(Invalid, match="CN¥0.00 was paid; no more goes back"):
        money.refund(ctx, order_id, D("1"), "transfer", "too much")
    with pytest.raises(Invalid, match="2 decimals"):
        money.collect(ctx, order_id, PaymentData(D("1.005"), "cash"))
    with pytest.raises(Invalid, match="reason for a price by hand"):
        money.add_charge(ctx, order_id, ChargeData("labour", "Labour", D(1), D(5)))
    with pytest.raises(Invalid, match="No price list"):
        money.add_charge(ctx, order_id, ChargeData("labour", "Labour"))


def test_finance_records_a_difference_or_refuses_what_it_did_not_get(office):
    first, second = done(office), done(office)
    tom, fay = at(office, "2026-03-02 13:00"), at(office, "2026-03-02 14:00", "fay")
    paid = [money.collect(tom, i, PaymentData(D("45"), "cash")) for i in (first, second)]
    with pytest.raises(Conflict, match="not cash that you have to hand over"):
        money.hand_over_cash(fay, [paid[0].id])
    given = money.hand_over_cash(tom, [p.id for p in paid])
    money.refuse_cash(fay, given.id, "the envelope was empty")
    assert queries.balance_of(tom, first).cash_open == D(45)
    again = money.hand_over_cash(tom, [p.id for p in paid])
    with pytest.raises(Invalid, match="say why"):
        money.confirm_cash(fay, again.id, D("89"))
    settled = money.confirm_cash(fay, again.id, D("89"), "one short")
    assert (settled.amount, settled.counted, settled.difference_reason, settled.settled_by) == (
        D(90), D(89), "one short", "Fay",
    )  # fmt: skip
    with pytest.raises(Conflict, match="settled already"):
        money.confirm_cash(fay, given.id, D(90))


def test_whoever_leaves_passes_the_cash_on(office):
    order_id = done(office)
    paid = money.collect(at(office, "2026-03-02 13:00"), order_id, PaymentData(D("45"), "cash"))
    ctx = at(office, "2026-03-02 14:00", "hana")
    assert money.pass_cash(ctx, person(office, "tom"), person(office, "hana")) == 1
    assert [p.id for p in queries.cash_with(ctx, person(office, "hana"))] == [paid.id]


STEP = st.tuples(
    st.sampled_from(
        ["charge", "free", "counter", "pay", "cash", "refund", "correct", "hand", "confirm", "refuse", "invoice"]
    ),
    st.integers(1, 4000),
    st.integers(0, 5),
)


class _Enough(Exception):
    """Ends the transaction, so that nothing of an example stays."""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=4, max_size=14))
def test_the_money_of_an_order_adds_up_whatever_is_done_to_it(steps, office):
    """Against a slow reference that keeps a book of its own: each accepted step is booked there by what it means."""
    ctx = at(office, "2026-03-02 12:00")
    try:
        with transaction(ctx):
            order_id = order(office, "2026-03-02 11:00", kind="on_site", work_kind="free")
            book = {"customer": D(0), "company": D(0), "paid": D(0), "cash": {}, "counted": D(0), "invoiced": D(0)}
            for what, cents, pick in steps:
                _step(office, ctx, order_id, book, what, D(cents) / 100, pick)
                now = queries.balance_of(ctx, order_id)
                outside = sum(book["cash"].values(), D(0))
                assert (now.charged, now.by_payer.get("company", D(0))) == (book["customer"], book["company"])
                assert (now.paid, now.invoiced, now.cash_open) == (book["paid"], book["invoiced"], outside)
                assert now.open == book["customer"] - book["paid"]
            stored = sa.select(sa.func.coalesce(sa.func.sum(Payment.amount), 0)).where(Payment.order_id == order_id)
            assert D(ctx.session.scalar(stored)) == book["paid"]
            raise _Enough
    except _Enough:
        pass


def _step(office, ctx, order_id: int, book: dict, what: str, amount: D, pick: int) -> None:
    fay = at(office, "2026-03-02 12:00", "fay")
    charges = [c for c in queries.charges_of(ctx, order_id) if c.counters_id is None]
    payments = [p for p in queries.payments_of(ctx, order_id) if p.kind != "correction"]
    given = sorted({p.handover_id for p in payments if p.hand_over and p.handover_id})
    with_reason = {"mode": "on_spot", "mode_reason": "asked for"}
    try:
        if what in ("charge", "free"):
            payer = "customer" if what == "charge" else "company"
            money.add_charge(ctx, order_id, ChargeData("labour", "Work", D(1), amount, payer, reason="test"))
            book[payer] += amount
        elif what == "counter" and charges:
            wrong = charges[pick % len(charges)]
            money.counter_charge(ctx, order_id, wrong.id, "wrong")
            book[wrong.payer] -= wrong.amount
        elif what in ("pay", "cash"):
            done = money.collect(ctx, order_id, PaymentData(amount, "card" if what == "pay" else "cash", **with_reason))
            book["paid"] += amount
            if what == "cash":
                book["cash"][done.id] = amount
        elif what == "refund":
            money.refund(fay, order_id, amount, "transfer", "too much")
            book["paid"] -= amount
        elif what == "correct" and payments:
            wrong = payments[pick % len(payments)]
            money.correct(ctx, wrong.id, "wrong")
            book["paid"] -= wrong.amount
            book["cash"].pop(wrong.id, None)
        elif what == "hand":
            money.hand_over_cash(ctx, [p.id for p in payments if p.hand_over and not p.handover_id][: pick + 1])
        elif what == "confirm" and given:
            for row in queries.payments_with(ctx, given[0]):
                book["cash"].pop(row.id)
            money.confirm_cash(fay, given[0], queries.get_handover(ctx, given[0]).amount)
        elif what == "refuse" and given:
            money.refuse_cash(fay, given[0], "not there")
        elif what == "invoice":
            money.record_invoice(ctx, order_id, f"N{len(queries.invoices_of(ctx, order_id))}", ctx.today, amount)
            book["invoiced"] += amount
    except DomainError:
        return


def test_the_database_itself_refuses_a_payment_that_is_none(office):
    order_id = done(office)
    ctx = at(office)
    for bad in ({"amount": D(-5)}, {"kind": "correction", "amount": D(-5)}):
        row = {"number": "X", "order_id": order_id, "kind": "payment", "method": "card", "mode": "on_spot",
               "paid_at": ctx.now}  # fmt: skip
        with pytest.raises(sa.exc.IntegrityError), ctx.session.begin_nested():
            ctx.session.add(Payment(**{**row, **bad}))
    charge = {"order_id": order_id, "at": ctx.now, "kind": "part", "label": "x", "quantity": D(-1), "unit_price": D(1),
              "amount": D(-1), "payer": "customer", "source": "hand"}  # fmt: skip
    with pytest.raises(sa.exc.IntegrityError), ctx.session.begin_nested():
        ctx.session.add(Charge(**charge))
