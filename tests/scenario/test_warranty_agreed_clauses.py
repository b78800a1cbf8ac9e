"""What the policies ask of maintenance contracts, of suppliers and of what is claimed from them, run as they read."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Mail, RecordRef, find_clock, timeline, use_locale
from core.notifications import Notification
from core.testing import moment
from plugins.base import queries as base_queries
from plugins.base import services as base
from plugins.base.contracts import ProductData, SaleData, UnitData
from plugins.base.queries.suppliers import get_supplier
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.warranty.agreed import (
    CLAIM_ANSWER,
    CLAIM_TELL,
    AgreementData,
    AnswerData,
    ClaimData,
    ContractData,
    ItemData,
    RecoveryData,
    TellData,
    VisitData,
)
from plugins.warranty.contracts import TermData
from plugins.warranty.models import FollowUp
from plugins.warranty.queries import agreements, claims, follow_ups, suppliers
from plugins.warranty.queries.periods import periods_of
from plugins.warranty.services import agreements as contract_services
from plugins.warranty.services import claims as claim_services
from plugins.warranty.services import follow_ups as ending_services
from plugins.warranty.services import suppliers as supplier_services
from plugins.warranty.services import terms as term_services
from tests.support.agreed_site import day, furnish, ids

MONDAY = moment("2026-03-02 09:00")
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


def inbox(office, user_id: int) -> list[str]:
    query = sa.select(Notification).where(Notification.user_id == user_id).order_by(Notification.id)
    return [n.words for n in office.system().session.scalars(query)]


@pytest.mark.clause("VCH-15")
def test_a_month_before_a_maintenance_contract_ends_the_customer_is_told_and_visited_to_renew(office):
    ctx = office.system(moment("2026-01-05 09:00"))
    data = ContractData(
        IDS["mill"],
        "Maintenance of the compressors",
        frozenset({"parts", "labour"}),
        day("2026-01-01"),
        day("2026-12-30"),
        items=(ItemData(product_id=IDS["HV37"]),),
        price=Decimal("4800"),
    )
    contract = contract_services.approve_contract(ctx, contract_services.save_contract(ctx, data).id)

    # one month before it ends the worker finds it, be nobody at work
    office.installation.worker(moment("2026-11-30 06:00")).run_until_idle()
    ctx = office.system(moment("2026-11-30 09:00"))
    query = sa.select(FollowUp).where(FollowUp.sort == "contract").order_by(FollowUp.id)
    notice, visit = ctx.session.scalars(query).all()
    assert ctx.session.scalars(sa.select(Mail.recipient)).all() == [notice.sent_to] == ["chen@xinhe.example"]
    assert inbox(office, IDS["sales"]) == [
        f"{visit.number} Visit to renew: {contract.number} Maintenance of the compressors ends on 2026-12-30"
    ]

    # sales pays the visit; the customer renews
    seller = office.ctx(
        "warranty.follow_up.work", "warranty.contract.edit", "base.customer.view", "base.unit.view",
        now=moment("2026-12-09 15:00"), user_id=IDS["sales"], name="Sun Yan", roles=("sales",),
    )  # fmt: skip
    done = ending_services.record_visit(seller, visit.id, VisitData("renewed", day("2026-12-09"), "Goes on as before"))
    chief = office.system(moment("2026-12-10 09:00"))
    contract_services.approve_contract(chief, done.successor_id)

    # on the day after the last one the new contract covers the units, without a gap
    office.installation.worker(moment("2026-12-31 00:30")).run_until_idle()
    new_year = office.system(moment("2026-12-31 09:00"))
    assert agreements.get_contract(new_year, contract.id).state == "renewed"
    (now,) = agreements.contract_facts(new_year, IDS["C-2"], day("2026-12-31"))
    assert now.contract_id == done.successor_id
    assert sorted(now.covers) == ["labour", "parts"]


@pytest.mark.clause("SB-5")
def test_the_maker_of_a_purchased_component_is_told_at_once_and_guarantees_it(office):
    ctx = office.system(MONDAY)
    case = complaints.open_complaint(
        ctx, ComplaintData("Bearing seized", customer_id=IDS["mill"], device_id=IDS["C-1"], category="quality")
    )
    source = RecordRef("complaints.complaint", case.id)
    claim = claim_services.open_claim(
        ctx,
        ClaimData("Bearing seized", device_id=IDS["C-1"], part_group="bearings", source=source, loss=Decimal("1500")),
    )
    # the component's maker answers for it, back to back, whatever the compressor's own warranty says
    assert (get_supplier(ctx, claim.supplier_id).name, claim.within) == ("Tongda Bearings", "yes")
    assert "warranty.claim_opened" in [event.name for event in timeline(ctx, source)]

    # "at once" is a clock of its own; who lets it pass is reported
    assert find_clock(ctx, claim, CLAIM_TELL).due_at == moment("2026-03-02 13:00")
    office.installation.worker(moment("2026-03-02 13:01")).run_until_idle()
    assert inbox(office, IDS["purchasing"]) == ["Overdue: “Telling the supplier”"]
    assert "Overdue: “Telling the supplier”" in inbox(office, IDS["manager"])

    later = office.system(moment("2026-03-02 14:00"))
    told = claim_services.tell_supplier(later, claim.id, TellData("phone", "021 5555 0202"))
    assert find_clock(later, told, CLAIM_TELL).state == "missed"
    assert find_clock(later, told, CLAIM_ANSWER).state == "running"


@pytest.mark.clause("MD-1")
def test_a_problem_after_the_sale_is_fed_back_at_once_with_the_sale_the_batch_and_the_supplier(office):
    ctx = office.system(MONDAY)
    sold = day("2026-02-10")
    device = base.save_unit_record(
        ctx, UnitData(IDS["PUMP"], "P-2", batch="B-2601", customer_id=IDS["lotus"], sale_date=sold, delivery_date=sold)
    )
    sale = base.record_sale(ctx, SaleData(IDS["PUMP"], IDS["lotus"], sold, device_id=device.id, invoice="FP-9"))
    case = complaints.open_complaint(
        ctx, ComplaintData("Leaks at the seal", customer_id=IDS["lotus"], device_id=device.id, category="quality")
    )
    problem = RecordRef("complaints.complaint", case.id)
    record = claim_services.open_claim(
        ctx, ClaimData("Leaks at the seal", device_id=device.id, source=problem, problem="Drops after ten hours")
    )
    assert (record.batch, get_supplier(ctx, record.supplier_id).name) == ("B-2601", "Huaxin Pumps")
    assert find_clock(ctx, record, CLAIM_TELL).due_at == moment("2026-03-02 13:00"), "at once"
    claim_services.tell_supplier(ctx, record.id, TellData("mail", "service@huaxin.example"))
    assert find_clock(ctx, record, CLAIM_TELL).state == "met"
    (mail,) = ctx.session.scalars(sa.select(Mail)).all()
    assert (mail.recipient, mail.subject) == ("service@huaxin.example", f"Claim {record.number}: Leaks at the seal")
    for told in (
        "We claim nothing. Please tell us the cause", "within the time for which you answer", "Drops after ten hours",
        "Serial number: P-2", "Batch: B-2601",
    ):  # fmt: skip
        assert told in mail.body
    # from the problem, the unit and the supplier there is a way to the record; from the unit to the sale
    for ref in (problem, RecordRef("base.unit", device.id)):
        assert [c.id for c in claims.claims_about(ctx, ref)] == [record.id]
        assert "warranty.claim_opened" in [event.name for event in timeline(ctx, ref)]
    assert [c.id for c in claims.claims_of_supplier(ctx, record.supplier_id)] == [record.id]
    assert [s.id for s in base_queries.sales_of_units(ctx, [device.id])[device.id]] == [sale.id]


@pytest.mark.clause("DEF-3.1")
def test_a_loss_inside_warranty_is_claimed_from_the_supplier_until_it_pays(office):
    ctx = office.system(MONDAY)
    data = ClaimData("Pump cracked", device_id=IDS["P-1"], loss=Decimal("3200"), claimed=Decimal("3000"))
    claim = claim_services.open_claim(ctx, data)
    assert claim.within == "yes"
    claim_services.tell_supplier(ctx, claim.id, TellData("mail", "service@huaxin.example"))
    (mail,) = ctx.session.scalars(sa.select(Mail)).all()
    assert "Serial number: P-1" in mail.body

    # the maker is chased when it stays silent for longer than the table allows
    office.installation.worker(moment("2026-03-19 18:01")).run_until_idle()
    assert inbox(office, IDS["manager"])[-1] == "Overdue: “Supplier's answer”"

    ctx = office.system(moment("2026-03-20 10:00"))
    claim_services.record_answer(ctx, claim.id, AnswerData("accepted", "We pay"))
    claim_services.record_recovery(ctx, claim.id, RecoveryData(Decimal("3000"), day("2026-03-20"), "money", "BANK 88"))
    claim_services.close_claim(ctx, claim.id, "recovered")
    (found,) = claims.recovered_by_supplier(ctx, day("2026-03-01"), day("2026-03-31"))
    assert (found.name, found.claimed, found.recovered, found.answered_late) == (
        "Huaxin Pumps", Decimal("3000"), Decimal("3000"), 1,
    )  # fmt: skip


@pytest.mark.clause("INS-11")
def test_for_a_traded_product_the_supplier_is_contacted_for_a_settlement(office):
    ctx = office.system(MONDAY)
    claim = claim_services.open_claim(
        ctx, ClaimData("Customer wants it exchanged", device_id=IDS["P-1"], wish="settlement", loss=Decimal("900"))
    )
    told = claim_services.tell_supplier(ctx, claim.id, TellData("phone", "Mr Zhou"))
    # a customer waits for it: the supplier has three working days instead of ten
    assert find_clock(ctx, told, CLAIM_ANSWER).due_at == moment("2026-03-05 18:00")
    claim_services.record_answer(ctx, claim.id, AnswerData("accepted", "A new pump is on its way"))
    data = RecoveryData(Decimal("900"), day("2026-03-02"), "goods", "DN 4711")
    claim_services.record_recovery(ctx, claim.id, data)
    assert claim_services.close_claim(ctx, claim.id, "recovered").outcome == "recovered"
    # for a product of our own there is nobody to contact: return and exchange are ours
    assert suppliers.supplier_of(ctx, product_id=IDS["OWN"], on=ctx.today) is None


@pytest.mark.clause("MD-4")
def test_each_request_shows_who_gives_technical_support_and_the_end_of_the_agreement_is_warned_of(office):
    ctx = office.system(MONDAY)
    supplier_services.save_agreement(
        ctx,
        AgreementData(
            IDS["bearings"],
            day("2026-01-01"),
            day("2027-06-30"),
            before_sale="supplier",
            after_sale="third",
            third_party="Southfield Technical Services",
            product_group="compressors",
        ),
    )
    now = suppliers.responsible_for(ctx, IDS["HV37"], ctx.today)
    assert (now.before_name, now.after_name) == ("Tongda Bearings", "Southfield Technical Services")
    pumps = suppliers.responsible_for(ctx, IDS["PUMP"], ctx.today)
    assert (pumps.before_name, pumps.after_name, pumps.contact_name) == ("Acme", "Huaxin Pumps", "Zhou Min")

    # two months before it ends purchasing is warned, two weeks before the head
    office.installation.worker(moment("2026-10-31 08:00")).run_until_idle()
    assert inbox(office, IDS["purchasing"]) == [
        "DQ2610-0001 Follow up: FY2601-0001 Huaxin Pumps ends on 2026-12-31"
    ]
    office.installation.worker(moment("2026-12-17 08:00")).run_until_idle()
    assert inbox(office, IDS["manager"]) == ["DQ2612-0001 Follow up: FY2601-0001 Huaxin Pumps ends on 2026-12-31"]
    expired = suppliers.responsible_for(office.system(), IDS["PUMP"], day("2027-01-01"))
    assert expired.expired
    assert follow_ups.counts(office.system(moment("2027-01-02 09:00")))["overdue"] == 2


@pytest.mark.clause("SWM-4")
def test_three_months_before_free_maintenance_ends_a_report_is_written_and_sales_follows_up(office):
    ctx = office.system(moment("2026-01-05 09:00"))
    product = base.save_product(ctx, ProductData("ERP", "Dispatch software", "software"))
    data = TermData(
        "SOFT",
        "Free maintenance",
        product_id=product.id,
        amount=12,
        starts=(("acceptance", 0),),
        valid_from=day("2025-01-01"),
        earlier_units=True,
    )
    term_services.put_in_force(ctx, term_services.draft_term(ctx, data).id)
    project = base.save_unit_record(
        ctx, UnitData(product.id, "PRJ-7", customer_id=IDS["mill"], accepted_on=day("2026-01-10"))
    )
    (period,) = periods_of(ctx, project.id, day("2026-02-01"))
    assert period.last_day == day("2027-01-10")

    # nothing the day before; three months before, the worker asks the head for the report
    office.installation.worker(moment("2026-10-09 08:00")).run_until_idle()
    query = sa.select(FollowUp).where(FollowUp.sort == "warranty").order_by(FollowUp.id)
    assert office.system().session.scalars(query).all() == []
    office.installation.worker(moment("2026-10-10 08:00")).run_until_idle()
    now = office.system(moment("2026-10-10 09:00"))
    (report,) = now.session.scalars(query).all()
    assert (report.action, report.about, report.expires_on) == ("report", "Dispatch software PRJ-7", day("2027-01-10"))
    assert inbox(office, IDS["manager"]) == [
        f"{report.number} Written report: Dispatch software PRJ-7 ends on 2027-01-10"
    ]

    # the written report goes to sales, who follows up
    done = ending_services.finish_follow_up(now, report.id, "Runs well; two open points; proposes a contract.")
    (task,) = follow_ups.next_of(now, done.id)
    assert (task.action, task.role, task.state) == ("task", "sales", "open")
    assert inbox(office, IDS["sales"])[-1] == f"{task.number} Follow up: Dispatch software PRJ-7 ends on 2027-01-10"
    office.installation.worker(moment("2026-10-11 08:00")).run_until_idle()
    assert len(office.system().session.scalars(query).all()) == 2
