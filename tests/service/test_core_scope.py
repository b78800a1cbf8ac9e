"""No statement leaves its company: what the session narrows, and what it refuses because it can't."""

# ruff: noqa: PT012 - what raises is the end of a transaction block
from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from core.db import (
    CompanyScope,
    SystemScope,
    bind_company,
    bulk_insert,
    count_across_units,
    open_session,
    prepared,
    prepared_many,
    system_session,
    transaction,
)
from core.errors import ScopeError
from core.events import emit


@pytest.fixture
def two(acme, zenith):
    """(ctx of acme, ctx of zenith); acme has items A1, A2 with a note each, zenith has Z1 with a note."""
    from probe.models import Item, Note

    for office, codes in ((acme, ("A1", "A2")), (zenith, ("Z1",))):
        ctx = office.system()
        with transaction(ctx):
            for code in codes:
                item = Item(code=code)
                ctx.session.add(item)
                ctx.session.flush()
                ctx.session.add(Note(item_id=item.id, text=f"on {code}"))
            emit(ctx, "probe.changed")
    return acme.system(), zenith.system()


def codes(ctx, query) -> list[str]:
    """The codes that a query answers, sorted."""
    return sorted(ctx.session.scalars(query))


def everything(probe, model):
    """All rows of all companies, as (company, first other column)."""
    with system_session(probe.engine, "test") as session:
        return session.scalars(sa.select(model).order_by(model.id)).all()


class TestNarrowed:
    def test_select_of_rows_columns_and_counts(self, two):
        from probe.models import Item

        ctx, other = two
        assert [i.code for i in ctx.session.scalars(sa.select(Item).order_by(Item.code))] == ["A1", "A2"]
        assert codes(ctx, sa.select(Item.code)) == ["A1", "A2"]
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Item)) == 2
        assert ctx.session.scalar(sa.select(sa.func.count(Item.id))) == 2
        assert codes(other, sa.select(Item.code)) == ["Z1"]

    def test_aliases(self, two):
        from probe.models import Item

        ctx, _other = two
        twin = orm.aliased(Item)
        assert codes(ctx, sa.select(twin.code)) == ["A1", "A2"]
        pairs = ctx.session.execute(sa.select(Item.code, twin.code).where(Item.id != twin.id)).all()
        assert sorted(tuple(p) for p in pairs) == [("A1", "A2"), ("A2", "A1")]

    def test_joins_by_condition_and_by_relationship(self, two):
        from probe.models import Item, Note

        ctx, _other = two
        assert codes(ctx, sa.select(Note.text).join(Item, Item.id == Note.item_id)) == ["on A1", "on A2"]
        assert codes(ctx, sa.select(Item.code).join(Note, sa.true())) == ["A1", "A1", "A2", "A2"]
        assert codes(ctx, sa.select(Item.code).select_from(Note).join(Note.item)) == ["A1", "A2"]

    def test_subqueries_in_where_from_columns_exists_and_cte(self, two):
        from probe.models import Item, Note

        ctx, _other = two
        inside = sa.select(Note.item_id)
        assert codes(ctx, sa.select(Item.code).where(Item.id.in_(inside))) == ["A1", "A2"]
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(sa.select(Item.id).subquery())) == 2
        assert ctx.session.scalar(sa.select(sa.select(sa.func.count(Item.id)).scalar_subquery())) == 2
        assert codes(ctx, sa.select(Item.code).where(sa.exists().where(Note.item_id == Item.id))) == ["A1", "A2"]
        cte = sa.select(Item.id).cte("mine")
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(cte)) == 2

    def test_unions(self, two):
        from probe.models import Item

        ctx, _other = two
        both = sa.union_all(sa.select(Item.code), sa.select(Item.code))
        assert sorted(ctx.session.scalars(both)) == ["A1", "A1", "A2", "A2"]

    def test_get_answers_nothing_of_another_company_not_even_from_the_identity_map(self, two, probe):
        from probe.models import Item

        ctx, other = two
        foreign = other.session.scalars(sa.select(Item)).one()
        assert ctx.session.get(Item, foreign.id) is None
        own = ctx.session.scalars(sa.select(Item).where(Item.code == "A1")).one()
        assert ctx.session.get(Item, own.id) is own

    def test_relationships_load_within_the_company_lazily_and_eagerly(self, two):
        from probe.models import Item, Note

        ctx, _other = two
        lazy = ctx.session.scalars(sa.select(Note).where(Note.text == "on A1")).one()
        assert lazy.item.code == "A1"
        for load in (orm.joinedload, orm.selectinload, orm.subqueryload):
            ctx.session.expire_all()
            notes = ctx.session.scalars(sa.select(Note).options(load(Note.item)).order_by(Note.text)).unique().all()
            assert [n.item.code for n in notes] == ["A1", "A2"], load.__name__
        assert isinstance(lazy.item, Item)

    def test_an_expired_row_is_read_again(self, two):
        from probe.models import Item

        ctx, _other = two
        row = ctx.session.scalars(sa.select(Item).where(Item.code == "A1")).one()
        ctx.session.expire(row)
        assert row.code == "A1"

    def test_update_and_delete_by_condition_change_only_the_company(self, two, probe):
        from probe.models import Item, Note

        ctx, _other = two
        with transaction(ctx):
            assert ctx.session.execute(sa.update(Item).values(text="changed")).rowcount == 2
            assert ctx.session.execute(sa.delete(Note)).rowcount == 2
            emit(ctx, "probe.changed")
        assert [(i.code, i.text) for i in everything(probe, Item)] == [("A1", "changed"), ("A2", "changed"), ("Z1", "")]
        assert [n.text for n in everything(probe, Note)] == ["on Z1"]

    def test_new_rows_get_the_company_of_the_session(self, two, probe, acme):
        from probe.models import Item

        ctx, _other = two
        with transaction(ctx):
            ctx.session.add(Item(code="A3"))
            assert bulk_insert(ctx, Item, [{"code": "A5"}, {"code": "A4"}], Item.code) == ["A5", "A4"]
            emit(ctx, "probe.changed")
        assert {i.code: i.company_id for i in everything(probe, Item)}["A3"] == acme.id
        assert codes(acme.system(), sa.select(Item.code)) == ["A1", "A2", "A3", "A4", "A5"]

    def test_many_new_ids_come_in_the_order_of_the_rows(self, two):
        from probe.models import Item

        ctx, _other = two
        names = [f"N{n * 7919 % 1000:03}" for n in range(1000)]
        with transaction(ctx):
            ids = bulk_insert(ctx, Item, [{"code": n} for n in names], Item.id)
            emit(ctx, "probe.changed")
        found = dict(ctx.session.execute(sa.select(Item.id, Item.code).where(Item.id.in_(ids))).all())
        assert [found[i] for i in ids] == names


