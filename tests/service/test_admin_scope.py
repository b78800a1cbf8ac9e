"""Which statements the company scope narrows, and which it refuses because it can't."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from core.companies.models import Company
from core.db import bind_company, make_engine, open_session, system_session
from core.errors import ScopeError
from tests.support import sample_admin_site as samples

pytestmark = pytest.mark.one_database


@pytest.fixture(scope="module")
def engine(make_database):
    samples.load_registry()  # the template may be another process's work
    url = make_database("sample_admin", samples.tables)
    engine = make_engine(url, synchronous="OFF", sees_all=True)
    from sample_admin.models import Category

    with system_session(engine, "test") as session:
        session.add_all(Company(id=i, code=f"c{i}", name="x", created_at=samples.NOW) for i in (1, 2))
        session.flush()
        for company in (1, 2):
            row = Category(company_id=company, name=f"tools {company}")
            session.add(row)
            session.flush()
            session.add_all(samples.gadgets(1, 2, company_id=company, category_id=row.id))
        session.flush()
        session.info.pop("pending_changes", None)
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with open_session(engine) as session:
        bind_company(session, 1)
        yield session


def _names():
    from sample_admin.models import Category, Gadget

    return Category, Gadget, orm.aliased(Category), Gadget.__table__


NARROWED = {
    "columns": lambda c, g, a, t: sa.select(g.code),
    "count": lambda c, g, a, t: sa.select(sa.func.count(g.id)).having(sa.func.count(g.id) == 2),
    "count of a subquery": lambda c, g, a, t: sa.select(sa.func.count()).select_from(
        sa.select(g.id).limit(9).subquery()
    ),
    "only columns": lambda c, g, a, t: sa.select(g).where(g.name != "").with_only_columns(g.code),
    "alias": lambda c, g, a, t: sa.select(a.name),
    "relationship as join": lambda c, g, a, t: sa.select(c.name).select_from(g).outerjoin(g.category).distinct(),
    "relationship to an alias": lambda c, g, a, t: sa.select(a.name).select_from(g).outerjoin(a, g.category).distinct(),
    "join without its columns": lambda c, g, a, t: sa.select(g.code).outerjoin(g.category),
    "join, then only columns": lambda c, g, a, t: sa.select(g).outerjoin(g.category).with_only_columns(g.code),
    "has": lambda c, g, a, t: sa.select(g.code).where(g.category.has(c.name.contains("tools"))),
    "exists": lambda c, g, a, t: sa.select(c.name).where(sa.exists().where(g.category_id == c.id)),
    "in": lambda c, g, a, t: sa.select(g.code).where(g.category_id.in_(sa.select(c.id))),
    "scalar subquery": lambda c, g, a, t: sa.select(sa.select(sa.func.max(c.name)).scalar_subquery()),
    "union": lambda c, g, a, t: sa.select(g.code).union(sa.select(g.code)),
    "common table": lambda c, g, a, t: sa.select(sa.select(g.code).cte().c.code),
    "window": lambda c, g, a, t: sa.select(sa.func.row_number().over(order_by=g.id), g.code),
}
REFUSED = {
    "bare column": lambda c, g, a, t: sa.select(t.c.id),
    "bare table": lambda c, g, a, t: sa.select(sa.func.count()).select_from(t),
    "bare join": lambda c, g, a, t: sa.select(c.id).join(t, t.c.category_id == c.id),
    "bare condition": lambda c, g, a, t: sa.select(c.id).where(t.c.category_id == c.id),
    "bare alias": lambda c, g, a, t: sa.select(t.alias().c.id),
    "bare subquery": lambda c, g, a, t: sa.select(c.id).where(c.id.in_(sa.select(t.c.category_id))),
    "bare subquery of the same": lambda c, g, a, t: sa.select(g.id, sa.select(sa.func.max(t.c.id)).scalar_subquery()),
    "bare common table": lambda c, g, a, t: sa.select(sa.select(t.c.id).cte().c.id),
    "bare half of a union": lambda c, g, a, t: sa.select(g.id).union(sa.select(t.c.id)),
    "class on a bare subquery": lambda c, g, a, t: sa.select(orm.aliased(g, sa.select(t).subquery())),
    "from_statement": lambda c, g, a, t: sa.select(g).from_statement(sa.select(t)),
    "from_statement through the class": lambda c, g, a, t: sa.select(g).from_statement(sa.select(g)),
    "text": lambda c, g, a, t: sa.text("select * from sample_gadget"),
    "literal text": lambda c, g, a, t: sa.select(sa.literal_column("(select max(code) from sample_gadget)")),
    "bare update": lambda c, g, a, t: sa.update(t).values(name="x"),
    "bare update with a condition on the class": lambda c, g, a, t: sa.update(t).where(g.name != "").values(name="x"),
    "bare delete with a condition on the class": lambda c, g, a, t: sa.delete(t).where(g.name != ""),
    "bare delete": lambda c, g, a, t: sa.delete(t),
    "update from a bare subquery": lambda c, g, a, t: sa.update(g).values(
        name=sa.select(sa.func.max(t.c.name)).scalar_subquery()
    ),
}


@pytest.mark.parametrize("form", NARROWED)
def test_statement_through_classes_sees_one_company(session, form):
    expected = {
        "count": [2],
        "count of a subquery": [2],
        "alias": ["tools 1"],
        "relationship as join": ["tools 1"],
        "relationship to an alias": ["tools 1"],
        "exists": ["tools 1"],
        "scalar subquery": ["tools 1"],
        "window": [1, 2],
    }.get(form, ["G0001", "G0002"])
    statement = NARROWED[form](*_names())
    assert sorted(session.scalars(statement)) == expected
    assert session.connection is not None


@pytest.mark.parametrize("form", REFUSED)
def test_statement_that_names_a_bare_table_is_refused(session, form):
    with pytest.raises(ScopeError, match="pass(es)? by the company scope"):
        session.execute(REFUSED[form](*_names()))


def test_an_object_of_another_company_is_not_there(session, engine):
    _category, gadget, _alias, _table = _names()
    with system_session(engine, "test") as other:
        foreign = other.scalar(sa.select(gadget.id).where(gadget.company_id == 2))
    assert session.get(gadget, foreign) is None
    own = session.scalars(sa.select(gadget).order_by(gadget.id)).first()
    assert own.category.name == "tools 1"


def test_a_session_without_a_company_reads_nothing_owned_but_what_belongs_to_nobody(engine):
    from core.auth.models import User
    from core.companies.models import Membership

    with open_session(engine) as bare:
        with pytest.raises(ScopeError, match="no company is set"):
            bare.scalars(sa.select(_names()[1])).all()
        assert bare.scalars(sa.select(User.email)).all() == []
        with pytest.raises(ScopeError, match="core_membership belong"):
            bare.execute(sa.select(Membership.id).join(Membership.user)).all()


def test_changing_many_rows_through_the_class_stays_within_the_company(engine):
    _category, gadget, _alias, _table = _names()
    with open_session(engine) as own:
        bind_company(own, 1)
        assert own.execute(sa.update(gadget).where(gadget.name != "").values(notes="x")).rowcount == 2
        assert own.execute(sa.delete(gadget).where(gadget.name != "")).rowcount == 2
        own.rollback()
