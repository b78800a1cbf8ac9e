"""Transactions, what is recorded of a change, exact types, numbers, settings, events and their deliveries."""

# ruff: noqa: PT012 - what raises is the end of a transaction block
from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
import time
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.companies.models import Company
from core.companies.switch import switch_off, switch_on
from core.db import add_plain, after_commit, bulk_insert, open_session, transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound, UnrecordedChange
from core.events import Delivery, Event, EventLink, RecordRef, emit, emit_if_changed, emit_many, timeline, write_events
from core.sequences import Sequence, next_number, next_numbers
from core.settings import get_setting, set_setting
from core.testing import START, counted, moment


def last_event(ctx, name: str) -> Event:
    """The newest event of a name, read back."""
    return ctx.session.scalars(sa.select(Event).where(Event.name == name).order_by(Event.id.desc()).limit(1)).one()


def item(ctx, code="A1", **values):
    """A new item with its event, in a transaction of its own."""
    from probe.services import make_item

    return make_item(ctx, code, **values)


def named(ctx, code):
    from probe.models import Item

    return ctx.session.scalars(sa.select(Item).where(Item.code == code)).one_or_none()


class TestTransactions:
    def test_an_inner_block_joins_and_the_outermost_commits(self, acme):
        from probe.models import Item

        ctx = acme.system()
        with transaction(ctx):
            item(ctx, "A1")
            ctx.session.flush()
            assert named(acme.system(), "A1") is None, "nobody else sees it before the outer block ends"
            ctx.session.add(Item(code="A2"))
            emit(ctx, "probe.changed")
        assert named(acme.system(), "A1").code == "A1"
        assert named(acme.system(), "A2").code == "A2"

    def test_an_error_outside_takes_the_joined_block_back_too(self, acme):
        ctx = acme.system()
        with pytest.raises(ZeroDivisionError), transaction(ctx):
            item(ctx, "A1")
            raise ZeroDivisionError
        assert named(acme.system(), "A1") is None
        events = acme.system().session.scalar(sa.select(sa.func.count(Event.id)).where(Event.name == "probe.made"))
        assert events == 0

    def test_objects_changed_before_the_block_are_refused(self, acme):
        ctx = acme.system()
        made = item(ctx)
        made.text = "too early"
        with pytest.raises(UnrecordedChange, match="before the transaction"), transaction(ctx):
            pass

    def test_what_was_read_before_is_read_anew_inside(self, acme):
        first = acme.system()
        item(first)
        second = acme.system()
        stale = named(second, "A1")
        with transaction(first):
            named(first, "A1").text = "newer"
            emit(first, "probe.changed")
        with transaction(second):
            assert stale.text == "newer"

    def test_a_row_that_was_saved_by_somebody_else_meanwhile_is_not_overwritten(self, acme):
        ctx = acme.system()
        made = item(ctx)
        with pytest.raises(Conflict), transaction(ctx):
            assert made.version == 1
            _save_behind_its_back(ctx, made.id)
            made.text = "mine"
            emit(ctx, "probe.changed")
        assert (named(acme.system(), "A1").text, named(acme.system(), "A1").version) == ("", 1)

    def test_after_commit_runs_once_committed_and_never_when_rolled_back(self, acme):
        ctx, seen = acme.system(), []
        with transaction(ctx):
            item(ctx)
            after_commit(ctx, lambda: seen.append(named(acme.system(), "A1").code))
            assert seen == []
        assert seen == ["A1"]
        with pytest.raises(ZeroDivisionError), transaction(ctx):
            after_commit(ctx, lambda: seen.append("never"))
            raise ZeroDivisionError
        with transaction(ctx):
            pass
        assert seen == ["A1"]

    def test_writers_wait_for_each_other_instead_of_failing(self, acme):
        """Each thread reads first and then writes: an upgraded read would fail at once on SQLite."""
        item(acme.system(), text="0")
        errors: list[BaseException] = []

        def add_ten():
            try:
                for _turn in range(10):
                    ctx = acme.system()
                    named(ctx, "A1")
                    with transaction(ctx):
                        row = ctx.session.scalars(_locked()).one()
                        row.text = str(int(row.text) + 1)
                        time.sleep(0.001)
                        emit(ctx, "probe.changed", row)
                    ctx.session.close()
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=add_ten) for _n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert named(acme.system(), "A1").text == "40"

    def test_sqlite_writers_take_the_lock_at_once(self, acme, database_kind):
        if database_kind != "sqlite":
            return
        begun: list[str] = []
        sa.event.listen(acme.installation.engine, "before_cursor_execute", lambda *a: begun.append(a[2]))
        ctx = acme.system()
        begun.clear()
        with transaction(ctx):
            pass
        assert begun == ["BEGIN IMMEDIATE"]
        named(ctx, "A1")
        assert begun[1] == "BEGIN"


