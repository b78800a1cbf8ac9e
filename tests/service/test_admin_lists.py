"""Lists of a ``CompanyModelView``: scoped, paged by key, searched, filtered, with a constant number of statements."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.errors import ConfigurationError
from tests.support import sample_admin_site as samples

URL = "/c/north/admin/gadgets/"


@pytest.fixture(scope="module")
def application(make_database, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANBAO_HOME", str(tmp_path_factory.mktemp("home")))
        site = samples.build(make_database("sample_admin", samples.tables))
    yield site
    site.close()


@pytest.fixture
def site(application):
    application.clear()
    return application


# --- whose rows -----------------------------------------------------------------------------------------------------


def test_the_list_shows_this_company_only(site):
    site.add(*samples.gadgets(1, 2), *samples.gadgets(3, 4, 5, company_id=2))
    page = site.client().get(URL)
    assert samples.codes(page) == ["G0002", "G0001"]
    assert "2 records" in samples.text_of(page)


def test_queries_of_the_view_itself_stay_within_the_company(site, monkeypatch):
    from sample_admin.admin import GadgetView

    from core.web_api import current_ctx

    site.add(*samples.gadgets(1, 2), *samples.gadgets(3, 4, 5, company_id=2))
    seen = []

    def note(self):
        session = current_ctx().session
        seen.append((session.scalar(self.get_count_query()), len(session.scalars(self.get_query()).all())))
        return ""

    monkeypatch.setattr(GadgetView, "search_placeholder", note)
    site.client().get(URL)
    assert seen == [(2, 2)]


def test_search_filter_and_sort_stay_within_the_company(site):
    tools, theirs = samples.category(site, "tools"), samples.category(site, "tools", company_id=2)
    site.add(*samples.gadgets(1, category_id=tools), *samples.gadgets(2, company_id=2, category_id=theirs))
    client = site.client()
    for query in ("search=gadget", "search=tools", "flt0_0=gadget", f"flt0_5={tools}", "flt0_6=tools", "sort=0&desc=1"):
        page = client.get(f"{URL}?{query}")
        assert set(samples.codes(page)) <= {"G0001"}, query
        assert "G0002" not in page.text, query
    assert samples.codes(client.get(f"{URL}?flt0_5={theirs}")) == []


def test_filters_offer_the_records_of_this_company_only(site):
    samples.category(site, "our tools")
    samples.category(site, "their tools", company_id=2)
    site.add(*samples.gadgets(1))
    page = site.client().get(URL)
    assert "our tools" in page.text
    assert "their tools" not in page.text


def test_who_is_no_member_is_told_that_there_is_no_such_page(site):
    assert site.client().get("/c/south/admin/gadgets/").status_code == 404


def test_a_switched_off_module_takes_its_lists_along(site):
    from core.companies.models import CompanyPlugin

    client = site.client()
    assert client.get(URL).status_code == 200
    with samples.system_session(site.engine, "test") as session:
        session.execute(sa.update(CompanyPlugin).where(CompanyPlugin.company_id == 1).values(enabled=False))
        session.info.pop("pending_changes", None)
        session.commit()
    for path in ("", "new/", "edit/?id=1", "details/?id=1", "ajax/lookup/?name=home"):
        assert client.get(URL + path).status_code == 404, path


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("nobody", "", 403),
        ("nobody", "details/?id=1", 403),
        ("nobody", "ajax/lookup/?name=home", 403),
        ("reader", "", 200),
        ("reader", "details/?id=1", 200),
        ("reader", "new/", 403),
        ("reader", "edit/?id=1", 403),
        ("editor", "edit/?id=1", 200),
        ("editor", "new/", 200),
    ],
)
def test_each_page_needs_its_right(site, person, path, status):
    (id,) = site.add(*samples.gadgets(1))
    assert site.client(person).get(URL + path.replace("id=1", f"id={id}")).status_code == status


def test_a_reader_is_offered_nothing_to_change(site):
    site.add(*samples.gadgets(1))
    page = site.client("reader").get(URL).text
    assert samples.codes(site.client("reader").get(URL)) == ["G0001"]
    for trace in ("/new/", "/edit/", "/delete/", 'data-role="x-editable', "/export/", "Switch off"):
        assert trace not in page, trace
    full = site.client("boss").get(URL).text
    for trace in ("/new/", "/edit/", "/delete/", 'data-role="x-editable', "/export/", "Switch off"):
        assert trace in full, trace


def test_a_view_without_services_is_read_only_whatever_the_rights(site):
    id = samples.category(site, "tools")
    client = site.client("boss")
    url = "/c/north/admin/sample_admin_categories/"
    page = client.get(url)
    assert page.status_code == 200
    assert "/new/" not in page.text
    for path, form in (("new/", {"name": "x"}), (f"edit/?id={id}", {"name": "x"}), ("delete/", {"id": id})):
        assert client.post(url + path, data=form).status_code == 404
    assert client.post(url + "action/", data={"action": "delete", "rowid": id}).status_code == 403
    from sample_admin.models import Category

    assert [r.name for r in site.rows(sa.select(Category.name))] == ["tools"]


def test_a_row_that_may_not_be_changed_shows_no_buttons(site):
    site.add(*samples.gadgets(1), *samples.gadgets(2, name="locked"))
    page = site.client().get(URL).text
    rows = {code: row for row in page.split("<tr")[2:] for code in re.findall(r"G000\d", row)}
    assert "/edit/" in rows["G0001"]
    assert 'name="id" value="' in rows["G0001"]
    assert "x-editable" in rows["G0001"]
    for trace in ("/edit/", 'name="id" value="', "x-editable"):
        assert trace not in rows["G0002"], trace


# --- pages ----------------------------------------------------------------------------------------------------------


def _walk(client, start, relation="next"):
    seen, page = [], client.get(start)
    for _step in range(20):
        seen.append(samples.codes(page))
        address = samples.link(page, relation)
        if address is None:
            return seen, page
        page = client.get(address)
    raise AssertionError("the list has no end")


def test_next_and_previous_meet_every_row_once_in_order(site):
    site.add(*(g for n in range(1, 46) for g in samples.gadgets(n, rank=n % 7 or None)))
    client = site.client()
    forwards, last = _walk(client, f"{URL}?page_size=20&sort=0")
    assert forwards == [[f"G{n:04}" for n in part] for part in (range(1, 21), range(21, 41), range(41, 46))]
    backwards = _walk(client, samples.link(last, "prev"), "prev")[0]
    assert backwards == forwards[1::-1]


def test_rows_that_come_in_meanwhile_neither_repeat_nor_hide_others(site):
    site.add(*(g for n in range(1, 50) for g in samples.gadgets(n, rank=n % 5)))
    client = site.client()
    met, number, address = [], 100, f"{URL}?page_size=20&sort=6&desc=1"
    while address and len(met) < 400:
        page = client.get(address)
        met += samples.codes(page)
        for rank in (None, 0, 4):
            number += 1
            if number < 120:
                site.add(*samples.gadgets(number, rank=rank))
        address = samples.link(page, "next")
    assert len(met) == len(set(met))
    assert {f"G{n:04}" for n in range(1, 50)} <= set(met)


def test_the_way_through_the_list_keeps_search_filters_order_and_page_size(site):
    site.add(*(g for n in range(1, 31) for g in samples.gadgets(n, rank=n)))
    client = site.client()
    at_least = _filter(site, "Rank", "at least")
    page = client.get(f"{URL}?search=gadget&sort=0&desc=1&page_size=20&{at_least}=5")
    assert samples.codes(page) == [f"G{n:04}" for n in range(30, 10, -1)]
    assert "26 records" in samples.text_of(page)
    following = client.get(samples.link(page, "next"))
    assert samples.codes(following) == [f"G{n:04}" for n in range(10, 4, -1)]
    assert 'value="gadget"' in following.text


def test_sorting_or_filtering_anew_starts_at_the_first_page(site):
    site.add(*samples.gadgets(*range(1, 31)))
    client = site.client()
    second = client.get(samples.link(client.get(f"{URL}?page_size=20&sort=0"), "next")).text
    for address in re.findall(r'href="([^"]*[?&](?:amp;)?sort=[^"]*)"', second):
        if 'rel="' not in second[second.index(address) + len(address) :][:20] and "/edit/" not in address:
            assert "cursor=" not in address or "details" in address, address


def test_counts_are_exact_to_a_thousand_in_the_list(site):
    site.add(*samples.gadgets(*range(1, 1001)))
    client = site.client()
    assert "1000 records" in samples.text_of(client.get(URL))
    site.add(*samples.gadgets(1001))
    assert "1,000+ records" in samples.text_of(client.get(URL))
    assert "1,000+" in samples.text_of(site.client(locale="zh").get(URL))


def test_a_page_costs_the_same_statements_at_ten_and_at_a_thousand_rows(site):
    tools = [samples.category(site, f"tools {n}") for n in range(5)]
    site.add(*(g for n in range(1, 11) for g in samples.gadgets(n, category_id=tools[n % 5], home_id=tools[n % 3])))
    client = site.client()
    few = samples.statements(site, lambda: client.get(f"{URL}?page_size=200"))
    site.add(*(g for n in range(11, 1001) for g in samples.gadgets(n, category_id=tools[n % 5], home_id=tools[n % 3])))
    many = samples.statements(site, lambda: client.get(f"{URL}?page_size=200"))
    assert len(few) == len(many)
    assert sum("FROM sample_gadget" in s for s in many) == 2


@pytest.mark.parametrize(
    "query",
    [
        "cursor=nonsense",
        "cursor=a.W10",
        "cursor=b.WzEsMl0",
        "sort=99",
        "sort=1",
        "sort=-1",
        "page_size=7",
        "page=12",
        "flt0_99=x",
        "flt=1",
        "search=%25",
        "search=%00",
        "flt0_0=%00",
        "_external=1&_scheme=javascript",
        "id=1",
        "flt0_5=99999999999999999999",
        "flt0_12=99999999999",
        "flt0_9=1e500",
        "flt0_16=2026-13-45",
        "flt0_15=9999-12-31 to 9999-12-31",
        "flt0_18=x",
        "endpoint=web.home",
        "export_type=x",
    ],
)
def test_odd_addresses_still_answer_the_list(site, query):
    site.add(*samples.gadgets(1))
    page = site.client().get(f"{URL}?{query}")
    assert page.status_code == 200
    assert not re.search(r"href=\"[^\"]*javascript", page.text)


def test_a_filter_value_that_fits_nothing_is_named_once_and_left_out(site):
    site.add(*samples.gadgets(1))
    page = site.client().get(f"{URL}?{_filter(site, 'Rank', 'is')}=many")
    assert samples.codes(page) == ["G0001"]
    assert samples.text_of(page).count("“many” is no value for the filter “Rank”; it was left out.") == 1


# --- search and filters ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("g0001", ["G0001"]),
        ("001", []),
        ("red", ["G0001", "G0003"]),
        ("RED", ["G0001", "G0003"]),
        ("red lamp", ["G0001"]),
        ("%", []),
        ("_", []),
        ("tools", ["G0002"]),
        ("tool lamp", []),
        ("  ", ["G0001", "G0002", "G0003"]),
    ],
)
def test_search_finds_beginnings_of_codes_and_parts_of_names(site, words, found):
    tools = samples.category(site, "Tools")
    site.add(
        *samples.gadgets(1, name="red lamp"),
        *samples.gadgets(2, name="blue saw", category_id=tools),
        *samples.gadgets(3, name="Infrared oven"),
    )
    assert sorted(samples.codes(site.client().get(URL, query_string={"search": words}))) == found


def test_a_view_may_find_rows_in_ways_of_its_own(site, monkeypatch):
    from sample_admin.admin import GadgetView
    from sample_admin.models import Gadget

    site.add(*samples.gadgets(1, rank=7), *samples.gadgets(2, name="lucky 7"), *samples.gadgets(3))
    assert samples.codes(site.client().get(f"{URL}?search=7")) == ["G0002"]
    monkeypatch.setattr(GadgetView, "also_finds", lambda self, word: Gadget.rank == 7 if word == "7" else None)
    assert samples.codes(site.client().get(f"{URL}?search=7")) == ["G0002", "G0001"]
    assert samples.codes(site.client().get(f"{URL}?search=lucky")) == ["G0002"]


def _filter(site, group: str, operation: str) -> str:
    """The query argument of a filter, as the page offers it."""
    import html
    import json

    page = site.client().get(URL).text
    groups = json.loads(html.unescape(re.search(r'id="filter-groups-data" hidden>(.*?)</div>', page, re.S)[1]))
    return "flt0_" + next(f["arg"] for f in groups[group] if f["operation"] == operation)


@pytest.mark.parametrize(
    ("group", "operation", "value", "found"),
    [
        ("Name", "contains", "AM", [1]),
        ("Name", "is", "lamp", [1]),
        ("Name", "is not", "lamp", [2, 3]),
        ("Kind", "is", "fancy", [2]),
        ("Kind", "is not", "fancy", [1, 3]),
        ("Category", "is", "{tools}", [1]),
        ("Home", "contains", "ool", [2]),
        ("Price", "is", "12.50", [1]),
        ("Price", "at least", "12.5", [1, 2]),
        ("Price", "at most", "12.50", [1]),
        ("Price", "is empty", "1", [3]),
        ("Rank", "is", "5", [1]),
        ("Rank", "at most", "6", [1, 2]),
        ("Rank", "is empty", "0", [1, 2]),
        ("Sold on", "between", "2026-01-01 to 2026-01-31", [1]),
        ("Sold on", "on or after", "2026-01-31", [1, 2]),
        ("Sold on", "on or before", "2026-01-31", [1]),
        ("Last seen", "between", "2026-03-02 to 2026-03-02", [1]),
        ("Last seen", "on or before", "2026-03-02", [1]),
        ("Last seen", "on or after", "2026-03-03", [2, 3]),
        ("Active", "is", "1", [1, 2]),
        ("Active", "is", "0", [3]),
    ],
)
def test_filter(site, group, operation, value, found):
    """Days are the company's: 2026-03-02 in Shanghai ends at 16:00 UTC."""
    tools = samples.category(site, "tools")
    site.add(
        *samples.gadgets(
            1,
            name="lamp",
            category_id=tools,
            price=Decimal("12.5"),
            rank=5,
            sold_on=dt.date(2026, 1, 31),
            seen_at=dt.datetime(2026, 3, 2, 15, 59, 59, tzinfo=dt.UTC),
        ),
        *samples.gadgets(
            2,
            name="saw",
            kind="fancy",
            home_id=tools,
            price=Decimal("99"),
            rank=6,
            sold_on=dt.date(2026, 2, 1),
            seen_at=dt.datetime(2026, 3, 2, 16, 0, tzinfo=dt.UTC),
        ),
        *samples.gadgets(3, name="oven", active=False, seen_at=dt.datetime(2026, 3, 9, tzinfo=dt.UTC)),
    )
    argument = _filter(site, group, operation)
    page = site.client().get(URL, query_string={argument: value.format(tools=tools)})
    assert sorted(samples.codes(page)) == [f"G{n:04}" for n in found]
    assert f"{len(found)} record" in samples.text_of(page) or not found


