"""Two windows on one record, in a real browser: nothing is overwritten, what was typed stays, each field is chosen."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.support import sample_admin_site as samples
from tests.support.browser import accessibility_violations
from tests.support.server import serve


@pytest.fixture(scope="module")
def application(databases, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANBAO_HOME", str(tmp_path_factory.mktemp("home")))
        url = databases.create("sqlite", "sample_admin", samples.tables)
        site = samples.build(url, WTF_CSRF_ENABLED=True)
    yield site
    site.close()
    databases.drop(url)


@pytest.mark.parametrize("viewport", ["phone"], indirect=True)
@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_who_saves_second_sees_both_versions_and_chooses_by_field(application, new_context, page_errors, language):
    from sample_admin.models import Gadget

    (record_id,) = application.add(*samples.gadgets(1))
    with serve(application.app) as address:
        cookie = application.client("boss", language).get_cookie("session")
        context = new_context(bypass_csp=True)  # axe brings its own styles
        context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
        slow, fast = context.new_page(), context.new_page()
        page_errors.watch(fast)
        for window in (slow, fast):
            window.goto(f"{address}/c/north/admin/gadgets/edit/?id={record_id}")
        fast.get_by_label("rank").fill("9")
        fast.get_by_label("notes").fill("theirs")
        fast.get_by_role("button", name="Save", exact=True).click()
        fast.wait_for_url(lambda url: "/edit/" not in url)
        slow.get_by_label("Name").fill("mine")
        slow.get_by_label("notes").fill("mine, too")
        slow.get_by_role("button", name="Save", exact=True).click()
        clash = slow.get_by_role("alert")
        clash.wait_for()
        assert "What stands there now: theirs" in clash.inner_text()
        assert slow.get_by_label("Name").input_value() == "mine"
        assert accessibility_violations(slow) == []
        assert slow.evaluate("document.documentElement.scrollWidth <= innerWidth")
        clash.get_by_role("group", name="notes").get_by_label("What stands there now").check()
        slow.get_by_role("button", name="Save", exact=True).click()
        slow.wait_for_url(lambda url: "/edit/" not in url)
    row = application.rows(sa.select(Gadget).where(Gadget.id == record_id))[0][0]
    assert (row.name, row.rank, row.notes) == ("mine", 9, "theirs")