def _locked():
    from probe.models import Item

    return sa.select(Item).where(Item.code == "A1").with_for_update()


def _save_behind_its_back(ctx, item_id: int) -> None:
    """The version goes up in the database, not in the object in hand."""
    from probe.models import Item

    statement = sa.update(Item).where(Item.id == item_id).values(version=Item.version + 1)
    ctx.session.execute(statement.execution_options(synchronize_session=False))
    emit(ctx, "probe.changed")


class TestChanges:
    def test_a_change_without_an_event_is_refused_and_nothing_is_kept(self, acme):
        from probe.models import Item, Note

        ctx = acme.system()
        made = item(ctx)
        for change in (
            lambda: ctx.session.add(Item(code="A2")),
            lambda: setattr(named(ctx, "A1"), "text", "secretly"),
            lambda: ctx.session.delete(named(ctx, "A1")),
            lambda: ctx.session.execute(sa.update(Item).values(text="secretly")),
            lambda: ctx.session.execute(sa.delete(Item)),
            lambda: bulk_insert(ctx, Note, [{"item_id": made.id, "text": "secretly"}]),
        ):
            with pytest.raises(UnrecordedChange, match=r"probe_(item|note) changed without an event"), transaction(ctx):
                change()
        assert [(i.code, i.text) for i in acme.system().session.scalars(sa.select(Item))] == [("A1", "")]
        assert acme.system().session.scalars(sa.select(Note)).all() == []

    def test_a_commit_without_a_transaction_block_is_held_to_the_same(self, acme):
        from probe.models import Item

        ctx = acme.system()
        ctx.session.add(Item(code="A2"))
        with pytest.raises(UnrecordedChange):
            ctx.session.commit()

    def test_a_new_row_is_recorded_with_its_values(self, acme):
        ctx = acme.system()
        made = item(ctx, text="7", price=Decimal("12.50"), sold_on=dt.date(2026, 3, 1), seen_at=START, tags=["a"])
        assert last_event(ctx, "probe.made").changes == [
            {
                "verb": "created", "table": "probe_item", "id": made.id,
                "fields": {
                    "code": [None, "A1"], "text": [None, "7"], "price": [None, "12.5"],
                    "sold_on": [None, "2026-03-01"], "seen_at": [None, "2026-03-02T01:00:00+00:00"],
                    "tags": [None, ["a"]],
                },
            }
        ]

    def test_a_change_says_from_what_to_what_even_of_an_expired_or_unread_row(self, acme):
        ctx = acme.system()
        made = item(ctx, text="1", price=Decimal("10"))
        with transaction(ctx):
            ctx.session.expire(made)
            made.price = Decimal("10.0001")
            made.text = "1"
            emit(ctx, "probe.changed", made)
        assert last_event(ctx, "probe.changed").changes == [
            {"verb": "changed", "table": "probe_item", "id": made.id, "fields": {"price": ["10", "10.0001"]}}
        ]

    def test_what_only_the_program_keeps_in_a_column_is_recorded_nowhere_and_needs_no_event(self, acme, monkeypatch):
        from probe.models import Item

        monkeypatch.setattr(Item, "__unrecorded__", frozenset({"text"}))
        ctx = acme.system()
        made = item(ctx, text="1", price=Decimal("10"))
        assert "text" not in last_event(ctx, "probe.made").changes[0]["fields"]
        with transaction(ctx):
            made.text = "2"
        with transaction(ctx):
            made.text, made.price = "3", Decimal("11")
            emit(ctx, "probe.changed", made)
        assert last_event(ctx, "probe.changed").changes[0]["fields"] == {"price": ["10", "11"]}
        made_id = made.id
        with transaction(ctx):
            ctx.session.delete(made)
            emit(ctx, "probe.changed", RecordRef("probe.item", made_id))
        fields = last_event(ctx, "probe.changed").changes[0]["fields"]
        assert fields == {"code": ["A1", None], "price": ["11", None], "state": ["new", None]}

    def test_a_value_put_back_is_no_change(self, acme):
        ctx = acme.system()
        made = item(ctx, text="1")
        with transaction(ctx):
            made.text = "2"
            made.text = "1"
            assert emit_if_changed(ctx, "probe.changed", made) is None

    def test_a_deletion_keeps_what_was_lost(self, acme):
        ctx = acme.system()
        made = item(ctx, text="1")
        made_id = made.id
        with transaction(ctx):
            ctx.session.delete(made)
            emit(ctx, "probe.changed", RecordRef("probe.item", made_id))
        assert last_event(ctx, "probe.changed").changes == [
            {
                "verb": "deleted", "table": "probe_item", "id": made_id,
                "fields": {"code": ["A1", None], "text": ["1", None], "state": ["new", None]},
            }
        ]

    def test_each_event_carries_what_changed_since_the_one_before(self, acme):
        ctx = acme.system()
        made = item(ctx)
        with transaction(ctx):
            made.text = "1"
            first = emit(ctx, "probe.changed", made)
            made.text = "2"
            made.tags = ["x"]
            second = emit(ctx, "probe.changed", made)
            third = emit(ctx, "probe.changed", made)
        assert [e.changes and e.changes[0]["fields"] for e in (first, second, third)] == [
            {"text": ["", "1"]}, {"text": ["1", "2"], "tags": [[], ["x"]]}, [],
        ]

    def test_a_bulk_change_is_recorded_by_its_table(self, acme):
        from probe.models import Item

        ctx = acme.system()
        with transaction(ctx):
            ctx.session.execute(sa.update(Item).values(text="x"))
            assert emit(ctx, "probe.changed").changes == [{"verb": "bulk", "table": "probe_item"}]

    def test_what_a_savepoint_took_back_is_neither_recorded_nor_demanded(self, acme):
        from probe.models import Item

        ctx, seen = acme.system(), []
        made = item(ctx)
        with transaction(ctx):
            made.text = "kept"
            ctx.session.flush()
            with pytest.raises(ZeroDivisionError), ctx.session.begin_nested():
                ctx.session.add(Item(code="lost"))
                emit(ctx, "probe.noted", made, number=1)
                after_commit(ctx, lambda: seen.append("lost"))
                raise ZeroDivisionError
            emit(ctx, "probe.changed", made)
        assert last_event(ctx, "probe.changed").changes[0]["fields"] == {"text": ["", "kept"]}
        assert ctx.session.scalar(sa.select(sa.func.count(Event.id)).where(Event.name == "probe.noted")) == 0
        assert named(ctx, "lost") is None
        assert seen == []

    def test_a_savepoint_may_end_before_the_event_is_told(self, acme):
        ctx = acme.system()
        made = item(ctx)
        with transaction(ctx):
            made.text = "inside"
            with ctx.session.begin_nested():
                ctx.session.flush()
            emit(ctx, "probe.changed", made)
        assert last_event(ctx, "probe.changed").changes[0]["fields"] == {"text": ["", "inside"]}


