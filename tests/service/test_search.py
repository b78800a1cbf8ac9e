"""The search index: kept by the worker, the same on both databases; who finds what; what it costs."""

from __future__ import annotations

import itertools

import pytest
import sqlalchemy as sa

from core.companies.services import save_unit
from core.companies.switch import switch_off, switch_on
from core.db import bulk_insert, transaction
from core.events import emit
from core.search import mark_everything, matching, search_records, waiting
from core.search.index import SearchEntry, SearchGram, SearchMark
from core.testing import START, Installation, counted
from plugins.base import services
from plugins.base.contracts import CustomerData, PhoneData, ProductData, UnitData
from plugins.base.models import Customer
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData

NUMBERS = itertools.count(1)
SEE = ("base.customer.view", "base.unit.view", "complaints.complaint.view")


@pytest.fixture(scope="module")
def installation(make_database, registry):
    made = Installation(make_database(), registry)
    yield made
    made.close()


@pytest.fixture
def office(installation):
    """A company of its own in the database of this module."""
    yield installation.company(f"acme{next(NUMBERS)}", modules=["complaints"])
    installation.close_sessions()


def customer(office, name: str, *phones: str, **values) -> int:
    office.installation.close_sessions()
    ctx = office.system()
    row = services.save_customer(ctx, CustomerData(name, **values))
    for phone in phones:
        services.add_phone(ctx, row.id, PhoneData(phone))
    return row.id


def index(office) -> int:
    return office.installation.worker().index_all()


def found(office, query: str, **values) -> list[str]:
    ctx = office.ctx(*SEE) if not values else office.ctx(*values.pop("rights", SEE), **values)
    return [row.title for row in search_records(ctx, query)]


def test_a_name_of_two_characters_a_phone_and_a_part_of_a_number_find_a_customer(office):
    customer(office, "张伟", "138 0013 8000")
    customer(office, "张大伟", "139 0000 1111")
    assert found(office, "张伟") == []
    assert waiting(office.system()) > 0
    index(office)
    assert waiting(office.system()) == 0
    assert found(office, "张伟") == found(office, "13800138000") == found(office, "8000") == ["张伟"]
    assert found(office, "张") == ["张大伟", "张伟"]
    assert found(office, "张 1111") == ["张大伟"]
    assert found(office, "+86 138 0013 8000") == ["张伟"]


def test_whose_word_is_exactly_what_was_asked_comes_first(office):
    customer(office, "Kerr")
    customer(office, "Kerrison")
    index(office)
    assert found(office, "kerr") == ["Kerr", "Kerrison"]


def test_a_change_of_a_record_or_of_a_part_of_it_changes_what_finds_it(office):
    row = customer(office, "张伟", "138 0013 8000")
    index(office)
    ctx = office.system()
    services.save_customer(ctx, CustomerData("王芳"), row)
    phone = ctx.session.get_one(Customer, row).phones[0].id
    services.remove_phone(ctx, phone)
    index(office)
    assert (found(office, "张伟"), found(office, "8000"), found(office, "王芳")) == ([], [], ["王芳"])
    services.delete_customer(office.system(), row)
    index(office)
    assert found(office, "王芳") == []
    assert office.system().session.scalar(sa.select(SearchGram.gram).limit(1)) is None


def test_a_unit_is_found_by_its_owners_new_name(office):
    owner = customer(office, "张伟")
    ctx = office.system()
    product = services.save_product(ctx, ProductData("FH1604", "拖拉机"))
    services.save_unit_record(ctx, UnitData(product.id, "S-77001", customer_id=owner))
    index(office)
    services.save_customer(office.system(), CustomerData("王芳"), owner)
    services.save_product(office.system(), ProductData("FH1604", "收割机"), product.id)
    index(office)
    assert found(office, "王芳 S-77001") == ["收割机 S-77001"]
    assert found(office, "张伟") == found(office, "拖拉机") == []


def test_what_was_rolled_back_is_not_found(office):
    ctx = office.system()
    with transaction(ctx):
        nested = ctx.session.begin_nested()
        services.save_customer(ctx, CustomerData("张伟"))
        nested.rollback()
    index(office)
    assert found(office, "张伟") == []


def test_a_change_while_its_record_is_indexed_leaves_a_mark_of_its_own(office):
    """Marks are added and never replaced, so taking one can't swallow a change that is committed a moment later."""
    row = customer(office, "张伟")
    services.save_customer(office.system(), CustomerData("王芳"), row)
    marks = sa.select(sa.func.count(SearchMark.id)).where(SearchMark.record_id == row)
    assert office.system().session.scalar(marks) == 2