# --- words ----------------------------------------------------------------------------------------------------------


def test_the_same_list_speaks_each_persons_language(site):
    site.add(*samples.gadgets(1, kind="fancy", active=False))
    english = samples.text_of(site.client("boss", "en").get(URL))
    chinese = samples.text_of(site.client("boss", "zh").get(URL))
    assert "1 record " in english
    assert "共 1 条" in chinese
    assert " no " in english
    assert " 否 " in chinese
    again = samples.text_of(site.client("boss", "en").get(URL))
    assert "1 record " in again


def test_moments_are_in_the_companys_time_and_money_in_its_currency(site):
    site.add(*samples.gadgets(1, price=Decimal("1280"), seen_at=dt.datetime(2024, 3, 2, 15, 59, tzinfo=dt.UTC)))
    text = samples.text_of(site.client().get(URL))
    assert "2024-03-02 23:59" in text
    assert "¥1,280.00" in text


# --- export ---------------------------------------------------------------------------------------------------------


def test_export_holds_the_filtered_rows_of_this_company_as_plain_text(site):
    site.add(
        *samples.gadgets(
            1, name="=cmd|x", kind="fancy", price=Decimal("1280.50"), sold_on=dt.date(2026, 1, 31), active=False
        ),
        *samples.gadgets(2, name="other"),
        *samples.gadgets(3, name="=cmd|y", company_id=2),
    )
    answer = site.client().post(f"{URL}export/", data={"search": "cmd", "columns": "all", "format": "csv"})
    assert answer.mimetype == "text/csv"
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert lines == [
        "Code,Name,Kind,Category,Home,Price,Rank,Sold on,Last seen,Active",
        "G0001,'=cmd|x,Fancy,,,1280.5,,2026-01-31,2026-11-23 14:00:00,No",
    ]


