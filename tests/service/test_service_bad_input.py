"""What can't be, in words and in both languages: each of the bad inputs of service orders has one defined answer.

Shown more closely elsewhere: ``test_an_unknown_serial_number_is_kept_as_told_and_the_order_goes_on_without_a_unit``,
``test_consent_withdrawn_after_dispatch_stops_the_work_and_tells_who_was_sent``,
``test_closing_twice_at_once_closes_once`` (test_service_orders.py), ``test_what_is_sent_twice_is_done_once``,
``test_a_signature_is_replaced_with_a_reason_and_both_are_kept`` (test_service_visits.py),
``test_two_customers_with_one_number_are_both_offered_and_none_is_chosen`` (test_base_pages.py).
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from core.api import DomainError, use_locale
from core.decisions.parsing import to_data
from core.decisions.store import publish, save_draft
from core.testing import moment
from plugins.base import services as base
from plugins.base.contracts import UnitData
from plugins.base.queries import unit_by_serial
from plugins.service import services
from plugins.service.contracts import AppointmentData, OrderData, PlanData
from plugins.service.models import Order, Signature, Visit
from plugins.service.visit_contracts import EndData, SignatureData, WorkData
from plugins.workforce.contracts import LeaveData, SkillData
from plugins.workforce.queries import leave as leave_queries
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.services import leave, skills
from tests.support import visits as site
from tests.support.accounts import Site, words_of
from tests.support.visits import HOUR, MONDAY

pytestmark = pytest.mark.one_database

LANGUAGES = ("en", "zh")
DONE = WorkData("no", "", "none", "", "defect", "", "Seal replaced")
SIGNED = SignatureData("self", "Ma Dongsheng", content=site.picture())


@pytest.fixture(scope="module")
def house(databases):
    """One installation for all: each test opens orders of its own."""
    with databases.furnished("sqlite", furnish) as installation:
        yield installation


@pytest.fixture
def plain(house):
    yield house.office("plain")
    house.close_sessions()


@pytest.fixture
def full(house):
    yield house.office("full")
    house.close_sessions()


def furnish(installation):
    """``able`` knows people: repairs on site need a permit that nobody has. The customer of ``plain`` has two units."""
    site.furnish(installation)
    office = installation.office("plain")
    ctx = office.system()
    known = unit_by_serial(ctx, "FH-1")
    base.save_unit_record(ctx, UnitData(known.product_id, "FH-2", customer_id=known.customer_id))
    for locale in LANGUAGES:
        Site(None, installation, {"plain": office}).person(
            f"{locale}@plain.example", "manager", company="plain", locale=locale
        )
    able = installation.company("able", modules=("service", "workforce"), locale="en")
    able.person("wu@able.example", "technician", name="Wu Gang")
    ctx = able.system()
    skills.save_skill(ctx, SkillData("permit", "Service permit", "certificate"))
    body = to_data(skill_queries.compiled_in_force(ctx, "workforce.needs").table)
    rows = [{"when": {"kind": "on_site"}, "then": {"skill": "permit", "must": True}}]
    save_draft(ctx, "workforce.needs", {**body, "rows": rows}, reason="GS-5", effective_from=ctx.today)
    publish(ctx, "workforce.needs")


def refused(act) -> dict[str, str]:
    """What is said in each language when somebody tries; it must be refused in both."""
    said = {}
    for locale in LANGUAGES:
        with use_locale(locale), pytest.raises(DomainError) as error:
            act()
        said[locale] = error.value.message
    return said


def order_of(office, order_id: int) -> Order:
    office.installation.close_sessions()
    return office.system().session.get_one(Order, order_id)


def count(office, model, **where) -> int:
    office.installation.close_sessions()
    query = sa.select(sa.func.count()).select_from(model)
    return office.system().session.scalar(query.filter_by(**where))


def arrived(office, order_id: int, once: str) -> int:
    return services.arrive(site.technician(office), order_id, f"{once} {order_id}").id


# --- who it is about --------------------------------------------------------------------------------------------------


def test_an_unknown_serial_is_kept_as_told_and_the_page_says_what_to_do(plain, application):
    order_id = services.open_order(plain.system(MONDAY), OrderData(subject="Weak", serial_told="XX-9")).id
    assert (order_of(plain, order_id).device_id, order_of(plain, order_id).serial_told) == (None, "XX-9")
    with application.on(plain.installation.url) as app:
        said = {
            locale: words_of(
                Site(app, plain.installation, {"plain": plain})
                .signed_in(f"{locale}@plain.example").get(f"/c/plain/service/{order_id}").text
            )
            for locale in LANGUAGES
        }  # fmt: skip
    assert "No unit, or more than one, has the serial number XX-9. Register the unit, or choose it" in said["en"]
    assert "序列号 XX-9 查不到设备，或不止一台。请登记设备，或在“更正”中选择。" in said["zh"]


def test_two_units_behind_one_phone_are_both_offered_and_none_is_guessed(plain, application):
    units = {u.serial: u.id for u in (unit_by_serial(plain.system(), s) for s in ("FH-1", "FH-2"))}
    with application.on(plain.installation.url) as app:
        for locale, another in (("en", "Another product"), ("zh", "其他产品")):
            person = Site(app, plain.installation, {"plain": plain}).signed_in(f"{locale}@plain.example")
            page = person.get("/c/plain/intake?phone=13800138000").text
            offered = re.findall(r'type="radio" name="device" value="(\w+)"( checked)?', page)
            assert sorted(offered) == sorted([(str(i), "") for i in units.values()] + [("new", "")])
            assert all(words in words_of(page) for words in ("FH-1", "FH-2", another))
    said = services.open_order(plain.system(MONDAY), OrderData(subject="Weak", person_phone="138 0013 8000"))
    assert (said.device_id, said.work_kind) == (None, ""), "the order waits for somebody to say which"


# --- whom to send, when -----------------------------------------------------------------------------------------------


def test_a_technician_without_the_certificate_or_on_leave_is_refused_with_the_reason(house):
    office = house.office("able")
    wu = site.technician(office, "wu").actor.user_id
    order = OrderData(subject="Weak", work_kind="free", work_kind_reason="Warranty")
    order_id = services.open_order(office.system(MONDAY), order).id
    said = refused(lambda: services.assign(office.system(MONDAY), order_id, wu, PlanData()))
    assert said == {
        "en": "“Dispatch” is not possible yet: Wu Gang may not be sent: "
        "“Service permit” is needed, which this person does not have.",
        "zh": "还不能“派工”：Wu Gang 不能派：需要“Service permit”，此人没有。",
    }
    ctx = office.system(MONDAY)
    kind = next(iter(leave_queries.kinds(ctx)))
    asked = leave.ask_leave(ctx, LeaveData(wu, kind, dt.date(2026, 3, 2), dt.date(2026, 3, 3)))
    leave.agree_leave(ctx, asked.id)
    shop = services.open_order(
        office.system(MONDAY), OrderData("workshop", "Weak", work_kind="free", work_kind_reason="Warranty")
    ).id
    said = refused(lambda: services.assign(office.system(MONDAY), shop, wu, PlanData()))
    assert said == {
        "en": "“Dispatch” is not possible yet: Wu Gang may not be sent: "
        "On leave (Annual leave): 2026-03-02 – 2026-03-03.",
        "zh": "还不能“派工”：Wu Gang 不能派：请假中（年假）：2026-03-02 – 2026-03-03。",
    }
    assert [order_of(office, i).assignee_id for i in (order_id, shop)] == [None, None]
    house.close_sessions()


def test_an_appointment_in_the_past_is_refused(plain):
    order_id = site.dispatched(plain)
    for starts, ends in (("2026-02-27 10:00", "2026-02-27 12:00"), ("2026-03-02 07:00", "2026-03-02 08:30")):
        past = AppointmentData(moment(starts), moment(ends), "Ma")
        said = refused(lambda past=past: services.appoint(plain.system(MONDAY), order_id, past))
        assert said == {
            "en": "This time is over already. Choose one that lies ahead.",
            "zh": "这个时间已过，请选以后的时间。",
        }


# --- consent ----------------------------------------------------------------------------------------------------------


def test_consent_withdrawn_after_dispatch_stops_the_work(plain):
    order_id = site.dispatched(plain)
    ctx = plain.system(MONDAY)
    services.choose_work_kind(ctx, order_id, "paid", "Misuse")
    services.record_consent(ctx, order_id, "phone", "Ma", "240 for labour")
    services.withdraw_consent(plain.system(MONDAY + HOUR), order_id, "Too dear")
    said = refused(lambda: services.arrive(site.technician(plain, now=MONDAY + 2 * HOUR), order_id, "late"))
    assert said == {
        "en": "“Begin the work” is not possible yet: The customer has not agreed to pay yet.",
        "zh": "还不能“开始处理”：客户尚未同意付费。",
    }
    assert (order_of(plain, order_id).state, count(plain, Visit, order_id=order_id)) == ("dispatched", 0)


def test_a_cause_found_on_site_that_makes_free_work_paid_asks_for_the_consent_before_leaving(full):
    order_id = site.dispatched(full, cause="defect")
    visit_id = arrived(full, order_id, "a")
    said = {}
    for locale in LANGUAGES:
        with use_locale(locale):
            found = services.judge(site.technician(full), visit_id, "misuse", "cause")
            said[locale] = (found.title, [g.text for g in found.missing])
    assert said == {
        "en": ("Now paid", ["The customer pays, and no quote was made yet"]),
        "zh": ("改为收费", ["由客户付费，尚未报价"]),
    }
    paid = WorkData("no", "", "none", "", "misuse", "", "Axle straightened")
    services.save_work(site.technician(full), visit_id, paid, "work")
    left = refused(lambda: services.end_visit(site.technician(full), visit_id, EndData("solved"), "end"))
    assert all(said[locale][1][0] in left[locale] for locale in LANGUAGES)
    assert order_of(full, order_id).state == "working"


# --- twice ------------------------------------------------------------------------------------------------------------


def test_a_visit_sent_twice_is_one_visit_and_what_was_sent_first_counts(plain):
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id, "a")
    assert arrived(plain, order_id, "a") == visit_id
    services.save_work(site.technician(plain), visit_id, DONE, "work 2")
    for _tap in range(2):
        services.end_visit(site.technician(plain), visit_id, EndData("solved", signature=SIGNED), "end 2")
    assert (count(plain, Visit, order_id=order_id), count(plain, Signature, order_id=order_id)) == (1, 1)
    again = refused(lambda: services.end_visit(site.technician(plain), visit_id, EndData("not_solved"), "end 3"))
    assert again == {
        "en": "This visit has ended already; what was sent first counts.",
        "zh": "这次上门已经结束，以先提交的为准。",
    }


def test_a_signature_is_replaced_only_with_the_reason(plain):
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id, "a")
    services.save_work(site.technician(plain), visit_id, DONE, "work 3")
    services.end_visit(site.technician(plain), visit_id, EndData("solved", signature=SIGNED), "end 4")
    said = refused(lambda: services.sign(site.technician(plain), visit_id, SIGNED, "sign 1"))
    assert said == {
        "en": "It is signed already. To replace that signature, say why; both are kept.",
        "zh": "已有签字。要重签请写明原因，两次签字都会保留。",
    }
    services.sign(site.technician(plain), visit_id, SIGNED, "sign 2", "Signed in the wrong box")
    assert [count(plain, Signature, order_id=order_id, standing=s) for s in (True, False)] == [1, 1]


def test_an_order_closed_twice_at_once_is_closed_once(plain):
    order_id = site.dispatched(plain)
    visit_id = arrived(plain, order_id, "a")
    services.save_work(site.technician(plain), visit_id, DONE, "work 5")
    services.end_visit(site.technician(plain), visit_id, EndData("solved", signature=SIGNED), "end 5")
    services.confirm(plain.system(MONDAY + HOUR), order_id)
    seen = order_of(plain, order_id)
    number, version = seen.number, seen.version
    services.close(plain.system(MONDAY + HOUR), order_id, version=version)
    said = refused(lambda: services.close(plain.system(MONDAY + HOUR), order_id, version=version))
    assert said == {
        "en": "Somebody else changed this in the meantime. Nothing was overwritten: compare, then save again.",
        "zh": "其间有人改过这条记录。没有覆盖任何内容：请对照后再保存。",
    }
    said = refused(lambda: services.close(plain.system(MONDAY + HOUR), order_id))
    assert said == {"en": f"{number} is closed already.", "zh": f"{number} 已经结单。"}
