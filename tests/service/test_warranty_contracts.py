"""Service contracts: drawn up, approved, used, paid, renewed, over; and what they say for a unit on a day."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, RecordRef, timeline, use_locale
from core.notifications import Notification
from core.testing import counted, moment
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.warranty.agreed import ContractData, ItemData, QuotaData, RenewalData, UseData
from plugins.warranty.contracts import PriceListData
from plugins.warranty.models import ContractUse, ServiceContract
from plugins.warranty.queries import agreements as queries
from plugins.warranty.services import agreements as services
from plugins.warranty.services import prices
from tests.support.agreed_site import day, furnish, ids

NOW = moment("2026-03-02 09:00")
IDS: dict[str, int] = {}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        IDS.update(ids(installation.office("acme")))
        yield installation.office("acme")


def data(**values) -> ContractData:
    first = {
        "customer_id": IDS["mill"],
        "title": "Full service",
        "covers": frozenset({"parts", "labour"}),
        "starts_on": day("2026-01-01"),
        "ends_on": day("2026-12-31"),
        "items": (ItemData(device_id=IDS["C-1"]),),
        "price": Decimal("1200.00"),
    }
    return ContractData(**{**first, **values})


def in_force(ctx, **values) -> ServiceContract:
    return services.approve_contract(ctx, services.save_contract(ctx, data(**values)).id)


def events(ctx, record) -> list[str]:
    return [event.name for event in reversed(timeline(ctx, record))]


def test_a_contract_is_drawn_up_approved_and_in_force_once_it_has_begun(office):
    ctx = office.system(NOW)
    contract = services.save_contract(ctx, data(instalments=2))
    assert (contract.number, contract.state) == ("HT2603-0001", "draft")
    parts = queries.instalments_of(ctx, contract.id)
    assert [(p.due_on, p.amount) for p in parts] == [
        (day("2026-01-01"), Decimal("600")), (day("2026-07-01"), Decimal("600")),
    ]  # fmt: skip
    assert services.approve_contract(ctx, contract.id).state == "in_force"
    assert events(ctx, contract) == [
        "warranty.contract_drawn_up", "warranty.contract_approved", "warranty.contract_in_force",
    ]  # fmt: skip


def test_an_approved_contract_waits_for_its_first_day(office):
    ctx = office.system(NOW)
    contract = in_force(ctx, starts_on=day("2026-04-01"), ends_on=day("2027-03-31"))
    assert contract.state == "approved"
    assert services.keep_contracts(office.system(moment("2026-03-31 12:00"))) == 0
    later = office.system(moment("2026-04-01 00:10"))
    assert services.keep_contracts(later) == 1
    assert queries.get_contract(later, contract.id).state == "in_force"
    assert services.keep_contracts(later) == 0


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"ends_on": day("2025-12-31")}, "ends_on", "It would end on 2025-12-31, before it begins on 2026-01-01. "
         "The last day must be the first day or later."),
        ({"items": (ItemData(device_id=-1),)}, "items", "The unit L-1 belongs to Lotus Hotel. A contract is about "
         "units of its own customer only."),
        ({"covers": frozenset()}, "covers", "Choose at least one kind of cost that the contract covers."),
        ({"price": Decimal("-1")}, "price", "The price can't be less than nothing."),
        ({"quotas": (QuotaData("visits", Decimal(0)),)}, "quota_visits", "A quota is more than nothing. Without a "
         "limit, leave it empty."),
        ({"instalments": 0}, "instalments", "Between 1 and 120 instalments are possible."),
        ({"level": "platinum"}, "level", "“platinum” is not one of the choices."),
        ({"contact_email": "chen"}, "contact_email", "“chen” is not an e-mail address."),
        ({"price_list": "gold"}, "price_list", "There is no price list “gold”."),
    ],
    ids=["end before start", "unit of another customer", "covers nothing", "negative price", "empty quota",
         "no instalment", "unknown level", "no address", "unknown price list"],
)  # fmt: skip
def test_what_can_not_be_agreed_is_refused_in_words_and_nothing_is_kept(office, values, field, words):
    ctx = office.system(NOW)
    if "items" in values:
        values = {"items": (ItemData(device_id=IDS["L-1"]),)}
    with pytest.raises(Invalid) as refused:
        services.save_contract(ctx, data(**values))
    assert (refused.value.field, refused.value.message) == (field, words)
    assert ctx.session.scalar(sa.select(sa.func.count(ServiceContract.id))) == 0


def test_the_same_form_sent_twice_makes_one_contract(office):
    ctx = office.system(NOW)
    first = services.save_contract(ctx, data(external_key="form:1"))
    assert services.save_contract(ctx, data(external_key="form:1")).id == first.id


def test_without_the_right_nothing_is_drawn_up(office):
    ctx = office.ctx("warranty.contract.view", now=NOW)
    with pytest.raises(Forbidden):
        services.save_contract(ctx, data())


def test_a_contract_that_names_nothing_is_not_approved(office):
    ctx = office.system(NOW)
    contract = services.save_contract(ctx, data(items=()))
    with pytest.raises(Conflict) as refused:
        services.approve_contract(ctx, contract.id)
    assert refused.value.message == "“Approve” is not possible yet: It names no unit, product or site."


# --- overlapping contracts ------------------------------------------------------------------------------------------


def test_two_contracts_may_not_promise_the_same_for_the_same_unit(office):
    ctx = office.system(NOW)
    in_force(ctx)
    second = services.save_contract(ctx, data(title="Labour only", covers=frozenset({"labour", "travel"})))
    with pytest.raises(Conflict) as refused:
        services.approve_contract(ctx, second.id)
    assert refused.value.message == (
        "“Approve” is not possible yet: Contract HT2603-0001 covers Labour of “Compressor HV-37, C-1” as well, "
        "2026-01-01 to 2026-12-31."
    )
    assert queries.get_contract(ctx, second.id).state == "draft"


def test_where_contracts_overlap_the_narrower_goes_first_for_each_kind_of_cost(office):
    ctx = office.system(NOW)
    in_force(ctx, items=(ItemData(product_id=IDS["HV37"]),), covers=frozenset({"parts", "labour", "travel"}))
    in_force(ctx, items=(ItemData(site_id=IDS["site"]),), covers=frozenset({"labour"}), title="Hall")
    in_force(ctx, items=(ItemData(device_id=IDS["C-1"]),), covers=frozenset({"parts"}), title="One")
    found = queries.contract_facts(ctx, IDS["C-1"], day("2026-03-02"))
    assert [(f.number, f.scope, sorted(f.covers)) for f in found] == [
        ("HT2603-0003", "unit", ["parts"]),
        ("HT2603-0002", "site", ["labour"]),
        ("HT2603-0001", "product", ["travel"]),
    ]
    assert found[2].words == (
        "Contract HT2603-0001 covers Travel for its product, 2026-01-01 to 2026-12-31. Parts: contract HT2603-0003 "
        "goes first, it names the unit more closely. Labour: contract HT2603-0002 goes first, it names the unit more "
        "closely."
    )
    (alone,) = queries.contract_facts(ctx, IDS["C-2"], day("2026-03-02"))
    assert (alone.scope, sorted(alone.covers)) == ("product", ["labour", "parts", "travel"])


@pytest.mark.parametrize(
    ("on", "there"), [("2025-12-31", 0), ("2026-01-01", 1), ("2026-12-31", 1), ("2027-01-01", 0)]
)
def test_a_contract_counts_from_its_first_to_its_last_day(office, on, there):
    ctx = office.system(NOW)
    in_force(ctx)
    assert len(queries.contract_facts(ctx, IDS["C-1"], day(on))) == there


def test_a_draft_covers_nothing_and_a_contract_does_not_go_with_a_unit_to_another_customer(office):
    ctx = office.system(NOW)
    services.save_contract(ctx, data())
    assert queries.contract_facts(ctx, IDS["C-1"], day("2026-03-02")) == ()
    services.approve_contract(ctx, 1)
    base.save_unit_record(ctx, UnitData(IDS["HV37"], "C-1", customer_id=IDS["lotus"]), IDS["C-1"])
    assert queries.contract_facts(ctx, IDS["C-1"], day("2026-03-02")) == ()


def test_facts_of_many_units_take_a_fixed_number_of_statements(office):
    ctx = office.system(NOW)
    in_force(ctx, items=(ItemData(product_id=IDS["HV37"]),), quotas=(QuotaData("visits", Decimal(4)),))
    fresh = office.system(NOW)
    with counted(fresh.session.get_bind()) as one:
        queries.facts_of_units(fresh, [IDS["C-1"]], day("2026-03-02"))
    with counted(fresh.session.get_bind()) as three:
        found = queries.facts_of_units(fresh, [IDS["C-1"], IDS["C-2"], IDS["L-1"]], day("2026-03-02"))
    assert sorted(found) == sorted([IDS["C-1"], IDS["C-2"]])
    assert len(three) == len(one) <= 6


def test_a_level_of_service_promises_the_time_limits_of_the_companys_table(office):
    ctx = office.system(NOW)
    prices.make_list(ctx, PriceListData("contract-2026", "Contracts of 2026", "contract"))
    in_force(ctx, level="round_the_clock", price_list="contract-2026")
    (found,) = queries.contract_facts(ctx, IDS["C-1"], day("2026-03-02"))
    assert [(c.clock, c.limit, c.unit) for c in found.clocks] == [
        ("response", 30, "elapsed_minutes"), ("arrival", 8, "elapsed_hours"), ("solution", 24, "elapsed_hours"),
    ]  # fmt: skip
    assert (found.price_list, queries.price_list_words(ctx, found.price_list)) == ("contract-2026", "Contracts of 2026")


# --- what is used ---------------------------------------------------------------------------------------------------


def visit(once: str, on="2026-03-02", quantity=1, **values) -> UseData:
    return UseData("visits", Decimal(quantity), day(on), once, **values)


def test_visits_are_counted_and_running_out_is_told_in_words_and_to_whom_looks_after_it(office):
    ctx = office.system(NOW)
    contract = in_force(ctx, quotas=(QuotaData("visits", Decimal(2), "year"),), assignee_id=IDS["manager"])
    _use, left = services.book_use(ctx, contract.id, visit("order 1"))
    assert left.words == "Number of visits: 1 of 2 left until 2026-12-31."
    _use, left = services.book_use(ctx, contract.id, visit("order 2"))
    assert left.words == "Number of visits: all 2 are used until 2026-12-31; more is charged."
    use, left = services.book_use(ctx, contract.id, visit("order 3"))
    assert (use.beyond, left.left, left.used) == (Decimal(1), Decimal(0), Decimal(2))
    told = ctx.session.scalars(sa.select(Notification).where(Notification.user_id == IDS["manager"])).all()
    words = "HT2603-0001: Number of visits: all 2 are used until 2026-12-31; more is charged."
    assert [n.words for n in told] == [words]
    assert events(ctx, contract)[-2:] == ["warranty.quota_used_up", "warranty.contract_used"]


def test_a_repeated_send_books_a_visit_once(office):
    ctx = office.system(NOW)
    contract = in_force(ctx, quotas=(QuotaData("visits", Decimal(2)),))
    first, _left = services.book_use(ctx, contract.id, visit("order 1"))
    again, left = services.book_use(ctx, contract.id, visit("order 1"))
    assert (again.id, left.left) == (first.id, Decimal(1))
    assert ctx.session.scalar(sa.select(sa.func.count(ContractUse.id))) == 1


def test_a_new_year_of_the_contract_begins_with_a_full_quota(office):
    ctx = office.system(moment("2027-02-01 09:00"))
    contract = in_force(ctx, ends_on=day("2027-12-31"), quotas=(QuotaData("visits", Decimal(1), "year"),))
    _use, left = services.book_use(ctx, contract.id, visit("a", "2026-12-31"))
    assert left.left == 0
    use, left = services.book_use(ctx, contract.id, visit("b", "2027-01-01"))
    assert (use.beyond, left.begins, left.left) == (0, day("2027-01-01"), 0)


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (visit("x", quantity=0), "Enter how much was used, more than nothing."),
        (visit("x", "2026-03-03"), "The day lies in the future."),
        (visit(" "), "Say what caused it, so that it is booked once."),
    ],
)
def test_what_can_not_be_booked_is_refused_in_words(office, use, words):
    ctx = office.system(NOW)
    contract = in_force(ctx)
    with pytest.raises(Invalid) as refused:
        services.book_use(ctx, contract.id, use)
    assert refused.value.message == words


def test_a_visit_to_a_unit_that_the_contract_does_not_name_is_refused(office):
    ctx = office.system(NOW)
    contract = in_force(ctx)
    with pytest.raises(Invalid) as refused:
        services.book_use(ctx, contract.id, visit("x", device_id=IDS["C-2"]))
    assert refused.value.message == "HT2603-0001 is not about the unit C-2."


def test_work_begun_before_the_end_stays_under_the_contract_and_later_work_does_not(office):
    order = RecordRef("service.order", 4711)
    ctx = office.system(moment("2026-12-30 09:00"))
    contract = in_force(ctx, quotas=(QuotaData("visits", Decimal(4)),))
    services.book_use(ctx, contract.id, visit("visit 1", "2026-12-30", order=order, device_id=IDS["C-1"]))
    after = office.system(moment("2027-01-05 09:00"))
    services.keep_contracts(after)
    assert queries.get_contract(after, contract.id).state == "ended"
    (found,) = queries.contract_facts(after, IDS["C-1"], day("2027-01-05"), order=order)
    assert found.under_old
    assert "It has ended; work begun before its end stays under it." in found.words
    use, left = services.book_use(after, contract.id, visit("visit 2", "2027-01-05", order=order))
    assert (use.beyond, left.left) == (0, Decimal(2))
    assert queries.contract_facts(after, IDS["C-1"], day("2027-01-05")) == ()
    assert queries.contract_facts(after, IDS["C-1"], day("2027-01-05"), begun_on=day("2026-12-31"))[0].under_old
    with pytest.raises(Conflict) as refused:
        services.book_use(after, contract.id, visit("visit 3", "2027-01-05", order=RecordRef("service.order", 4712)))
    assert refused.value.message == (
        "HT2603-0001 covers 2026-01-01 to 2026-12-31; this work began on 2027-01-05. It is not under the contract."
    ).replace("2603", "2612")


# --- paid, renewed, over --------------------------------------------------------------------------------------------


def test_a_payment_is_recorded_once_and_another_day_is_refused(office):
    ctx = office.system(NOW)
    contract = in_force(ctx, instalments=2)
    assert queries.overdue_instalments(ctx, ctx.today) == 1
    services.record_payment(ctx, contract.id, 1, day("2026-02-27"), "INV 7")
    services.record_payment(ctx, contract.id, 1, day("2026-02-27"), "INV 7")
    assert queries.overdue_instalments(ctx, ctx.today) == 0
    with pytest.raises(Conflict) as refused:
        services.record_payment(ctx, contract.id, 1, day("2026-03-01"))
    assert refused.value.message == "It was paid on 2026-02-27 already."


def test_a_renewal_is_the_same_again_from_the_day_after_and_takes_over_when_the_old_one_ends(office):
    ctx = office.system(moment("2026-11-30 09:00"))
    contract = in_force(ctx, quotas=(QuotaData("visits", Decimal(4), "year"),))
    follower = services.renew_contract(ctx, contract.id, RenewalData(price=Decimal("1300")))
    assert (follower.starts_on, follower.ends_on, follower.price) == (
        day("2027-01-01"), day("2027-12-31"), Decimal("1300"),
    )  # fmt: skip
    assert [q.amount for q in queries.quotas_of(ctx, follower.id)] == [Decimal(4)]
    assert [i.device_id for i in queries.items_of(ctx, follower.id)] == [IDS["C-1"]]
    with pytest.raises(Conflict):
        services.renew_contract(ctx, contract.id)
    services.approve_contract(ctx, follower.id)
    later = office.system(moment("2027-01-01 00:10"))
    assert services.keep_contracts(later) == 2
    assert [queries.get_contract(later, i).state for i in (contract.id, follower.id)] == ["renewed", "in_force"]


def test_a_contract_that_renews_itself_goes_on_and_one_that_waits_for_an_answer_ends(office):
    ctx = office.system(NOW)
    itself = in_force(ctx, renewal="automatic")
    offered = in_force(ctx, items=(ItemData(device_id=IDS["C-2"]),))
    later = office.system(moment("2027-01-03 09:00"))
    services.keep_contracts(later)
    assert [queries.get_contract(later, i).state for i in (itself.id, offered.id)] == ["renewed", "ended"]
    follower = queries.successor_of(later, itself.id)
    assert (follower.state, follower.starts_on) == ("in_force", day("2027-01-01"))
    assert queries.successor_of(later, offered.id) is None


def test_a_terminated_contract_covers_to_its_last_day_and_later_instalments_go(office):
    ctx = office.system(NOW)
    contract = in_force(ctx, instalments=4)
    with pytest.raises(Invalid) as refused:
        services.terminate_contract(ctx, contract.id, day("2026-03-03"), "Plant closed")
    assert refused.value.message == "The last day lies between 2026-01-01 and 2026-03-02."
    services.terminate_contract(ctx, contract.id, day("2026-02-28"), "Plant closed")
    assert [p.due_on for p in queries.instalments_of(ctx, contract.id)] == [day("2026-01-01")]
    assert len(queries.contract_facts(ctx, IDS["C-1"], day("2026-02-28"))) == 1
    assert queries.contract_facts(ctx, IDS["C-1"], day("2026-03-01")) == ()


def test_only_drafts_are_changed(office):
    ctx = office.system(NOW)
    contract = in_force(ctx)
    with pytest.raises(Conflict) as refused:
        services.save_contract(ctx, replace(data(), title="Other"), contract.id)
    assert refused.value.message.startswith("HT2603-0001 is In force: only drafts are changed.")


def test_what_a_person_looks_after_is_handed_over_when_the_person_leaves(office):
    ctx = office.system(NOW)
    in_force(ctx, assignee_id=IDS["manager"])
    other = office.person("next@acme.example", "manager", name="Wu Jie")
    assert queries.held_by(ctx, IDS["manager"]) == 1
    assert services.hand_over_contracts(ctx, IDS["manager"], other) == 1
    assert (queries.held_by(ctx, IDS["manager"]), queries.held_by(ctx, other)) == (0, 1)