class TestManyRows:
    def test_a_thousand_rows_are_written_at_once_and_answer_their_ids_in_order(self, acme):
        from probe.models import Item

        ctx = acme.system()
        codes = [f"C{n}" for n in reversed(range(1000))]
        with transaction(ctx), counted(acme.installation.engine) as made:
            ids = bulk_insert(ctx, Item, [{"code": code} for code in codes], Item.id)
            emit(ctx, "probe.changed")
        assert [code for _id, code in sorted(ctx.session.execute(sa.select(Item.id, Item.code)).all())] == codes
        assert ids == sorted(ids)
        assert dict(ctx.session.execute(sa.select(Item.id, Item.code)).all()) == dict(zip(ids, codes, strict=True))
        if acme.installation.engine.dialect.name == "postgresql":
            assert max(map(len, made)) < 2000, "no statement of thousands of parameters"
        with transaction(ctx):
            (following,) = bulk_insert(ctx, Item, [{"code": "next"}], Item.id)
            emit(ctx, "probe.changed")
        assert following > ids[-1]


class TestTypes:
    @pytest.mark.parametrize("text", ["0", "0.0001", "-12.34", "99999999999999.9999"])
    def test_money_is_exact_to_a_ten_thousandth(self, acme, text):
        item(acme.system(), price=Decimal(text))
        assert named(acme.system(), "A1").price == Decimal(text)

    def test_sums_are_made_of_whole_numbers(self, acme):
        from probe.models import Item

        ctx = acme.system()
        with transaction(ctx):
            bulk_insert(ctx, Item, [{"code": f"C{n}", "price": Decimal("0.1")} for n in range(1000)])
            emit(ctx, "probe.changed")
        assert ctx.session.scalar(sa.select(sa.func.sum(Item.price))) == Decimal("100")

    def test_quantities_are_exact_to_a_millionth(self, acme):
        item(acme.system(), amount=Decimal("0.000001"))
        assert named(acme.system(), "A1").amount == Decimal("0.000001")

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"price": Decimal("0.00001")}, "more than 4 decimals"),
            ({"amount": Decimal("0.0000001")}, "more than 6 decimals"),
            ({"price": 0.5}, "an exact number is needed"),
            ({"price": True}, "an exact number is needed"),
            ({"seen_at": dt.datetime(2026, 1, 1)}, "an aware datetime is needed"),
            ({"seen_at": dt.date(2026, 1, 1)}, "an aware datetime is needed"),
        ],
    )
    def test_what_would_be_rounded_or_guessed_is_refused(self, acme, values, message):
        with pytest.raises((ValueError, sa.exc.StatementError), match=message):
            item(acme.system(), **values)
        assert named(acme.system(), "A1") is None

    def test_an_instant_comes_back_as_the_same_instant_in_utc(self, acme):
        zone = dt.timezone(dt.timedelta(hours=-5))
        item(acme.system(), seen_at=dt.datetime(2026, 7, 1, 20, 30, 15, 123456, zone))
        found = named(acme.system(), "A1").seen_at
        assert found == dt.datetime(2026, 7, 2, 1, 30, 15, 123456, dt.UTC)
        assert found.tzinfo is dt.UTC


