"""Periods of units as they are kept: proofs, meters, repairs, exchanges, and what becomes of the ends."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, set_setting, timeline, transaction, use_locale
from core.events import Delivery
from core.testing import counted, moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData, SaleData, UnitData
from plugins.warranty import words
from plugins.warranty.contracts import PartChange, ProofData, ReadingData, RepairData, TermData
from plugins.warranty.documents import CARD
from plugins.warranty.lists.terms import TERMS
from plugins.warranty.models import UnitPeriod
from plugins.warranty.queries import periods, repairs
from plugins.warranty.queries.meters import readings_of
from plugins.warranty.services import terms
from plugins.warranty.services.evidence import record_proof, set_proof_aside
from plugins.warranty.services.exchanges import exchange_unit
from plugins.warranty.services.meters import correct_reading, read_meter
from plugins.warranty.services.periods import refresh_all, refresh_periods
from plugins.warranty.services.repairs import record_repair

NOW = moment("2026-03-02 09:00")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


def acme(installation):
    installation.company("acme", modules=("warranty",), locale="en")


@pytest.fixture
def installation(databases, database_kind):
    with databases.furnished(database_kind, acme) as made:
        yield made


@pytest.fixture
def office(installation):
    return installation.office("acme")


@pytest.fixture
def ctx(office):
    return office.system(NOW)


@pytest.fixture
def make(ctx):
    """Registers units of one product, sold on a day."""
    product = base.save_product(ctx, ProductData("T-1", "Tractor", "tractors"))
    customer = base.save_customer(ctx, CustomerData("Anna Berg"))

    def unit(serial: str, sale: str | None = "2025-06-10", **more):
        data = UnitData(product.id, serial, customer_id=customer.id, sale_date=day(sale) if sale else None, **more)
        return base.save_unit_record(ctx, data)

    unit.product, unit.customer = product, customer
    return unit


def whole(ctx, unit, on: str | None = None):
    found = periods.periods_of(ctx, unit.id, day(on) if on else None)
    return next(p for p in found if p.cover == "whole")


# --- proofs -----------------------------------------------------------------------------------------------------------


def test_a_weightier_proof_moves_the_start_and_one_set_aside_moves_it_back(ctx, make):
    unit = make("S-1")
    assert whole(ctx, unit).start_on == day("2025-06-10")
    proof = record_proof(ctx, ProofData(unit.id, "sale", day("2025-07-01"), "invoice", "FP-77"))
    assert (whole(ctx, unit).start_on, whole(ctx, unit).last_day) == (day("2025-07-01"), day("2026-07-01"))
    set_proof_aside(ctx, proof.id, "invoice of another tractor")
    assert whole(ctx, unit).start_on == day("2025-06-10")
    told = [event.name for event in timeline(ctx, unit)]
    assert {"warranty.proof_recorded", "warranty.proof_set_aside"} <= set(told)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"day": day("2026-03-03")}, "future_day"),
        ({"source": "archive"}, "unknown_proof"),
        ({"source": "decided"}, "reason_needed"),
        ({"event": "wedding"}, "unknown_event"),
    ],
)
def test_a_proof_that_can_not_be_is_refused_and_changes_nothing(ctx, make, more, code):
    unit = make("S-1")
    given = {"event": "sale", "day": day("2025-07-01"), "source": "invoice", **more}
    with pytest.raises(Invalid) as refused:
        record_proof(ctx, ProofData(unit.id, **given))
    assert refused.value.code == code
    assert whole(ctx, unit).start_on == day("2025-06-10")


def test_a_unit_sold_twice_has_no_warranty_until_a_person_decides(ctx, make):
    unit = make("S-1", None)
    for sold in ("2025-05-01", "2025-08-01"):
        base.record_sale(ctx, SaleData(make.product.id, make.customer.id, day(sold), device_id=unit.id))
    found = whole(ctx, unit)
    assert (found.state, found.covers_now) == ("unknown", False)
    assert found.why[-1].values["days"] == "2025-05-01, 2025-08-01"
    record_proof(ctx, ProofData(unit.id, "sale", day("2025-08-01"), "decided", note="the first sale was given back"))
    assert (whole(ctx, unit).state, whole(ctx, unit).start_on) == ("running", day("2025-08-01"))


def test_a_unit_sold_in_the_future_is_told_as_such(ctx, make):
    unit = make("S-1", "2026-04-01")
    found = whole(ctx, unit)
    assert (found.state, found.why[-1].values["day"]) == ("not_started", day("2026-04-01"))


# --- meters -----------------------------------------------------------------------------------------------------------


def read(ctx, unit, value, on, **more):
    return read_meter(ctx, ReadingData(unit.id, "km", Decimal(value), day(on), **more))


def test_a_meter_does_not_run_backwards_and_says_what_to_do(ctx, make):
    unit = make("S-1")
    read(ctx, unit, 5000, "2025-09-01")
    with pytest.raises(Invalid) as refused:
        read(ctx, unit, 4000, "2025-10-01")
    assert (refused.value.code, refused.value.field) == ("runs_backwards", "value")
    assert refused.value.message.startswith("On 2025-09-01 it was 5000 already: it can't be 4000 later.")
    with pytest.raises(Invalid) as refused:
        read(ctx, unit, 6000, "2025-08-01")
    assert refused.value.message.startswith("On 2025-09-01 it was only 5000")
    read(ctx, unit, 5000, "2025-10-01")
    assert [r.value for r in readings_of(ctx, unit.id)] == [5000, 5000]


def test_a_replaced_meter_goes_on_counting(ctx, make):
    unit = make("S-1")
    read(ctx, unit, 5000, "2025-09-01")
    with pytest.raises(Invalid, match="what the old meter showed"):
        read(ctx, unit, 0, "2025-10-01", replaced=True, reason="broken")
    new = read(ctx, unit, 0, "2025-10-01", replaced=True, old_value=Decimal(6000), reason="broken")
    later = read(ctx, unit, 300, "2025-11-01")
    assert (new.total, later.total) == (6000, 6300)


def test_a_wrong_reading_is_corrected_with_a_reason_and_stays_readable(ctx, make):
    unit = make("S-1")
    read(ctx, unit, 5000, "2025-09-01")
    wrong = read(ctx, unit, 70000, "2025-10-01")
    with pytest.raises(Invalid) as refused:
        correct_reading(ctx, wrong.id, Decimal(7000), " ")
    assert (refused.value.code, wrong.set_aside) == ("reason_needed", False)
    right = correct_reading(ctx, wrong.id, Decimal(7000), "a digit too many")
    assert (right.value, right.corrects_id, wrong.set_aside, wrong.reason) == (7000, wrong.id, True, "a digit too many")
    with pytest.raises(Conflict):
        correct_reading(ctx, wrong.id, None, "again")
    read(ctx, unit, 8000, "2025-11-01")


def test_the_meter_ends_a_period_when_its_limit_comes_first(ctx, make):
    data = TermData("engine", "Engine", "main_parts", part_group="engine", amount=24, meters={"km": Decimal(20000)},
                    valid_from=day("2020-01-01"))  # fmt: skip
    terms.put_in_force(ctx, terms.draft_term(ctx, data).id)
    unit = make("S-1")
    read(ctx, unit, 20000, "2025-12-01")
    engine = next(p for p in periods.periods_of(ctx, unit.id) if p.part_group == "engine")
    assert (engine.state, engine.meters[0].left) == ("running", 0)
    read(ctx, unit, 20001, "2026-02-01")
    engine = next(p for p in periods.periods_of(ctx, unit.id) if p.part_group == "engine")
    assert (engine.state, engine.over_by, engine.over_on) == ("over", "km", day("2026-02-01"))


def test_a_meter_of_the_companys_own_is_called_by_its_words_on_lists_and_cards(ctx, make):
    set_setting(ctx, "warranty.meters", "km: Kilometres | 公里\nbales: Bales pressed | 打捆数")
    data = TermData("knives", "Knives", "consumables", amount=6, meters={"bales": Decimal(5000)},
                    valid_from=day("2020-01-01"))  # fmt: skip
    draft = terms.draft_term(ctx, data)
    terms.put_in_force(ctx, draft.id)
    (shown,) = TERMS.prepare(ctx, [draft])
    assert shown.length == "6 months or 5000 Bales pressed"
    with use_locale("zh"):
        assert dict(words.facts_of_term(draft, dict(periods.meter_kinds(ctx))))["三包期"] == "6 个月或5000 打捆数"
    unit = make("S-1")
    assert [p["meters"] for p in CARD.facts(ctx, unit)["periods"] if p["term"] == "Knives"] == ["5000 Bales pressed"]


# --- repairs ----------------------------------------------------------------------------------------------------------


def repair(ctx, unit, problem, came, back=None, **more):
    given = {"result": "repaired" if back else "", **more}
    data = RepairData(unit.id, problem, moment(came), moment(back) if back else None, **given)
    return record_repair(ctx, data)


def test_the_register_counts_the_same_problem_and_all_days_and_waiting(ctx, make):
    unit = make("S-1")
    waits = {"waits_from": moment("2025-07-02 09:00"), "waits_to": moment("2025-07-04 09:00")}
    own = {"own_from": moment("2025-07-04 10:00"), "own_to": moment("2025-07-05 10:00"), "own_reason": "fitter ill"}
    repair(ctx, unit, "Gearbox noise", "2025-07-01 10:00", "2025-07-06 09:00", **waits, **own)
    repair(ctx, unit, "gearbox  noise!", "2025-09-01 10:00", "2025-09-01 15:00")
    repair(ctx, unit, "Leak", "2025-10-01 10:00", "2025-10-03 10:00")
    repair(ctx, unit, "Rattle", "2025-11-01 10:00", "2025-11-01 12:00", result="no_fault")
    found = repairs.repair_facts(ctx, unit.id, "Gearbox noise")
    assert (found.same, found.all, found.open) == (2, 3, 0)
    assert (found.days_out, found.days_waited, found.own_days, found.longest_days) == (6 + 1 + 3 + 1, 3, 2, 6)
    assert found.hours_out == Decimal("174.00")
    before = repairs.repair_facts(ctx, unit.id, "Gearbox noise", day("2025-08-31"))
    assert (before.same, before.all) == (1, 1)
    set_setting(ctx, "warranty.repair_days", "hours_sum")
    assert repairs.repair_facts(ctx, unit.id, "Leak").days_out == 7


def test_repairs_extend_the_warranty_and_are_warranted_themselves(ctx, make):
    unit = make("S-1")
    done = repair(ctx, unit, "Gearbox noise", "2026-02-01 10:00", "2026-02-10 09:00",
                  parts=(PartChange("Input shaft", "gearbox"),))  # fmt: skip
    assert whole(ctx, unit).last_day == day("2026-06-20")
    warranty = next(p for p in periods.periods_of(ctx, unit.id) if p.cover == "repair")
    assert (warranty.repair_id, warranty.last_day, warranty.state) == (done.id, day("2026-03-12"), "running")
    facts = repairs.repair_facts(ctx, unit.id, "Gearbox noise", day("2026-03-12"))
    assert (facts.repair_warranty, facts.repair_warranty_until) == (True, day("2026-03-12"))
    assert not repairs.repair_facts(ctx, unit.id, "Gearbox noise", day("2026-03-13")).repair_warranty


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"problem": " "}, "problem"),
        ({"came": "2026-03-03 09:00"}, "received_at"),
        ({"back": "2025-06-30 09:00"}, "handed_back_at"),
        ({"result": ""}, "result"),
        ({"waits_from": moment("2025-06-30 09:00")}, "waits_from"),
        ({"own_from": moment("2025-07-02 09:00")}, "own_reason"),
    ],
)
def test_a_repair_that_can_not_be_is_refused_at_its_field(ctx, make, more, field):
    given = {"problem": "Leak", "came": "2025-07-01 10:00", "back": "2025-07-06 09:00", "result": "repaired", **more}
    unit = make("S-1")
    with pytest.raises(Invalid) as refused:
        repair(ctx, unit, given.pop("problem"), given.pop("came"), given.pop("back"), **given)
    assert refused.value.field == field
    assert repairs.repairs_of(ctx, unit.id) == []


def test_the_same_record_of_another_system_is_taken_once(ctx, make):
    unit = make("S-1")
    first = repair(ctx, unit, "Leak", "2025-07-01 10:00", external_key="W-1")
    assert repair(ctx, unit, "Leak", "2025-07-01 10:00", external_key="W-1").id == first.id


# --- exchange ---------------------------------------------------------------------------------------------------------


def test_after_an_exchange_the_new_unit_has_the_warranty(ctx, make):
    old, new = make("S-1"), make("S-2", None)
    exchange_unit(ctx, old.id, new.id, "same fault after two repairs", day=day("2026-02-20"))
    assert (whole(ctx, old).state, whole(ctx, old).over_by) == ("over", "exchange")
    assert (whole(ctx, new).start_on, whole(ctx, new).last_day) == (day("2026-02-20"), day("2027-02-20"))
    with pytest.raises(Conflict, match="exchanged on 2026-02-20 already"):
        exchange_unit(ctx, old.id, make("S-3").id, "again")
    with pytest.raises(Conflict, match="came as a replacement itself"):
        exchange_unit(ctx, make("S-4").id, new.id, "again")
    with pytest.raises(Conflict, match="given back"):
        exchange_unit(ctx, new.id, old.id, "back again")


def test_or_goes_on_as_agreed(ctx, make):
    old, new = make("S-1"), make("S-2", None)
    exchange_unit(ctx, old.id, new.id, "courtesy", day=day("2026-02-20"), carries="inherit")
    assert (whole(ctx, new).start_on, whole(ctx, new).last_day) == (day("2025-06-10"), day("2026-06-10"))


# --- kept periods, badges ---------------------------------------------------------------------------------------------


def test_badges_follow_what_happens_to_a_unit(ctx, make, office):
    unit = make("S-1")
    refresh_periods(ctx, [unit.id])
    assert periods.badges(ctx, [unit.id])[unit.id].days_left == 101
    repair(ctx, unit, "Leak", "2026-02-01 10:00", "2026-02-10 09:00")
    assert periods.badges(ctx, [unit.id])[unit.id].days_left == 111
    later = office.system(moment("2026-07-01 09:00"))
    badge = periods.badges(later, [unit.id])[unit.id]
    assert (badge.state, badge.last_day) == ("over", day("2026-06-20"))


def kept(office) -> list[tuple]:
    columns = [c for c in UnitPeriod.__table__.columns if c.key != "id"]
    ctx = office.system(NOW)
    return sorted(map(str, ctx.session.execute(sa.select(*(getattr(UnitPeriod, c.key) for c in columns)))))


def test_what_an_import_leaves_behind_is_worked_out_in_one_pass_as_it_would_be_unit_by_unit(ctx, make, office):
    units = [make(f"S-{n}", f"2025-{n % 12 + 1:02d}-10" if n % 7 else None) for n in range(70)]
    for unit in units[::9]:
        base.record_sale(ctx, SaleData(make.product.id, make.customer.id, day("2025-09-09"), device_id=unit.id))
    worker = office.installation.worker(NOW)
    with counted(office.installation.engine) as statements:
        assert worker.deliver_due() >= 78
    assert sum(s.startswith("DELETE FROM warranty_period") for s in statements) == 1
    at_once = kept(office)
    assert len(at_once) >= 70
    again = office.system(NOW)
    with transaction(again):
        again.session.execute(sa.delete(UnitPeriod))
        again.session.execute(sa.update(Delivery).where(Delivery.handler == "work_out_periods").values(state="queued"))
    for one in worker.claim():
        worker.carry_out(one)
    for one in worker.claim():
        worker.carry_out(one)
    assert kept(office) == at_once


def test_a_line_of_the_ledger_moves_the_warranty_when_it_is_written_and_when_it_is_mended(ctx, make, office):
    unit = make("S-1", None)
    sale = base.record_sale(ctx, SaleData(make.product.id, make.customer.id, day("2025-09-09"), device_id=unit.id))
    office.installation.worker(NOW).run_until_idle()
    assert periods.badges(office.system(NOW), [unit.id])[unit.id].last_day == day("2026-09-09")
    mended = SaleData(make.product.id, make.customer.id, day("2025-10-10"), device_id=unit.id)
    base.record_sale(ctx, mended, sale.id)
    office.installation.worker(NOW).run_until_idle()
    assert periods.badges(office.system(NOW), [unit.id])[unit.id].last_day == day("2026-10-10")


def test_a_unit_that_only_has_periods_can_be_deleted(ctx, make):
    unit = make("S-1")
    refresh_periods(ctx, [unit.id])
    base.delete_unit(ctx, unit.id)
    assert periods.rows_of(ctx, [unit.id]) == {}


def test_rights_are_asked(office, ctx, make):
    unit = make("S-1")
    nobody = office.ctx("warranty.card.view", now=NOW)
    for verb in (
        lambda: record_proof(nobody, ProofData(unit.id, "sale", day("2025-07-01"), "invoice")),
        lambda: read(nobody, unit, 1, "2025-07-01"),
        lambda: repair(nobody, unit, "Leak", "2025-07-01 10:00"),
        lambda: exchange_unit(nobody, unit.id, unit.id, "x"),
    ):
        with pytest.raises(Forbidden):
            verb()
    assert (readings_of(ctx, unit.id), repairs.repairs_of(ctx, unit.id)) == ([], [])


def test_a_unit_of_another_company_is_not_found(installation, ctx, make):
    unit = make("S-1")
    other = installation.company("other", modules=("warranty",), locale="en").system(NOW)
    with pytest.raises(NotFound):
        record_proof(other, ProofData(unit.id, "sale", day("2025-07-01"), "invoice"))
    assert periods.facts_of_units(other, [unit.id]) == {}


def test_the_facts_of_many_units_take_as_many_statements_as_those_of_few(ctx, make):
    units = [make(f"S-{n}") for n in range(12)]
    for unit in units:
        repair(ctx, unit, "Leak", "2025-07-01 10:00", "2025-07-06 09:00")
        read(ctx, unit, 100, "2025-09-01")
    periods.term_rules(ctx)
    ids = [unit.id for unit in units]
    with counted(ctx.session.get_bind()) as few:
        periods.periods_of_units(ctx, ids[:2], ctx.today)
    with counted(ctx.session.get_bind()) as many:
        periods.periods_of_units(ctx, ids, ctx.today)
    assert len(many) == len(few) <= 8


# --- terms ------------------------------------------------------------------------------------------------------------


def draft(ctx, **more):
    given = {"code": "tractors", "name": "Tractors", "product_group": "tractors", "amount": 24, **more}
    return terms.draft_term(ctx, TermData(**given))


def test_a_change_leaves_units_sold_before_as_they_were(ctx, make):
    before, after = make("S-1"), make("S-2", "2026-03-02")
    first = terms.put_in_force(ctx, draft(ctx, valid_from=day("2020-01-01")).id)
    refresh_all(ctx)
    change = terms.draft_term(
        ctx, TermData("x", "Tractors", product_group="tractors", amount=36, valid_from=day("2026-03-01")),
        replaces_id=first.id,
    )  # fmt: skip
    assert (change.code, change.revision) == ("tractors", 2)
    terms.put_in_force(ctx, change.id)
    assert (first.state, first.valid_until) == ("in_force", day("2026-02-28"))
    assert whole(ctx, before).last_day == day("2027-06-10")
    assert whole(ctx, after).last_day == day("2029-03-02")
    assert refresh_all(ctx) == 1
    assert periods.badges(ctx, [after.id])[after.id].last_day == day("2029-03-02")


def test_a_change_for_all_withdraws_what_it_replaces(ctx, make):
    unit = make("S-1")
    first = terms.put_in_force(ctx, draft(ctx, valid_from=day("2020-01-01")).id)
    data = TermData("x", "Tractors", product_group="tractors", amount=36, earlier_units=True)
    terms.put_in_force(ctx, terms.draft_term(ctx, data, replaces_id=first.id).id)
    assert (first.state, whole(ctx, unit).last_day) == ("withdrawn", day("2028-06-10"))


def test_terms_that_cover_the_same_for_the_same_days_are_refused_by_name(ctx, make):
    terms.put_in_force(ctx, draft(ctx, valid_from=day("2026-01-01"), valid_until=day("2026-06-30")).id)
    for first, last, clash in (
        ("2026-06-30", None, True),
        ("2025-01-01", "2026-01-01", True),
        ("2026-07-01", None, False),
        ("2025-01-01", "2025-12-31", False),
    ):
        other = draft(ctx, code="again", valid_from=day(first), valid_until=day(last) if last else None)
        if clash:
            with pytest.raises(Conflict) as refused:
                terms.put_in_force(ctx, other.id)
            assert refused.value.code == "overlapping_terms"
            assert refused.value.message.startswith("tractors Tractors covers the same already (tractors)")
            assert other.state == "draft"
        else:
            terms.put_in_force(ctx, other.id)
            terms.withdraw_term(ctx, other.id, "tried")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"code": "two words"}, "code"),
        ({"name": " "}, "name"),
        ({"amount": None}, "amount"),
        ({"amount": 0}, "amount"),
        ({"meters": {"km": Decimal(0)}}, "meters"),
        ({"starts": ()}, "starts"),
        ({"starts": (("repaired", 0),)}, "starts"),
        ({"cover": "repair"}, "starts"),
        ({"valid_from": day("2026-02-01"), "valid_until": day("2026-01-31")}, "valid_until"),
    ],
)
def test_a_term_that_makes_no_sense_is_refused_at_its_field(ctx, more, field):
    with pytest.raises(Invalid) as refused:
        draft(ctx, **more)
    assert refused.value.field == field


def test_what_is_in_force_is_not_changed(ctx):
    term = terms.put_in_force(ctx, draft(ctx).id)
    with pytest.raises(Conflict):
        terms.draft_term(ctx, TermData("tractors", "Other", amount=1), term.id)
    assert (term.name, term.amount) == ("Tractors", 24)