@pytest.mark.parametrize(("person", "status"), [("nobody", 403), ("reader", 403), ("editor", 403), ("boss", 200)])
def test_taking_the_list_away_needs_its_right(site, person, status):
    site.add(*samples.gadgets(1))
    assert site.client(person).post(f"{URL}export/", data={"format": "csv"}).status_code == status


# --- what people keep -----------------------------------------------------------------------------------------------


def test_a_saved_filter_of_an_admin_list_keeps_conditions_by_name_and_shows_its_count(site):
    site.add(*samples.gadgets(1, kind="fancy"), *samples.gadgets(2, 3))
    client = site.client()
    page = client.get(f"{URL}?search=gadget&sort=0&desc=1&flt0_0=2")
    form = page.text.partition('action="/c/north/admin/gadgets/filters/"')[2].partition("</form>")[0]
    given = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    kept = {k: v for k, v in given.items() if k != "csrf_token"}
    assert kept == {"0 name:Contains": "2", "search": "gadget", "sort": "-code"}
    answer = client.post(f"{URL}filters/", data={"do": "save", "name": "Mine", **kept})
    assert re.search(r"\?saved=\d+$", answer.location)
    shown = client.get(answer.location, follow_redirects=True)
    assert samples.codes(shown) == samples.codes(page) == ["G0002"]
    assert "Mine<span>1</span>" in shown.text


