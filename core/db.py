"""The database: base classes, column types, the company scope of every session, and ``transaction``.

Nothing here knows Flask. A session serves one company (``bind_company``) or, with a reason, the whole installation
(``system_session``). Every ORM read, update and delete on owned rows gets the company added; every insert takes it
from the scope; a statement that this can't reach is refused when it is executed.
"""

from __future__ import annotations

import datetime as dt
import functools
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, cast

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.sql import visitors

from core.errors import Conflict, DomainError, Invalid, ScopeError, UnrecordedChange
from core.i18n import _

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Id = Annotated[int, mapped_column(BigId, primary_key=True)]


# --- types ----------------------------------------------------------------------------------------------------------


class UtcDateTime(sa.types.TypeDecorator):
    """An aware instant, kept in UTC. Naive values are refused; values come back aware, in UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if not isinstance(value, dt.datetime) or value.tzinfo is None:
            raise ValueError(f"an aware datetime is needed, not {value!r}")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class _CanNotHold(ValueError):
    """A number with more decimals than its column has."""


class _Scaled(sa.types.TypeDecorator):
    """A Decimal kept as a whole number of its smallest unit, so that the database adds exactly."""

    impl = sa.BigInteger
    cache_ok = True
    scale = 0

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        if isinstance(value, (float, bool)):
            raise ValueError(f"an exact number is needed, not {value!r}")
        units = Decimal(value).scaleb(self.scale)
        if units != units.to_integral_value():
            raise _CanNotHold(f"{value} has more than {self.scale} decimals")
        return int(units)

    def process_result_value(self, value, dialect):
        return None if value is None else Decimal(int(value)).scaleb(-self.scale)


class Money(_Scaled):
    """An amount in the company's currency, exact to 1/10,000 of its main unit."""

    cache_ok = True
    scale = 4


class Quantity(_Scaled):
    """A quantity in its unit of measure, exact to one millionth."""

    cache_ok = True
    scale = 6


JsonType = sa.JSON().with_variant(JSONB(), "postgresql")

ONE_TABLE = {"resolve_fks": False}
"""For ``op.batch_alter_table(..., reflect_kwargs=db.ONE_TABLE)``: a table that SQLite has to write anew is read without
those that it points to, which point to others: nearly the whole schema would be read for each."""


# --- base classes ---------------------------------------------------------------------------------------------------


class Base(DeclarativeBase):
    """Every table of the installation, the plugins' too."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {
        dt.datetime: UtcDateTime,
        dict: JsonType,
        list: JsonType,
        dict[str, Any]: JsonType,
        list[Any]: JsonType,
    }

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "__tablename__" in cls.__dict__:
            _class_of[cls.__tablename__] = cls
            if issubclass(cls, CompanyOwned):
                _complete_owned_table(cast(sa.Table, cls.__table__))


_class_of: weakref.WeakValueDictionary[str, type] = weakref.WeakValueDictionary()
"""By the name of its table: the class that is mapped to it."""


def sorted_tables() -> tuple[sa.Table, ...]:
    """All tables that are mapped, those that others point to first; sorted anew only when there are others."""
    return _sorted(tuple(Base.metadata.tables.values()))


@functools.lru_cache(maxsize=1)
def _sorted(_tables: tuple[sa.Table, ...]) -> tuple[sa.Table, ...]:
    return tuple(Base.metadata.sorted_tables)


class CompanyOwned:
    """A row that belongs to one company. Its ``company_id`` comes from the session's scope, never from a caller."""

    __audited__ = True
    """Whether a change of such a row needs an event. False only for the system's own bookkeeping."""

    __unrecorded__: frozenset[str] = frozenset()
    """Columns of an audited row in which only the program keeps something, such as the key of a request that may be
    sent again: what changes in them stands in no audit trail and no timeline, and needs no event.
    """

    __derived__ = False
    """Whether such rows are worked out from others and never entered: they hinder no delete (their foreign keys
    cascade) and stay behind when what they are about is merged.
    """

    @orm.declared_attr
    def company_id(cls) -> Mapped[int]:  # noqa: N805
        return mapped_column(BigId, sa.ForeignKey("core_company.id"), nullable=False, sort_order=-9)


class Versioned:
    """A row that two people may edit at once: the second save of a stale copy fails instead of overwriting."""

    version: Mapped[int] = mapped_column(sa.Integer, nullable=False, default=1, sort_order=90)

    @orm.declared_attr.directive
    def __mapper_args__(cls):  # noqa: N805
        return {"version_id_col": cls.version}


def check_version(record: Any, seen: int | None) -> None:
    """Raise Conflict ("stale") when ``record`` is no longer the version that a person saw; None asks nothing.

    Call it inside the transaction that changes the record. What stands there now is in the error's details.
    """
    if seen is not None and record is not None and record.version is not None and record.version != seen:
        raise stale(current={**_plain_values(record), "id": record.id, "version": record.version})


def stale(**details: Any) -> Conflict:
    """The refusal of a change that was made on an old version."""
    words = _("Somebody else changed this in the meantime. Nothing was overwritten: compare, then save again.")
    return Conflict("stale", words, **details)


class UnitScoped:
    """A row that belongs to an organisation unit and perhaps to a person: who is limited to units sees only theirs."""

    @orm.declared_attr
    def unit_id(cls) -> Mapped[int | None]:  # noqa: N805
        return owned_ref("core_org_unit", nullable=True)

    @orm.declared_attr
    def assignee_id(cls) -> Mapped[int | None]:  # noqa: N805
        return mapped_column(BigId, sa.ForeignKey("core_user.id"), nullable=True, index=True)


