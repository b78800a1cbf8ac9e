"""Merging duplicates: nothing that points to them is lost, and undoing brings back what was there before."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.companies.models import OrgUnit
from core.companies.services import save_unit
from core.companies.switch import switch_off
from core.db import transaction
from core.errors import Conflict, Forbidden, Invalid
from core.events import RecordRef, emit, timeline
from core.files import files_of, store_file
from core.i18n import use_locale
from core.merging import (
    alike,
    merge_records,
    merges_of,
    pointers_to,
    preview_merge,
    tell_apart,
    undo_merge,
)
from core.references import ask_pointer
from core.settings import set_setting
from plugins.base import queries
from plugins.base import services as base
from plugins.base.contracts import (
    CUSTOMER,
    UNIT,
    ContactData,
    CustomerData,
    PersonData,
    PhoneData,
    ProductData,
    SaleData,
    SiteData,
    UnitData,
)
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.complaints.models import Complaint

DAY = dt.date(2026, 3, 2)
BOOKKEEPING = {"core_event", "core_event_link", "core_delivery", "core_search_mark", "core_merge"}


@pytest.fixture
def installation(databases, database_kind, tmp_path, monkeypatch):
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    with databases.furnished(database_kind, furnish) as made, use_locale("en"):
        yield made


def furnish(installation):
    office = installation.company("acme", modules=("complaints",))
    base.save_product(office.system(), ProductData("TS2", "Tractor"))
    save_unit(office.system(), "NJ", "Nanjing", "centre")


@pytest.fixture
def office(installation):
    return installation.office("acme")


@pytest.fixture
def ctx(office):
    return office.system()


def customer(ctx, name="Ma Dongsheng", phone="138 0013 8000", **values):
    row = base.save_customer(ctx, CustomerData(name, **values))
    if phone:
        base.add_phone(ctx, row.id, PhoneData(phone))
    return row


def product(ctx) -> int:
    return queries.product_by_code(ctx, "TS2").id


def rich(ctx, owner) -> dict[str, int]:
    """A customer with one of everything that can point to him."""
    base.save_site(ctx, owner.id, SiteData(name="Farm"))
    base.save_person(ctx, owner.id, PersonData("Li Na"))
    unit = base.save_unit_record(ctx, UnitData(product(ctx), "A1", customer_id=owner.id))
    sale = base.record_sale(ctx, SaleData(product(ctx), owner.id, DAY, Decimal(2)))
    contact = base.record_contact(ctx, ContactData(customer_id=owner.id, text="It leaks", device_id=unit.id))
    complaint = complaints.open_complaint(
        ctx, ComplaintData(subject="Leaks", text="It leaks", customer_id=owner.id, contact_id=contact.id)
    )
    with transaction(ctx):
        store_file(ctx, "letter.txt", b"It leaks.", purpose="attachment", record=owner)
        emit(ctx, "base.customer_changed", owner, number=owner.number, name=owner.name)
    return {"unit": unit.id, "sale": sale.id, "contact": contact.id, "complaint": complaint.id}


def everything(office) -> dict[str, list]:
    """Every row of the company's tables but for what a merge itself leaves, without versions."""
    found = {}
    with office.installation.engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            if table in BOOKKEEPING or table.startswith("alembic"):
                continue
            rows = connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings()
            found[table] = sorted(str({k: v for k, v in row.items() if k != "version"}) for row in rows)
    return found


def pointing(ctx, kind: str, record_id: int) -> dict[str, int]:
    ref = RecordRef(kind, record_id)
    pointers = pointers_to(ctx.registry, kind)
    counts = {f"{p.table}.{p.column}": ask_pointer(ctx, p, "count", ref).scalar() for p in pointers}
    return {name: n for name, n in counts.items() if n}


def refused(error, code: str, action, *args, **kw):
    with pytest.raises(error) as caught:
        action(*args, **kw)
    assert caught.value.code == code
    return caught.value


