"""The statistics page: a fixed number of statements, numbers served by an index, and the complaints behind each."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re

import pytest
import sqlalchemy as sa

from core.companies.services import save_unit
from core.testing import counted
from plugins.base import services as base
from plugins.base.contracts import CustomerData, ProductData
from plugins.complaints import figures, following, services
from plugins.complaints.contracts import ActionData, CauseFound, ComplaintData
from plugins.complaints.models import CauseAction
from tests.support.accounts import Site

NOW = dt.datetime(2026, 5, 20, 4, 0, tzinfo=dt.UTC)
PERIOD = "begins=2026-04-01&ends=2026-06-30"
HOME = "/c/acme/complaints"
PAGE = f"{HOME}/statistics?{PERIOD}"


@pytest.fixture
def site(databases, database_kind, application):
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        yield Site(app, installation, {"acme": installation.office("acme")})


def furnish(installation):
    made = Site(None, installation)
    ctx = made.office("acme", modules=["complaints"], locale="en", now=NOW).system(NOW)
    for unit in ("rd", "warehouse", "service"):
        save_unit(ctx, unit, unit.title(), "department", "hq")
    centre = save_unit(ctx, "north", "North", "centre", "hq")
    made.person("manager@acme.example", "manager")
    customer = base.save_customer(ctx, CustomerData(name="Ma", unit_id=centre.id)).id
    product = base.save_product(ctx, ProductData("T1", "=Tractor")).id
    causes = {c.code: c.id for c in following.tree(ctx).causes}
    for number, (category, code) in enumerate([("quality", "P2"), ("quality", "P"), ("packaging", "L1"), ("", "")]):
        then = ctx.at(NOW - dt.timedelta(days=number))
        data = ComplaintData(
            "Leaks", category=category, customer_id=customer if number else None, product_id=product if code else None
        )
        complaint = services.open_complaint(then, data)
        if code:
            services.set_cause(then, complaint.id, CauseFound(causes[code]))
    services.withdraw_complaint(ctx, services.open_complaint(ctx, ComplaintData("A joke")).id, "None")
    ctx.session.close()


def rows_of(page: str, chart: str) -> list[tuple[str, str, int]]:
    """(name, address, number in the period) of a chart's table."""
    panel = page.partition(f'id="by-{chart}"')[2].partition("</section>")[0]
    found = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a></th><td class="num">(\d+)</td>', panel)
    return [(html.unescape(name), html.unescape(url), int(n)) for url, name, n in found]


CHARTS = ("time", "cause", "category", "department", "centre", "product", "severity")


def test_every_number_leads_to_just_so_many_complaints(site):
    browser = site.signed_in("manager@acme.example")
    page = browser.get(PAGE).text
    for chart in CHARTS:
        rows = rows_of(page, chart)
        assert sum(n for _name, _url, n in rows) == 4, chart
        for name, url, number in rows:
            listed = browser.get(url).text
            if "/statistics/behind" in url:
                assert listed.count("data-open") == number, (chart, name)


def test_a_cause_leads_first_to_what_lies_below_it(site):
    browser = site.signed_in("manager@acme.example")
    causes = rows_of(browser.get(PAGE).text, "cause")
    assert [(name, n) for name, _url, n in causes] == [
        ("Product", 2), ("Packaging and transport", 1), ("not found yet", 1),
    ]
    below = rows_of(browser.get(causes[0][1]).text, "cause")
    assert sorted((name, n) for name, _url, n in below) == [
        ("Material and bought parts", 1), ("Product, nothing closer", 1),
    ]


