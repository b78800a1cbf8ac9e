"""The archive's verbs: what they keep, what they refuse, what they tell, and that no company sees another's rows."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.companies.services import save_unit
from core.db import transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event, RecordRef, timeline
from core.references import references_to
from core.search import search_records
from core.settings import set_setting
from core.testing import counted
from plugins.base import queries, services
from plugins.base.contracts import (
    ContactData,
    CustomerData,
    IntakeData,
    PersonData,
    PhoneData,
    ProductData,
    SaleData,
    SiteData,
    UnitData,
)
from plugins.base.models import Contact, Customer, CustomerPhone, SalesRecord, Unit

DAY = dt.date(2026, 3, 2)


@pytest.fixture
def installation(databases, database_kind):
    with databases.furnished(database_kind, furnish) as made:
        yield made


def furnish(installation):
    installation.company("acme")


@pytest.fixture
def office(installation):
    return installation.office("acme")


@pytest.fixture
def ctx(office):
    return office.system()


def customer(ctx, name="马东升", phone="138 0013 8000", **values):
    row = services.save_customer(ctx, CustomerData(name, **values))
    if phone:
        services.add_phone(ctx, row.id, PhoneData(phone))
    return row


def tractor(ctx, **values):
    return services.save_product(
        ctx, ProductData(**{"code": "FH1604", "name": "轮式拖拉机", "model": "FH1604", **values})
    )


def refused(kind, code, action, *args, **kwargs):
    with pytest.raises(kind) as error:
        action(*args, **kwargs)
    assert error.value.code == code
    return error.value


def rows(ctx, model):
    return ctx.session.scalar(sa.select(sa.func.count(model.id)))


# --- customers and their numbers ------------------------------------------------------------------------------------


def test_a_customer_gets_a_number_and_an_event_with_what_was_entered(ctx):
    row = customer(ctx, phone="", klass="种粮大户", address="铜山区 汉王镇紫山村")
    assert (row.number, row.name_key, row.address_key) == ("KH00001", "马东升", "铜山区汉王镇紫山村")
    event = timeline(ctx, row)[0]
    assert (event.name, event.facts) == ("base.customer_added", {"number": "KH00001", "name": "马东升"})
    assert event.changes[0]["fields"]["klass"] == [None, "种粮大户"]


def test_a_change_tells_from_what_to_what(ctx):
    row = customer(ctx, phone="", address="汉王镇")
    services.save_customer(ctx, CustomerData("马东升", address="大彭镇"), row.id, version=1)
    event = timeline(ctx, row)[0]
    assert event.name == "base.customer_changed"
    assert event.changes[0]["fields"] == {"address": ["汉王镇", "大彭镇"], "address_key": ["汉王镇", "大彭镇"]}


def test_a_stale_version_is_refused_and_changes_nothing(ctx):
    row = customer(ctx, phone="")
    services.save_customer(ctx, CustomerData("马东生"), row.id, version=1)
    refused(Conflict, "stale", services.save_customer, ctx, CustomerData("马冬升"), row.id, version=1)
    assert queries.get_customer(ctx, row.id).name == "马东生"


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (CustomerData("  "), "name_missing", "name"),
        (CustomerData("x" * 201), "name_too_long", "name"),
        (CustomerData("Ma", kind="alien"), "bad_choice", "kind"),
        (CustomerData("Ma", unit_id=9999), "unknown_unit", "unit_id"),
    ],
)
def test_a_customer_that_can_not_be_right_is_refused_at_its_field(ctx, data, code, field):
    assert refused(Invalid, code, services.save_customer, ctx, data).field == field
    assert rows(ctx, Customer) == 0


def test_the_first_number_is_the_primary_one_and_removing_it_passes_that_on(ctx):
    row = customer(ctx)
    services.add_phone(ctx, row.id, PhoneData("0516-83891234"))
    first, second = queries.phones_of(ctx, row.id)
    assert [(p.number, p.is_primary) for p in (first, second)] == [("+8613800138000", True), ("+8651683891234", False)]
    services.remove_phone(ctx, first.id)
    assert [(p.number, p.is_primary) for p in queries.phones_of(ctx, row.id)] == [("+8651683891234", True)]


def test_calling_another_number_first_leaves_one_primary_number(ctx):
    row = customer(ctx)
    services.make_phone_primary(ctx, services.add_phone(ctx, row.id, PhoneData("0516-83891234")).id)
    assert [(p.number, p.is_primary) for p in queries.phones_of(ctx, row.id)] == [
        ("+8651683891234", True),
        ("+8613800138000", False),
    ]


def test_the_same_number_again_adds_nothing(ctx):
    row = customer(ctx)
    before = rows(ctx, Event)
    services.add_phone(ctx, row.id, PhoneData("+86 138-0013-8000"))
    assert (rows(ctx, CustomerPhone), rows(ctx, Event)) == (1, before)


def test_several_customers_may_share_a_number(ctx):
    first, second = customer(ctx, "李秀英"), customer(ctx, "张建国")
    found = queries.find_by_phone(ctx, "13800138000")
    assert found.exact
    assert {c.id for c in found.customers} == {first.id, second.id}


def test_a_number_is_found_whole_then_by_its_last_digits(ctx):
    row = customer(ctx)
    other = customer(ctx, "李秀英", "139 5200 8000")
    whole = queries.find_by_phone(ctx, "138 0013 8000")
    assert (whole.exact, [c.id for c in whole.customers], whole.problem) == (True, [row.id], "")
    ending = queries.find_by_phone(ctx, "8000")
    assert (ending.exact, {c.id for c in ending.customers}) == (False, {row.id, other.id})
    assert [c.id for c in queries.find_by_phone(ctx, "138000").customers] == [row.id]
    assert queries.find_by_phone(ctx, "800").customers == ()


def test_last_digits_find_every_number_whatever_stands_before_them(ctx):
    rows = [customer(ctx, f"客户{digit}", f"138001{digit}8000") for digit in range(10)]
    assert {c.id for c in queries.find_by_phone(ctx, "8000").customers} == {row.id for row in rows}
    assert [c.id for c in queries.find_by_phone(ctx, "98000").customers] == [rows[9].id]


def test_a_wrong_number_says_what_is_wrong_and_finds_nobody(ctx):
    customer(ctx)
    found = queries.find_by_phone(ctx, "1380013800")
    assert (found.number, found.customers) == ("", ())
    assert found.problem == "手机号应为 11 位，现在是 10 位。"


def test_last_digits_are_looked_up_in_the_index(installation, ctx):
    customer(ctx)
    sql = str(
        sa.select(CustomerPhone.id)
        .where(CustomerPhone.company_id == 1, queries.ends_in(CustomerPhone.reversed_digits, "0008"))
        .compile(installation.engine, compile_kwargs={"literal_binds": True})
    )
    lite = installation.engine.dialect.name == "sqlite"
    with installation.engine.connect() as connection:
        if not lite:
            connection.exec_driver_sql("set enable_seqscan = off")
        asked = f"explain {'query plan ' if lite else ''}{sql}"
        plan = " ".join(str(row) for row in connection.exec_driver_sql(asked))
    assert "ix_base_customer_phone_reversed" in plan
    assert ("reversed_digits>? AND reversed_digits<?" if lite else "reversed_digits)::text >= '0008'::text") in plan


def test_likeness_is_told_by_number_name_and_address_but_never_hinders(ctx):
    row = customer(ctx, "马 东升", address="铜山区汉王镇紫山村 12 号")
    for_phone = queries.similar_customers(ctx, "别人", "别处", ["+8613800138000"])
    for_name = queries.similar_customers(ctx, "马东升", "别处")
    for_address = queries.similar_customers(ctx, "别人", "铜山区，汉王镇紫山村12号")
    assert [(x.customer.id, x.reason) for x in (*for_phone, *for_name, *for_address)] == [
        (row.id, "phone"),
        (row.id, "name"),
        (row.id, "address"),
    ]
    assert queries.similar_customers(ctx, "马东升", but=row.id) == []
    assert customer(ctx, "马 东升").id != row.id


def test_merging_moves_everything_and_leaves_a_trace(ctx):
    stays, duplicate = customer(ctx), customer(ctx, "马冬升")
    services.add_phone(ctx, duplicate.id, PhoneData("0516-83891234"))
    unit = services.save_unit_record(ctx, UnitData(tractor(ctx).id, "A1", customer_id=duplicate.id))
    contact = services.record_contact(ctx, ContactData(customer_id=duplicate.id, text="异响"))
    services.merge_customers(ctx, duplicate.id, stays.id)
    assert [p.number for p in queries.phones_of(ctx, stays.id)] == ["+8613800138000", "+8651683891234"]
    moved = [queries.get_unit(ctx, unit.id).customer_id, queries.get_contact(ctx, contact.id).customer_id]
    assert moved == [stays.id, stays.id]
    gone = queries.get_customer(ctx, duplicate.id)
    assert (gone.active, gone.merged_into_id) == (False, stays.id)
    assert [c.id for c in queries.find_by_phone(ctx, "13800138000").customers] == [stays.id]
    assert timeline(ctx, gone)[0].name == "base.customers_merged"
    refused(Conflict, "merged_already", services.merge_customers, ctx, duplicate.id, stays.id)


def test_a_customer_in_use_is_not_deleted_and_one_that_is_not_goes_with_phones(ctx):
    used, unused = customer(ctx), customer(ctx, "李秀英", "139 5200 8000")
    services.record_contact(ctx, ContactData(customer_id=used.id, text="异响"))
    error = refused(Conflict, "referenced", services.delete_customer, ctx, used.id)
    assert "1" in error.message
    services.delete_customer(ctx, unused.id)
    assert ([c.id for c in ctx.session.scalars(sa.select(Customer))], rows(ctx, CustomerPhone)) == ([used.id], 1)


def test_a_place_belongs_to_its_customer_and_stays_while_a_unit_stands_there(ctx):
    row, other = customer(ctx), customer(ctx, "李秀英", "")
    site = services.save_site(ctx, row.id, SiteData(address="紫山村东地", zone="suburb", latitude=Decimal("34.2")))
    refused(NotFound, "unknown_part", services.save_site, ctx, other.id, SiteData(address="x"), site.id)
    services.save_unit_record(ctx, UnitData(tractor(ctx).id, "A1", customer_id=row.id, site_id=site.id))
    refused(Conflict, "site_in_use", services.remove_site, ctx, site.id)
    nowhere = SiteData(address="x", latitude=Decimal(91))
    assert refused(Invalid, "bad_coordinate", services.save_site, ctx, row.id, nowhere).field == "latitude"
    assert refused(Invalid, "site_empty", services.save_site, ctx, row.id, SiteData()).field == "address"


def test_somebody_to_speak_to_is_kept_and_removed(ctx):
    row = customer(ctx)
    person = services.save_person(ctx, row.id, PersonData("王芳", "会计", "0516-83891234"))
    assert [(p.name, p.title) for p in queries.persons_of(ctx, row.id)] == [("王芳", "会计")]
    assert refused(Invalid, "phone_length", services.save_person, ctx, row.id, PersonData("王芳", phone="1380013800"))
    services.remove_person(ctx, person.id)
    assert queries.persons_of(ctx, row.id) == []


# --- products, units, sales -----------------------------------------------------------------------------------------


def test_product_codes_are_unique_in_words(ctx):
    tractor(ctx)
    error = refused(Invalid, "code_taken", services.save_product, ctx, ProductData("FH1604", "另一种"))
    assert error.field == "code"
    assert "轮式拖拉机" in error.message


def test_a_serial_number_is_taken_once_per_product_and_kept_in_capitals(ctx):
    product, row = tractor(ctx), customer(ctx)
    unit = services.save_unit_record(ctx, UnitData(product.id, " fh1604-26-03127 ", customer_id=row.id))
    assert unit.serial == "FH1604-26-03127"
    again = UnitData(product.id, "FH1604-26-03127")
    assert refused(Invalid, "serial_taken", services.save_unit_record, ctx, again).field == "serial"
    other = tractor(ctx, code="4YZ", name="收获机")
    services.save_unit_record(ctx, UnitData(other.id, "FH1604-26-03127"))
    services.save_unit_record(ctx, UnitData(product.id))
    services.save_unit_record(ctx, UnitData(product.id))
    assert rows(ctx, Unit) == 4


def test_dates_of_a_unit_that_are_out_of_order_are_refused_at_the_later_one(ctx):
    data = UnitData(tractor(ctx).id, production_date=DAY, sale_date=DAY - dt.timedelta(days=1))
    assert refused(Invalid, "dates_out_of_order", services.save_unit_record, ctx, data).field == "sale_date"


def test_a_unit_that_changes_hands_is_on_both_timelines(ctx):
    seller, buyer, product = customer(ctx), customer(ctx, "李秀英", ""), tractor(ctx)
    unit = services.save_unit_record(ctx, UnitData(product.id, "A1", customer_id=seller.id))
    services.save_unit_record(ctx, UnitData(product.id, "A1", customer_id=buyer.id), unit.id)
    assert [timeline(ctx, c)[0].name for c in (seller, buyer)] == ["base.unit_moved", "base.unit_moved"]
    assert timeline(ctx, unit)[0].facts["customer"] == "李秀英"


def test_a_place_of_another_customer_is_refused_for_a_unit(ctx):
    row, other = customer(ctx), customer(ctx, "李秀英", "")
    site = services.save_site(ctx, other.id, SiteData(address="贾汪"))
    data = UnitData(tractor(ctx).id, "A1", customer_id=row.id, site_id=site.id)
    assert refused(Invalid, "site_elsewhere", services.save_unit_record, ctx, data).field == "site_id"


def test_a_sale_keeps_the_fields_of_the_sales_record_and_is_corrected_on_record(ctx):
    row, product = customer(ctx), tractor(ctx)
    expiry = DAY + dt.timedelta(days=365)
    data = SaleData(product.id, row.id, DAY, Decimal("2.5"), None, "B1", expiry, "徐州", "门店", "F-1", "自提")
    sale = services.record_sale(ctx, data)
    kept = ctx.session.scalar(sa.select(SalesRecord).where(SalesRecord.id == sale.id))
    assert (kept.quantity, kept.batch, kept.expiry, kept.destination, kept.invoice, kept.note) == (
        Decimal("2.5"),
        "B1",
        dt.date(2027, 3, 2),
        "徐州",
        "F-1",
        "自提",
    )
    services.record_sale(ctx, SaleData(product.id, row.id, DAY, Decimal(3), batch="B1"), sale.id)
    assert timeline(ctx, sale)[0].changes[0]["fields"]["quantity"] == ["2.5", "3"]
    nothing = SaleData(product.id, row.id, DAY, Decimal(0))
    assert refused(Invalid, "quantity_too_small", services.record_sale, ctx, nothing).field == "quantity"
    gone_off = SaleData(product.id, row.id, DAY, expiry=DAY - dt.timedelta(days=1))
    assert refused(Invalid, "sold_expired", services.record_sale, ctx, gone_off).field == "expiry"


def test_from_one_sale_of_a_batch_to_everybody_who_got_it(ctx):
    first, second, product = customer(ctx), customer(ctx, "李秀英", ""), tractor(ctx)
    sold = [services.record_sale(ctx, SaleData(product.id, c.id, DAY, batch="B1")) for c in (first, second)]
    services.record_sale(ctx, SaleData(product.id, first.id, DAY, batch="B2"))
    assert [s.customer.name for s in queries.same_batch(ctx, sold[0])] == ["李秀英"]


# --- the call register ----------------------------------------------------------------------------------------------


def test_a_contact_is_recorded_once_however_often_its_form_is_sent(ctx):
    data = ContactData(phone="138 0013 8000", text="异响", external_key="form:1")
    first = services.record_contact(ctx, data)
    again = services.record_contact(ctx, ContactData(text="another text", external_key="form:1"))
    assert (again.id, rows(ctx, Contact), first.number, first.phone, first.phone_raw) == (
        first.id,
        1,
        "LF2603-0001",
        "+8613800138000",
        "138 0013 8000",
    )
    assert [e.name for e in timeline(ctx, first)] == ["base.contact_recorded"]


def test_a_contact_is_on_the_timelines_of_customer_and_unit(ctx):
    row = customer(ctx)
    unit = services.save_unit_record(ctx, UnitData(tractor(ctx).id, "A1", customer_id=row.id))
    services.record_contact(ctx, ContactData(customer_id=row.id, device_id=unit.id, text="异响"))
    assert [timeline(ctx, x)[0].name for x in (row, unit)] == ["base.contact_recorded"] * 2


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (ContactData(), "text_missing", "text"),
        (ContactData(text="x", channel="pigeon"), "bad_choice", "channel"),
        (ContactData(text="x", matter="weather"), "bad_choice", "matter"),
        (ContactData(text="x", cause="fate"), "bad_choice", "cause"),
        (ContactData(text="x", phone="1380013800"), "phone_length", "phone"),
        (ContactData(text="x", customer_id=4711), "unknown_reference", "customer_id"),
        (ContactData(text="x", device_id=4711), "unknown_reference", "device_id"),
    ],
)
def test_a_contact_that_can_not_be_right_is_refused_at_its_field(ctx, data, code, field):
    assert refused(Invalid, code, services.record_contact, ctx, data).field == field
    assert rows(ctx, Contact) == 0


def test_settling_keeps_the_first_outcome_and_tells_of_the_others(ctx):
    contact = services.record_contact(ctx, ContactData(text="异响"))
    services.settle_contact(ctx, contact.id)
    services.settle_contact(ctx, contact.id)
    assert (contact.state, contact.outcome, contact.outcome_ref) == ("settled", "record", None)
    led = services.record_contact(ctx, ContactData(text="两件事"))
    services.settle_contact(ctx, led.id, "base.contact", contact.id)
    services.settle_contact(ctx, led.id, "base.customer", 77)
    assert (led.outcome, led.outcome_ref) == ("base.contact", contact.id)
    assert [e.name for e in timeline(ctx, contact)] == [
        "base.contact_led_on",
        "base.contact_only_recorded",
        "base.contact_recorded",
    ]
    with pytest.raises(LookupError):
        services.settle_contact(ctx, led.id, "nobody.knows", 1)


def test_what_was_only_recorded_may_still_become_more(ctx):
    contact = services.record_contact(ctx, ContactData(text="异响"))
    services.settle_contact(ctx, contact.id)
    services.settle_contact(ctx, contact.id, "base.customer", 5)
    assert (contact.state, contact.outcome, contact.outcome_ref) == ("settled", "base.customer", 5)


def test_open_contacts_are_handed_over_with_an_event_each(office, ctx):
    leaver, taker = office.person("leaver@x.example", "agent"), office.person("taker@x.example", "agent")
    kept = [services.record_contact(ctx, ContactData(text=t, assignee_id=leaver)) for t in ("one", "two")]
    services.settle_contact(ctx, kept[1].id)
    assert queries.open_contacts_held(ctx, leaver) == 1
    assert services.hand_over_contacts(ctx, leaver, taker) == 1
    assert [c.assignee_id for c in kept] == [taker, leaver]
    assert timeline(ctx, kept[0])[0].facts == {"number": kept[0].number, "from_user_id": leaver, "to_user_id": taker}


# --- taking in ------------------------------------------------------------------------------------------------------


def intake(**contact):
    given = {"phone": "138 0013 8000", "caller_name": "马东升", "text": "异响", "external_key": "intake:1", **contact}
    return IntakeData(ContactData(**given), CustomerData("马东升", address="紫山村"))


def test_taking_in_a_stranger_makes_customer_number_and_contact_at_once(ctx):
    product = tractor(ctx)
    data = intake()
    new_unit = UnitData(product.id, "a1", sale_date=DAY)
    contact = services.take_in(ctx, IntakeData(data.contact, data.customer, unit=new_unit))
    row = queries.get_customer(ctx, contact.customer_id)
    assert [(p.number, p.is_primary) for p in queries.phones_of(ctx, row.id)] == [("+8613800138000", True)]
    unit = queries.get_unit(ctx, contact.device_id)
    assert (unit.serial, unit.customer_id, unit.sale_date) == ("A1", row.id, DAY)


def test_taking_in_twice_makes_one_customer_and_one_contact(ctx):
    assert services.take_in(ctx, intake()).id == services.take_in(ctx, intake()).id
    assert (rows(ctx, Customer), rows(ctx, Contact)) == (1, 1)


def test_two_forms_sent_at_the_same_moment_make_one_contact(ctx, monkeypatch):
    first = services.take_in(ctx, intake())
    known, asked = queries.contact_by_key, []

    def seen_too_late(ctx, key):
        asked.append(key)
        return known(ctx, key) if len(asked) > 2 else None

    monkeypatch.setattr(queries, "contact_by_key", seen_too_late)
    assert services.take_in(ctx, intake()).id == first.id
    assert (rows(ctx, Customer), rows(ctx, Contact)) == (1, 1)


def test_a_refused_intake_leaves_nothing_behind(ctx):
    refused(Invalid, "phone_length", services.take_in, ctx, intake(phone="1380013800"))
    assert (rows(ctx, Customer), rows(ctx, Contact)) == (0, 0)


def test_another_customers_unit_is_refused(ctx):
    mine, other = customer(ctx), customer(ctx, "李秀英", "")
    unit = services.save_unit_record(ctx, UnitData(tractor(ctx).id, "A1", customer_id=other.id))
    data = IntakeData(ContactData(customer_id=mine.id, device_id=unit.id, phone="13800138000", text="x"))
    assert refused(Invalid, "other_customer", services.take_in, ctx, data).field == "device"
    assert rows(ctx, Contact) == 0


def test_who_may_not_add_customers_still_records_what_was_said(office):
    ctx = office.ctx("base.contact.record")
    contact = services.take_in(ctx, intake())
    assert (contact.customer_id, contact.caller_name, contact.phone) == (None, "马东升", "+8613800138000")


def test_a_known_customers_new_number_is_kept_when_asked(ctx):
    row = customer(ctx)
    data = ContactData(customer_id=row.id, phone="139 5200 8000", text="x")
    services.take_in(ctx, IntakeData(data))
    assert len(queries.phones_of(ctx, row.id)) == 1
    services.take_in(ctx, IntakeData(data, keep_number=True))
    assert [p.number for p in queries.phones_of(ctx, row.id)] == ["+8613800138000", "+8613952008000"]


# --- rights, companies, organisation units --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attempt",
    [
        lambda ctx: services.save_customer(ctx, CustomerData("Ma")),
        lambda ctx: services.save_product(ctx, ProductData("A", "B")),
        lambda ctx: services.save_unit_record(ctx, UnitData(1)),
        lambda ctx: services.record_sale(ctx, SaleData(1, 1, DAY)),
        lambda ctx: services.record_contact(ctx, ContactData(text="x")),
        lambda ctx: services.take_in(ctx, intake()),
        lambda ctx: services.settle_contact(ctx, 1),
        lambda ctx: services.merge_customers(ctx, 1, 2),
        lambda ctx: services.delete_customer(ctx, 1),
        lambda ctx: services.delete_product(ctx, 1),
        lambda ctx: services.delete_unit(ctx, 1),
        lambda ctx: services.delete_sale(ctx, 1),
        lambda ctx: services.add_phone(ctx, 1, PhoneData("1")),
        lambda ctx: services.remove_phone(ctx, 1),
        lambda ctx: services.save_site(ctx, 1, SiteData("x")),
        lambda ctx: services.save_person(ctx, 1, PersonData("x")),
    ],
)
def test_without_the_right_nothing_is_written(office, attempt):
    ctx = office.ctx(*(f"base.{noun}.view" for noun in ("customer", "contact", "unit", "product", "sales")))
    before = rows(ctx, Event)
    refused(Forbidden, "permission_needed", attempt, ctx)
    assert (rows(ctx, Customer), rows(ctx, Contact), rows(ctx, Event)) == (0, 0, before)


def test_no_company_finds_or_points_to_anothers_rows(installation, office, ctx):
    row = customer(ctx)
    unit = services.save_unit_record(ctx, UnitData(tractor(ctx).id, "A1", customer_id=row.id))
    contact = services.record_contact(ctx, ContactData(customer_id=row.id, phone="13800138000", text="异响"))
    other = installation.company("rival").system()
    assert queries.find_by_phone(other, "13800138000").customers == ()
    assert queries.find_by_phone(other, "8000").customers == ()
    assert queries.search_customers(other, "马") == queries.search_products(other, "") == []
    installation.worker().index_all()
    assert [len(search_records(c, word)) for c in (ctx, other) for word in ("马东", "A1", "8000")] == [3, 1, 2, 0, 0, 0]
    assert queries.similar_customers(other, "马东升", phones=["+8613800138000"]) == []
    for code, attempt, key in (
        ("unknown_customer", queries.get_customer, row.id),
        ("unknown_device", queries.get_unit, unit.id),
        ("unknown_contact", queries.get_contact, contact.id),
    ):
        refused(NotFound, code, attempt, other, key)
    for data in (ContactData(text="x", customer_id=row.id), ContactData(text="x", device_id=unit.id)):
        refused(Invalid, "unknown_reference", services.record_contact, other, data)
    refused(NotFound, "unknown_customer", services.add_phone, other, row.id, PhoneData("13800138001"))
    assert references_to(other, RecordRef("base.customer", row.id)) == []
    assert rows(other, Contact) == 0


def test_the_database_itself_refuses_a_link_to_another_company(installation, ctx):
    row = customer(ctx)
    other = installation.company("rival").system()
    with transaction(other) as session:
        session.add(CustomerPhone(customer_id=row.id, number="+8613800138001", reversed_digits="1", raw="1"))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()


def test_who_sees_one_organisation_unit_sees_its_customers_and_their_units(office, ctx):
    mine = save_unit(ctx, "xuzhou", "徐州", "centre", "hq").id
    theirs = save_unit(ctx, "jining", "济宁", "centre", "hq").id
    product = tractor(ctx)
    near, far = customer(ctx, "近", unit_id=mine), customer(ctx, "远", unit_id=theirs)
    services.save_unit_record(ctx, UnitData(product.id, "N1", customer_id=near.id))
    distant = services.save_unit_record(ctx, UnitData(product.id, "F1", customer_id=far.id))
    office.installation.worker().index_all()
    limited = office.ctx("base.customer.view", "base.unit.view", unit_ids=frozenset({mine}))
    assert [c.name for c in queries.find_by_phone(limited, "13800138000").customers] == ["近"]
    seen = [[row.title for row in search_records(limited, serial)] for serial in ("N1", "F1")]
    assert seen == [[f"{product.name} N1"], []]
    services.save_customer(ctx, CustomerData("远", unit_id=mine), far.id)
    again = office.ctx("base.customer.view", unit_ids=frozenset({mine}))
    assert queries.get_unit(again, distant.id).serial == "F1"


# --- what others ask ------------------------------------------------------------------------------------------------


def test_references_count_what_points_to_a_record(ctx):
    row, product = customer(ctx), tractor(ctx)
    unit = services.save_unit_record(ctx, UnitData(product.id, "A1", customer_id=row.id))
    services.record_sale(ctx, SaleData(product.id, row.id, DAY, device_id=unit.id))
    services.record_contact(ctx, ContactData(customer_id=row.id, device_id=unit.id, text="x"))
    counted_refs = {
        kind: sum(r.count for r in references_to(ctx, RecordRef(kind, key)))
        for kind, key in (
            ("base.customer", row.id),
            ("base.product", product.id),
            ("base.unit", unit.id),
        )
    }
    assert counted_refs == {"base.customer": 3, "base.product": 2, "base.unit": 2}
    for delete, key in ((services.delete_product, product.id), (services.delete_unit, unit.id)):
        refused(Conflict, "referenced", delete, ctx, key)


def test_a_summary_counts_units_contacts_and_what_is_open(ctx):
    row = customer(ctx)
    services.save_unit_record(ctx, UnitData(tractor(ctx).id, "A1", customer_id=row.id))
    old = ctx.at(ctx.now - dt.timedelta(days=400))
    for when, settle in ((old, True), (ctx, True), (ctx, False)):
        contact = services.record_contact(when, ContactData(customer_id=row.id, text="x"))
        if settle:
            services.settle_contact(when, contact.id)
    summary = queries.customer_summary(ctx, row)
    assert (summary.units, summary.contacts_last_year, summary.open_contacts) == (1, 2, 1)
    assert summary.last_contact_at == ctx.now


def test_a_look_up_costs_the_same_however_many_it_finds(installation, ctx):
    customer(ctx, "一")
    with counted(installation.engine) as for_one:
        queries.find_by_phone(ctx, "13800138000")
    for number in range(15):
        customer(ctx, f"客户{number}")
    with counted(installation.engine) as for_many:
        queries.find_by_phone(ctx, "13800138000")
    assert len(for_one) == len(for_many) == 3  # the company (its region), the customers, their numbers


def test_the_demonstration_is_the_same_for_the_same_seed_and_fits_the_company(installation):
    from plugins.base.demo import fill

    made = []
    for code in ("one", "two"):
        ctx = installation.company(code, profile="machinery").system(dt.datetime(2026, 3, 2, 4, 0, tzinfo=dt.UTC))
        fill(ctx, 7, customers=12)
        found = ctx.session.scalars(sa.select(Customer).order_by(Customer.id))
        made.append([(c.number, c.name, c.address) for c in found])
        assert rows(ctx, Unit) > 3
        assert ctx.session.scalar(sa.select(sa.func.max(Contact.received_at))) <= ctx.now
    assert made[0] == made[1]
    assert len(made[0]) == 12
    british = {"profile": "appliance", "locale": "en", "region": "GB", "timezone": "Europe/London"}
    english = installation.company("three", **british).system()
    fill(english, 7, customers=5)
    assert english.session.scalar(sa.select(Customer.number).order_by(Customer.id)) == "C00001"


def test_the_required_fields_are_the_companys_own(ctx):
    set_setting(ctx, "base.intake.required", "name, model")
    error = refused(Invalid, "intake_incomplete", services.take_in, ctx, intake())
    assert error.details["missing"] == ["model"]
    assert services.take_in(ctx, intake(matter="question")).matter == "question"