def test_everything_of_every_module_moves_also_of_one_that_is_off(office, ctx):
    stays, duplicate = customer(ctx), customer(ctx, "Ma Dong Sheng", "025 8389 1234")
    ids = rich(ctx, duplicate)
    switch_off(ctx, "complaints")
    assert pointing(ctx, CUSTOMER, duplicate.id) == {
        "base_contact.customer_id": 1,
        "base_contact_person.customer_id": 1,
        "base_customer_phone.customer_id": 1,
        "base_sales_record.customer_id": 1,
        "base_site.customer_id": 1,
        "base_unit.customer_id": 1,
        "complaints_complaint.customer_id": 1,
        "core_file.record_id": 1,
    }
    merge = merge_records(ctx, CUSTOMER, duplicate.id, stays.id)
    assert pointing(ctx, CUSTOMER, duplicate.id) == {}
    assert ctx.session.get(Complaint, ids["complaint"]).customer_id == stays.id
    assert [f.name for f in files_of(ctx, RecordRef(CUSTOMER, stays.id))] == ["letter.txt"]
    assert {(m["table"], tuple(m["ids"])) for m in merge.moved} >= {
        ("base_unit", (ids["unit"],)), ("complaints_complaint", (ids["complaint"],)),
    }


def test_the_history_of_both_is_on_the_record_that_stays_and_goes_when_it_is_undone(ctx):
    stays, duplicate = customer(ctx), customer(ctx, "Ma Dong Sheng", "025 8389 1234")
    before = [e.id for e in timeline(ctx, stays)]
    rich(ctx, duplicate)
    theirs = {e.id for e in timeline(ctx, duplicate, limit=100)}
    merge = merge_records(ctx, CUSTOMER, duplicate.id, stays.id)
    shown = timeline(ctx, stays, limit=100)
    assert shown[0].name == timeline(ctx, duplicate)[0].name == "base.customers_merged"
    assert {e.id for e in shown} == theirs | set(before) | {shown[0].id}
    undo_merge(ctx, merge.id)
    names = [e.name for e in timeline(ctx, stays, limit=100)]
    assert names[:2] == ["base.customers_merge_undone", "base.customers_merged"]
    assert [e.id for e in timeline(ctx, stays, limit=100)][2:] == before


def test_what_both_have_is_kept_once_and_told_before(ctx):
    stays, duplicate = customer(ctx), customer(ctx, "Ma Dong Sheng")
    base.add_phone(ctx, duplicate.id, PhoneData("025 8389 1234"))
    shown = preview_merge(ctx, CUSTOMER, duplicate.id, stays.id)
    assert [(line.words, line.count, line.staying) for line in shown.lines] == [("Phone numbers", 1, 1)]
    assert shown.events == 3
    merge_records(ctx, CUSTOMER, duplicate.id, stays.id)
    assert [(p.number, p.is_primary) for p in queries.phones_of(ctx, stays.id)] == [
        ("+8613800138000", True), ("+862583891234", False),
    ]
    assert [c.id for c in queries.find_by_phone(ctx, "13800138000").customers] == [stays.id]


def test_the_organisation_unit_of_the_customer_looks_after_what_came(ctx):
    nanjing = ctx.session.scalar(sa.select(OrgUnit.id).where(OrgUnit.code == "NJ"))
    stays, duplicate = customer(ctx, unit_id=nanjing), customer(ctx, "Ma Dong Sheng", "025 8389 1234")
    ids = rich(ctx, duplicate)
    merge = merge_records(ctx, CUSTOMER, duplicate.id, stays.id)
    assert (queries.get_unit(ctx, ids["unit"]).unit_id, queries.get_contact(ctx, ids["contact"]).unit_id) == (
        nanjing, nanjing,
    )
    undo_merge(ctx, merge.id)
    assert queries.get_unit(ctx, ids["unit"]).unit_id is None


def test_chosen_values_are_taken_and_given_back(ctx):
    stays = customer(ctx, address="1 Hill Street", klass="B")
    duplicate = customer(ctx, "Ma Dong Sheng", "", address="7 Lake Road", klass="A")
    merge = merge_records(ctx, CUSTOMER, duplicate.id, stays.id, ["address", "klass"])
    kept = queries.get_customer(ctx, stays.id)
    assert (kept.name, kept.address, kept.address_key, kept.klass) == ("Ma Dongsheng", "7 Lake Road", "7lakeroad", "A")
    base.save_customer(ctx, CustomerData("Ma Dongsheng", address="7 Lake Road", klass="C"), stays.id)
    done = undo_merge(ctx, merge.id)
    kept = queries.get_customer(ctx, stays.id)
    assert (kept.address, kept.address_key, kept.klass, done.fields) == ("1 Hill Street", "1hillstreet", "C", ["klass"])


