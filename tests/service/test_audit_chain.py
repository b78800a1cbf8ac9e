"""The chain of the audit trail: sealing, and what verifying says about each way of tampering (by raw SQL)."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from core import audit
from core.audit import AuditBlock, Verification, head, read_heads, seal_events
from core.db import transaction
from core.errors import Invalid
from core.events import Event, emit
from core.i18n import use_locale
from core.testing import START


@pytest.fixture(autouse=True)
def _english():
    with use_locale("en"):
        yield


@pytest.fixture
def trail(acme):
    """Ten events of the company in blocks of four, four and the rest; answers the numbers of the first eight."""
    ctx = acme.system()
    while seal_events(ctx):
        pass
    with transaction(ctx):
        for number in range(8):
            emit(ctx, "probe.counted", number=number, weight=1.5)
    assert (seal_events(ctx, 4), seal_events(ctx, 4), seal_events(ctx, 4)) == (4, 4, 0)
    counted = sa.select(Event.id).where(Event.name == "probe.counted").order_by(Event.id)
    return list(ctx.session.scalars(counted))


def sql(probe, text: str, **values) -> None:
    with probe.engine.begin() as connection:
        connection.execute(sa.text(text), values)


def verified(office, heads=()) -> list[str]:
    return list(Verification(office.system(), heads).problems())


def test_sealing_leaves_out_nothing_and_seals_nothing_twice(acme, trail):
    ctx = acme.system()
    blocks = ctx.session.scalars(sa.select(AuditBlock).order_by(AuditBlock.number)).all()
    assert [(b.number, b.events) for b in blocks] == [(1, blocks[0].events), (2, 4), (3, 4)]
    assert [b.covers for b in blocks[1:]] == [f"{trail[0]}-{trail[3]}", f"{trail[4]}-{trail[7]}"]
    assert [b.previous for b in blocks] == [audit.BEGINNING, blocks[0].hash, blocks[1].hash]
    assert ctx.session.scalar(sa.select(Event.block).where(Event.id == trail[5])) == 3
    verification = Verification(ctx)
    assert list(verification.problems()) == []
    total = ctx.session.scalar(sa.select(sa.func.count(Event.id)))
    assert verification.verdict == audit.Verdict(3, total, 0, 0)


def test_an_event_that_becomes_visible_late_goes_into_the_next_block(probe, acme, trail):
    """Its number is lower than that of events which are sealed already, as happens on PostgreSQL."""
    sql(probe, "UPDATE core_event SET id = id + 1000 WHERE id > :last", last=trail[7])
    ctx = acme.system()
    with transaction(ctx):
        emit(ctx, "probe.counted", number=98)
        emit(ctx, "probe.counted", number=99)
    ids = sorted(ctx.session.scalars(sa.select(Event.id).where(Event.seal.is_(None))))
    late, early = ids
    sql(probe, "UPDATE core_event SET seal = 'x' WHERE id = :late", late=late)  # not visible yet, so to say
    assert seal_events(ctx) == 1
    sql(probe, "UPDATE core_event SET seal = NULL WHERE id = :late", late=late)
    assert seal_events(acme.system()) == 1
    covers = acme.system().session.scalars(sa.select(AuditBlock.covers).order_by(AuditBlock.number)).all()
    assert covers[-2:] == [str(early), str(late)]
    assert verified(acme) == []


def test_companies_have_chains_of_their_own(acme, zenith, trail):
    other = zenith.system()
    assert head(other) is None
    assert seal_events(other) > 0
    assert (head(other).number, head(other).company) == (1, "zenith")
    assert head(acme.system()).number == 3
    assert verified(zenith) == verified(acme) == []


def test_workers_that_seal_at_once_make_one_chain(probe, acme, trail):
    ctx = acme.system()
    with transaction(ctx):
        for number in range(40):
            emit(ctx, "probe.counted", number=number)
    contexts = [acme.system() for _worker in range(4)]
    barrier = threading.Barrier(4)

    def work(mine):
        barrier.wait()
        for _round in range(30):
            seal_events(mine, 3)

    threads = [threading.Thread(target=work, args=(c,)) for c in contexts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while seal_events(ctx, 3):
        pass
    numbers = acme.system().session.scalars(sa.select(AuditBlock.number).order_by(AuditBlock.number)).all()
    assert numbers == list(range(1, len(numbers) + 1))
    assert verified(acme) == []


# --- each way of tampering ------------------------------------------------------------------------------------------


def test_a_changed_payload_is_named(probe, acme, trail):
    sql(probe, "UPDATE core_event SET facts = '{\"number\": 7, \"weight\": 1.5}' WHERE id = :id", id=trail[1])
    assert verified(acme) == [f"Event {trail[1]} of block 2 says something else than when it was written."]


def test_another_person_as_the_doer_is_named(probe, acme, trail):
    sql(probe, "UPDATE core_event SET actor_name = 'Somebody else' WHERE id = :id", id=trail[6])
    assert verified(acme) == [f"Event {trail[6]} of block 3 says something else than when it was written."]


def test_a_deleted_event_is_named(probe, acme, trail):
    sql(probe, "DELETE FROM core_event WHERE id = :id", id=trail[2])
    assert verified(acme) == [f"Event {trail[2]} of block 2 is missing: it was deleted."]


def test_another_request_is_found_where_the_seals_stop_to_fit(probe, acme, trail):
    sql(probe, "UPDATE core_event SET request_id = 'forged' WHERE id = :id", id=trail[2])
    assert verified(acme) == [
        f"From event {trail[2]} of block 2 on, the order of the events was changed, or the name, record, time or "
        "person of one: the seals do not fit."
    ]


def test_a_swapped_order_is_found_where_it_begins(probe, acme, trail):
    for old, new in ((trail[1], -1), (trail[2], trail[1]), (-1, trail[2])):
        sql(probe, "UPDATE core_event SET id = :new WHERE id = :old", old=old, new=new)
    assert verified(acme) == [
        f"From event {trail[1]} of block 2 on, the order of the events was changed, or the name, record, time or "
        "person of one: the seals do not fit."
    ]


def test_a_lost_seal_is_named(probe, acme, trail):
    sql(probe, "UPDATE core_event SET seal = NULL WHERE id = :id", id=trail[4])
    assert verified(acme) == [f"Event {trail[4]} of block 3 has lost its seal."]


def test_an_event_that_was_slipped_in_is_named(probe, acme, trail):
    columns = (
        "company_id, name, record_kind, record_id, occurred_at, actor_name, facts, changes, salt, digest, seal, block"
    )
    sql(
        probe,
        f"INSERT INTO core_event (id, {columns}) SELECT 5000, {columns} FROM core_event WHERE id = :id",
        id=trail[0],
    )
    assert verified(acme) == ["Event 5000 bears a seal of block 2, which does not cover it or is not there."]


def test_emptying_an_event_needs_an_erasure_on_record(probe, acme, trail):
    sql(probe, "UPDATE core_event SET facts = '{}', changes = '[]', salt = NULL WHERE id = :id", id=trail[0])
    assert verified(acme) == [f"Event {trail[0]} of block 2 was emptied, and no erasure on record names it."]


def test_a_removed_block_is_named_with_what_it_leaves(probe, acme, trail):
    sql(probe, "DELETE FROM core_event WHERE block = 2")
    sql(probe, "DELETE FROM core_audit_block WHERE number = 2")
    assert verified(acme) == ["Block 2 is missing: it was removed."]


def test_a_block_that_was_written_anew_is_named_and_what_followed_it(probe, acme, trail):
    sql(probe, "UPDATE core_audit_block SET hash = :hash WHERE number = 2", hash="f" * 64)
    assert verified(acme) == [
        "Block 2 was written anew: its hash does not fit what it covers.",
        "Block 3 does not follow block 2: that one had another hash when it was sealed.",
    ]


def test_a_removed_end_is_found_by_the_heads_only(probe, acme, trail):
    known = head(acme.system())
    sql(probe, "DELETE FROM core_event WHERE block = 3")
    sql(probe, "DELETE FROM core_audit_block WHERE number = 3")
    assert verified(acme) == []
    assert verified(acme, [known]) == [
        "The chain ends with block 2, but block 3 was exported as its head on 2026-03-02 09:00: the end was removed."
    ]


def test_whoever_rewrites_everything_is_found_by_the_heads(probe, acme, trail, tmp_path):
    file = tmp_path / "heads.tsv"
    audit.append_head(file, head(acme.system()))
    sql(probe, "UPDATE core_event SET request_id = 'forged', seal = NULL, block = NULL")
    sql(probe, "DELETE FROM core_audit_block")
    ctx = acme.system(now=START + dt.timedelta(days=1))
    while seal_events(ctx, 4):
        pass
    assert verified(acme) == []
    with file.open() as lines:
        assert verified(acme, read_heads(lines, "acme")) == [
            "Block 3 has another hash than the one exported on 2026-03-02 09:00: the chain was written anew."
        ]


def test_a_file_of_heads_that_cannot_be_read_is_refused_with_the_line():
    with pytest.raises(Invalid, match=r"Line 2 of the file of heads can't be read\."):
        list(read_heads(["\n", "nonsense\n"], "acme"))


# --- the worker and the command line --------------------------------------------------------------------------------


def test_the_worker_seals_every_company_and_writes_the_heads(probe, acme, zenith, tmp_path, monkeypatch):
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    worker = probe.worker(START)
    assert worker.seal() > 0
    assert worker.seal() == 0
    lines = (tmp_path / "audit-heads.tsv").read_text().splitlines()
    assert [line.split("\t")[:3] for line in lines] == [
        [START.isoformat(), "acme", "1"],
        [START.isoformat(), "zenith", "1"],
    ]
    assert [h.hash for h in read_heads([line + "\n" for line in lines], "acme")] == [head(acme.system()).hash]


def test_digests_survive_what_the_databases_do_to_numbers(acme):
    ctx = acme.system()
    with transaction(ctx):
        emit(ctx, "probe.counted", large=1e22, small=1e-7, zero=-0.0, whole=2.0, text="三包 é", none=None, l=[1, 2.5])
    while seal_events(ctx):
        pass
    assert verified(acme) == []
