"""The page of the audit trail: each filter finds exactly what it names, changes are in words, files are on record."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa

from core import audit
from core.audit import seal_events
from core.events import Event
from core.settings import set_setting
from core.testing import Installation, moment
from plugins.base import services as base
from plugins.base.contracts import ContactData, CustomerData, ProductData
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

URL = "/c/acme/audit"
MON, TUE = moment("2026-03-02 09:00"), moment("2026-03-03 09:00")


@pytest.fixture
def site(app, database_url, registry):
    """Two customers, one changed on Tuesday by Li Ming in request r-1; a product."""
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    office = site.office()
    li = site.person("li@acme.test", "agent", name="Li Ming")
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    ma = base.save_customer(office.system(MON), CustomerData(name="Ma"))
    base.save_customer(office.system(MON), CustomerData(name="Zhao"))
    base.save_product(office.system(MON), ProductData(code="P-1", name="Tractor"))
    ctx = office.ctx("base.customer.edit", now=TUE, user_id=li, name="Li Ming")
    object.__setattr__(ctx, "request_id", "r-1")
    base.save_customer(ctx, CustomerData(name="Ma Dongsheng"), ma.id)
    yield site
    installation.close()


def shown(site, **filters) -> list[str]:
    """What the exported file of this filter says happened, newest first."""
    boss = site.signed_in("boss@acme.test")
    answer = boss.post(f"{URL}/export", {**filters, "format": "csv"}, page=URL)
    assert answer.status_code == 200, answer.text
    return [row["What"] for row in csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")))]


def test_each_filter_finds_what_it_names_and_nothing_else(site):
    changed = "Details of customer Ma Dongsheng changed"
    added = ["Customer KH00002 Zhao added", "Customer KH00001 Ma added"]
    assert shown(site, who="Li Ming") == [changed]
    assert shown(site, request="r-1") == [changed]
    assert shown(site, what="base.customer_added") == added
    assert shown(site, kind="base.customer", number="KH00001") == [changed, added[1]]
    assert shown(site, number="P-1") == ["Product P-1 Tractor added"]
    assert shown(site, module="base", since="2026-03-03") == [changed]
    assert shown(site, module="base", until="2026-03-02") == ["Product P-1 Tractor added", *added]
    assert shown(site, kind="base.unit") == []


def test_the_page_says_who_changed_what_from_what_to_what_in_words(site):
    said = words_of(site.signed_in("boss@acme.test").get(f"{URL}?who=Li+Ming").text)
    assert "Li Ming" in said
    assert "Customer KH00001" in said
    assert "Name Ma → Ma Dongsheng" in said
    assert "base_customer" not in said


def test_what_is_taken_away_is_on_record(site):
    shown(site, who="Li Ming")
    ctx = site.office().system()
    event = ctx.session.scalars(sa.select(Event).where(Event.name == "core.list_exported")).one()
    assert (event.actor_name, event.facts["rows"]) == ("Wang Fang", 1)


def test_a_day_that_is_none_is_told_and_nothing_is_shown(site):
    answer = site.signed_in("boss@acme.test").get(f"{URL}?since=yesterday")
    assert answer.status_code == 422
    assert "“yesterday” is not a date. Write it like 2026-11-23." in words_of(answer.text)
    assert "Nothing happened that fits" in words_of(answer.text)


def test_the_page_says_how_the_chain_stands(site):
    boss = site.signed_in("boss@acme.test")
    assert "Nothing is sealed yet. Never verified." in words_of(boss.get(URL).text)
    ctx = site.office().system()
    seal_events(ctx)
    audit.record_verification(ctx, audit.Verdict(1, 9, 0, 2))
    said = words_of(boss.get(URL).text)
    assert "Sealed up to block 1" in said
    assert "broken in 2 places" in said


def test_without_the_right_there_is_neither_page_nor_file(site):
    li = site.signed_in("li@acme.test")
    assert li.get(URL).status_code == 403
    assert li.post(f"{URL}/export", {"format": "csv"}).status_code == 403
    assert site.office().system().session.scalar(
        sa.select(sa.func.count(Event.id)).where(Event.name == "core.list_exported")
    ) == 0


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            (
                "Entry of the call register 1 added", "About Question", "State Not settled",
                "changed from Customer's name, Phone to Customer's name, Date of purchase",
            ),
        ),
        ("zh", ("来访记录 1 新增", "内容 咨询", "状态 未结", "由 客户姓名、电话 改为 客户姓名、购买日期")),
    ],
)  # fmt: skip
def test_columns_codes_states_and_settings_are_in_the_readers_words(site, language, expected):
    ctx = site.office().system(TUE)
    set_setting(ctx, "base.intake.required", ["name", "purchase_date"])
    base.record_contact(ctx, ContactData(caller_name="Sun", phone="13800138000", matter="question", text="?"))
    site.person("reader@acme.test", "administrator", locale=language)
    said = words_of(site.signed_in("reader@acme.test").get(URL).text)
    assert [text for text in expected if text not in said] == []
    assert "purchase_date" not in said