class TestReading:
    def test_statements_stay_prepared_when_a_transaction_that_only_read_ends(self, acme, database_kind):
        if database_kind == "sqlite":
            return  # has none to keep
        engine = acme.installation.engine
        for _time in range(8):  # the driver prepares what it is asked for more than five times
            with open_session(engine) as session:
                session.scalars(sa.select(Company.code)).all()
        query = "select count(*) from pg_prepared_statements where statement like '%core_company.code%'"
        with engine.connect() as connection:
            assert connection.scalar(sa.text(query)) == 1

    def test_what_was_written_outside_a_block_is_gone_after_any_number_of_reads(self, acme):
        from probe.models import Item

        ctx = acme.system()
        assert named(ctx, "A1") is None
        ctx.session.add(Item(code="A1"))
        ctx.session.flush()
        assert named(ctx, "A1") is not None
        ctx.session.close()
        assert named(acme.system(), "A1") is None


class TestPlainRows:
    """Decisions and clocks: rows that are not audited, written together at the next flush."""

    def rows(self, ctx, *numbers):
        made = [Delivery(event_id=n, plugin="probe", handler="h", due_at=START) for n in numbers]
        for row in made:
            add_plain(ctx, row)
        return made

    def events(self, ctx) -> list[int]:
        with transaction(ctx):
            made = [emit(ctx, "probe.counted") for _time in range(3)]
            write_events(ctx)
            ctx.session.execute(sa.delete(Delivery))
            return [event.id for event in made]

    def test_they_are_written_at_the_flush_in_order_and_are_what_was_added(self, acme):
        ctx = acme.system()
        ids = self.events(ctx)
        with transaction(ctx):
            made = self.rows(ctx, *ids)
            with counted(acme.installation.engine) as statements:
                ctx.session.flush()
            assert len(statements) == 1
            assert [r.id for r in made] == sorted({r.id for r in made})
            assert [(r.company_id, r.state, r.attempts, r.done_at) for r in made] == [(acme.id, "queued", 0, None)] * 3
            assert list(ctx.session.scalars(sa.select(Delivery).order_by(Delivery.id))) == made
            made[1].state = "done"
        states = acme.system().session.scalars(sa.select(Delivery.state).order_by(Delivery.event_id))
        assert list(states) == ["queued", "done", "queued"]

    def test_a_question_or_the_commit_writes_them_and_what_goes_back_does_not(self, acme):
        ctx = acme.system()
        ids = self.events(ctx)
        with transaction(ctx):
            (row,) = self.rows(ctx, ids[0])
            assert ctx.session.scalars(sa.select(Delivery.id)).all() == [row.id]
            self.rows(ctx, ids[1])
        with pytest.raises(ZeroDivisionError), transaction(ctx):
            self.rows(ctx, ids[2])
            raise ZeroDivisionError
        with transaction(ctx), pytest.raises(ZeroDivisionError), ctx.session.begin_nested():
            self.rows(ctx, ids[2])
            raise ZeroDivisionError
        assert set(acme.system().session.scalars(sa.select(Delivery.event_id))) == set(ids[:2])

    def test_one_that_names_a_row_still_to_be_written_waits_for_it(self, acme):
        from probe.models import Item

        ctx = acme.system()
        (event_id,) = self.events(ctx)[:1]
        with transaction(ctx):
            item = Item(code="A1")
            row = Delivery(plugin="probe", handler="h", due_at=START, event_id=event_id)
            add_plain(ctx, row, attempts=item)  # any whole number does for the test
            ctx.session.flush()
            assert row.id is None
            ctx.session.add(item)
            ctx.session.flush()
            assert (row.id is not None, row.attempts) == (True, item.id)
            emit(ctx, "probe.counted")
        assert acme.system().session.scalar(sa.select(Delivery.attempts)) == item.id

    def test_an_audited_row_is_refused(self, acme):
        from probe.models import Item

        with pytest.raises(UnrecordedChange, match="Item is audited"):
            add_plain(acme.system(), Item(code="A1"))