def test_two_units_become_one_with_the_serial_number_chosen(ctx):
    owner = customer(ctx)
    stays = base.save_unit_record(ctx, UnitData(product(ctx), "OLD-1", customer_id=owner.id, sale_date=DAY))
    duplicate = base.save_unit_record(ctx, UnitData(product(ctx), "NEW-1", customer_id=owner.id))
    contact = base.record_contact(ctx, ContactData(customer_id=owner.id, text="It leaks", device_id=duplicate.id))
    merge = merge_records(ctx, UNIT, duplicate.id, stays.id, ["serial"])
    assert (queries.get_unit(ctx, stays.id).serial, queries.get_unit(ctx, duplicate.id).serial) == ("NEW-1", None)
    assert queries.get_contact(ctx, contact.id).device_id == stays.id
    assert [u.id for u in queries.units_of(ctx, owner.id)] == [stays.id]
    assert timeline(ctx, queries.get_unit(ctx, stays.id))[0].facts["number"] == "NEW-1"
    undo_merge(ctx, merge.id)
    assert (queries.get_unit(ctx, stays.id).serial, queries.get_unit(ctx, duplicate.id).serial) == ("OLD-1", "NEW-1")
    assert queries.get_contact(ctx, contact.id).device_id == duplicate.id


def test_undoing_takes_back_what_is_still_there_and_counts_the_rest(ctx):
    stays, duplicate = customer(ctx), customer(ctx, "Ma Dong Sheng", "025 8389 1234")
    ids, third = rich(ctx, duplicate), customer(ctx, "Zhao Min", "")
    merge = merge_records(ctx, CUSTOMER, duplicate.id, stays.id)
    base.save_unit_record(ctx, UnitData(product(ctx), "A1", customer_id=third.id), ids["unit"])
    later = base.record_contact(ctx, ContactData(customer_id=stays.id, text="Since the merge"))
    done = undo_merge(ctx, merge.id)
    assert (done.lost, queries.get_unit(ctx, ids["unit"]).customer_id) == (1, third.id)
    assert queries.get_contact(ctx, later.id).customer_id == stays.id
    assert queries.get_contact(ctx, ids["contact"]).customer_id == duplicate.id
    back = queries.get_customer(ctx, duplicate.id)
    assert (back.active, back.merged_into_id) == (True, None)
    refused(Conflict, "undone_already", undo_merge, ctx, merge.id)


def test_undoing_is_refused_after_the_companys_time_and_while_the_other_was_merged_on(office, ctx):
    first, second, third = customer(ctx, "A", ""), customer(ctx, "B", ""), customer(ctx, "C", "")
    merge = merge_records(ctx, CUSTOMER, first.id, second.id)
    on = merge_records(ctx, CUSTOMER, second.id, third.id)
    assert queries.get_customer(ctx, first.id).merged_into_id == third.id
    refused(Conflict, "merged_since", undo_merge, ctx, merge.id)
    undo_merge(ctx, on.id)
    assert queries.get_customer(ctx, first.id).merged_into_id == second.id
    set_setting(ctx, "core.merge.undo_days", 3)
    refused(Conflict, "undo_too_late", undo_merge, office.system(ctx.now + dt.timedelta(days=3, minutes=1)), merge.id)
    undo_merge(office.system(ctx.now + dt.timedelta(days=2)), merge.id)
    fresh = office.system()
    assert [queries.get_customer(fresh, c.id).merged_into_id for c in (first, second, third)] == [None, None, None]


def test_nothing_can_be_filed_on_a_duplicate_and_an_import_key_finds_the_one_that_stayed(ctx):
    stays, duplicate = customer(ctx), customer(ctx, "Ma Dong Sheng", "", external_key="crm-7")
    merge_records(ctx, CUSTOMER, duplicate.id, stays.id)
    error = refused(
        Invalid, "merged_reference", base.record_contact, ctx, ContactData(customer_id=duplicate.id, text="It leaks")
    )
    assert error.message == f"This was merged into {stays.number} Ma Dongsheng. Choose that one."
    refused(Conflict, "merged_already", base.save_customer, ctx, CustomerData("X"), duplicate.id)
    refused(Conflict, "merged_already", merge_records, ctx, CUSTOMER, duplicate.id, stays.id)
    refused(Invalid, "merge_self", merge_records, ctx, CUSTOMER, stays.id, stays.id)
    assert queries.customer_by_key(ctx, "crm-7").id == stays.id