def test_rows_inserted_or_updated_in_bulk_are_indexed(office):
    ctx = office.system()
    with transaction(ctx):
        bulk_insert(ctx, Customer, [_row("a", "张伟"), _row("b", "王芳")], Customer.id)
        emit(ctx, "base.demo_filled")
    index(office)
    assert (found(office, "张伟"), found(office, "王芳")) == (["张伟"], ["王芳"])
    ctx = office.system()
    with transaction(ctx):
        ctx.session.execute(sa.update(Customer).where(Customer.number == "a").values(name="李明"))
        emit(ctx, "base.demo_filled")
    index(office)
    assert (found(office, "张伟"), found(office, "李明"), found(office, "王芳")) == ([], ["李明"], ["王芳"])


def _row(number: str, name: str) -> dict:
    return {
        "number": number, "name": name, "name_key": name, "kind": "person", "klass": "", "grade": "", "address": "",
        "address_key": "", "note": "", "active": True, "created_at": START, "version": 1,
    }


def test_everything_can_be_indexed_anew(office):
    for number in range(3):
        customer(office, f"张伟{number}")
    index(office)
    ctx = office.system()
    with transaction(ctx):
        for model in (SearchGram, SearchEntry):
            ctx.session.execute(sa.delete(model), execution_options={"synchronize_session": False})
    assert found(office, "张伟") == []
    searched = [kind for kind in office.installation.registry.kinds.values() if kind.found is not None]
    assert mark_everything(office.system()) == len(searched)
    index(office)
    assert found(office, "张伟") == ["张伟2", "张伟1", "张伟0"]


def test_only_kinds_that_a_person_may_see_of_modules_that_are_on(office):
    ctx = office.system()
    complaints.open_complaint(ctx, ComplaintData(subject="变速箱漏油", person_name="张伟"))
    customer(office, "张伟")
    index(office)
    number = found(office, "变速箱")[0]
    assert number.endswith("变速箱漏油")
    assert found(office, "张伟") == [number, "张伟"]
    assert found(office, "张伟", rights=("base.customer.view",)) == ["张伟"]
    assert found(office, "张伟", rights=("base.unit.view",)) == []
    switch_off(office.system(), "complaints")
    assert found(office, "变速箱") == []
    switch_on(office.system(), "complaints")
    assert found(office, "变速箱") == [number]


def test_who_is_limited_to_units_finds_only_theirs_and_no_other_company(installation, office):
    ctx = office.system()
    mine = save_unit(ctx, "xuzhou", "徐州", "centre", "hq").id
    theirs = save_unit(ctx, "jining", "济宁", "centre", "hq").id
    customer(office, "近处农场", unit_id=mine)
    customer(office, "远处农场", unit_id=theirs)
    rival = installation.company(f"rival{office.code}")
    customer(rival, "别家农场")
    index(office)
    assert found(office, "农场", unit_ids=frozenset({mine})) == ["近处农场"]
    assert found(office, "农场") == ["远处农场", "近处农场"]
    assert found(rival, "农场") == ["别家农场"]


def test_pages_lead_on_and_show_everything_once(office):
    for number in range(7):
        customer(office, f"农机{number}号")
    index(office)
    ctx, titles, before = office.ctx(*SEE), [], None
    while rows := search_records(ctx, "农机", before=before, limit=3):
        titles += [row.title for row in rows]
        before = rows[-1].entry_id
    assert titles == [f"农机{number}号" for number in reversed(range(7))]


def test_a_list_is_narrowed_by_the_same_words(office):
    wanted = customer(office, "张伟农机")
    customer(office, "李明农机")
    index(office)
    ctx = office.ctx(*SEE)
    condition = matching(ctx, "base.customer", Customer.id, "农机 张伟")
    assert list(ctx.session.scalars(sa.select(Customer.id).where(condition))) == [wanted]
    assert matching(ctx, "base.customer", Customer.id, "!?") is None


def test_searching_and_indexing_take_a_fixed_number_of_statements(office):
    engine = office.installation.engine
    taken = []
    for more in (3, 60):
        ctx = office.system()
        with transaction(ctx):
            rows = [_row(f"{more}-{number}", f"张伟{more}x{number}") for number in range(more)]
            bulk_insert(ctx, Customer, rows, Customer.id)
            emit(ctx, "base.demo_filled")
        with counted(engine) as indexing:
            office.installation.worker().index_records()
        ctx = office.ctx(*SEE)
        with counted(engine) as searching:
            assert len(search_records(ctx, "张伟 3x")) >= 3
        taken.append((len(indexing), len(searching)))
    assert taken[0] == taken[1]


def test_a_module_that_fails_keeps_its_marks_and_hinders_no_other(office, monkeypatch):
    customer(office, "张伟")
    services.save_product(office.system(), ProductData("FH1604", "拖拉机"))

    def fails(_ctx, _ids):
        raise RuntimeError("no words today")

    kind = office.installation.registry.kinds["base.customer"]
    with monkeypatch.context() as patch:
        patch.setitem(vars(kind.found), "texts", fails)
        office.installation.worker().index_records()
    assert found(office, "拖拉机", rights=("base.product.view",)) == ["拖拉机"]
    assert waiting(office.system()) == 1
    index(office)
    assert found(office, "张伟") == ["张伟"]
