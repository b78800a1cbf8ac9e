"""Paging by key against plain slicing, on both databases, with rows that lack a value and rows that come in."""

from __future__ import annotations

import base64
import datetime as dt
import json

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.companies.models import Company
from core.db import bind_company, make_engine, open_session, system_session
from core.i18n import use_locale
from core.paging import COUNT_LIMIT, Key, paged, read_cursor, write_cursor
from core.testing import counted
from tests.support import sample_admin_site as samples

NOW = samples.NOW


@pytest.fixture(scope="module")
def engine(make_database):
    samples.load_registry()  # the template may be another process's work
    engine = make_engine(make_database("sample_admin", samples.tables), synchronous="OFF")
    with system_session(engine, "test") as session:
        session.add_all(Company(id=i, code=f"c{i}", name="x", created_at=NOW) for i in (1, 2))
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def fill(engine):
    """``fill(rows)`` → a session of company 1 that holds exactly these gadgets; company 2 holds one of each as well."""
    from sample_admin.models import Gadget

    opened = []

    def make(rows):
        while opened:
            opened.pop().close()
        with system_session(engine, "test") as session:
            session.execute(sa.delete(Gadget))
            for company in (1, 2):
                for number, values in enumerate(rows):
                    kind = {"seen_at": NOW, **values}
                    session.add(Gadget(company_id=company, code=f"G{number:05}", name=f"gadget {number}", **kind))
            session.flush()
            session.info.pop("pending_changes", None)
            session.commit()
        session = open_session(engine)
        bind_company(session, 1)
        opened.append(session)
        return session

    yield make
    while opened:
        opened.pop().close()


def _gadget():
    from sample_admin.models import Gadget

    return Gadget


def sorted_plainly(rows, order):
    """The slow and obvious reference: sort by the last key first; what has no value stands last either way."""
    rows = sorted(rows, key=lambda r: r.id, reverse=order[-1][1])
    for name, desc in reversed(order[:-1]):
        have = [r for r in rows if getattr(r, name) is not None]
        lack = [r for r in rows if getattr(r, name) is None]
        rows = sorted(have, key=lambda r: getattr(r, name), reverse=desc) + lack
    return rows


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "rank": st.none() | st.integers(0, 3),
            "seen_at": st.integers(0, 2).map(lambda h: NOW + dt.timedelta(hours=h, microseconds=h)),
            "active": st.booleans(),
            "price": st.none() | st.sampled_from([1, 2]),
            "sold_on": st.none() | st.integers(1, 2).map(lambda d: dt.date(2026, 1, d)),
            "kind": st.sampled_from(["a", "É", "中"]),
        }
    ),
    max_size=14,
)
ORDER = st.lists(st.sampled_from(["rank", "seen_at", "active", "price", "sold_on", "code"]), max_size=3, unique=True)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=ROWS, names=ORDER, directions=st.lists(st.booleans(), min_size=4, max_size=4), size=st.integers(1, 5))
def test_pages_are_the_slices_of_the_sorted_list_forwards_and_backwards(fill, rows, names, directions, size):
    gadget = _gadget()
    session = fill(rows)
    order = [*zip(names, directions, strict=False), ("id", directions[3])]
    keys = [Key(getattr(gadget, name), desc) for name, desc in order]
    expected = [r.id for r in sorted_plainly(session.scalars(sa.select(gadget)).all(), order)]
    slices = [expected[i : i + size] for i in range(0, len(expected), size)] or [[]]

    forwards, pages, cursor = [], [], None
    for _step in range(len(rows) + 1):
        page = paged(session, sa.select(gadget), keys, size=size, cursor=cursor)
        assert page.count == len(rows)
        forwards.append([r.id for r in page.rows])
        pages.append(page)
        cursor = page.next
        if cursor is None:
            break
    assert forwards == slices
    assert pages[0].previous is None

    backwards, page = [], pages[-1]
    while page.previous and len(backwards) < len(slices):
        page = paged(session, sa.select(gadget), keys, size=size, cursor=page.previous)
        backwards.append([r.id for r in page.rows])
    assert backwards == slices[:-1][::-1]