class TestSequences:
    def test_numbers_follow_each_other_and_the_period(self, acme):
        def take(when, pattern="TS{yy}{mm}-{n:04d}", count=1):
            ctx = acme.system(moment(when))
            with transaction(ctx):
                return next_numbers(ctx, "probe", pattern, count)

        assert take("2026-03-31 23:59") == ["TS2603-0001"]
        assert take("2026-03-31 23:59", count=3) == ["TS2603-0002", "TS2603-0003", "TS2603-0004"]
        assert take("2026-04-01 00:00") == ["TS2604-0001"]
        assert take("2026-12-31 12:00", "{yyyy}/{n}") == ["2026/1"]
        assert take("2027-01-01 12:00", "{yyyy}/{n}") == ["2027/1"]
        assert take("2026-03-31 12:00", "{n}") == ["1"]
        assert take("2030-03-31 12:00", "{n}") == ["2"]

    def test_companies_count_apart(self, acme, zenith):
        taken = []
        for office in (acme, zenith, acme):
            ctx = office.system()
            with transaction(ctx):
                taken.append(next_number(ctx, "probe", "{n}"))
        assert taken == ["1", "1", "2"]

    def test_a_number_that_was_rolled_back_is_free_again(self, acme):
        ctx = acme.system()
        for expected in ("1", "1"):
            with pytest.raises(ZeroDivisionError), transaction(ctx):
                assert next_number(ctx, "probe", "{n}") == expected
                raise ZeroDivisionError
        with transaction(ctx):
            assert next_number(ctx, "probe", "{n}") == "1"

    def test_takers_at_the_same_time_get_different_numbers_without_gaps(self, acme):
        taken: list[str] = []
        start = threading.Barrier(6)

        def take():
            start.wait()
            for _turn in range(5):
                ctx = acme.system()
                with transaction(ctx):
                    number = next_number(ctx, "probe", "{n}")
                taken.append(number)
                ctx.session.close()

        threads = [threading.Thread(target=take) for _n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(int, taken)) == list(range(1, 31))
        assert acme.system().session.scalars(sa.select(Sequence.next_value)).all() == [31]