def owned_ref(table: str, *, nullable: bool = False, ondelete: str | None = None, index: bool = True, **kw):
    """A column that points to another owned table's row of the same company: a composite foreign key with company_id.

    A link across companies is then impossible in the database itself.
    """
    info = {"owned_ref": table, "ondelete": ondelete, "owned_index": index}
    return mapped_column(BigId, nullable=nullable, info=info, **kw)


def record_ref(kind_column: str, *, nullable: bool = True, **kw):
    """A column that holds the id of a record of any kind; ``kind_column`` is the column beside it that holds the kind.

    So that the core finds it when records are merged or deleted. A ``record_id`` beside a ``record_kind`` needs no
    such declaration.
    """
    return mapped_column(sa.BigInteger, nullable=nullable, info={"record_kind": kind_column}, **kw)


def owned_relationship(target: str, table: str, column: str, **kw):
    """A read-only relationship from ``column`` (an ``owned_ref``) of ``table`` to the class ``target``; services
    write ids.

    ``orm.relationship`` would write company_id twice; this one only reads, along the composite key.
    """
    own = f"{table}.{column}"

    def other_class() -> type:
        """By its table, which is one of its kind: classes of two plugins may have the same name."""
        name = Base.metadata.tables[table].c[column].info["owned_ref"]
        found = _class_of[name]
        if found.__name__ != target:
            raise TypeError(f"{own} points to {name}, which is {found.__name__}, not {target}")
        return found

    def join():
        source = Base.metadata.tables[table]
        other: Any = sa.inspect(other_class()).local_table
        return sa.and_(
            orm.foreign(source.c[column]) == orm.remote(other.c.id),
            source.c.company_id == orm.remote(other.c.company_id),
        )

    return orm.relationship(other_class, primaryjoin=join, viewonly=True, uselist=False, doc=own, **kw)


def _complete_owned_table(table: sa.Table) -> None:
    """Give an owned table its unique (company_id, id), composite foreign keys and indexes that begin with
    company_id.
    """
    if "id" in table.c and not any(
        isinstance(c, sa.UniqueConstraint) and [x.name for x in c.columns] == ["company_id", "id"]
        for c in table.constraints
    ):
        table.append_constraint(sa.UniqueConstraint("company_id", "id"))
    for column in list(table.c):
        target = column.info.get("owned_ref")
        if not target:
            continue
        table.append_constraint(
            sa.ForeignKeyConstraint(
                ["company_id", column.name], [f"{target}.company_id", f"{target}.id"], ondelete=column.info["ondelete"]
            )
        )
        if column.info["owned_index"]:
            sa.Index(None, table.c.company_id, column)


# --- the session and its scope --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CompanyScope:
    """The rows of one company; with ``unit_ids`` only those of these units (and what is the user's own)."""

    company_id: int
    unit_ids: frozenset[int] | None = None
    user_id: int | None = None


@dataclass(frozen=True)
class SystemScope:
    """Every company's rows, for a stated reason."""

    reason: str


class CompanySession(Session):
    """A session that adds its company to every statement on owned rows and refuses what it can't reach."""

    @property
    def scope(self) -> CompanyScope | SystemScope | None:
        """Whose rows this session serves; None refuses all owned rows."""
        return self.info.get("scope")

    def connection(self, *args, **kwargs):
        if not isinstance(self.scope, SystemScope):
            raise ScopeError("a raw connection passes by the company scope; use ORM statements or a system_session")
        return super().connection(*args, **kwargs)

    def flush(self, objects=None):
        super().flush(objects)
        waiting = self.info.pop("plain_rows", None)
        if waiting:
            _insert_all_plain(self, waiting)

    def bulk_save_objects(self, *args, **kwargs):
        raise ScopeError(
            "bulk_save_objects passes by the company scope and the audit trail; use add_all or bulk_insert"
        )

    def bulk_insert_mappings(self, *args, **kwargs):
        raise ScopeError("bulk_insert_mappings passes by the company scope; use core.db.bulk_insert")

    def bulk_update_mappings(self, *args, **kwargs):
        raise ScopeError("bulk_update_mappings passes by the company scope; update objects or use an ORM update()")


def bind_company(
    session: Session, company_id: int, unit_ids: frozenset[int] | None = None, user_id: int | None = None
) -> None:
    """From now on this session serves ``company_id``. A session never changes its company."""
    scope = session.info.get("scope")
    if isinstance(scope, CompanyScope) and scope.company_id != company_id:
        raise ScopeError(f"this session serves company {scope.company_id}, not {company_id}")
    if isinstance(scope, SystemScope):
        raise ScopeError("a system session can't be narrowed to a company; open another one")
    session.info["scope"] = CompanyScope(company_id, unit_ids, user_id)
    session.info["scope_options"] = _scope_options(company_id, unit_ids, user_id)
    if session.in_transaction():
        _tell_scope(session, Session.connection(session))


class _ScopeValue(sa.BindParameter):
    """A bound value that is compared by its hash, as SQLAlchemy does in the end, but without an expression made for it.

    Copies of one value have the same hash and meet in the dictionaries of each statement that is executed: the
    expressions took a seventh of its time.
    """

    inherit_cache = True
    __hash__ = sa.BindParameter.__hash__

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return isinstance(other, sa.BindParameter) and hash(self) == hash(other)


def _scope_options(company_id: int, unit_ids: frozenset[int] | None, user_id: int | None) -> tuple:
    """What is added to every statement of a session that serves this company."""
    own = _ScopeValue(None, company_id, BigId, unique=True)
    options = [orm.with_loader_criteria(CompanyOwned, lambda cls: cls.company_id == own, include_aliases=True)]
    if unit_ids is not None:
        units = list(unit_ids)
        options.append(
            orm.with_loader_criteria(
                UnitScoped,
                lambda cls: sa.or_(cls.unit_id.in_(units), cls.unit_id.is_(None), cls.assignee_id == user_id),
                include_aliases=True,
            )
        )
    return tuple(options)