def test_every_row_is_met_exactly_once_while_others_come_in(fill, engine):
    gadget = _gadget()
    session = fill([{"rank": n % 4} for n in range(40)])
    before = set(session.scalars(sa.select(gadget.id)))
    session.rollback()
    met, cursor, added = [], None, 0
    for _step in range(200):
        page = paged(session, sa.select(gadget), [(gadget.rank, "desc"), (gadget.id, "desc")], size=6, cursor=cursor)
        met += [r.id for r in page.rows]
        session.rollback()
        with system_session(engine, "test") as other:
            for rank in (0, 3, None):
                added += 1
                other.add(gadget(company_id=1, code=f"N{added:04}", name="new", rank=rank, seen_at=NOW))
            other.flush()
            other.info.pop("pending_changes", None)
            other.commit()
        cursor = page.next
        if cursor is None or added > 200:
            break
    assert len(met) == len(set(met))
    assert before <= set(met)


def test_rows_deleted_at_the_edge_leave_no_empty_page(fill, engine):
    gadget = _gadget()
    session = fill([{"rank": n} for n in range(5)])
    order = [gadget.rank, gadget.id]
    first = paged(session, sa.select(gadget), order, size=3)
    second = paged(session, sa.select(gadget), order, size=3, cursor=first.next)
    assert [r.rank for r in second.rows] == [3, 4]
    session.rollback()
    with system_session(engine, "test") as other:
        other.execute(sa.delete(gadget).where(gadget.rank < 3))
        other.info.pop("pending_changes", None)
        other.commit()
    session.expire_all()
    back = paged(session, sa.select(gadget), order, size=3, cursor=second.previous)
    assert [r.rank for r in back.rows] == [3, 4]
    assert (back.previous, back.next) == (None, None)


@pytest.mark.parametrize(
    ("rows", "count", "zh", "en"),
    [
        (0, 0, "共 0 条", "0 records"),
        (1, 1, "共 1 条", "1 record"),
        (1000, 1000, "共 1000 条", "1000 records"),
        (1001, 1001, "共 1,000+ 条", "1,000+ records"),
        (1200, 1001, "共 1,000+ 条", "1,000+ records"),
    ],
)
def test_counts_are_exact_to_a_thousand(fill, rows, count, zh, en):
    gadget = _gadget()
    session = fill([{} for _n in range(rows)])
    page = paged(session, sa.select(gadget), [gadget.id], size=2)
    assert page.count == count
    assert COUNT_LIMIT == 1000
    with use_locale("en"):
        assert page.count_words == en
    with use_locale("zh"):
        assert page.count_words == zh


def test_what_nobody_has_is_looked_for_once(engine, fill):
    gadget = _gadget()
    session = fill([{"rank": 1}])
    for word, statements in (("gadget", 2), ("nothing of the kind", 1)):
        query = sa.select(gadget).where(gadget.name.contains(word))
        with counted(engine) as sent:
            page = paged(session, query, [gadget.id])
        assert (len(sent), page.count, len(page.rows)) == (statements, statements - 1, statements - 1)



def test_a_query_of_columns_answers_named_rows(fill):
    gadget = _gadget()
    session = fill([{"rank": 7}, {"rank": 5}])
    page = paged(session, sa.select(gadget.code, gadget.rank), [gadget.rank, gadget.id], count=False)
    assert [(r.code, r.rank) for r in page.rows] == [("G00001", 5), ("G00000", 7)]
    code, rank = page.rows[0]
    assert (code, rank, page.count, page.count_words) == ("G00001", 5, None, "")


