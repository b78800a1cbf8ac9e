"""A checklist on its page and on paper: what is shown, to whom, with how many statements."""

from __future__ import annotations

import pytest

from core.api import RecordRef
from core.checklists.services import Given, publish_checklist, save_answers
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.testing import counted
from plugins.complaints import services as complaints
from plugins.complaints.contracts import COMPLAINT, ComplaintData
from tests.service.test_complaints import MONDAY
from tests.support.accounts import Site, words_of

pytestmark = pytest.mark.one_database

ITEMS = [
    {
        "code": "gap",
        "text": {"en": "Gap", "zh": "间隙"},
        "type": "number",
        "unit": "mm",
        "maximum": "0.8",
        "remark": True,
    },
    {"code": "safe", "text": {"en": "Safe", "zh": "安全"}, "type": "yes_no"},
    {"code": "note", "text": {"en": "Note", "zh": "备注"}, "type": "text", "required": False},
]


@pytest.fixture
def desk(databases, database_kind, application):
    """The application, a company, and the id of a complaint with one checklist."""
    with databases.furnished(database_kind, furnish) as installation, application.on(installation.url) as app:
        office = installation.office("acme")
        yield Site(app, installation, {"acme": office}), office, 1


def furnish(installation):
    site = Site(None, installation)
    office = site.office("acme", modules=["complaints"], locale="en")
    site.person("lin@example.com", "manager")
    site.person("sam@example.com", "sales")
    ctx = office.system(MONDAY)
    body = {"name": {"en": "Look", "zh": "查看"}, "items": ITEMS}
    publish_checklist(ctx, "look", COMPLAINT, body, reason="test")
    table = table_named(ctx, f"{COMPLAINT}.checklists")
    rules = {**latest_published(ctx, table).body, "rows": [{"when": {}, "then": {"checklist": "look"}}]}
    save_draft(ctx, table.name, rules, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)
    complaints.open_complaint(ctx, ComplaintData("Brakes fail", category="quality"))


def test_on_paper_stand_answers_remarks_and_what_is_missing(desk):
    site, office, number = desk
    given = [Given("gap", "0.9", "worn"), Given("safe", "no")]
    save_answers(office.system(MONDAY), RecordRef(COMPLAINT, number), "look", given)
    page = words_of(site.signed_in("lin@example.com").get(f"/c/acme/checklists/{COMPLAINT}/{number}/look/print").text)
    assert "About Brakes fail Filled in 2 / 3" in page
    assert "1 Gap at most 0.8 mm 0.9 mm worn" in page
    assert "2 Safe No" in page
    assert "Look, version 1" in page


def test_who_may_not_see_the_record_gets_no_paper(desk):
    site, _office, number = desk
    path = f"/c/acme/checklists/{COMPLAINT}/{number}/look/print"
    assert site.signed_in("sam@example.com").get(path).status_code == 404


@pytest.mark.parametrize("page", ["look", "look/print"])
def test_a_page_takes_the_same_statements_for_one_and_all_answers(desk, page):
    site, office, number = desk
    browser = site.signed_in("lin@example.com")

    def statements() -> int:
        path = f"/c/acme/checklists/{COMPLAINT}/{number}/{page}"
        assert browser.get(path).status_code == 200
        with counted(office.installation.engine) as found:
            browser.get(path)
        return len(found)

    save_answers(office.system(MONDAY), RecordRef(COMPLAINT, number), "look", [Given("safe", "yes")])
    few = statements()
    save_answers(office.system(MONDAY), RecordRef(COMPLAINT, number), "look", [Given("gap", "0.5"), Given("note", "x")])
    assert statements() == few