# --- the second wall: row-level security ----------------------------------------------------------------------------

_SCOPE_SETTINGS = (
    "SELECT set_config('sanbao.company', %(company)s, true), set_config('sanbao.system', %(system)s, true)"
)
_POLICY = """CREATE POLICY {name} ON {table} USING (
    company_id = (SELECT nullif(current_setting('sanbao.company', true), '')::bigint)
    OR (SELECT current_setting('sanbao.system', true) = 'on'))"""
POLICY = "sanbao_company"


@event.listens_for(CompanySession, "after_begin")
def _tell_scope_at_begin(session: Session, transaction, connection: sa.Connection) -> None:
    if not transaction.nested:
        _tell_scope(session, connection)


def _tell_scope(session: Session, connection: sa.Connection) -> None:
    """Tell PostgreSQL for this transaction alone whose rows there are; a pooled connection carries nothing over."""
    if connection.dialect.name != "postgresql":
        return
    scope = session.info.get("scope")
    company = str(scope.company_id) if isinstance(scope, CompanyScope) else ""
    system = "on" if isinstance(scope, SystemScope) else "off"
    connection.exec_driver_sql(_SCOPE_SETTINGS, {"company": company, "system": system})


def protect_rows(connection: sa.Connection, tables: Iterable[str]) -> list[str]:
    """Give every owned table among ``tables`` its policy (PostgreSQL); answers those that had none.

    It also binds the tables' owner, so that the role that migrates may serve too; superusers walk past any policy.
    """
    if connection.dialect.name != "postgresql":
        return []
    bare = [name for name in unprotected(connection) if name in set(tables)]
    quote = connection.dialect.identifier_preparer.quote
    for name in bare:
        table = quote(name)
        connection.exec_driver_sql(f"DROP POLICY IF EXISTS {POLICY} ON {table}")
        connection.exec_driver_sql(_POLICY.format(name=POLICY, table=table))
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    return bare


def unprotected(connection: sa.Connection) -> list[str]:
    """The owned tables in the database that lack a forced policy; always empty on SQLite."""
    if connection.dialect.name != "postgresql":
        return []
    found = connection.exec_driver_sql(
        "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace "
        "AND NOT (c.relrowsecurity AND c.relforcerowsecurity "
        "AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %(policy)s))",
        {"policy": POLICY},
    )
    return sorted({row[0] for row in found} & OWNED_TABLES)


def walks_past(connection: sa.Connection) -> bool:
    """Whether the database role that is used here passes by every policy: a superuser, or one with BYPASSRLS."""
    if connection.dialect.name != "postgresql":
        return False
    query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    return bool(connection.exec_driver_sql(query).scalar())


# --- what a statement reaches -----------------------------------------------------------------------------------------

DEFERRED: dict[str, Callable[[Session], None]] = {}
"""Tables whose new rows are written at the end of the transaction, or before the first statement that names them."""
OWNED_TABLES: set[str] = set()
_ALLOWED = "sanbao_company_checked"
_ACROSS_UNITS = "sanbao_across_units"


@event.listens_for(Base, "instrument_class", propagate=True)
def _note_owned(mapper, cls):
    if issubclass(cls, CompanyOwned) and mapper.local_table is not None:
        OWNED_TABLES.add(mapper.local_table.name)


@event.listens_for(CompanySession, "do_orm_execute")
def _scope_statement(state: orm.ORMExecuteState) -> None:
    scope = state.session.info.get("scope")
    if isinstance(scope, SystemScope) or state.execution_options.get(_ALLOWED):
        return
    statement = state.statement
    if isinstance(statement, (sa.TextClause, sa.sql.expression.TextualSelect, orm.FromStatement)):
        raise ScopeError("textual SQL and from_statement pass by the company scope")
    if scope is None or state.is_column_load:
        narrowed = statement
    else:
        options = state.session.info["scope_options"]
        across = state.execution_options.get(_ACROSS_UNITS)
        narrowed = statement.options(*(options[:1] if across else options))  # the first is the company
    for table in _refuse_unreachable(state, scope, narrowed) & DEFERRED.keys():
        DEFERRED[table](state.session)
    state.statement = narrowed


def _refuse_unreachable(state: orm.ORMExecuteState, scope, narrowed: Any) -> set[str]:
    """Raise ScopeError for statements on owned tables that the loader criterion can't narrow; answers those named.

    ``narrowed`` is the statement with that criterion, as it will be executed.
    """
    statement = state.statement
    names: set[str] = set()
    if not state.is_relationship_load and not state.is_column_load:
        through_orm, bare = _reached_by(statement, narrowed)
        names = set(through_orm | bare)
        if bare - through_orm:
            table = min(bare - through_orm)
            raise ScopeError(f"a Core statement on {table} passes by the company scope; use its ORM class")
    target = getattr(statement, "table", None)
    if target is not None and getattr(target, "name", None) in OWNED_TABLES:
        names.add(target.name)
        if state.is_insert:
            raise ScopeError(
                f"an INSERT statement on {target.name} passes by the company scope; use core.db.bulk_insert"
            )
        if isinstance(state.parameters, (list, tuple)):
            raise ScopeError(f"an UPDATE of {target.name} by primary keys passes by the company scope; update objects")
        if not state.is_orm_statement or "parententity" not in target._annotations:
            raise ScopeError(f"a Core statement on {target.name} passes by the company scope; use its ORM class")
        _note_bulk_change(state.session, target.name)
    if names and scope is None:
        raise ScopeError(f"no company is set for this session, and {', '.join(sorted(names))} belong to companies")
    return names


_reached: dict[tuple, tuple[frozenset[str], frozenset[str]]] = {}
_MOST_REACHED = 10_000


