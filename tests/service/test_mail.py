"""Mail goes out through the worker: kept with its cause, tried again, parked, and never sent twice."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time

import pytest
import sqlalchemy as sa

from core.companies.company import close_company
from core.db import open_session, system_session, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event, timeline
from core.mail.models import AccountMail, Mail
from core.mail.services import decide_mail, mails_on, queue_account_mail, queue_mail
from core.settings import set_setting
from core.testing import START
from tests.support.mail import mail_server
from tests.support.server import free_port, process

TO = "chen@customer.example"


def queue(office, cause="reply:1", to=TO, subject="Your complaint", body="We looked into it.", **more):
    ctx = office.system()
    return queue_mail(ctx, to, subject, body, cause=cause, **more).id


def kept(probe, mail_id: int, model=Mail):
    with system_session(probe.engine, "test") as session:
        row = session.get_one(model, mail_id)
        session.expunge(row)
        return row


def send(probe, mailbox, now=START) -> int:
    return probe.worker(now, mailbox.server).postman.send_due()


def test_what_is_queued_arrives_once_with_sender_signature_and_its_message_id(probe, acme, mailbox):
    ctx = acme.ctx("core.settings.edit")
    set_setting(ctx, "core.mail.sender_name", "合丰 售后")
    set_setting(ctx, "core.mail.reply_to", "service@acme.example")
    set_setting(ctx, "core.mail.signature", "Hotline 400-800-1234")
    made = queue(acme, subject="Your complaint\r\nBcc: all@acme.example", body="投诉已处理。")
    assert queue(acme, subject="Another text") == made, "the same cause is mailed once"
    assert send(probe, mailbox) == 1
    assert send(probe, mailbox) == 0
    (message,) = mailbox.messages
    row = kept(probe, made)
    assert message["From"] == "合丰 售后 <sanbao@sanbao.example>"
    assert (message["To"], message["Reply-To"], message["Bcc"]) == (TO, "service@acme.example", None)
    assert message["Subject"] == "Your complaint Bcc: all@acme.example"
    assert message["Message-ID"] == row.message_id
    text = message.get_content().replace("\r\n", "\n")
    assert text == "投诉已处理。\n\n-- \nHotline 400-800-1234\n"
    assert (row.state, row.attempts, row.sent_at, row.error) == ("sent", 1, START, "")
    names = list(acme.system().session.scalars(sa.select(Event.name).where(Event.record_kind == "core.mail")))
    assert names[-2:] == ["core.mail_queued", "core.mail_sent"]


def test_what_is_rolled_back_is_not_sent(probe, acme, mailbox):
    def refused_in_the_end(ctx):
        with transaction(ctx):
            queue_mail(ctx, TO, "Never", "No.", cause="never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        refused_in_the_end(acme.system())
    assert send(probe, mailbox) == 0
    assert mailbox.messages == []


def test_a_server_that_is_down_is_tried_again_and_then_gets_it(probe, acme):
    made, port = queue(acme), free_port()
    with mail_server(port) as gone:
        server = gone
    assert send(probe, server) == 1
    row = kept(probe, made)
    assert (row.state, row.attempts, row.handed_at) == ("queued", 1, None)
    assert "ConnectionRefusedError" in row.error
    assert 27 <= (row.due_at - START).total_seconds() <= 33
    assert send(probe, server) == 0, "not before its time"
    with mail_server(port) as back:
        assert send(probe, back, row.due_at) == 1
        assert len(back.messages) == 1
    assert kept(probe, made).state == "sent"


def test_tries_run_out_and_it_is_parked(probe, acme, mailbox):
    made = queue(acme)
    mailbox.answers[TO] = "451 try again later"
    now, waited = START, []
    while kept(probe, made).state == "queued":
        assert send(probe, mailbox, now) == 1
        row = kept(probe, made)
        waited.append(round((row.due_at - now).total_seconds() / 30))
        now = row.due_at
    assert (row.state, row.attempts, row.error) == ("parked", 12, "451 try again later")
    assert sum(waited[:-1]) * 30 > 8 * 3600, "half a day in all"
    assert mailbox.messages == []


def test_a_recipient_who_is_refused_for_good_is_parked_at_once_and_the_next_one_gets_his(probe, acme, mailbox):
    first, second = queue(acme), queue(acme, "reply:2", "li@customer.example")
    mailbox.answers[TO] = "550 no such user"
    assert send(probe, mailbox) == 2
    row = kept(probe, first)
    assert (row.state, row.attempts, row.error) == ("parked", 1, "550 no such user")
    assert [m["To"] for m in mailbox.messages] == ["li@customer.example"]
    assert kept(probe, second).state == "sent"


@pytest.mark.parametrize(("said", "state"), [("452 disk full", "queued"), ("554 looks like spam", "parked")])
def test_a_text_that_is_refused_was_not_sent(probe, acme, mailbox, said, state):
    made = queue(acme)
    mailbox.on_data = lambda _message: said
    send(probe, mailbox)
    row = kept(probe, made)
    assert (row.state, row.error, mailbox.messages) == (state, said, [])


def test_a_line_that_breaks_while_the_text_is_handed_over_leaves_it_unsure_and_nobody_sends_it_again(
    probe, acme, mailbox
):
    made = queue(acme)
    mailbox.on_data = lambda message: mailbox.messages.append(message) or "421 going down"
    send(probe, mailbox)
    assert kept(probe, made).state == "unsure"
    assert send(probe, mailbox, START + dt.timedelta(days=3)) == 0
    assert len(mailbox.messages) == 1


def test_a_worker_that_dies_before_the_text_is_given_away_loses_nothing(probe, acme, mailbox):
    made = queue(acme)
    dead = probe.worker(START, mailbox.server).postman
    assert dead._take(Mail).id == made
    assert send(probe, mailbox, START + dead.lease) == 0, "its lease still holds"
    later = START + dead.lease + dt.timedelta(seconds=1)
    assert send(probe, mailbox, later) == 1
    row = kept(probe, made)
    assert (row.state, row.attempts, len(mailbox.messages)) == ("sent", 2, 1)


def test_a_worker_that_was_only_slow_hands_nothing_over_once_another_has_it(probe, acme, mailbox):
    made = queue(acme)
    slow = probe.worker(START, mailbox.server).postman
    taken = slow._take(Mail)
    send(probe, mailbox, START + slow.lease + dt.timedelta(seconds=1))
    assert not slow._about_to_hand(taken)
    assert (kept(probe, made).state, len(mailbox.messages)) == ("sent", 1)


def test_a_person_decides_what_becomes_of_unsure_mail(probe, acme, mailbox):
    rows = [queue(acme, f"c:{n}", f"p{n}@x.example") for n in range(3)]
    mailbox.on_data = lambda _message: "421 going down"
    for _mail in rows:
        send(probe, mailbox)
    assert [kept(probe, r).state for r in rows] == ["unsure"] * 3
    mailbox.on_data = None
    with pytest.raises(Forbidden):
        decide_mail(acme.ctx(), rows[0], "again")
    ctx = acme.ctx("core.mail.manage", now=START)
    decide_mail(ctx, rows[0], "again")
    decide_mail(ctx, rows[1], "arrived")
    decide_mail(ctx, rows[2], "drop")
    with pytest.raises(Conflict) as refused:
        decide_mail(ctx, rows[2], "again")
    assert refused.value.code == "mail_decided"
    send(probe, mailbox)
    assert [kept(probe, r).state for r in rows] == ["sent", "sent", "dropped"]
    assert [m["To"] for m in mailbox.messages] == ["p0@x.example"]


def test_a_link_is_erased_once_it_is_sent_and_not_sent_after_its_time(probe, acme, mailbox):
    over = START + dt.timedelta(hours=1)
    sent, late = (queue(acme, f"link:{n}", body="https://x/secret", secret=True, expires_at=over) for n in (1, 2))
    with open_session(probe.engine) as session, transaction(session):
        account = queue_account_mail(
            session, TO, "Link", "https://x/secret", now=START, locale="en", secret=True, expires_at=over
        )
        session.flush()
        account_id = account.id
    mailbox.answers[TO] = "451 later"
    send(probe, mailbox)
    mailbox.answers.clear()
    with system_session(probe.engine, "test") as session, transaction(session):
        session.get_one(Mail, late).due_at = over + dt.timedelta(hours=1)
    send(probe, mailbox, START + dt.timedelta(minutes=2))
    send(probe, mailbox, over + dt.timedelta(hours=2))
    assert [(kept(probe, m).state, kept(probe, m).body) for m in (sent, late)] == [("sent", ""), ("dropped", "")]
    assert (kept(probe, account_id, AccountMail).state, kept(probe, account_id, AccountMail).body) == ("sent", "")
    assert len(mailbox.messages) == 2


def test_mail_of_a_closed_company_waits_and_each_company_sees_its_own(probe, acme, zenith, mailbox):
    mine, theirs = queue(acme), queue(zenith, to="wu@customer.example")
    assert theirs != mine, "causes are each company's own"
    with pytest.raises(NotFound):
        decide_mail(acme.ctx("core.mail.manage"), theirs, "drop")
    close_company(acme.system(), "moved")
    assert send(probe, mailbox) == 1
    assert [m["To"] for m in mailbox.messages] == ["wu@customer.example"]
    assert kept(probe, mine).state == "queued"


def test_the_mails_about_a_record_stand_on_it(probe, acme, mailbox):
    from probe.services import make_item

    ctx = acme.system()
    item, other = make_item(ctx, "A1"), make_item(ctx, "A2")
    made = queue_mail(ctx, TO, "About A1", "Text", cause="item", record=item).id
    assert [m.id for m in mails_on(ctx, item)] == [made]
    assert mails_on(ctx, other) == []
    send(probe, mailbox)
    names = [e.name for e in timeline(acme.system(), item)]
    assert names[:2] == ["core.mail_sent", "core.mail_queued"]


@pytest.mark.parametrize("to", ["", "nobody", "a@b, c@d", "a@b\nBcc: c@d"])
def test_what_is_no_address_is_refused(acme, to):
    with pytest.raises(Invalid) as refused:
        queue_mail(acme.system(), to, "Hello", "Text", cause="bad")
    assert refused.value.code == "bad_email"


def test_old_mail_about_accounts_is_forgotten(probe, mailbox):
    with open_session(probe.engine) as session, transaction(session):
        queue_account_mail(session, TO, "Notice", "Changed.", now=START, locale="en")
    send(probe, mailbox)
    assert probe.worker(START + dt.timedelta(days=30)).postman.forget_old() == 0
    assert probe.worker(START + dt.timedelta(days=31)).postman.forget_old() == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_kill_the_worker_while_it_hands_over_and_no_second_mail_is_sent(databases, database_kind, tmp_path, moment):
    """``before``: the server has the text and has not answered; ``after``: while it answers the next one."""
    from tests.support import probe_site

    probe = probe_site.install(databases, database_kind)
    acme = probe.office("acme")
    try:
        made = [queue(acme, f"k:{n}", f"p{n}@x.example") for n in range(2)]
        with mail_server() as box:
            env = {
                **os.environ, "DATABASE_URL": probe.url, "SANBAO_HOME": str(tmp_path), "MAIL_SERVER": box.host,
                "SANBAO_PLUGIN_PATH": str(probe_site.FOLDER), "SANBAO_LEASE_SECONDS": "1", "MAIL_PORT": str(box.port),
                "SANBAO_SQLITE_SYNCHRONOUS": "NORMAL",
            }  # fmt: skip
            without = [option for name in probe_site.OTHERS for option in ("--without", name)]
            command = [sys.executable, "-m", "core", "worker", *without]
            stop_at = "p0@x.example" if moment == "before" else "p1@x.example"
            running = []

            def kill(message):
                if message["To"] == stop_at and running:
                    running.pop().kill()

            box.on_data = kill
            with process(*command, env=env) as worker:
                running.append(worker)
                worker.wait(timeout=30)
            with process(*command, env=env):
                deadline = time.monotonic() + 30
                while {kept(probe, m).state for m in made} & {"queued", "sending"}:
                    assert time.monotonic() < deadline, "waited in vain"
                    time.sleep(0.05)
            assert sorted(m["To"] for m in box.messages) == ["p0@x.example", "p1@x.example"], "each exactly once"
            lost = made[0 if moment == "before" else 1]
            assert {m: kept(probe, m).state for m in made} == {**dict.fromkeys(made, "sent"), lost: "unsure"}
    finally:
        probe.close()
        databases.drop(probe.url)