def test_sorting_through_an_outer_join_keeps_rows_without_a_partner(fill, engine):
    from sample_admin.models import Category, Gadget

    session = fill([{} for _n in range(3)])
    session.rollback()
    with system_session(engine, "test") as other:
        row = Category(company_id=1, name="tools")
        other.add(row)
        other.flush()
        other.execute(
            sa.update(Gadget).where(Gadget.code == "G00002", Gadget.company_id == 1).values(category_id=row.id)
        )
        other.info.pop("pending_changes", None)
        other.commit()
    query = sa.select(Gadget).outerjoin(Gadget.category)
    keys = [Key(Category.name, nullable=True), Key(Gadget.id)]
    met, cursor = [], None
    for _step in range(200):
        page = paged(session, query, keys, size=1, cursor=cursor)
        met += [r.code for r in page.rows]
        cursor = page.next
        if cursor is None:
            break
    assert met == ["G00002", "G00000", "G00001"]


def test_the_last_key_must_be_unique(fill):
    gadget = _gadget()
    with pytest.raises(ValueError, match="primary key"):
        paged(fill([]), sa.select(gadget), [gadget.rank])
    with pytest.raises(ValueError, match="asc or desc"):
        paged(fill([]), sa.select(gadget), [(gadget.rank, "up"), gadget.id])


def _forged(*values) -> str:
    return "a." + base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "a",
        "a.",
        "x.W10",
        "a.!!!",
        "a.W10",
        _forged(1),
        _forged(1, 2, 3),
        _forged("1", 2),
        _forged(1, None),
        _forged(1.5, 2),
        _forged(True, 2),
        _forged(2**70, 2),
        _forged({"a": 1}, 2),
        _forged([1], 2),
        "a." + "W1tbW1tb" * 500,
    ],
)
def test_a_forged_cursor_shows_the_first_page(fill, cursor):
    gadget = _gadget()
    session = fill([{"rank": n} for n in range(3)])
    page = paged(session, sa.select(gadget), [gadget.rank, gadget.id], size=2, cursor=cursor)
    assert [r.rank for r in page.rows] == [0, 1]
    assert page.previous is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seen_at", "2026-01-01T00:00:00"),
        ("seen_at", "0001-01-01T00:00:00+14:00"),
        ("seen_at", 5),
        ("seen_at", None),
        ("sold_on", "tomorrow"),
        ("sold_on", 20260101),
        ("price", "NaN"),
        ("price", "1e99"),
        ("price", "0.00001"),
        ("price", "x"),
        ("active", 1),
        ("active", "yes"),
        ("code", "a\0b"),
        ("code", "x" * 1001),
        ("code", 7),
        ("code", "\ud800"),
    ],
)
def test_a_forged_value_never_reaches_the_database(fill, column, value):
    gadget = _gadget()
    session = fill([{}])
    page = paged(session, sa.select(gadget), [getattr(gadget, column), gadget.id], cursor=_forged(value, 1))
    assert [r.code for r in page.rows] == ["G00000"]


def test_a_cursor_carries_every_sort_of_value_exactly(fill):
    gadget = _gadget()
    fill([])
    keys = [Key(getattr(gadget, n)) for n in ("seen_at", "sold_on", "price", "active", "rank", "code", "id")]
    from decimal import Decimal

    values = [NOW + dt.timedelta(microseconds=7), dt.date(2026, 4, 12), Decimal("12.3400"), False, None, 'É中"', 12]
    assert read_cursor(write_cursor("b", values), keys) == (True, values)


def test_a_deep_page_starts_in_the_index(fill):
    """The condition says where in the index to begin: no database reads the rows before it."""
    gadget = _gadget()
    session = fill([{"seen_at": NOW + dt.timedelta(seconds=n)} for n in range(3)])
    statements = []
    sa.event.listen(session, "do_orm_execute", lambda state: statements.append(str(state.statement)))
    first = paged(session, sa.select(gadget), [gadget.seen_at, gadget.id], size=1, count=False)
    paged(session, sa.select(gadget), [gadget.seen_at, gadget.id], size=1, cursor=first.next, count=False)
    assert "WHERE sample_gadget.seen_at >= " in statements[1]
    assert "OFFSET" not in statements[0] + statements[1]