def _reached_by(statement, narrowed) -> tuple[frozenset[str], frozenset[str]]:
    """What ``_owned_tables_of`` answers, looked up once for all statements that differ in their parameters only.

    The key is that of ``narrowed``: executing it needs the same one, and SQLAlchemy keeps it on the statement.
    """
    key = narrowed._generate_cache_key()
    if key is None:
        through_orm, bare = _owned_tables_of(statement)
        return frozenset(through_orm), frozenset(bare)
    found = _reached.get(key.key)
    if found is None:
        through_orm, bare = _owned_tables_of(statement)
        if len(_reached) >= _MOST_REACHED:
            _reached.clear()
        found = _reached[key.key] = (frozenset(through_orm), frozenset(bare))
    return found


def _owned_tables_of(root) -> tuple[set[str], set[str]]:
    """The owned tables that a statement reaches through ORM classes, and those it names as bare tables or columns.

    Bare columns stand in the join conditions of relationships, where the class is named as well; a SELECT, nested or
    not, that names an owned table and no class at all is a Core statement, which raises ScopeError.
    """
    through_orm: set[str] = set()
    bare: set[str] = set()
    pending = list(visitors.iterate(root)) if not isinstance(root, sa.Select) else [root]
    seen: set[int] = set()
    while pending:
        element = pending.pop()
        if id(element) in seen:
            continue
        seen.add(id(element))
        if not isinstance(element, sa.Select):
            _note_owned_table(element, through_orm, bare)
            continue
        classes: set[str] = set()
        tables: set[str] = set()
        for child in _own_elements(element, pending):
            _note_owned_table(child, classes, tables)
        if tables and not classes:
            raise ScopeError(f"a Core statement on {min(tables)} passes by the company scope; use its ORM class")
        through_orm |= classes
        bare |= tables
    return through_orm, bare


def _own_elements(select: sa.Select, nested: list) -> Iterator:
    """What a SELECT consists of, down to but without the SELECTs in it, which are appended to ``nested``."""
    yield from select._raw_columns
    yield from select._from_obj
    yield from (join[0] for join in select._setup_joins)
    for earlier in select._memoized_select_entities:  # what with_only_columns has replaced still joins
        yield from earlier._raw_columns
        yield from (join[0] for join in earlier._setup_joins)
    stack = [c for c in select.get_children() if not isinstance(c, sa.Table)]
    while stack:
        element = stack.pop()
        if isinstance(element, sa.Select):
            nested.append(element)
            continue
        yield element
        stack += [c for c in element.get_children() if not (isinstance(c, sa.Table) and isinstance(element, sa.Alias))]


def _note_owned_table(element, through_orm: set[str], bare: set[str]) -> None:
    """Put the owned table that ``element`` is, aliases, or is a column of into the set where it belongs."""
    is_column = isinstance(element, sa.sql.expression.ColumnClause)
    if isinstance(element, sa.TextClause) or (is_column and element.is_literal):
        text = element.name if is_column else element.text
        if " from " in f" {text} ".lower():
            raise ScopeError("textual SQL passes by the company scope")
        return
    if isinstance(element, orm.QueryableAttribute) and hasattr(element.property, "mapper"):
        if element.property.mapper.local_table.name in OWNED_TABLES:
            through_orm.add(element.property.mapper.local_table.name)
        return
    table = getattr(element, "table", None) if is_column else element
    while isinstance(table, sa.sql.expression.AliasedReturnsRows):
        table = table.element
    if isinstance(table, sa.Table) and table.name in OWNED_TABLES:
        (through_orm if "parententity" in element._annotations else bare).add(table.name)


# --- what changed ---------------------------------------------------------------------------------------------------


@event.listens_for(CompanySession, "before_flush")
def _before_flush(session: Session, _context, _instances) -> None:
    scope = session.info.get("scope")
    pending = session.info.setdefault("pending_changes", [])
    for row in session.new:
        if isinstance(row, CompanyOwned):
            _claim(row, scope)
            if row.__audited__:
                pending.append(("created", row, _values(row)))
                _note_what_is_empty(row)
    for row in session.dirty:
        if isinstance(row, CompanyOwned):
            _claim(row, scope)
            if row.__audited__ and (changed := _differences(row)):
                pending.append(("changed", row, changed))
    for row in session.deleted:
        if isinstance(row, CompanyOwned):
            _claim(row, scope)
            if row.__audited__:
                pending.append(("deleted", row, {k: [v, None] for k, v in _plain_values(row).items()}))


def _claim(row, scope) -> None:
    """Give a new row the session's company; refuse a row of another one."""
    if isinstance(scope, SystemScope):
        if row.company_id is None:
            raise ScopeError(f"{type(row).__name__} needs a company_id in a system session")
        return
    if scope is None:
        raise ScopeError(f"no company is set for this session; {type(row).__name__} belongs to one")
    if row.company_id is None:
        row.company_id = scope.company_id
    elif row.company_id != scope.company_id:
        raise ScopeError(f"{type(row).__name__} of company {row.company_id} in a session of company {scope.company_id}")


_HIDDEN = frozenset({"id", "company_id", "version"})


def _hidden(row) -> frozenset[str]:
    return _HIDDEN | type(row).__unrecorded__


def _plain_values(row) -> dict:
    mapper, hidden = sa.inspect(type(row)), _hidden(row)
    return {
        a.key: plain(getattr(row, a.key))
        for a in mapper.column_attrs
        if a.key not in hidden and getattr(row, a.key) not in (None, {}, [], "")
    }


def _values(row) -> dict:
    state, hidden = sa.inspect(row), _hidden(row)
    return {
        k: [None, plain(v)]
        for k, v in state.dict.items()
        if k in state.mapper.column_attrs
        and k not in hidden
        and v not in (None, {}, [], "")
        and not isinstance(v, sa.sql.ClauseElement)
    }