class TestUnits:
    @pytest.fixture
    def units(self, acme):
        """(unit ids, function codes of a ctx limited to units)"""
        from probe.models import Item

        from core.companies.services import save_unit

        ctx = acme.system()
        ids = {code: save_unit(ctx, code, code, "department", "hq").id for code in ("east", "west")}
        user = acme.installation.user("li@acme.test")
        with transaction(ctx):
            ctx.session.add_all(
                [
                    Item(code="in east", unit_id=ids["east"]),
                    Item(code="in west", unit_id=ids["west"]),
                    Item(code="mine in west", unit_id=ids["west"], assignee_id=user),
                    Item(code="nowhere"),
                ]
            )
            emit(ctx, "probe.changed")

        def seen(*names):
            limited = acme.ctx(user_id=user, unit_ids=frozenset(ids[n] for n in names))
            return limited, codes(limited, sa.select(Item.code))

        return seen

    def test_a_limited_person_sees_the_units_what_is_nowhere_and_what_is_assigned(self, units):
        assert units("east")[1] == ["in east", "mine in west", "nowhere"]
        assert units("east", "west")[1] == ["in east", "in west", "mine in west", "nowhere"]
        assert units()[1] == ["mine in west", "nowhere"]

    def test_a_decision_counts_over_all_units_and_reads_no_row_of_them(self, units, acme, zenith):
        from probe.models import Item

        other = zenith.system()
        with transaction(other):
            other.session.add(Item(code="of another company"))
            emit(other, "probe.changed")
        ctx = acme.ctx(unit_ids=frozenset())
        query = sa.select(sa.func.count(Item.id), sa.func.sum(sa.case((Item.code == "in east", 1), else_=0)))
        assert ctx.session.execute(query).one() == (1, 0)
        assert count_across_units(ctx, query) == (4, 1)
        grouped = sa.select(sa.func.count(Item.id)).group_by(Item.code)
        for refused in (sa.select(Item.code), sa.select(Item), sa.select(sa.func.max(Item.code)), grouped):
            with pytest.raises(ScopeError, match="only counts and sums"):
                count_across_units(ctx, refused)

    def test_a_limited_person_changes_only_those(self, units, acme):
        from probe.models import Item

        ctx, _codes = units("east")
        with transaction(ctx):
            assert ctx.session.execute(sa.update(Item).values(text="touched")).rowcount == 3
            emit(ctx, "probe.changed")
        assert codes(acme.system(), sa.select(Item.code).where(Item.text == "")) == ["in west"]

    def test_get_and_aliases_are_limited_too(self, units, acme):
        from probe.models import Item

        hidden = acme.system().session.scalars(sa.select(Item).where(Item.code == "in west")).one()
        ctx, _codes = units("east")
        assert ctx.session.get(Item, hidden.id) is None
        assert "in west" not in codes(ctx, sa.select(orm.aliased(Item).code))