class TestSettings:
    def test_a_default_until_the_company_says_otherwise(self, acme, zenith):
        ctx = acme.system()
        assert get_setting(ctx, "probe.limit") == 5
        set_setting(ctx, "probe.limit", " 7 ")
        assert get_setting(ctx, "probe.limit") == 7
        assert get_setting(acme.system(), "probe.limit") == 7
        assert get_setting(zenith.system(), "probe.limit") == 5

    def test_values_keep_their_type(self, acme):
        ctx = acme.system()
        for key, entered, value in (
            ("probe.rate", "0.10", Decimal("0.10")), ("probe.loud", "on", True), ("probe.mood", "wild", "wild"),
        ):
            set_setting(ctx, key, entered)
            found = get_setting(acme.system(), key)
            assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize(
        ("key", "entered", "code"),
        [
            ("probe.limit", "many", "bad_number"),
            ("probe.limit", "0", "too_small"),
            ("probe.limit", "10", "too_large"),
            ("probe.rate", "1,5", "bad_number"),
            ("probe.mood", "sad", "bad_choice"),
        ],
    )
    def test_what_does_not_fit_is_refused_and_changes_nothing(self, acme, key, entered, code):
        before = get_setting(acme.system(), key)
        with pytest.raises(Invalid) as refused:
            set_setting(acme.system(), key, entered)
        assert (refused.value.code, refused.value.field) == (code, key)
        assert get_setting(acme.system(), key) == before

    def test_changing_needs_the_right_and_is_on_record(self, acme):
        with pytest.raises(Forbidden):
            set_setting(acme.ctx(), "probe.limit", "6")
        assert get_setting(acme.system(), "probe.limit") == 5
        ctx = acme.ctx("core.settings.edit", name="Li Ming")
        set_setting(ctx, "probe.limit", "6")
        event = last_event(ctx, "core.setting_saved")
        assert (event.actor_name, event.facts, event.changes[0]["fields"]["value"]) == (
            "Li Ming",
            {"key": "probe.limit", "before": "5", "after": "6", "label": {"zh": "Probe limit", "en": "Probe limit"}},
            [None, {"value": 6}],
        )

    def test_an_undeclared_setting_is_a_mistake(self, acme):
        with pytest.raises(LookupError, match=r"probe\.nothing"):
            get_setting(acme.system(), "probe.nothing")
        with pytest.raises(NotFound):
            set_setting(acme.system(), "probe.nothing", "1")