def test_an_action_is_opened_for_what_the_statistics_show_and_leads_back_to_it(site):
    browser = site.signed_in("manager@acme.example")
    ctx = site.office("acme").system(NOW)
    cause = next(c.id for c in following.tree(ctx).causes if c.code == "P")
    shown = browser.get(f"{PAGE}&cause={cause}").text
    address = html.unescape(re.search(r'href="([^"]+/actions/new[^"]*)"', shown)[1])
    form = browser.get(address).text
    words = "2026-04-01 to 2026-06-30, Kind Complaint, Cause Product: 2, before 0"
    assert f">\r\n{words}</textarea>" in form
    owner = site.person("owner@acme.example", "complaint_handler")
    sent = {
        "title": "Seals of another supplier", "kind": "corrective", "cause_id": cause, "unit_id": 0,
        "assignee_id": owner, "due_on": "2999-01-01", "origin": words,
    }
    made = browser.post(address, sent, address)
    page = browser.get(made.headers["Location"]).text
    assert f"{words} <a href=" in page
    back = html.unescape(re.search(r'id="origin".*?<a href="([^"]+)"', page, re.S)[1])
    assert [(n, k) for n, _url, k in rows_of(browser.get(back).text, "cause")] == [
        (n, k) for n, _url, k in rows_of(shown, "cause")
    ]
    ctx = site.office("acme").system(NOW)
    action = ctx.session.scalar(sa.select(CauseAction).where(CauseAction.title == "Seals of another supplier"))
    assert (action.assignee_id, action.urgent_at.astimezone(ctx.tz).date()) == (owner, dt.date(2999, 1, 1))


def test_the_check_of_an_action_says_how_many_complaints_there_were_before_and_since(site):
    office = site.office("acme")
    ctx = office.system(NOW)
    cause = next(c.id for c in following.tree(ctx).causes if c.code == "P")
    action = services.open_action(ctx, ActionData("Other seals", cause_id=cause)).id
    ctx.session.close()
    done = NOW + dt.timedelta(days=1)
    services.finish_action(office.system(done), action, "Bought elsewhere")
    complaint = services.open_complaint(office.system(done + dt.timedelta(days=2)), ComplaintData("Leaks again")).id
    services.set_cause(office.system(done + dt.timedelta(days=2)), complaint, CauseFound(cause))
    later = office.system(done + dt.timedelta(days=10))
    found = figures.effect_of(later, following.get_action(later, action))
    assert (found.days, found.before, found.since) == (10, 2, 1)


def test_the_file_holds_every_number_and_no_formula(site):
    text = site.signed_in("manager@acme.example").get(f"{HOME}/statistics.csv?{PERIOD}").text
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert ["By category", "quality or function", "2", "0"] in rows
    assert ["By product", "'=Tractor", "3", "0"] in rows


@pytest.mark.parametrize(
    "query", ["begins=x&ends=y", "cause=abc", f"centre={'9' * 30}", "product=-1&department=1.5", "late=no"]
)
def test_an_address_that_makes_no_sense_counts_nothing_or_the_quarter_and_breaks_nothing(site, query):
    browser = site.signed_in("manager@acme.example")
    for page in ("statistics", "statistics/behind/", "statistics.csv"):
        assert browser.get(f"{HOME}/{page}?{query}").status_code == 200


def test_each_breakdown_is_one_statement(site):
    ctx = site.office("acme").system(NOW)
    cut = figures.Cut(dt.date(2026, 4, 1), dt.date(2026, 6, 30), kind="complaint")
    tree = following.tree(ctx)
    with counted(site.installation.engine) as statements:
        figures.by_category(ctx, cut)
        figures.by_centre(ctx, cut)
        figures.by_cause(ctx, cut, tree)
        figures.by_time(ctx, cut)
        figures.limits_kept(ctx, cut)
    assert len(statements) == 5


def test_counting_reads_the_index_that_covers_it_and_not_the_table(site):
    """SQLite says so in its plan; PostgreSQL chooses by the rows it has."""
    ctx = site.office("acme").system(NOW)
    if ctx.session.get_bind().dialect.name != "sqlite":
        pytest.skip("the plan is asked of SQLite")
    cut = figures.Cut(dt.date(2026, 4, 1), dt.date(2026, 6, 30), kind="complaint")
    asked: list = []

    def note(_connection, cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    engine = site.installation.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    for count in (figures.total, figures.by_category, figures.by_severity, figures.by_department, figures.by_product):
        count(ctx, cut)
    sa.event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"explain query plan {statement}", parameters).all()
            assert "COVERING INDEX ix_complaints_complaint_received" in str(plan[0]), statement