def test_columns_of_an_admin_list_are_each_persons_own(site):
    site.add(*samples.gadgets(1, name="Gadget one"))
    client = site.client()
    client.post(f"{URL}columns/", data={"column": ["kind"]})
    assert "Gadget one" not in client.get(URL).text
    assert samples.codes(client.get(URL)) == ["G0001"]
    assert "Gadget one" in site.client("reader").get(URL).text


# --- declared wrongly -----------------------------------------------------------------------------------------------


def test_sorting_by_a_column_without_an_index_stops_the_start(site):
    from sample_admin.admin import GadgetView

    class Slow(GadgetView):
        column_sortable_list = ("notes",)

    with site.app.app_context(), pytest.raises(ConfigurationError, match="Slow sorts by 'notes', which has no index"):
        Slow()


def test_a_view_that_declares_no_rights_stops_the_start(site):
    from flask_admin import BaseView, expose

    from core.admin import panels

    class Bare(BaseView):
        @expose("/")
        def index(self):
            return "open"

    with pytest.raises(ConfigurationError, match="'sample_admin': the admin view Bare does not say"):
        panels.add_view(site.app, Bare(endpoint="sample_admin_bare"), "sample_admin")


def test_an_endpoint_outside_the_plugins_name_stops_the_start(site):
    from sample_admin.admin import CategoryView

    from core.admin import panels

    class Elsewhere(CategoryView):
        endpoint = "web_things"

    with site.app.app_context(), pytest.raises(ConfigurationError, match="must begin with 'sample_admin_'"):
        panels.add_view(site.app, Elsewhere(), "sample_admin")


def test_the_start_page_of_flask_admin_leads_to_my_work(site):
    answer = site.client("nobody").get("/c/north/admin/")
    assert (answer.status_code, answer.location) == (302, "/c/north/")
