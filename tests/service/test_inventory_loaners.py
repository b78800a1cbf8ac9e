"""Loaners: the pool, promising, handing out, taking back; two at once; what is refused, and in which words."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import (
    Conflict,
    Forbidden,
    Invalid,
    Mail,
    NotFound,
    RecordRef,
    answer_checklist,
    attachments_of,
    files_of,
    find_clock,
    issue_document,
    set_setting,
    use_locale,
)
from core.companies.services import save_unit
from core.companies.switch import switch_off
from plugins.base import services as base
from plugins.base.contracts import CustomerData, UnitData
from plugins.inventory.contracts import StockLine
from plugins.inventory.lists.loaners import LOANERS, loaner_rows
from plugins.inventory.loaner_contracts import (
    CLEANING,
    LOAN,
    LOAN_DUE,
    LOAN_SHEET,
    SIGNATURES,
    HandOutData,
    LoanerData,
    ReserveData,
)
from plugins.inventory.models import Inspection, Loan, Loaner
from plugins.inventory.panels.loaners import answer, gates
from plugins.inventory.quality_contracts import VerdictData
from plugins.inventory.queries import loaners as queries
from plugins.inventory.services import lending, loan_papers, loaners, quality, stock
from plugins.service.models import Charge
from tests.support import approval_rules
from tests.support import loaner_site as site
from tests.support.loaner_site import NOW, furnish
from tests.support.quality_site import laws, looked_at
from tests.support.stock_site import there
from tests.support.visits import picture

READY = {"cleaned": "ok", "wiped": "yes", "tried": "ok", "complete": "yes"}
DAY = dt.timedelta(days=1)
LENDS = ("inventory.loaner.view", "inventory.loaner.reserve", "inventory.loaner.lend", "service.order.view")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as made:
        yield made.office("acme")


def statuses(ctx) -> dict[str, str]:
    rows = list(ctx.session.scalars(queries.loaner_rows(ctx).order_by(Loaner.id)))
    return {r.row.serial.number: r.stands.status for r in loaner_rows(ctx, rows)}


def in_tab(ctx, key: str) -> set[str]:
    query = queries.loaner_rows(ctx).where(LOANERS.tab(key).where(ctx))
    return {row.serial.number for row in ctx.session.scalars(query)}


def test_a_piece_of_the_pool_is_nobodys_spare_part_and_one_outside_it_is_not_lent(office):
    ctx = office.system(NOW)
    with pytest.raises(Conflict) as none_left:
        stock.issue(ctx, [StockLine(site.part(ctx), Decimal(2))])
    assert none_left.value.code == "not_enough"
    stock.issue(ctx, [StockLine(site.part(ctx), Decimal(1))])
    assert there(ctx) == {("LOAN-T", "POOL"): 2}
    with pytest.raises(Conflict) as gone:
        loaners.add(ctx, site.serial(ctx, "B-3"), LoanerData((1,)))
    assert gone.value.message == "B-3 is not in stock by the book: receive it first."
    with pytest.raises(Conflict) as twice:
        loaners.add(ctx, site.serial(ctx, "B-1"), LoanerData((1,)))
    assert twice.value.message == "B-1 is in the pool already, as JYJ-0001."
    with pytest.raises(Invalid) as useless:
        loaners.change(ctx, site.loaner(ctx, "B-1"), LoanerData(()))
    assert useless.value.field == "products"


def test_a_loaner_is_promised_for_days_that_nobody_has_and_the_offer_says_why_not(office):
    ctx = office.system(NOW)
    first, second = site.order(office), site.order(office)
    row = site.reserve(ctx, first, "B-1", 3, 6)
    assert (row.number, row.state, row.customer_id) == ("JC2603-0001", "reserved", 1)
    with pytest.raises(Conflict) as taken:
        site.reserve(ctx, second, "B-1", 0, 2)
    assert taken.value.message == (
        "JYJ-0001 can’t be had on these days: JC2603-0001 has it from 2026-03-05 to 2026-03-08."
    )
    assert site.reserve(ctx, second, "B-1", 0, 1).state == "reserved"
    offers = queries.offers(ctx, 1, ctx.today + 5 * DAY, ctx.today + 5 * DAY)
    assert [(o.number, o.why, o.fits) for o in offers] == [
        ("JYJ-0002", "", True), ("JYJ-0001", "JC2603-0001 has it from 2026-03-05 to 2026-03-08", True),
    ]  # fmt: skip
    assert [o.fits for o in queries.offers(ctx, 2, ctx.today, ctx.today)] == [False, False]
    lending.cancel(ctx, row.id, "The customer waits")
    assert site.reserve(ctx, second, "B-1", 3, 6).number == "JC2603-0003"
    for days, field in (((-1, 3), "from_on"), ((3, 2), "due_on")):
        with pytest.raises(Invalid) as wrong:
            site.reserve(ctx, second, "B-2", *days)
        assert wrong.value.field == field


def test_the_second_to_hand_the_same_piece_out_reads_who_was_faster(office):
    first = office.ctx(*LENDS, now=NOW, name="Wang")
    order_id = site.order(office)
    row = site.out(first, order_id)
    again = HandOutData("Ma", row.due_on, site.grades(first))
    with pytest.raises(Conflict) as late:
        lending.hand_out(office.ctx(*LENDS, now=NOW, name="Li"), row.id, again)
    assert late.value.message.startswith("Wang handed JYJ-0001 out already, on ")
    assert there(office.system(NOW))[("LOAN-T", "LOAN")] == 1


def test_of_two_who_promise_the_same_piece_at_once_one_is_told_so(office):
    orders = [site.order(office), site.order(office)]
    office.installation.close_sessions()
    start, said = threading.Barrier(2), []

    def promise(order_id: int) -> None:
        ctx = office.system(NOW)
        start.wait()
        try:
            with use_locale("en"):
                said.append(site.reserve(ctx, order_id).state)
        except Conflict as error:
            said.append(error.code)
        finally:
            ctx.session.close()

    both = [threading.Thread(target=promise, args=(order_id,)) for order_id in orders]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(said) == ["reserved", "taken"]
    assert office.system(NOW).session.scalar(sa.select(sa.func.count(Loan.id))) == 1


def test_it_goes_out_with_its_condition_photos_and_a_sheet_that_is_signed(office):
    ctx = office.system(NOW)
    row = site.reserve(ctx, site.order(office))
    half = {k: v for k, v in site.grades(ctx).items() if k != "seal"}
    with pytest.raises(Invalid) as missing:
        lending.hand_out(ctx, row.id, HandOutData("Ma Li", row.due_on, half))
    assert (missing.value.field, missing.value.message) == ("grade-seal", "Say how it is: Seals and number plate.")
    assert site.loan(ctx, row.id).state == "reserved"
    data = HandOutData(
        "Ma Li", row.due_on, site.grades(ctx, housing="worn"), "Scratch", ("Key", " ", "Key"), 1,
        (("front.png", picture()),),
    )  # fmt: skip
    lending.hand_out(ctx, row.id, data)
    assert (row.state, row.accessories, row.site_id) == ("out", ["Key"], 1)
    assert [a.file.name for a in attachments_of(ctx, row)] == ["handed out front.png"]
    assert find_clock(ctx, row, LOAN_DUE).due_at.astimezone(ctx.tz).strftime("%F %R") == "2026-03-09 23:59"
    sheet = issue_document(ctx, LOAN_SHEET, RecordRef(LOAN, row.id))
    assert (sheet.number, sheet.facts["person"], sheet.facts["condition"][0]) == (
        "JJ2603-0001", "Ma Li", ["Housing and looks", "Signs of use"],
    )  # fmt: skip
    assert statuses(ctx) == {"B-1": "out", "B-2": "free"}


def test_who_may_not_see_orders_lends_by_the_number_on_the_paper_and_is_shown_no_more_than_that(office):
    ctx = office.system(NOW)
    order = site.order_row(ctx, site.order(office, person_name="Ma Li"))
    number, ref = order.number, RecordRef(site.ORDER, order.id)
    office.installation.close_sessions()
    keeper = office.ctx(*LENDS[:3], now=NOW, name="Keeper")
    with pytest.raises(Forbidden):
        queries.about_of(keeper, ref)
    about = loan_papers.about_on_paper(keeper, f" {number} ")
    assert (about.ref, about.person, about.endpoint) == (ref, "Ma Li", "")
    days = (keeper.today, keeper.today + DAY)
    with pytest.raises(Forbidden):
        lending.reserve(keeper, ReserveData(ref, site.loaner(keeper, "B-1"), *days))
    row = lending.reserve(keeper, ReserveData(about.ref, site.loaner(keeper, "B-1"), *days, number=number))
    assert (row.record_id, loan_papers.takers(keeper, row)) == (order.id, ["Ma Li", "Ma Dongsheng"])
    for wrong in ("FW2603-9999", "", "%"):
        with pytest.raises(Invalid, match="goes on"):
            loan_papers.about_on_paper(keeper, wrong)
    with pytest.raises(Forbidden):
        loan_papers.about_on_paper(office.ctx("inventory.loaner.view", now=NOW), number)
    ctx = office.system(NOW)
    site.services.cancel(ctx, order.id, "Sold")
    with pytest.raises(Invalid, match="goes on"):
        loan_papers.about_on_paper(office.ctx(*LENDS[:3], now=NOW), number)


def test_more_time_needs_a_reason_and_is_not_given_over_somebody_elses_promise(office):
    ctx = office.system(NOW)
    row = site.out(ctx, site.order(office), days=2)
    site.reserve(ctx, site.order(office), "B-1", 8, 10)
    with pytest.raises(Invalid) as unsaid:
        lending.extend(ctx, row.id, row.due_on + DAY, " ")
    assert unsaid.value.field == "reason"
    with pytest.raises(Conflict) as promised:
        lending.extend(ctx, row.id, ctx.today + 7 * DAY, "Part comes late")
    assert promised.value.code == "taken"
    lending.extend(ctx, row.id, ctx.today + 6 * DAY, "Part comes late")
    assert (row.extended, row.due_on) == (1, dt.date(2026, 3, 8))
    assert find_clock(ctx, row, LOAN_DUE).due_at.astimezone(ctx.tz).date() == dt.date(2026, 3, 8)


def test_customers_without_an_address_keep_nobody_behind_them_from_being_written_to(office, monkeypatch):
    monkeypatch.setenv("MAIL_SERVER", "mail.example")
    monkeypatch.setattr(lending, "AT_ONCE", 1)
    ctx = office.system(NOW)
    set_setting(ctx, "inventory.loaner_mail", True)
    lotus = base.save_customer(ctx, CustomerData("Lotus Hotel")).id
    tractor = ctx.registry.kinds["base.unit"].model
    device = ctx.session.scalar(sa.select(tractor))
    without = base.save_unit_record(ctx, UnitData(device.product_id, "FH-2", customer_id=lotus)).id
    first = site.out(ctx, site.order(office, device_id=without, person_name=""), "B-1", days=2)
    second = site.out(ctx, site.order(office), "B-2", days=2)
    later = office.system(NOW + dt.timedelta(days=5))
    assert queries.address_of(later, first.customer_id)[1] == ""
    assert (lending.remind_all(later), lending.remind_all(later)) == (1, 0)
    assert later.session.scalars(sa.select(Mail.recipient)).all() == ["ma@farm.example"]
    assert [later.session.get_one(Loan, row.id).reminded_at for row in (first, second)] == [None, later.now]


def test_damage_has_to_be_said_carries_an_amount_and_is_settled_once(office):
    ctx = office.system(NOW)
    row = site.out(ctx, site.order(office))
    with pytest.raises(Invalid) as unsaid:
        site.back(ctx, row, grades=site.grades(ctx, housing="damaged"), missing=("Key",))
    assert unsaid.value.message == "Say what happened: Housing and looks, Key."
    assert site.loan(ctx, row.id).state == "out"
    site.back(
        ctx, row, grades=site.grades(ctx, housing="damaged"), missing=("Key", "Crown"), damage="Fell off the cart",
        damage_amount=Decimal("180.5"),
    )  # fmt: skip
    assert (row.missing, row.damage_amount, row.state) == (["Key"], Decimal("180.5"), "back")
    lending.settle(ctx, row.id, "Charged on the order")
    with pytest.raises(Conflict) as again:
        lending.settle(ctx, row.id, "Once more")
    assert again.value.code == "nothing_open"


def test_a_faulty_one_is_inspected_and_comes_home_when_it_is_released_and_made_ready(office):
    ctx = office.system(NOW)
    row = site.back(ctx, site.out(ctx, site.order(office)), faulty=True, note="Smells burnt")
    assert there(ctx) == {("LOAN-T", "POOL"): 1, ("LOAN-T", "QUAR"): 1, ("LOAN-T", "MAIN"): 1}
    assert statuses(ctx)["B-1"] == "inspection"
    assert in_tab(ctx, "inspection") == {"B-1"}
    inspection = ctx.session.get_one(Inspection, row.inspection_id)
    assert (inspection.source, inspection.reason_code, inspection.note) == ("return", "faulty", "Smells burnt")
    answer_checklist(ctx, row, CLEANING, READY)
    with pytest.raises(Conflict) as waits:
        lending.clear(ctx, row.id)
    assert waits.value.details["gates"][0].text == "It waits in quarantine for a decision"
    looked_at(ctx, inspection)
    quality.decide(ctx, inspection.id, VerdictData("release", Decimal(1), to_id=site.place(ctx, "MAIN")))
    lending.clear(ctx, row.id)
    assert there(ctx) == {("LOAN-T", "POOL"): 2, ("LOAN-T", "MAIN"): 1}
    assert statuses(ctx) == {"B-1": "free", "B-2": "free"}
    laws(ctx)


def test_a_lost_one_leaves_book_and_pool_by_right_and_with_the_approval_that_the_company_asks_for(office):
    boss = office.person("boss@acme.example", "general_manager", name="Hua")
    assert boss
    ctx = office.system(NOW)
    row = site.out(ctx, site.order(office))
    with pytest.raises(Forbidden):
        lending.write_off(office.ctx(*LENDS, now=NOW), row.id, "Burnt down")
    approval_rules.rows(ctx, LOAN, approval_rules.step(1, "general_manager", when={"transition": "write_off"}))
    writes_off = office.ctx(*LENDS, "inventory.loaner.write_off", now=NOW)
    with pytest.raises(Conflict) as asked:
        lending.write_off(writes_off, row.id, "Burnt down")
    assert "approval" in asked.value.code
    assert there(office.system(NOW))[("LOAN-T", "LOAN")] == 1


def test_closing_waits_for_what_is_out_and_frees_what_is_only_promised(office):
    ctx = office.system(NOW)
    order_id = site.order(office)
    row = site.reserve(ctx, order_id, "B-2")
    order = site.order_row(ctx, order_id)
    assert gates(ctx, order, "close") == []
    held = site.out(ctx, order_id)
    assert [g.open for g in gates(ctx, order, "close")] == [True]
    assert gates(ctx, order, "dispatch") == []
    lending.write_off(ctx, held.id, "Burnt down")
    assert [(g.open, g.text) for g in gates(ctx, order, "close")] == [(False, "Loaner JYJ-0001 is written off")]
    assert there(ctx) == {("LOAN-T", "POOL"): 1, ("LOAN-T", "MAIN"): 1}
    lending.record_ended(ctx, RecordRef(site.ORDER, order_id))
    assert site.loan(ctx, row.id).state == "cancelled"


def test_a_piece_leaves_the_pool_only_when_nobody_has_it_or_waits_for_it(office):
    ctx = office.system(NOW)
    row = site.reserve(ctx, site.order(office), "B-2")
    number = site.loaner(ctx, "B-2")
    with pytest.raises(Conflict) as waits:
        loaners.retire(ctx, number, "Too old")
    assert waits.value.message == "JYJ-0002 is promised or lent by JC2603-0001: settle that first."
    lending.cancel(ctx, row.id, "Not needed")
    loaners.retire(ctx, number, "Too old", site.place(ctx, "MAIN"))
    assert there(ctx) == {("LOAN-T", "POOL"): 1, ("LOAN-T", "MAIN"): 2}
    with pytest.raises(Conflict) as gone:
        site.reserve(ctx, site.order(office), "B-2")
    assert gone.value.code == "retired"
    again = loaners.add(ctx, site.serial(ctx, "B-2"), LoanerData((1, 2)))
    assert (again.id, again.active, again.number) == (number, True, "JYJ-0002")


def test_tabs_say_the_same_as_the_marks(office):
    ctx = office.system(NOW)
    site.out(ctx, site.order(office), days=1)
    site.reserve(ctx, site.order(office), "B-2", 3, 5)
    later = office.system(NOW + 2 * DAY)
    assert statuses(later) == {"B-1": "overdue", "B-2": "reserved"}
    assert {key: in_tab(later, key) for key in ("free", "reserved", "out", "overdue", "back", "retired")} == {
        "free": set(), "reserved": {"B-2"}, "out": {"B-1"}, "overdue": {"B-1"}, "back": set(), "retired": set(),
    }  # fmt: skip
    assert queries.pool_use(later, 10) == 3


def test_a_loan_is_seen_by_who_sees_its_customer_but_the_piece_is_taken_for_everybody(office):
    ctx = office.system(NOW)
    north = save_unit(ctx, "north", "North", "centre", "hq")
    south = save_unit(ctx, "south", "South", "centre", "hq")
    hidden = base.save_customer(ctx, CustomerData("Hidden", unit_id=south.id))
    data = ReserveData(RecordRef("base.customer", hidden.id), site.loaner(ctx, "B-1"), ctx.today, ctx.today + DAY)
    row = lending.reserve(ctx, data)
    person = office.ctx(*LENDS, "base.customer.view", now=NOW, unit_ids=frozenset({north.id}))
    with pytest.raises(NotFound):
        queries.get_loan(person, row.id)
    with pytest.raises(NotFound):
        lending.reserve(person, data)
    assert [o.why for o in queries.offers(person, 1, ctx.today, ctx.today) if o.number == "JYJ-0001"] == [
        "JC2603-0001 has it from 2026-03-02 to 2026-03-03"
    ]


def test_the_hook_tells_the_visit_what_is_lent_and_what_could_be(office):
    ctx = office.system(NOW)
    order = site.order_row(ctx, site.order(office))
    assert answer(ctx, order).words == "nothing; 2 loaners would fit"
    assert answer(office.ctx("service.order.view", now=NOW), order) is None
    site.out(ctx, order.id)
    told = answer(ctx, order)
    assert (told.words, told.out) == ("JYJ-0001 Loaner tractor B-1, to be back by 2026-03-09", True)


def damaged(office, amount: str | None = "180.5"):
    ctx = office.system(NOW)
    row = site.out(ctx, site.order(office), signature=picture())
    values = {"damage": "Fell off the cart", "damage_amount": Decimal(amount) if amount else None}
    return ctx, site.back(ctx, row, grades=site.grades(ctx, housing="damaged"), **values)


def test_a_damage_is_put_on_the_order_once_and_the_settlement_says_so(office):
    ctx, row = damaged(office)
    assert lending.may_charge(ctx, row)
    loan_id = row.id
    lending.settle(ctx, loan_id, "As agreed on the phone", charge=True)
    (charge,) = ctx.session.scalars(sa.select(Charge))
    assert (charge.order_id, charge.label, charge.amount, charge.payer, charge.why) == (
        row.record_id, f"Damage of the loaner Loaner tractor B-1 ({row.number})", Decimal("180.5"), "customer",
        "Fell off the cart",
    )  # fmt: skip
    assert row.settled_note == "CN¥180.50 charged on order FW2603-0001. As agreed on the phone"
    with pytest.raises(Conflict):
        lending.settle(ctx, loan_id, "", charge=True)
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Charge)) == 1
    assert not lending.may_charge(ctx, site.loan(ctx, loan_id))


def test_who_may_charge_nothing_settles_by_hand_and_nothing_is_written(office):
    ctx, row = damaged(office)
    loan_id = row.id
    office.installation.close_sessions()
    mine = office.ctx(*LENDS, now=NOW, name="Wang")
    row = site.loan(mine, loan_id)
    assert not lending.may_charge(mine, row)
    with pytest.raises(Forbidden):
        lending.settle(mine, loan_id, "", charge=True)
    assert site.loan(mine, loan_id).settled_at is None
    with pytest.raises(Invalid, match="Say how it was settled"):
        lending.settle(mine, loan_id, " ")
    lending.settle(mine, loan_id, "Paid by the insurance")
    assert site.loan(mine, loan_id).settled_note == "Paid by the insurance"


def test_without_an_amount_or_without_orders_nothing_is_charged(office):
    ctx, row = damaged(office, None)
    with pytest.raises(Invalid) as nothing:
        lending.settle(ctx, row.id, "", charge=True)
    assert nothing.value.code == "no_amount"
    lending.settle(ctx, row.id, "Let go")

    office.installation.close_sessions()
    ctx = office.system(NOW)
    customer = RecordRef("base.customer", 1)
    days = (ctx.today, ctx.today + 3 * DAY)
    row = lending.reserve(ctx, ReserveData(customer, site.loaner(ctx, "B-2"), *days))
    lending.hand_out(ctx, row.id, HandOutData("Ma Li", row.due_on, site.grades(ctx)))
    site.back(ctx, row, damage="Scratch", damage_amount=Decimal(5))
    loan_id = row.id
    switch_off(ctx, "service")
    ctx.session.commit()
    office.installation.close_sessions()
    ctx = office.system(NOW)
    assert not lending.may_charge(ctx, site.loan(ctx, loan_id))
    with pytest.raises(Conflict) as nobody:
        lending.settle(ctx, loan_id, "", charge=True)
    assert nobody.value.message == "What it was lent for takes no charges. Say how else it was settled."
    lending.settle(ctx, loan_id, "Paid in cash")
    assert site.loan(ctx, loan_id).settled_note == "Paid in cash"


def test_what_the_customer_signed_is_kept_for_both_ways_and_an_empty_box_is_refused(office):
    ctx, row = damaged(office)
    kept = {when: [f.name for f in files_of(ctx, row, purpose)] for when, purpose in SIGNATURES.items()}
    assert kept == {"out": ["signature.png"], "back": []}
    row = site.out(ctx, site.order(office), "B-2")
    with pytest.raises(Invalid) as empty:
        site.back(ctx, row, signature=picture(drawn=False))
    assert (empty.value.code, site.loan(ctx, row.id).state) == ("signature_empty", "out")
    site.back(ctx, row, signature=picture())
    (back,) = files_of(ctx, row, SIGNATURES["back"])
    keeper = office.ctx(*LENDS[:3], now=NOW)
    sheet = issue_document(keeper, LOAN_SHEET, RecordRef(LOAN, row.id))
    assert sheet.facts["about"] == f"Service order {site.order_row(ctx, row.record_id).number}", "whoever prints it"
    assert sheet.facts["signatures"] == {"out": None, "back": back.id}, "the sheet shows what was drawn"