def _note_what_is_empty(row) -> None:
    """Let a new row know which of its columns will be NULL, so that a later change need not ask the database."""
    state = sa.inspect(row)
    for key in _empty_unless_set(state.mapper):
        if key not in state.dict:
            orm.attributes.set_committed_value(row, key, None)


@functools.cache
def _empty_unless_set(mapper: orm.Mapper) -> tuple[str, ...]:
    found = [(a.key, a.columns[0]) for a in mapper.column_attrs if isinstance(a.columns[0], sa.Column)]
    return tuple(key for key, c in found if c.nullable and c.default is None and c.server_default is None)


def _differences(row) -> dict:
    state = sa.inspect(row)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    hidden = _hidden(row)
    for attribute in state.mapper.column_attrs:
        if attribute.key in hidden or attribute.key not in state.dict:
            continue
        history = state.attrs[attribute.key].history
        if history.has_changes():
            after[attribute.key] = history.added[0] if history.added else None
            if history.deleted:
                before[attribute.key] = history.deleted[0]
    before |= _unread(state, [key for key in after if key not in before])
    pairs = {key: [plain(before.get(key)), plain(value)] for key, value in after.items()}
    return {key: [old, new] for key, (old, new) in pairs.items() if old != new}


def _unread(state, keys: list[str]) -> dict[str, Any]:
    """The values in the database of attributes that were set without having been read, as after a commit."""
    if not keys:
        return {}
    mapper = state.mapper
    own = [column == value for column, value in zip(mapper.primary_key, state.identity, strict=True)]
    query = sa.select(*(mapper.attrs[key].class_attribute for key in keys)).where(*own)
    with state.session.no_autoflush:
        found = state.session.execute(query).first()
    return dict(zip(keys, found, strict=True)) if found else {}


