"""The inbox: unread lines, all taken as read, and lines by mail as each person chooses."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.auth.models import User
from core.db import open_session
from core.errors import Invalid
from core.mail.models import Mail
from core.notifications import inbox_page, mark_all_read, notify, unread_count
from core.testing import START
from core.told_by_mail import save_wishes, tell_by_mail

pytestmark = pytest.mark.one_database

HOURS = dt.timedelta(hours=1)


@pytest.fixture
def person(probe, acme, monkeypatch):
    """Somebody who wants lines about items at once and all else once a day."""
    monkeypatch.setenv("MAIL_SERVER", "mail.example")
    monkeypatch.setenv("PUBLIC_URL", "https://sanbao.example")
    user_id = acme.person("li@acme.test", "agent")
    with open_session(probe.engine) as session:
        save_wishes(session, session.get_one(User, user_id), {"probe": "at_once", "core": "daily"})
    return user_id


def tell(acme, person, once: str, record=None, now=START):
    ctx = acme.system(now)
    notify(ctx, [person], f"Line {once}", record=record, once=once)
    ctx.session.commit()


def mails(acme) -> list[tuple[str, str]]:
    rows = acme.system().session.scalars(sa.select(Mail).order_by(Mail.id))
    return [(m.subject, m.body) for m in rows]


def test_unread_lines_alone_and_all_taken_as_read(acme, person):
    for once in "ab":
        tell(acme, person, once)
    mine = acme.ctx(user_id=person)
    assert (mark_all_read(mine), unread_count(mine), mark_all_read(mine)) == (2, 0, 0)
    tell(acme, person, "c")
    assert [n.text for n in inbox_page(acme.ctx(user_id=person), None, unread_only=True)] == ["Line c"]
    assert len(inbox_page(acme.ctx(user_id=person), None)) == 3


def test_what_is_wanted_at_once_is_mailed_once_and_leads_to_the_inbox(acme, person):
    from probe.services import make_item

    tell(acme, person, "a", make_item(acme.system(), "A1"))
    tell(acme, person, "b")
    early = acme.system(START - 2 * HOURS)
    assert (tell_by_mail(early), tell_by_mail(acme.system(START - 2 * HOURS))) == (1, 0)
    assert mails(acme) == [("Line a", "Line a\n\n你的收件箱：https://sanbao.example/c/acme/inbox\n")]


def test_the_daily_mail_goes_out_once_a_day_from_its_hour_on_with_what_is_unread(acme, person):
    tell(acme, person, "read")
    mark_all_read(acme.ctx(user_id=person))
    tell(acme, person, "b", now=START - 2 * HOURS)
    tell(acme, person, "c")
    assert tell_by_mail(acme.system(START - 2 * HOURS)) == 0, "07:00"
    assert tell_by_mail(acme.system(START)) == 1
    assert tell_by_mail(acme.system(START + 3 * HOURS)) == 0
    ((subject, body),) = mails(acme)
    assert subject == "Acme：收件箱有 2 条新消息"
    assert body.startswith("2026-03-02 07:00  Line b\n2026-03-02 09:00  Line c\n")
    tell(acme, person, "d", now=START + 20 * HOURS)
    assert tell_by_mail(acme.system(START + 25 * HOURS)) == 1
    assert "Line b" not in mails(acme)[1][1]


def test_who_chose_nothing_gets_none_and_neither_does_anybody_without_a_mail_server(acme, person, monkeypatch):
    tell(acme, acme.person("wu@acme.test", "agent"), "a")
    assert tell_by_mail(acme.system()) == 0
    monkeypatch.delenv("MAIL_SERVER")
    tell(acme, person, "b")
    assert tell_by_mail(acme.system()) == 0


def test_another_wish_is_refused(probe, person):
    with open_session(probe.engine) as session, pytest.raises(Invalid):
        save_wishes(session, session.get_one(User, person), {"core": "weekly"})