class TestEvents:
    def test_an_event_says_who_when_what_and_is_on_the_timelines(self, acme):
        user = acme.installation.user("li@acme.test")
        ctx = acme.ctx(user_id=user, name="Li Ming", now=moment("2026-03-02 10:00"))
        first, second = item(ctx, "A1"), item(ctx, "A2")
        with transaction(ctx):
            emit(ctx, "probe.changed", first, links=[second, None], price=Decimal("1.50"), on=dt.date(2026, 3, 1))
        reader = acme.system()
        event = last_event(reader, "probe.changed")
        assert (event.record_kind, event.record_id, event.actor_id, event.actor_name) == (
            "probe.item", first.id, user, "Li Ming",
        )
        assert event.occurred_at == dt.datetime(2026, 3, 2, 2, 0, tzinfo=dt.UTC)
        assert event.facts == {"price": "1.5", "on": "2026-03-01"}
        assert [e.name for e in timeline(reader, first)] == ["probe.changed", "probe.made"]
        assert [e.name for e in timeline(reader, second)] == ["probe.changed", "probe.made"]
        assert [e.id for e in timeline(reader, first, before_id=event.id)] == [timeline(reader, first)[1].id]

    def test_a_timeline_stands_in_the_order_of_happening_and_pages_on_in_one_statement(self, acme):
        """What was noted down late stands where it belongs, among what is the record's own and what is linked."""
        early, late = acme.system(now=moment("2026-03-02 10:00")), acme.system(now=moment("2026-03-02 12:00"))
        made = item(late, "A1")
        other = item(early, "A2")
        for ctx, number in ((late, 1), (early, 2), (late, 3), (early, 4)):
            with transaction(ctx):
                emit(ctx, "probe.changed", other if number % 2 else made, links=[made] if number % 2 else (), n=number)
        reader = acme.system()
        whole = timeline(reader, made)
        assert [e.facts.get("n", e.name) for e in whole] == [3, 1, "probe.made", 4, 2]
        with counted(acme.installation.engine) as statements:
            assert [e.id for e in timeline(reader, made, before_id=whole[1].id, limit=2)] == [e.id for e in whole[2:4]]
        assert len(statements) == 1

    def test_the_digest_covers_the_salt_and_everything_told(self, acme):
        ctx = acme.system()
        with transaction(ctx):
            emit(ctx, "probe.changed", number=1)
        event = last_event(ctx, "probe.changed")
        body = [
            event.salt, "probe.changed", "core.company", acme.id, acme.id, ctx.now.isoformat(), None, "system",
            {"number": 1}, [],
        ]
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert event.digest == hashlib.sha256(text.encode()).hexdigest()
        assert len(event.salt) == 32

    def test_events_of_one_transaction_keep_their_order_and_are_written_in_four_statements(self, acme):
        ctx = acme.system()
        made = item(ctx)
        with counted(acme.installation.engine) as statements, transaction(ctx):
            for number in range(9):
                emit(ctx, "probe.made", made, links=[made], number=number)
        written = [s for s in statements if s.startswith("INSERT")]
        assert {s.split()[2] for s in written} == {"core_event", "core_event_link", "core_delivery"}
        assert len(written) <= 9
        ids = [(e.id, e.facts["number"]) for e in reversed(timeline(acme.system(), made)[:9])]
        assert [number for _id, number in ids] == list(range(9))

    def test_events_can_be_read_in_the_transaction_that_emits_them(self, acme):
        ctx = acme.system()
        made = item(ctx)
        with transaction(ctx):
            event = emit(ctx, "probe.made", made, number=1)
            assert event.id is None
            assert timeline(ctx, made)[0].facts == {"number": 1}
            assert event.id is not None
            deliveries = sa.select(Delivery.handler).where(Delivery.event_id == event.id)
            assert ctx.session.scalars(deliveries).all() == ["note_effect"]
            write_events(ctx)
        assert len([e for e in timeline(acme.system(), made) if e.facts == {"number": 1}]) == 1

    def test_many_events_at_once_make_the_same_rows(self, acme):
        ctx = acme.system()
        made = item(ctx)
        with counted(acme.installation.engine) as statements, transaction(ctx):
            emit_many(ctx, [("probe.made", RecordRef("probe.item", made.id), {"number": n}) for n in range(200)])
        assert len(statements) <= 5, "PostgreSQL is asked for the ids beforehand, and once whence they come"
        deliveries = dict(ctx.session.execute(sa.select(Delivery.event_id, Delivery.handler)).all())
        events = list(ctx.session.scalars(sa.select(Event).where(Event.name == "probe.made").order_by(Event.id)))[1:]
        assert [e.facts["number"] for e in events] == list(range(200))
        assert {deliveries[e.id] for e in events} == {"note_effect"}

    def test_only_modules_that_are_on_are_told(self, acme, zenith):
        switch_off(zenith.system(), "probe")
        for office in (acme, zenith):
            ctx = office.system()
            with transaction(ctx):
                emit(ctx, "probe.made", number=1)
        assert [(d.plugin, d.handler, d.state) for d in acme.system().session.scalars(sa.select(Delivery))] == [
            ("probe", "note_effect", "queued")
        ]
        assert zenith.system().session.scalars(sa.select(Delivery)).all() == []
        switch_on(zenith.system(), "probe")
        assert zenith.system().session.scalars(sa.select(Delivery)).all() == []

    def test_links_and_deliveries_go_with_a_rolled_back_transaction(self, acme):
        ctx = acme.system()
        made = item(ctx)
        before = ctx.session.scalar(sa.select(sa.func.count(Delivery.id)))
        with pytest.raises(ZeroDivisionError), transaction(ctx):
            emit(ctx, "probe.made", made, links=[made], number=5)
            raise ZeroDivisionError
        with open_session(acme.installation.engine) as session, pytest.raises(Exception, match="no company"):
            session.scalars(sa.select(EventLink)).all()
        ctx = acme.system()
        assert ctx.session.scalars(sa.select(EventLink)).all() == []
        assert ctx.session.scalar(sa.select(sa.func.count(Delivery.id))) == before