def plain(value: Any) -> Any:
    """A value as JSON can keep it: dates as ISO text, decimals as exact text."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return value.hex()
    return value


def from_plain(column: Any, value: Any) -> Any:
    """A value as the column holds it, from how JSON has kept it (see ``plain``)."""
    if not isinstance(value, str):
        return value
    wanted: Any = getattr(column.type, "impl", column.type)
    if isinstance(wanted, sa.DateTime):
        return dt.datetime.fromisoformat(value)
    if isinstance(wanted, sa.Date):
        return dt.date.fromisoformat(value)
    return Decimal(value) if isinstance(wanted, (sa.BigInteger, sa.Numeric)) else value


def _note_bulk_change(session: Session, table: str) -> None:
    _tell_watchers(session, table, None)
    _note_unrecorded(session, table)


_known_audited: dict[str, bool] = {}


def _is_audited(table: str) -> bool:
    """Whether changes of a table need an event; a table that no class is mapped to needs none."""
    known = _known_audited.get(table)
    if known is None:
        mapper = next((m for m in Base.registry.mappers if str(m.local_table) == table), None)
        if mapper is None:
            return False
        known = _known_audited[table] = bool(mapper.class_.__audited__)
    return known


def _note_unrecorded(session: Session, table: str) -> None:
    if _is_audited(table):
        session.info.setdefault("pending_changes", []).append(("bulk", table, {}))


def take_changes(session: Session) -> list[dict]:
    """What was changed since the last event of this transaction, as plain data: table, id, fields from → to."""
    session.flush()
    taken = []
    for verb, row, fields in session.info.pop("pending_changes", []):
        if verb == "bulk":
            taken.append({"verb": verb, "table": row})
        else:
            taken.append({"verb": verb, "table": row.__tablename__, "id": getattr(row, "id", None), "fields": fields})
    return taken


@event.listens_for(CompanySession, "before_commit")
def _nothing_unrecorded(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    pending = session.info.get("pending_changes")
    if pending:
        names = sorted({row if isinstance(row, str) else row.__tablename__ for _verb, row, _fields in pending})
        raise UnrecordedChange(f"{', '.join(names)} changed without an event; call emit() in the same transaction")
    for write in dict.fromkeys([*DEFERRED.values(), *_before_the_end.values()]):
        write(session)


Watcher = Callable[[Session, Any], None]
_watchers: dict[str, dict[str, Watcher]] = {}
"""By table, then by who watches."""
_before_the_end: dict[str, Callable[[Session], None]] = {}


def watch_changes(name: str, notes: dict[str, Watcher], write: Callable[[Session], None]) -> None:
    """Have ``notes[table](session, row)`` told of every row of these tables that is written, by whatever way.

    ``row`` is an object after its flush, the values of a row inserted in bulk, or None for a bulk change of unknown
    rows. ``write(session)`` is called once before the commit. ``name`` replaces an earlier watcher of that name.
    """
    for by_name in _watchers.values():
        by_name.pop(name, None)
    for table, note in notes.items():
        _watchers.setdefault(table, {})[name] = note
    _before_the_end[name] = write


def note_written(target, model: type[Any], rows: Iterable[dict]) -> None:
    """Tell of rows that a prepared statement wrote: to who watches them, and that an event is still to follow.

    Each of ``rows`` holds the row's ``id`` and the values written.
    """
    session: Session = getattr(target, "session", target)
    for row in rows:
        _tell_watchers(session, model.__tablename__, {"company_id": session.info["scope"].company_id, **row})
    if model.__audited__:
        _note_unrecorded(session, model.__tablename__)


def _tell_watchers(session: Session, table: str, row: Any) -> None:
    for note in _watchers.get(table, {}).values():
        note(session, row)


@event.listens_for(CompanySession, "after_flush")
def _tell_what_was_written(session: Session, _context) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if row.__tablename__ in _watchers:
            _tell_watchers(session, row.__tablename__, row)


@contextmanager
def account_of(target) -> Iterator[dict[str, list]]:
    """Keep account of the open transaction: ``made`` gets (table, id) of each new row, ``news`` the events that are
    then not written (``core.events.tell`` does it later). Rolling back to a savepoint takes out what it undoes.
    """
    session: Session = getattr(target, "session", target)
    session.info.update(keeps_account=True, made=[], news=[])
    account: dict[str, list] = {}
    try:
        yield account
        account.update(made=session.info["made"], news=session.info["news"])
    finally:
        for key in ("keeps_account", "made", "news"):
            session.info.pop(key, None)


def insert_missing(target, model: type[Any], rows: list[dict]) -> None:
    """Insert those of ``rows`` that no unique constraint knows yet, in one statement; others are left as they are.

    For rows of an unaudited class that several writers may make at once. Raises UnrecordedChange for audited ones.
    """
    if model.__audited__:
        raise UnrecordedChange(f"{model.__name__} is audited; add it to the session")
    session: Session = getattr(target, "session", target)
    scope = session.info.get("scope")
    if not isinstance(scope, CompanyScope):
        raise ScopeError("insert_missing needs a session that serves a company")
    if rows:
        session.flush()
        connection = Session.connection(session)
        insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        filled = [{**row, "company_id": scope.company_id} for row in rows]
        connection.execute(insert(model.__table__).on_conflict_do_nothing(), filled)


def note_gone(target, model: type[Any]) -> None:
    """Tell that a prepared statement deleted rows of an audited class: an event is still to follow."""
    if model.__audited__:
        _note_unrecorded(getattr(target, "session", target), model.__tablename__)


@event.listens_for(CompanySession, "after_flush")
def _note_what_was_made(session: Session, _context) -> None:
    if session.info.get("keeps_account"):
        new: list[Any] = [row for row in session.new if isinstance(row, CompanyOwned)]
        session.info["made"] += [(row.__tablename__, row.id) for row in new]


_OF_THE_TRANSACTION = ("pending_changes", "pending_events", "plain_rows", "after_commit", "search_due", "made", "news")
"""What a session remembers until the commit; rolling back to a savepoint brings back what it was then."""


@event.listens_for(CompanySession, "after_transaction_create")
def _remember_at_savepoint(session: Session, opened) -> None:
    if opened.nested:
        kept = {key: list(session.info.get(key, ())) for key in _OF_THE_TRANSACTION}
        session.info.setdefault("savepoints", weakref.WeakKeyDictionary())[opened] = kept


@event.listens_for(CompanySession, "after_soft_rollback")
def _forget_changes(session: Session, previous) -> None:
    if previous.nested:
        session.info.update(session.info.get("savepoints", {}).get(previous, {}))
        return
    for key in _OF_THE_TRANSACTION:
        session.info.pop(key, None)


# --- engines and transactions ---------------------------------------------------------------------------------------


def prepare_engine(engine: sa.Engine, *, synchronous: str = "FULL") -> sa.Engine:
    """Give an engine what it needs: on SQLite WAL, foreign keys, patience, and BEGIN IMMEDIATE for writers; on
    PostgreSQL a kind end for transactions that only read.
    """
    if engine.dialect.name == "postgresql":
        _keep_prepared_statements(engine)
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def _on_connect(connection, _record):
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=30000", f"synchronous={synchronous}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection):
        write = connection.get_execution_options().get("sanbao_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _keep_prepared_statements(engine: sa.Engine) -> None:
    """Commit instead of rolling back what only read: at a rollback psycopg forgets all statements that it has prepared.

    Nearly every request ends a transaction that only read, so without this nothing would ever stay prepared.
    """
    dialect: Any = engine.dialect

    @event.listens_for(engine, "begin")
    def _on_begin(connection):
        _reading.add(connection.connection.driver_connection)

    @event.listens_for(engine, "before_cursor_execute")
    def _on_execute(connection, _cursor, statement, _parameters, _context, _many):
        if not statement.startswith("SELECT"):
            _reading.discard(connection.connection.driver_connection)

    if dialect in _ending_kindly:
        return
    _ending_kindly.add(dialect)
    roll_back = dialect.do_rollback

    def end(connection) -> None:
        if connection.driver_connection in _reading:
            connection.commit()
        else:
            roll_back(connection)

    dialect.do_rollback = end


_reading: weakref.WeakSet = weakref.WeakSet()
"""Connections whose open transaction has only read so far."""
_ending_kindly: weakref.WeakSet = weakref.WeakSet()
"""Dialects that were told to commit what only read; engines may share one."""


def make_engine(url: str, *, synchronous: str = "FULL", sees_all: bool = False, **kw) -> sa.Engine:
    """An engine outside the web application: worker, command line, tests.

    With ``sees_all`` its bare connections see every company's rows on PostgreSQL (migrations, backups, tests); sessions
    see what their scope says all the same.
    """
    if sees_all and sa.make_url(url).get_backend_name() == "postgresql":
        kw["connect_args"] = {**kw.get("connect_args", {}), "options": "-c sanbao.system=on"}
    return prepare_engine(sa.create_engine(url, **kw), synchronous=synchronous)


def open_session(engine: sa.Engine) -> CompanySession:
    """A new session without a scope yet; close it when done."""
    return CompanySession(bind=engine)


@contextmanager
def system_session(engine: sa.Engine, reason: str) -> Iterator[CompanySession]:
    """A session over every company, for a stated reason. A test lists the callers of this."""
    with CompanySession(bind=engine, info={"scope": SystemScope(reason)}) as session:
        yield session


_FEW = 50
_MANY = 100
"""From so many rows on, ids are taken beforehand where that is faster."""
_WRITING = {"sanbao_write": True, "insertmanyvalues_page_size": 4}
"""psycopg reads a statement of more than 50 parameters anew each time, which takes longer than sending three short
ones. So a flush puts few rows into one; ``bulk_insert`` does where there are few, and else many into one.
"""


@contextmanager
def transaction(target) -> Iterator[Session]:
    """Open one transaction, or join the one that is open; commit at the end of the outermost block.

    ``target`` is a Ctx or a session. What was read before is read anew inside, so nothing stale is written. Raises
    Conflict ("stale") when a ``Versioned`` row was saved by somebody else between reading and writing.
    """
    session: Session = getattr(target, "session", target)
    if session.info.get("in_transaction"):
        yield session
        return
    if session.new or session.dirty or session.deleted:
        raise UnrecordedChange("objects were changed before the transaction was opened")
    if session.in_transaction():
        session.rollback()
    Session.connection(session, execution_options=_WRITING)
    session.info["in_transaction"] = True
    try:
        yield session
        session.commit()
    except BaseException as error:
        session.rollback()
        session.info.pop("in_transaction", None)
        ended = session.info.pop("at_the_end", [])
        if isinstance(error, Exception):
            for action in ended:
                action()
        if isinstance(error, orm.exc.StaleDataError):
            raise stale() from error
        raise
    finally:
        session.info.pop("in_transaction", None)
        after = session.info.pop("after_commit", [])
    for action in [*after, *session.info.pop("at_the_end", [])]:
        action()


_CLASHES = {"23503", "23505"}
"""What PostgreSQL answers where a row points to nothing, or is there already."""


def in_words(error: Exception) -> DomainError | None:
    """What a database refused, for the person whose request it was; None where that is a fault of the program.

    Two who save the same at the same moment pass every check before; a value that no column can hold does so, too.
    """
    if isinstance(error, sa.exc.IntegrityError):
        said = str(error.orig)
        if getattr(error.orig, "sqlstate", "") in _CLASHES or said.startswith(("UNIQUE ", "FOREIGN KEY ")):
            words = _("This clashes with another record that was saved just now. Check and send it again.")
            return Conflict("clash", words)
        return None
    cause = error.orig if isinstance(error, sa.exc.StatementError) else error
    if isinstance(error, sa.exc.DataError) or isinstance(cause, (OverflowError, _CanNotHold)):
        words = _("One of the values is too long, too large or has too many decimals to be kept. Nothing was saved.")
        return Invalid("can_not_hold", words)
    return None


def after_commit(target, action) -> None:
    """Run ``action()`` once the open transaction is safely committed; never when it is rolled back."""
    session = getattr(target, "session", target)
    session.info.setdefault("after_commit", []).append(action)


def at_the_end(target, action) -> None:
    """Run ``action()`` once the open transaction has ended, committed or rolled back, in a transaction of its own.

    For what must be kept although the work was refused. An error of the action takes the place of the refusal.
    """
    session = getattr(target, "session", target)
    session.info.setdefault("at_the_end", []).append(action)


def count_across_units(target, query: sa.Select) -> sa.Row:
    """The one row of counts and sums of ``query`` over all of the company, whatever units the person is limited to.

    For decisions that must not depend on who is asking. Only aggregates pass: a record that the person may not see
    can be counted so, and not be read. Raises ScopeError for anything else, and for groups, whose keys tell of rows.
    """
    session: Session = getattr(target, "session", target)
    columns = query.selected_columns
    if query._group_by_clauses or not all(isinstance(_unlabelled(c), _AGGREGATES) for c in columns):
        raise ScopeError("across units only counts and sums can be read")
    return session.execute(query, execution_options={_ACROSS_UNITS: True}).one()


_AGGREGATES = (sa.func.count().__class__, sa.func.sum(sa.literal(0)).__class__)


def _unlabelled(column: Any) -> Any:
    return column.element if isinstance(column, sa.Label) else column


def prepared(target, statement: sa.Executable, **values) -> sa.CursorResult:
    """Execute a Core statement that was built once, with the session's company as its parameter ``of_company``.

    For the few statements that run in every request: no ORM work is done, so write changes out first (``flush``) if
    it must see them. Raises ScopeError for a statement without that parameter.
    """
    session: Session = getattr(target, "session", target)
    if not any(p.key == "of_company" for p in _parameters(statement)):
        raise ScopeError("a prepared statement needs the parameter company_id")
    scope = session.info.get("scope")
    if isinstance(scope, CompanyScope):
        if values.setdefault("of_company", scope.company_id) != scope.company_id:
            raise ScopeError(f"this session serves company {scope.company_id}, not {values['of_company']}")
    elif not isinstance(scope, SystemScope) or "of_company" not in values:
        raise ScopeError("a prepared statement needs a session that serves a company")
    return Session.connection(session).execute(statement, values)


def prepared_many(target, statement: sa.Executable, rows: list[dict]) -> None:
    """Execute a prepared statement (see ``prepared``) once for each of ``rows``, in the session's company."""
    session: Session = getattr(target, "session", target)
    scope = session.info.get("scope")
    if not isinstance(scope, CompanyScope) or not any(p.key == "of_company" for p in _parameters(statement)):
        raise ScopeError("a prepared statement needs a session that serves a company, and the parameter of_company")
    if any(p.expanding for p in _parameters(statement)):
        raise ScopeError("a statement with IN (...) can't be executed for many rows: say it with OR or ANY")
    if rows:
        filled = [{**row, "of_company": scope.company_id} for row in rows]
        Session.connection(session).execute(statement, filled)


