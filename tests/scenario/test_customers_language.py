"""Whoever is written to or called is spoken to in his or her language: the person's, else the customer's, else ours."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Invalid, RecordRef, issue_document, use_locale
from core.auth.models import User
from core.companies.switch import switch_on
from core.decisions.store import publish, save_draft, table_named, versions_of
from core.mail.models import Mail
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import CustomerData, PersonData
from plugins.base.models import ContactPerson, Customer
from plugins.base.queries import language_noted, language_of, reach_of
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.inventory.loaner_contracts import LOAN, LOAN_SHEET
from plugins.inventory.services import lending
from plugins.service import services
from plugins.service.contracts import AppointmentData
from plugins.service.late_contracts import LateData
from plugins.service.part_wait_contracts import PartWaitData
from plugins.service.rma_contracts import ANALYSIS_REPORT, RMA_LABEL, ExamineData, ReceiveData, RmaData
from plugins.service.services import late, part_waits, progress, rma
from plugins.warranty.agreed import ContractData, ItemData
from plugins.warranty.services import agreements, follow_ups
from tests.support import agreed_site, loaner_site
from tests.support.loaner_site import NOW

MA = "ma@farm.example"
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("MAIL_SERVER", "mail.example")
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    def furnish(installation):
        loaner_site.furnish(installation)
        ctx = installation.office("acme").system(NOW)
        switch_on(ctx, "complaints")
        body = dict(versions_of(ctx, table_named(ctx, "service.progress"))[-1].body)
        rows = [{"id": "all", "when": {}, "then": {"how": "mail_or_call"}}]
        save_draft(ctx, "service.progress", {**body, "rows": rows}, reason="All steps", effective_from=ctx.today)
        publish(installation.office("acme").system(NOW), "service.progress")

    with databases.furnished(database_kind, furnish) as made:
        yield made.office("acme")


def speaks(office, customer: str = "", person: str = "") -> None:
    """Note the language of the only customer, and of the only contact person."""
    ctx = office.system(NOW)
    row = ctx.session.scalars(sa.select(Customer)).one()
    known = ctx.session.scalars(sa.select(ContactPerson)).one()
    base.save_customer(ctx, CustomerData(row.name, row.kind, address=row.address, language=customer), row.id)
    base.save_person(ctx, row.id, PersonData(known.name, email=known.email, language=person), known.id)
    ctx.session.close()


def last_mail(ctx) -> tuple[str, str]:
    """The language of the newest mail, and its subject."""
    mail = ctx.session.scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
    return mail.locale, mail.subject


def appointment(office, n: int) -> None:
    data = AppointmentData(NOW + HOUR, NOW + 2 * HOUR, mail_to=MA)
    services.appoint(office.system(NOW), loaner_site.order(office), data)


def order_done(office, n: int) -> None:
    order_id = loaner_site.order(office)
    loaner_site.done(office, order_id)
    progress.tell_step(office.system(NOW), order_id, "done", f"test:{n}")


def delay(office, n: int) -> None:
    order_id = loaner_site.order(office)
    ctx = office.system(NOW)
    services.dispatch(ctx, order_id, ctx.session.scalar(sa.select(User.id).where(User.email == "li@acme.example")))
    services.appoint(office.system(NOW), order_id, AppointmentData(NOW + HOUR, NOW + 2 * HOUR))
    late.report_late(office.system(NOW), order_id, LateData("Snow", NOW + 5 * HOUR, mail_to=MA))


def part_missing(office, n: int) -> None:
    data = PartWaitData("Laser tube", "abroad", mail_to=MA, explanation="Jena")
    part_waits.await_part(office.system(NOW), loaner_site.order(office), data)


def return_examined(office, n: int) -> None:
    ctx = office.system(NOW)
    item = rma.expect(ctx, loaner_site.order(office), RmaData("Board", purpose="analysis", once=f"r{n}"))
    rma.receive(office.system(NOW), item.id, ReceiveData("Clean"))
    rma.examine(office.system(NOW), item.id, ExamineData("confirmed", "Loose lead"))
    rma.tell_result(office.system(NOW), item.id, "email", "", MA)


def loan_overdue(office, n: int) -> None:
    row = loaner_site.out(office.system(NOW), loaner_site.order(office), f"B-{n}", days=1)
    lending.remind(office.system(NOW + dt.timedelta(days=3)), row.id)


def complaint_in(office, n: int) -> None:
    ctx = office.system(NOW)
    customer = ctx.session.scalars(sa.select(Customer.id)).one()
    data = ComplaintData("Gearbox leaks", category="quality", person_name="Ma Li", customer_id=customer)
    made = complaints.open_complaint(ctx, data).id
    complaints.tell_step(office.system(NOW), made, "received", f"test:{n}")


@pytest.mark.parametrize(
    ("send", "in_chinese", "in_english"),
    [
        (
            appointment, "上门预约：2026年3月2日 10:00–11:00（FW2603-0001）",
            "Your appointment on 2 March 2026, 10:00–11:00 (FW2603-0002)",
        ),
        (order_done, "已完工：Gearbox slips（FW2603-0001）", "Your request FW2603-0002: the work is done"),
        (delay, "报修 FW2603-0001 将晚于约定时间", "Your request FW2603-0002: we are later than promised"),
        (
            part_missing, "FW2603-0001 等配件，预计 2026年3月17日 至 2026年4月1日 到货",
            "We wait for a part for FW2603-0002, 17 March 2026 to 1 April 2026",
        ),
        (return_examined, "分析结果：Board（FW2603-0001）", "Result of the analysis: Board (FW2603-0002)"),
        (
            loan_overdue, "请归还借用机：Loaner tractor（JC2603-0001）",
            "Please give the loaner back: Loaner tractor (JC2603-0002)",
        ),
        (complaint_in, "投诉 TS2603-0001 已受理", "We have your complaint TS2603-0002"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_mail_is_in_the_customers_language_or_in_that_of_the_person_it_goes_to(office, send, in_chinese, in_english):
    speaks(office, customer="zh")
    send(office, 1)
    first = last_mail(office.system(NOW))
    speaks(office, customer="zh", person="en")
    send(office, 2)
    assert (first, last_mail(office.system(NOW))) == (("zh", in_chinese), ("en", in_english))


def test_the_end_of_a_contract_is_announced_in_the_language_of_whom_it_is_told(databases, database_kind):
    with databases.furnished(database_kind, agreed_site.furnish) as installation:
        office = installation.office("acme")
        known = agreed_site.ids(office)
        ctx = office.system(moment("2026-01-05 09:00"))
        base.save_customer(ctx, CustomerData("Xinhe Mill", "company", language="zh"), known["mill"])
        days = [agreed_site.day(text) for text in ("2026-01-01", "2026-12-30")]
        for said, unit in (("", "C-1"), ("en", "C-2")):
            data = ContractData(
                known["mill"], "Compressors", covers=frozenset({"parts"}), starts_on=days[0], ends_on=days[1],
                items=(ItemData(device_id=known[unit]),),
            )  # fmt: skip
            person = ctx.session.scalars(sa.select(ContactPerson)).one()
            base.save_person(ctx, known["mill"], PersonData(person.name, email=person.email, language=said), person.id)
            agreements.approve_contract(ctx, agreements.save_contract(ctx, data).id)
            follow_ups.climb(office.system(moment("2026-11-30 08:00")))
        mails = ctx.session.scalars(sa.select(Mail).order_by(Mail.id)).all()
        assert [(m.locale, m.subject) for m in mails] == [
            ("zh", "保养合同 HT2601-0001 Compressors 将于2026年12月30日到期"),
            ("en", "Your service contract HT2601-0002 Compressors ends on 30 December 2026"),
        ]


def test_the_person_with_the_address_counts_before_the_name_and_who_has_no_language_is_as_the_customer(office):
    speaks(office, customer="zh", person="en")
    ctx = office.system(NOW)
    customer = ctx.session.scalars(sa.select(Customer.id)).one()
    jun = base.save_person(ctx, customer, PersonData("Ma Jun", email="jun@farm.example"))
    asked = [
        {"email": "MA@farm.example "}, {"name": "Ma Li"}, {"email": "jun@farm.example", "name": "Ma Li"},
        {"email": "else@farm.example", "name": "Ma Li"}, {"email": "else@farm.example"}, {},
    ]  # fmt: skip
    assert [language_noted(ctx, customer, **one) for one in asked] == ["en", "en", "zh", "en", "zh", "zh"]
    assert reach_of(ctx, [customer])[customer].language == "en"
    base.remove_person(ctx, jun.id)
    ctx.session.close()
    speaks(office)
    ctx = office.system(NOW)
    assert (language_noted(ctx, customer, name="Ma Li"), language_of(ctx, customer), language_noted(ctx, None)) == (
        "", "en", "",
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        base.save_person(ctx, customer, PersonData("Ma Jun", language="fr"))
    assert (refused.value.code, refused.value.field) == ("bad_choice", "language")


def test_a_paper_for_the_customer_is_issued_in_the_language_noted_unless_another_is_chosen(office):
    speaks(office, customer="zh")
    row = loaner_site.out(office.system(NOW), loaner_site.order(office))
    issued = [issue_document(office.system(NOW), LOAN_SHEET, RecordRef(LOAN, row.id), chosen) for chosen in ("", "en")]
    assert [paper.locale for paper in issued] == ["zh", "en"]
    speaks(office)
    assert issue_document(office.system(NOW), LOAN_SHEET, RecordRef(LOAN, row.id)).locale == "en"
    item = rma.expect(office.system(NOW), loaner_site.order(office, person_name="Ma Li"), RmaData("Board", once="r"))
    speaks(office, customer="zh", person="en")
    ctx = office.system(NOW)
    kinds = {code: ctx.registry.document_kinds[code].language for code in (RMA_LABEL, ANALYSIS_REPORT)}
    item = ctx.session.merge(item)
    assert {code: language(ctx, item) for code, language in kinds.items()} == {RMA_LABEL: "", ANALYSIS_REPORT: "en"}
