"""A base of suppliers that are evaluated regularly, as the policy of a shop wants it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, answer_checklist, set_setting, timeline, use_locale
from core.companies.switch import switch_on
from core.notifications import Notification
from core.testing import moment
from plugins.base.contracts import SupplierData
from plugins.base.queries.suppliers import Supplier, due_suppliers
from plugins.base.services.suppliers import save_supplier
from plugins.inventory.contracts import Arrival, RequestLineData
from plugins.inventory.evaluation_contracts import EvaluationData
from plugins.inventory.models import Inspection, Location
from plugins.inventory.quality_contracts import VerdictData
from plugins.inventory.queries import evaluation as queries
from plugins.inventory.queries.ordering import lines_of
from plugins.inventory.services import evaluating, ordering, purchasing, quality
from plugins.warranty.agreed import AnswerData, ClaimData, RecoveryData, TellData
from plugins.warranty.queries import claims
from plugins.warranty.services import claims as claiming
from tests.support.quality_site import inspect_receipts
from tests.support.stock_site import NOW, day, furnish, ids

FOUND = {"papers": "yes", "packaging": "ok", "marking": "ok", "look": "ok"}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def seller(ctx, code: str = "S1", lead_days: int = 7) -> int:
    return save_supplier(ctx, SupplierData(f"Seller {code}", code, lead_days=lead_days)).id


def ordered(ctx, supplier_id: int, **wanted: int) -> int:
    """An order to a supplier, sent."""
    request = purchasing.draw_up(ctx, "For stock")
    for code, quantity in wanted.items():
        line = RequestLineData(ids(ctx)[code], Decimal(quantity), supplier_id, Decimal(5))
        purchasing.save_line(ctx, request.id, line)
    purchasing.approve(ctx, request.id)
    (order,) = ordering.order_request(ctx, request.id)
    return ordering.send_order(ctx, order.id).id


def came(ctx, order_id: int, **quantities: int) -> None:
    codes = {part_id: code for code, part_id in ids(ctx).items()}
    some = [
        Arrival(line.id, Decimal(quantities[codes[line.part_id]]))
        for line in lines_of(ctx, order_id) if codes[line.part_id] in quantities
    ]  # fmt: skip
    ordering.receive_order(ctx, order_id, some, ids(ctx, Location)["MAIN"])


def rejects(ctx, code: str, quantity: int, supplier_id: int) -> None:
    """Inspecting what came, so many pieces of a part go back to the supplier; the rest waits."""
    query = sa.select(Inspection).where(Inspection.part_id == ids(ctx)[code], Inspection.state == "open")
    row = ctx.session.scalars(query).one()
    answer_checklist(ctx, row, "inventory.receipt_check", FOUND)
    quality.decide(ctx, row.id, VerdictData("supplier", Decimal(quantity), "Cracked", supplier_id=supplier_id))


def judged(ctx, supplier_id: int, **scores: int):
    return evaluating.evaluate(ctx, EvaluationData(supplier_id, day("2026-01-01"), ctx.today, scores))


@pytest.mark.clause("STO-7")
def test_suppliers_are_evaluated_by_what_they_delivered_and_what_follows_says_the_companys_table(office):
    begun = office.system(moment("2026-01-12 09:00"))
    inspect_receipts(begun)
    good, late, bad = (seller(begun, code) for code in ("GOOD", "LATE", "BAD"))
    orders = {one: ordered(begun, one, BELT=10, FILTER=4) for one in (good, late, bad)}
    in_time, afterwards = begun.at(moment("2026-01-16 09:00")), begun.at(moment("2026-02-02 09:00"))
    came(in_time, orders[good], BELT=10, FILTER=4)
    assert release_all(in_time) == 2
    came(in_time, orders[late], BELT=10)
    came(afterwards, orders[late], FILTER=4)
    release_all(afterwards)
    came(afterwards, orders[bad], BELT=10)
    rejects(afterwards, "BELT", 2, bad)
    ctx = office.system(NOW)

    first = judged(ctx, good, service=5, price=4)
    assert (first.lines, first.on_time, first.rejected, first.made_good) == (2, 100, 0, None)
    assert (first.score, first.standing, str(first.next_on)) == (Decimal("4.5"), "approved", "2027-03-02")
    second = judged(ctx, late)
    assert (second.on_time, second.rejected, second.standing, str(second.next_on)) == (50, 0, "watched", "2026-06-02")
    third = judged(ctx, bad)
    assert (third.on_time, third.rejected, third.made_good, third.standing) == (0, 20, 0, "stopped")
    assert third.consequence["en"].endswith("until it shows how the cause was removed.")
    assert queries.decision_of(ctx, third) is not None, "which row said so is kept"
    told = [event.name for event in timeline(ctx, ctx.session.get(Supplier, bad))]
    assert "inventory.supplier_evaluated" in told
    with pytest.raises(Conflict, match=r"Seller BAD: Not to be ordered from\."):
        ordered(ctx, bad, BELT=1)
    ordered(ctx, late, BELT=1)


@pytest.mark.clause("QMS-2")
def test_suppliers_are_regularly_assessed_by_defects_late_deliveries_and_what_came_of_claims(office):
    ctx = office.system(moment("2026-01-12 09:00"))
    assert judged(ctx, seller(ctx, "ELSE")).claims is None, "warranty, which knows of claims, is off"
    switch_on(ctx, "warranty")
    inspect_receipts(ctx)
    good, slow = seller(ctx, "GOOD"), seller(ctx, "SLOW")
    orders = {one: ordered(ctx, one, BELT=10) for one in (good, slow)}
    in_time = office.system(moment("2026-01-16 09:00"))
    for one in (good, slow):
        came(in_time, orders[one], BELT=10)
    assert release_all(in_time) == 2

    def claim(supplier_id: int, loss: int):
        return claiming.open_claim(in_time, ClaimData("Belt torn", supplier_id=supplier_id, loss=Decimal(loss))).id

    paid, part, withdrawn = claim(good, 400), claim(good, 100), claim(good, 900)
    silent, fresh = claim(slow, 500), claim(slow, 800)
    for one in (paid, part, silent):
        claiming.tell_supplier(in_time, one, TellData("phone", "021 5555 0101"))
    for one, amount in ((paid, 400), (part, 50)):
        claiming.record_answer(in_time, one, AnswerData("accepted", "We pay"))
        claiming.record_recovery(in_time, one, RecoveryData(Decimal(amount), in_time.today, "money"))
    claiming.close_claim(in_time, paid, "recovered")
    claiming.close_claim(in_time, part, "partly", "Half is ours")
    claiming.withdraw_claim(in_time, withdrawn, "Fitted wrongly")

    then = office.system(moment("2026-01-20 09:00"))
    first = judged(then, good)
    assert (first.on_time, first.rejected) == (100, 0)
    assert (first.claims, first.claims_met, first.standing) == (2, 90, "approved")
    waiting = judged(then, slow)
    assert (waiting.claims, waiting.claims_met, waiting.standing) == (2, None, "approved"), "it may still answer"
    office.installation.worker(moment("2026-02-16 09:00")).run_until_idle()
    later = office.system(moment("2026-02-16 09:00"))
    second = judged(later, slow)
    assert (second.claims, second.claims_met, second.standing) == (2, 0, "watched"), "one it left without an answer"
    assert second.consequence["en"].endswith("settled before the next order.")
    assert (str(second.next_on), claims.get_claim(later, fresh).state) == ("2026-05-16", "opened")


def release_all(ctx) -> int:
    """Whatever waits is found good and released."""
    rows = ctx.session.scalars(sa.select(Inspection).where(Inspection.state == "open")).all()
    main = ids(ctx, Location)["MAIN"]
    for row in rows:
        answer_checklist(ctx, row, "inventory.receipt_check", FOUND)
        quality.decide(ctx, row.id, VerdictData("release", row.undecided, to_id=main))
    return len(rows)


@pytest.mark.clause("STO-7")
def test_the_base_holds_approved_suppliers_and_who_buys_is_told_when_one_is_due_again(office):
    ctx = office.system(NOW)
    boss = office.person("boss@acme.example", "manager", name="Sun Wei")
    new = seller(ctx)
    set_setting(ctx, "inventory.approved_suppliers_only", True)
    office.installation.close_sessions()
    ctx = office.system(NOW)
    with pytest.raises(Conflict, match=r"Seller S1: Not evaluated yet\. Choose another supplier, or evaluate it\."):
        ordered(ctx, new, BELT=1)
    row = judged(ctx, new, service=5)
    assert (row.lines, row.on_time, row.standing) == (0, None, "approved")
    ordered(ctx, new, BELT=1)

    def told_on(text: str) -> int:
        office.installation.close_sessions()
        evaluating.tell_due(office.system(moment(text)))
        query = sa.select(sa.func.count()).where(
            Notification.user_id == boss, Notification.text == "{name} is due for evaluation since {day}"
        )
        return office.system(moment(text)).session.scalar(query)

    assert [told_on(text) for text in ("2027-03-01 09:00", "2027-03-02 09:00", "2027-03-09 09:00")] == [0, 1, 1]
    later = office.system(moment("2027-03-09 09:00"))
    assert [one.id for one in due_suppliers(later, 9)] == [new]
    judged(later, new, service=3)
    assert due_suppliers(later, 9) == []


def test_who_may_not_evaluate_is_refused_and_what_can_not_be_judged_too(office):
    ctx = office.system(NOW)
    new = seller(ctx)
    for data, field in (
        (EvaluationData(new, day("2026-02-01"), day("2026-01-01")), "until"),
        (EvaluationData(new, day("2026-02-01"), NOW.date() + dt.timedelta(days=2)), "until"),
        (EvaluationData(new, day("2026-02-01"), NOW.date(), {"service": 6}), "score_service"),
        (EvaluationData(new, day("2026-02-01"), NOW.date(), {"beauty": 3}), "score_beauty"),
    ):
        with pytest.raises(Invalid) as refused:
            evaluating.evaluate(ctx, data)
        assert refused.value.field == field
    with pytest.raises(Forbidden):
        evaluating.evaluate(office.ctx("inventory.supplier.view", now=NOW), EvaluationData(new, NOW.date(), NOW.date()))
    assert queries.evaluations_of(ctx, new, 9) == []
