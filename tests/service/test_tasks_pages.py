"""The pages of background work and the route of files: one's own, refused to others, safe to open."""

from __future__ import annotations

import pytest

from core.db import transaction
from core.events import emit
from core.files import store_file
from core.tasks import TaskKind, start_task
from core.testing import Installation
from tests.support.accounts import Site

pytestmark = pytest.mark.one_database


@pytest.fixture
def site(app, database_url, registry, monkeypatch):
    """Two people and a kind of work that counts to three, known to this process only."""

    def count(work):
        work.total = 3
        while work.done < 3:
            with work.batch():
                work.done += 1

    monkeypatch.setitem(registry.task_kinds, "test.count", TaskKind("test.count", "Count to three", count))
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    site.person("li@acme.test", "agent", name="Li Lei")
    yield site
    installation.close()


@pytest.fixture
def ordered(site):
    """A task of Li's with a file; (task id, file id)."""
    ctx = site.office().ctx(user_id=2, name="Li Lei")
    with transaction(ctx):
        file = store_file(ctx, "报告<b>.html", b"<script>alert(1)</script>", purpose="test")
        task = start_task(ctx, "test.count", {}, files=(file,))
        return task.id, file.id


def test_progress_is_shown_until_the_work_is_done(site, ordered):
    li = site.signed_in("li@acme.test")
    path = f"/c/acme/tasks/{ordered[0]}"
    page = li.get(path).text
    assert "data-live" in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert site.installation.worker().tasks.run_one() == 1
    page = li.get(path).text
    assert "data-live" not in page
    assert ">3 of 3<" in page
    assert "Count to three" in li.get("/c/acme/tasks").text


def test_somebody_else_s_work_is_not_there_without_the_right(site, ordered):
    li, boss = site.signed_in("li@acme.test"), site.signed_in("boss@acme.test")
    other = start_task(site.office().ctx(user_id=1, name="Wang Fang"), "test.count", {}).id
    assert li.get(f"/c/acme/tasks/{other}").status_code == 404
    assert li.post(f"/c/acme/tasks/{other}/cancel", {}, page="/account").status_code == 404
    assert f"tasks/{other}" not in li.get("/c/acme/tasks?whose=all").text
    assert f"tasks/{ordered[0]}" not in boss.get("/c/acme/tasks").text
    assert f"tasks/{ordered[0]}" in boss.get("/c/acme/tasks?whose=all").text
    assert boss.get(f"/c/acme/files/{ordered[1]}", buffered=True).status_code == 200


def test_it_can_be_stopped_and_tried_again(site, ordered):
    li = site.signed_in("li@acme.test")
    path = f"/c/acme/tasks/{ordered[0]}"
    assert li.post(f"{path}/cancel", {}, page=path).location.endswith(path)
    assert "/retry" in li.get(path).text
    li.post(f"{path}/retry", {}, page=path)
    assert "/cancel" in li.get(path).text


def test_a_file_is_saved_not_shown_and_can_do_nothing_in_the_browser(site, ordered):
    li = site.signed_in("li@acme.test")
    path = f"/c/acme/files/{ordered[1]}"
    for address in (path, f"{path}?show=1"):
        answer = li.get(address, buffered=True)
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert "filename*=UTF-8''%E6%8A%A5%E5%91%8A" in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-cache"
    assert li.get(path, buffered=True).data == b"<script>alert(1)</script>"
    assert li.get("/c/acme/files/999").status_code == 404
    stranger = site.person("zhao@other.test", "agent", company="other") and site.signed_in("zhao@other.test")
    assert stranger.get(f"/c/other/files/{ordered[1]}").status_code == 404


def test_a_part_of_a_file_can_be_asked_for(site, ordered):
    li = site.signed_in("li@acme.test")
    answer = li.get(f"/c/acme/files/{ordered[1]}", headers={"Range": "bytes=1-6"}, buffered=True)
    assert (answer.status_code, answer.data) == (206, b"script")


def test_a_file_of_one_s_own_goes_into_no_shared_page(site):
    ctx = site.office().ctx(user_id=2, name="Li Lei")
    with transaction(ctx):
        file = store_file(ctx, "photo.png", b"\x89PNG", purpose="test")
        emit(ctx, "core.files_expired", n=0)
        file_id = file.id
    li, boss = site.signed_in("li@acme.test"), site.signed_in("boss@acme.test")
    assert li.get(f"/c/acme/files/{file_id}?show=1", buffered=True).headers["Content-Disposition"].startswith("inline")
    assert boss.get(f"/c/acme/files/{file_id}").status_code == 404