def _refusals():
    """(name, what a session is asked to do) that must raise ScopeError."""

    def statement(make):
        return lambda session: session.execute(make())

    def of():
        from probe.models import Item, Note

        return Item, Note, Item.__table__, Note.__table__

    yield "select of a table", statement(lambda: sa.select(of()[2]))
    yield "select of a table's columns", statement(lambda: sa.select(of()[2].c.code))
    yield "select of a table's alias", statement(lambda: sa.select(of()[2].alias()))
    yield "count over a table", statement(lambda: sa.select(sa.func.count()).select_from(of()[2]))
    yield "class joined to a bare table", statement(lambda: sa.select(of()[0]).join(of()[3], sa.true()))
    yield "bare table in a subquery", statement(
        lambda: sa.select(of()[0]).where(of()[0].id.in_(sa.select(of()[3].c.item_id)))
    )
    yield "bare table in exists", statement(
        lambda: sa.select(of()[0]).where(sa.exists().where(of()[3].c.id == of()[0].id))
    )
    yield "union with a bare table", statement(lambda: sa.union_all(sa.select(of()[0].id), sa.select(of()[2].c.id)))
    yield "text", statement(lambda: sa.text("select code from probe_item"))
    yield "text with columns", statement(lambda: sa.text("select id from probe_item").columns(of()[0].id))
    yield "class from text", statement(lambda: sa.select(of()[0]).from_statement(sa.text("select * from probe_item")))
    yield "text inside a select", statement(lambda: sa.select(sa.text("(select max(code) from probe_item)")))
    yield "literal column in a select", statement(lambda: sa.select(sa.literal_column("(select 1 from probe_item)")))
    yield "insert", statement(lambda: sa.insert(of()[0]).values(code="X"))
    yield "insert into the table", statement(lambda: sa.insert(of()[2]).values(code="X"))
    yield "insert from select", statement(lambda: sa.insert(of()[0]).from_select(["code"], sa.select(of()[0].code)))
    yield "update of the table", statement(lambda: sa.update(of()[2]).values(text="X"))
    yield "delete from the table", statement(lambda: sa.delete(of()[2]))
    yield "bulk update by primary key", lambda s: s.execute(sa.update(of()[0]), [{"id": 1, "text": "X"}])
    yield "raw connection", lambda s: s.connection()
    yield "bulk_save_objects", lambda s: s.bulk_save_objects([of()[0](code="X")])
    yield "bulk_insert_mappings", lambda s: s.bulk_insert_mappings(of()[0], [{"code": "X"}])
    yield "bulk_update_mappings", lambda s: s.bulk_update_mappings(of()[0], [{"id": 1, "text": "X"}])
    yield "prepared without the company", lambda s: prepared(s, sa.select(of()[2].c.code))
    yield "prepared for another company", lambda s: prepared(
        s, sa.select(of()[2].c.code).where(of()[2].c.company_id == sa.bindparam("of_company")), of_company=-1
    )