_known_parameters: dict[int, tuple[sa.Executable, list]] = {}


def _parameters(statement: sa.Executable) -> list:
    known = _known_parameters.get(id(statement))
    if known is None:
        found = [e for e in visitors.iterate(cast(Any, statement)) if isinstance(e, sa.BindParameter)]
        known = _known_parameters[id(statement)] = (statement, found)
    return known[1]


def bulk_insert(target, model: type[Any], rows: list[dict], returning=None) -> list:
    """Insert many rows of one owned class at once, in the session's company. Emit an event for them afterwards.

    With ``returning`` (a column) the answers come in the order of ``rows``; else the list is empty.
    """
    if not rows:
        return []
    session: Session = getattr(target, "session", target)
    scope = session.info.get("scope")
    if not isinstance(scope, CompanyScope):
        raise ScopeError("bulk_insert needs a session that serves a company")
    if any(row.get("company_id", scope.company_id) != scope.company_id for row in rows):
        raise ScopeError(f"{model.__name__} of another company")
    session.flush()
    filled = [{**row, "company_id": scope.company_id} for row in rows]
    wanted = returning
    if session.info.get("keeps_account") and "id" in model.__table__.c:
        if returning is not None and returning.key != "id":
            raise ScopeError(f"on account, {model.__name__} can only answer its id")
        returning = model.id
    connection = Session.connection(session)
    numbered: list[int] = []
    if returning is not None and returning.key == "id" and len(rows) >= _MANY:
        numbered = _next_ids(connection, model.__tablename__, len(rows))
        filled = [{**row, "id": row_id} for row, row_id in zip(filled, numbered, strict=True)] if numbered else filled
    if numbered:
        returning = None
    sorts_itself = connection.dialect.name == "sqlite" and returning is not None and returning.key == "id"
    statement = _insert_statement(
        cast(sa.Table, model.__table__), returning.key if returning is not None else None, not sorts_itself
    )
    page = {"insertmanyvalues_page_size": max(1, _FEW // len(filled[0])) if len(rows) < 10 else 500}
    result = connection.execute(statement, filled, execution_options=page)
    if model.__audited__:
        _note_unrecorded(session, model.__tablename__)
    answers = numbered if returning is None else list(result.scalars())
    if sorts_itself:
        # SQLite numbers rows upwards in the order in which they are given; SQLAlchemy would insert them one by one.
        answers.sort()
    if session.info.get("keeps_account"):
        session.info["made"] += [(model.__tablename__, row_id) for row_id in answers]
    if model.__tablename__ in _watchers:
        ids = answers if numbered or (returning is not None and returning.key == "id") else [None] * len(filled)
        for row, row_id in zip(filled, ids, strict=True):
            _tell_watchers(session, model.__tablename__, {"id": row_id, **row} if row_id else row)
    return answers if wanted is not None else []


def add_plain(target, row, **ids_of) -> None:
    """Add a new row of an owned class that is not audited, as ``session.add`` does, for far less work.

    At the next flush all such rows of a class are written together, past the unit of work, after everything else.
    ``ids_of`` names the columns that hold the id of a row which is itself still to be written: ``record_id=order``.
    Until that row is in the session and flushed, this one waits.
    """
    if row.__audited__:
        raise UnrecordedChange(f"{type(row).__name__} is audited; add it to the session")
    session: Session = getattr(target, "session", target)
    session.info.setdefault("plain_rows", []).append((row, ids_of))


def _insert_all_plain(session: Session, waiting: list[tuple[Any, dict[str, Any]]]) -> None:
    """Write the rows of each class together, in the order in which the classes came; those that must wait, wait on."""
    wrote = False
    for model in dict.fromkeys(type(row) for row, _ids in waiting):
        ready = []
        for row, ids_of in waiting:
            if type(row) is not model:
                continue
            if any(other.id is None for other in ids_of.values()):
                session.info.setdefault("plain_rows", []).append((row, ids_of))
                continue
            for key, other in ids_of.items():
                setattr(row, key, other.id)
            ready.append(row)
        if ready:
            _insert_plain(session, ready)
            wrote = True
    if wrote and session.info.get("plain_rows"):
        session.flush()


def _insert_plain(session: Session, rows: list) -> None:
    """Write new rows of one class; afterwards the session knows them as it knows what it wrote itself."""
    model: type[Any] = type(rows[0])
    silent = _silent_values(sa.inspect(model))
    for row in rows:
        for key, default in silent.items():
            if key not in row.__dict__:
                orm.attributes.set_committed_value(row, key, default(None) if callable(default) else default)
    keys = [key for key in silent if key not in ("id", "company_id")]
    ids = bulk_insert(session, model, [{key: row.__dict__[key] for key in keys} for row in rows], model.id)
    for row, row_id in zip(rows, ids, strict=True):
        row.id, row.company_id = row_id, session.info["scope"].company_id
        orm.make_transient_to_detached(row)
        session.add(row)


@functools.cache
def _silent_values(mapper: orm.Mapper) -> dict[str, Any]:
    """What a new row holds where it says nothing: a column's default, or NULL."""
    columns = [(a.key, cast(Any, a.columns[0])) for a in mapper.column_attrs]
    return {key: c.default.arg if c.default is not None else None for key, c in columns}


_sequences: dict[str, str | None] = {}


def _next_ids(connection: sa.Connection, table: str, count: int) -> list[int]:
    """So many new ids of a table on PostgreSQL, taken beforehand; none elsewhere.

    Rows that bring their ids are inserted by a short statement that is prepared once. To answer ids of rows in order
    takes one of thousands of parameters instead, which psycopg reads anew each time: four fifths of all the time.
    """
    if connection.dialect.name != "postgresql":
        return []
    if table not in _sequences:
        _sequences[table] = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table, "id")))
    name = _sequences[table]
    if name is None:
        return []
    following = sa.func.nextval(sa.cast(name, postgresql.REGCLASS))
    return list(connection.scalars(sa.select(following).select_from(sa.func.generate_series(1, count))))


@functools.cache
def _insert_statement(table: sa.Table, returning: str | None, in_order: bool) -> sa.Insert:
    statement = sa.insert(table)
    return statement if returning is None else statement.returning(table.c[returning], sort_by_parameter_order=in_order)
