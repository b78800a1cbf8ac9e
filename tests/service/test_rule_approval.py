"""Approval before a rule takes effect: submitted, approved by somebody else or sent back; a refusal changes nothing."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.decisions import approving
from core.decisions.store import (
    draft_of,
    drop_draft,
    publish,
    save_draft,
    start_draft,
    table_named,
    version_in_force,
)
from core.errors import Conflict, Forbidden, Invalid
from core.events import Event
from core.notifications import Notification
from core.testing import Installation
from tests.support.accounts import Site, words_of
from tests.support.charge_table import NAME, install

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
PAGE = f"/c/acme/rules/{NAME}"


@pytest.fixture
def site(app, database_url, registry):
    made = Site(app, Installation(database_url, registry))
    made.office("acme")
    install(made.office(), NOW)
    yield made
    made.installation.close()


@pytest.fixture
def writer(site):
    """May change rules and approve them, as an administrator may."""
    return person(site, "writer", "administrator")


@pytest.fixture
def boss(site):
    """A manager: approves, changes nothing."""
    return person(site, "boss", "manager")


RIGHTS = {
    "administrator": ("core.rules.view", "core.rules.edit", "core.rules.approve", "core.settings.edit"),
    "manager": ("core.rules.view", "core.rules.approve"),
    "agent": (),
}


def person(site, name: str, role: str):
    """Somebody of this role: calling it gives his or her circumstances in a new session."""
    user_id = site.person(f"{name}@example.com", role, name=name.title())
    office = site.office()
    return lambda: office.ctx(*(RIGHTS[role] or ("core.none",)), user_id=user_id, name=name.title(), now=NOW)


def now_ctx(site):
    return site.office().system(NOW)


def draft(site):
    ctx = now_ctx(site)
    return draft_of(ctx, table_named(ctx, NAME))


def written(writer, reason: str = "New law", days: int = 3):
    """A draft that could be submitted."""
    ctx = writer()
    body = start_draft(ctx, NAME).body
    save_draft(ctx, NAME, body, reason=reason, effective_from=ctx.today + dt.timedelta(days=days))


def submitted(site, writer):
    approving.set_needs_approval(now_ctx(site), NAME, True)
    written(writer)
    return approving.submit(writer(), NAME)


def told(site, text: str) -> list[int]:
    query = sa.select(Notification.user_id).where(Notification.text.contains(text)).order_by(Notification.user_id)
    return list(now_ctx(site).session.scalars(query))


def test_without_the_setting_a_draft_is_published_as_ever(site, writer):
    written(writer)
    assert table_named(now_ctx(site), NAME).needs_approval is False
    with pytest.raises(Conflict) as refused:
        approving.submit(writer(), NAME)
    assert refused.value.code == "no_approval_needed"
    assert publish(writer(), NAME).number == 3


def test_with_the_setting_nobody_publishes_alone(site, writer):
    approving.set_needs_approval(now_ctx(site), NAME, True)
    written(writer)
    with pytest.raises(Conflict) as refused:
        publish(writer(), NAME)
    assert refused.value.code == "approval_needed"
    assert draft(site).status == "draft"


def test_a_version_is_submitted_approved_by_somebody_else_and_in_force_on_its_date(site, writer, boss):
    submitted(site, writer)
    assert (draft(site).waits, draft(site).submitted_by) == (True, "Writer")
    version = approving.approve(boss(), NAME)
    assert (version.status, version.approved_by, version.published_by, version.submitted_by) == (
        "published", "Boss", "Boss", "Writer",
    )
    ctx = now_ctx(site)
    assert version_in_force(ctx, NAME, ctx.today).number == 2
    assert version_in_force(ctx, NAME, ctx.today + dt.timedelta(days=3)).number == 3
    names = [e.name for e in ctx.session.scalars(sa.select(Event).order_by(Event.id.desc()).limit(2))]
    assert names == ["core.rule_published", "core.rule_submitted"]
    assert told(site, "for approval") == [boss().actor.user_id]
    assert told(site, "approved version") == [writer().actor.user_id]


def test_neither_who_submitted_nor_who_wrote_a_word_of_it_approves(site, writer, boss):
    other = person(site, "other", "administrator")
    written(other)
    ctx = writer()
    save_draft(ctx, NAME, draft(site).body, reason="New law", effective_from=ctx.today)
    approving.set_needs_approval(now_ctx(site), NAME, True)
    third = person(site, "third", "administrator")
    approving.submit(third(), NAME)
    for author in (writer, other, third):
        with pytest.raises(Forbidden) as refused:
            approving.approve(author(), NAME)
        assert refused.value.code == "not_the_approver"
        with pytest.raises(Forbidden):
            approving.send_back(author(), NAME, "no")
    with pytest.raises(Forbidden):
        approving.approve(now_ctx(site), NAME)
    assert draft(site).waits
    assert approving.approve(boss(), NAME).number == 3


def test_without_the_right_nobody_approves(site, writer):
    agent = person(site, "agent", "agent")
    submitted(site, writer)
    with pytest.raises(Forbidden):
        approving.approve(agent(), NAME)
    assert draft(site).waits


def test_what_waits_for_approval_can_not_be_changed_until_it_is_withdrawn(site, writer, boss):
    body = submitted(site, writer).body
    for change in (lambda: save_draft(writer(), NAME, body), lambda: drop_draft(writer(), NAME)):
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.code == "submitted"
    with pytest.raises(Forbidden):
        approving.withdraw(boss(), NAME)
    approving.withdraw(writer(), NAME)
    assert not draft(site).waits
    save_draft(writer(), NAME, body, reason="better")
    with pytest.raises(Conflict) as refused:
        approving.approve(boss(), NAME)
    assert refused.value.code == "not_submitted"


def test_sending_back_needs_a_reason_which_the_writer_reads_until_it_is_submitted_again(site, writer, boss):
    submitted(site, writer)
    with pytest.raises(Invalid):
        approving.send_back(boss(), NAME, "  ")
    approving.send_back(boss(), NAME, "Row 3 is too generous")
    back = draft(site)
    assert (back.waits, back.sent_back_by, back.sent_back_reason) == (False, "Boss", "Row 3 is too generous")
    assert told(site, "back: ") == [writer().actor.user_id]
    approving.submit(writer(), NAME)
    assert draft(site).sent_back_reason == ""


def test_a_date_that_has_passed_meanwhile_is_moved_by_the_approver(site, writer, boss):
    approving.set_needs_approval(now_ctx(site), NAME, True)
    written(writer, days=1)
    approving.submit(writer(), NAME)
    later = boss().at(NOW + dt.timedelta(days=5))
    with pytest.raises(Invalid) as refused:
        approving.approve(later, NAME)
    assert refused.value.code == "date_past"
    assert approving.approve(boss().at(NOW + dt.timedelta(days=5)), NAME, later.today).effective_from == later.today


def test_only_who_may_change_settings_says_whether_approval_is_needed(site, boss):
    with pytest.raises(Forbidden):
        approving.set_needs_approval(boss(), NAME, True)
    assert table_named(now_ctx(site), NAME).needs_approval is False


def test_the_pages_lead_from_submitting_over_sending_back_to_approval(site, writer, boss):
    written(writer)
    author, approver = site.signed_in("writer@example.com"), site.signed_in("boss@example.com")
    assert author.post(f"{PAGE}/approval-setting", {"needed": "yes"}, page=PAGE).status_code == 302
    page = author.get(PAGE).text
    assert 'value="submit"' in page
    assert 'value="publish"' not in page
    approving.submit(writer(), NAME)
    page = author.get(PAGE).text
    words = words_of(page)
    assert "Version 3 waits for approval" in words
    assert "Somebody else has to approve what you wrote or submitted." in words
    assert "Approve and publish" not in words
    assert 'name="do"' not in page
    assert "Version 3 waits for approval" in words_of(author.get("/c/acme/rules").text)
    assert author.post(f"{PAGE}/approve", {"effective_from": ""}, page=PAGE).status_code == 403
    assert "Approve and publish" in words_of(approver.get(PAGE).text)
    approver.post(f"{PAGE}/send-back", {"sent_back_reason": "Too generous"}, page=PAGE)
    assert "Boss sent this version back: Too generous" in words_of(author.get(PAGE).text)
    approving.submit(writer(), NAME)
    day = (now_ctx(site).today + dt.timedelta(days=9)).isoformat()
    answer = approver.post(f"{PAGE}/approve", {"effective_from": day}, page=PAGE)
    assert answer.status_code == 302
    assert draft(site) is None
    words = words_of(author.get(f"{PAGE}/versions").text)
    assert "Version 3 comes into force" in words
    assert "submitted by Writer" in words