def test_whoever_saw_an_older_version_or_lacks_the_right_changes_nothing(office, ctx):
    stays, duplicate = customer(ctx), customer(ctx, "Ma Dong Sheng", "")
    before, seen = everything(office), duplicate.version
    without = office.ctx("base.customer.view", "base.customer.edit")
    refused(Forbidden, "permission_needed", merge_records, without, CUSTOMER, duplicate.id, stays.id)
    refused(
        Conflict, "stale", merge_records, ctx, CUSTOMER, duplicate.id, stays.id, versions=(seen - 1, stays.version)
    )
    assert everything(office) == before
    merge = merge_records(ctx, CUSTOMER, duplicate.id, stays.id, versions=(seen, stays.version))
    refused(Forbidden, "permission_needed", undo_merge, without, merge.id)
    assert len(merges_of(ctx, CUSTOMER, stays.id)) == 1


def test_a_person_limited_to_units_moves_what_he_cannot_see_as_well(office, ctx):
    stays, duplicate = customer(ctx), customer(ctx, "Ma Dong Sheng", "")
    ids = rich(ctx, duplicate)
    nanjing = ctx.session.scalar(sa.select(OrgUnit.id).where(OrgUnit.code == "NJ"))
    with transaction(ctx):
        ctx.session.get(Complaint, ids["complaint"]).unit_id = nanjing
        emit(ctx, "base.contact_changed", RecordRef("base.contact", ids["contact"]), number="x")
    limited = office.ctx("base.customer.merge", unit_ids=frozenset())
    merge_records(limited, CUSTOMER, duplicate.id, stays.id)
    assert office.system().session.get(Complaint, ids["complaint"]).customer_id == stays.id


def test_two_that_look_alike_are_proposed_until_they_are_told_apart(ctx):
    one, other = customer(ctx), customer(ctx, "Ma  Dongsheng", "")
    assert [(a.record.id, a.reason) for a in alike(ctx, CUSTOMER, one)] == [(other.id, "same name")]
    suspects = ctx.registry.kinds[CUSTOMER].merge.suspects
    assert [c.id for c in ctx.session.scalars(suspects())] == [one.id]
    tell_apart(ctx, CUSTOMER, other.id, one.id)
    tell_apart(ctx, CUSTOMER, one.id, other.id)
    assert alike(ctx, CUSTOMER, one) == alike(ctx, CUSTOMER, other) == list(ctx.session.scalars(suspects())) == []
    assert [e.name for e in timeline(ctx, one)].count("core.told_apart") == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_merging_loses_nothing_and_undoing_it_is_as_if_it_had_not_been(office, data):
    ctx = office.system()
    people = [customer(ctx, f"C{n}", "") for n in range(2)]
    numbers = ("13800138000", "13900139000")
    for person in people:
        for phone in data.draw(st.sets(st.sampled_from(numbers))):
            base.add_phone(ctx, person.id, PhoneData(phone))
        for _n in range(data.draw(st.integers(0, 2))):
            base.record_contact(ctx, ContactData(customer_id=person.id, text="It leaks"))
        if data.draw(st.booleans()):
            base.record_sale(ctx, SaleData(product(ctx), person.id, DAY))
        if data.draw(st.booleans()):
            base.save_unit_record(ctx, UnitData(product(ctx), customer_id=person.id))
    stays, duplicate = data.draw(st.permutations(people))
    before = everything(office)
    held = {p: pointing(ctx, CUSTOMER, p) for p in (stays.id, duplicate.id)}
    phones = [{p.number for p in queries.phones_of(ctx, c.id)} for c in (stays, duplicate)]
    shared = phones[0] & phones[1]
    take = data.draw(st.sets(st.sampled_from(["name", "kind", "note"])))
    merge = merge_records(ctx, CUSTOMER, duplicate.id, stays.id, take)
    left = {"base_customer_phone.customer_id": len(shared)} if shared else {}
    assert pointing(ctx, CUSTOMER, duplicate.id) == left
    after = pointing(ctx, CUSTOMER, stays.id)
    after.pop("base_customer.merged_into_id")
    for name in held[stays.id].keys() | held[duplicate.id].keys():
        both = held[stays.id].get(name, 0) + held[duplicate.id].get(name, 0)
        assert after.get(name, 0) == both - left.get(name, 0)
    assert undo_merge(ctx, merge.id).lost == 0
    assert everything(office) == before