def test_a_prepared_statement_with_in_is_refused_before_there_are_two_rows(two, probe):
    """For one row it would run; the database's driver can't repeat it for a second one."""
    from probe.models import Item

    table, (ctx, _other) = Item.__table__, two
    one_company = table.c.company_id == sa.bindparam("of_company")
    change = sa.update(table).where(one_company, table.c.code.in_(("A1", "A2"))).values(text=sa.bindparam("words"))
    with pytest.raises(ScopeError, match=r"IN \(\.\.\.\)"), transaction(ctx):
        prepared_many(ctx, change, [{"words": "new"}])
    assert [(i.code, i.text) for i in everything(probe, Item)] == [("A1", ""), ("A2", ""), ("Z1", "")]


class TestRefused:
    def test_what_the_criterion_cannot_reach(self, two, probe):
        from probe.models import Item

        ctx, _other = two
        let_through = []
        for name, ask in _refusals():
            try:
                ask(ctx.session)
                let_through.append(name)
            except ScopeError:
                pass
            ctx.session.rollback()
        assert let_through == []
        assert [(i.code, i.text) for i in everything(probe, Item)] == [("A1", ""), ("A2", ""), ("Z1", "")]

    def test_a_row_of_another_company_by_any_way_of_writing(self, two, zenith):
        from probe.models import Item

        ctx, other = two
        for write in (
            lambda: ctx.session.add(Item(code="X", company_id=zenith.id)) or ctx.session.flush(),
            lambda: bulk_insert(ctx, Item, [{"code": "X", "company_id": zenith.id}]),
        ):
            with pytest.raises(ScopeError, match="company"), transaction(ctx):
                write()
        assert codes(other, sa.select(Item.code)) == ["Z1"]

    def test_a_session_without_a_company_reads_and_writes_no_owned_row(self, two, probe):
        from probe.models import Item

        with open_session(probe.engine) as session:
            with pytest.raises(ScopeError, match="no company is set"):
                session.scalars(sa.select(Item))
            session.add(Item(code="X"))
            with pytest.raises(ScopeError, match="no company is set"):
                session.flush()

    def test_a_session_never_changes_its_company(self, acme, zenith, probe):
        ctx = acme.system()
        with pytest.raises(ScopeError, match=f"serves company {acme.id}, not {zenith.id}"):
            bind_company(ctx.session, zenith.id)
        assert ctx.session.scope == CompanyScope(acme.id)
        with system_session(probe.engine, "test") as session, pytest.raises(ScopeError, match="can't be narrowed"):
            bind_company(session, acme.id)

    def test_a_system_session_sees_all_and_says_why(self, two, probe):
        from probe.models import Item

        with system_session(probe.engine, "count everything") as session:
            assert sorted(session.scalars(sa.select(Item.code))) == ["A1", "A2", "Z1"]
            assert session.scope == SystemScope("count everything")
            session.add(Item(code="X"))
            with pytest.raises(ScopeError, match="needs a company_id"):
                session.flush()


class TestDatabaseItself:
    def test_a_link_across_companies_is_refused_by_the_foreign_key(self, two, acme, zenith, probe):
        from probe.models import Item, Note

        ctx, other = two
        foreign = other.session.scalars(sa.select(Item)).one().id
        with pytest.raises(sa.exc.IntegrityError), transaction(ctx):
            ctx.session.add(Note(item_id=foreign, text="across"))
            emit(ctx, "probe.changed")
        with pytest.raises(sa.exc.IntegrityError), system_session(probe.engine, "test") as session:
            session.add(Note(company_id=acme.id, item_id=foreign, text="across"))
            session.flush()
        assert sorted(n.text for n in everything(probe, Note)) == ["on A1", "on A2", "on Z1"]
        assert zenith.id != acme.id

    def test_the_same_code_is_free_in_another_company_and_taken_in_the_own(self, two):
        from probe.models import Item

        ctx, _other = two
        with transaction(ctx):
            ctx.session.add(Item(code="Z1"))
            emit(ctx, "probe.changed")
        with pytest.raises(sa.exc.IntegrityError), transaction(ctx):
            ctx.session.add(Item(code="A1"))
            emit(ctx, "probe.changed")
        assert codes(ctx, sa.select(Item.code)) == ["A1", "A2", "Z1"]
