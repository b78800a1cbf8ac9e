"""Who points to a record: read off the tables themselves, so that no module can forget to tell.

A column declared with ``owned_ref`` points to a table; a ``record_id`` beside a ``record_kind`` points to a record of
any kind, and so does any column declared with ``record_ref``. Modules that are switched off count too.

A service asks before it deletes (``require_unreferenced``), to say what else can be done. Whoever does not ask is
refused all the same: no row leaves a session while an ``owned_ref`` points to it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
import sqlalchemy.orm

from core import hooks
from core.context import Ctx
from core.db import Base, CompanyOwned, CompanySession, prepared, sorted_tables
from core.errors import Conflict
from core.events import RecordRef
from core.i18n import N_, _, label
from core.registry import Registry, current

EXAMPLES = 5
"""So many records are named for each table that points."""

_HISTORY = {"core_event", "core_event_link"}
_CORE_WORDS = {
    "core_decision": N_("Decisions"),
    "core_clock": N_("Time limits"),
    "core_file": N_("Files"),
    "core_checklist": N_("Checklists"),
    "core_notification": N_("Lines in inboxes"),
    "core_attachment": N_("Attachments"),
    "core_document": N_("Documents"),
}


@dataclass(frozen=True)
class Pointer:
    """A column that may point to records of a kind. ``kind_column`` holds the kind where it may be any."""

    plugin: str
    table: str
    column: str
    kind_column: str = ""

    @property
    def model(self) -> Any:
        """The class of the pointing rows."""
        return _class_of(self.table)

    @property
    def of_the_core(self) -> bool:
        """Whether the core keeps it about any record (decisions, time limits, files); such rows hinder no delete."""
        return self.plugin == "core" and bool(self.kind_column)

    def words(self, registry: Registry) -> str:
        """What the pointing rows are called."""
        if self.table in _CORE_WORDS:
            return _(_CORE_WORDS[self.table])
        kind = next((k for k in registry.kinds.values() if k.model is self.model), None)
        own = kind.label if kind else getattr(self.model, "__label__", "")
        return label(own) if own else _("Other entries")


@dataclass(frozen=True)
class Reference:
    """Rows that point to a record: whose module, what they are called, how many, and the ids of some of them."""

    plugin: str
    words: str
    count: int
    kind: str = ""
    ids: tuple[int, ...] = ()


@functools.cache
def _class_of(table: str) -> Any:
    return next(m.class_ for m in Base.registry.mappers if str(m.local_table) == table)


def owner_of_table(registry: Registry, table: str) -> str | None:
    """The module whose table it is; None for tables of modules that are not loaded."""
    return _owner_among(registry.plugins, table)


def _owner_among(plugins: Iterable[str], table: str) -> str | None:
    if table.startswith("core_"):
        return "core"
    return max((name for name in plugins if table.startswith(f"{name}_")), key=len, default=None)


def pointers_to(registry: Registry, kind: str) -> list[Pointer]:
    """Every column of every loaded module that may point to records of this kind, in the order of tables; those of
    derived rows don't count.
    """
    model: Any = registry.kinds[kind].model
    return _pointing(registry, model.__tablename__)


def pointers_to_table(registry: Registry, name: str) -> list[Pointer]:
    """Every column of every loaded module that points to rows of this table by a foreign key."""
    return [pointer for pointer in _pointing(registry, name) if not pointer.kind_column]


def _pointing(registry: Registry, target: str) -> list[Pointer]:
    return list(_pointing_among(sorted_tables(), tuple(registry.plugins), target))


@functools.lru_cache(maxsize=1_000)
def _pointing_among(tables: tuple[sa.Table, ...], plugins: tuple[str, ...], target: str) -> tuple[Pointer, ...]:
    """Found once for as long as the same modules are loaded: every delete asks."""
    found = []
    for table in tables:
        plugin = _owner_among(plugins, table.name)
        if plugin is None or table.name in _HISTORY or "company_id" not in table.c or "id" not in table.c:
            continue
        if getattr(_class_of(table.name), "__derived__", False):
            continue
        for column in table.c:
            kind_column = column.info.get("record_kind", "")
            if column.name == "record_id" and "record_kind" in table.c:
                kind_column = "record_kind"
            if kind_column or column.info.get("owned_ref") == target:
                found.append(Pointer(plugin, table.name, column.name, kind_column))
    return tuple(sorted(found, key=lambda p: (p.table, p.column)))


@functools.cache
def _statements(pointer: Pointer) -> dict[str, Any]:
    """Built once per pointing column. They pass by a person's limits to organisation units, never by the company."""
    table = cast(sa.Table, pointer.model.__table__)
    where = [table.c.company_id == sa.bindparam("of_company"), table.c[pointer.column] == sa.bindparam("record")]
    if pointer.kind_column:
        where.append(table.c[pointer.kind_column] == sa.bindparam("kind"))
    return {
        "ids": sa.select(table.c.id).where(*where).order_by(table.c.id),
        "some": sa.select(table.c.id).where(*where).order_by(table.c.id.desc()).limit(EXAMPLES),
        "count": sa.select(sa.func.count(table.c.id)).where(*where),
    }


def ask_pointer(ctx: Ctx, pointer: Pointer, what: str, ref: RecordRef) -> sa.CursorResult:
    """``count``, all ``ids`` or ``some`` ids of the rows that point to ``ref`` through one column."""
    named = {"kind": ref.kind} if pointer.kind_column else {}
    return prepared(ctx, _statements(pointer)[what], record=ref.id, **named)


def references_to(ctx: Ctx, ref: RecordRef) -> list[Reference]:
    """What points to a record and so hinders its removal, by module; parts of it (``RecordKind.parts``) don't.

    Beside what the tables show, modules are asked (``reference_count``) for what they alone can know. Raises Conflict
    when one of them can't say.
    """
    ctx.session.flush()
    own = {cls.__tablename__ for cls in cast(Any, ctx.registry.kinds[ref.kind].parts)}
    kinds = {k.model.__tablename__: k.kind for k in cast(Any, ctx.registry.kinds.values())}
    found = []
    for pointer in pointers_to(ctx.registry, ref.kind):
        if pointer.table in own or pointer.of_the_core:
            continue
        count = ask_pointer(ctx, pointer, "count", ref).scalar() or 0
        if count:
            ids = tuple(ask_pointer(ctx, pointer, "some", ref).scalars())
            words = pointer.words(ctx.registry)
            found.append(Reference(pointer.plugin, words, count, kinds.get(pointer.table, ""), ids))
    for answer in hooks.collect(ctx, "reference_count", disabled_too=True, ref=ref):
        if answer.error:
            module = ctx.registry.plugin_label(answer.plugin)
            text = _(
                "The module “{module}” could not say whether it still needs this. Nothing was deleted.", module=module
            )
            raise Conflict("references_unknown", text)
        if answer.value:
            found.append(Reference(answer.plugin, _("Other entries"), answer.value))
    return found


def require_unreferenced(ctx: Ctx, ref: RecordRef, what: str, instead: str = "") -> None:
    """Raise Conflict ("referenced") while anything points to the record, saying what, by module, and what to do.

    ``what`` names the record, ``instead`` is the sentence that says what else can be done. The page "Where it is used"
    leads to what points to it.
    """
    found = references_to(ctx, ref)
    if not found:
        return
    used = _used(ctx.registry, found)
    text = _("{what} is still used and can't be deleted. {used}.", what=what, used=used)
    raise Conflict(
        "referenced",
        f"{text} {instead or _('Make it inactive instead.')}",
        references=[{"plugin": r.plugin, "what": r.words, "count": r.count} for r in found],
        record={"kind": ref.kind, "id": ref.id},
    )


def _used(registry: Registry, found: Sequence[Reference]) -> str:
    """Who refers to it, by module."""
    by_module: dict[str, list[str]] = {}
    for one in found:
        words = _("{what} {n}", what=one.words, n=one.count)
        by_module.setdefault(registry.plugin_label(one.plugin), []).append(words)
    return _("; ").join(f"{module}{_(': ')}{_(', ').join(lines)}" for module, lines in by_module.items())


@sa.event.listens_for(CompanySession, "before_flush")
def _keep_what_is_pointed_to(session: Any, _context: Any, _instances: Any) -> None:
    """Raise Conflict ("referenced") for a row to be deleted to which others point that stay."""
    leaving: list[Any] = [row for row in session.deleted if isinstance(row, CompanyOwned)]
    if not leaving:
        return
    registry = current()
    gone = {(type(row).__tablename__, row.id) for row in leaving}
    pointers = {name: pointers_to_table(registry, name) for name, _id in gone}
    for row in leaving:
        found = []
        for pointer in pointers[type(row).__tablename__]:
            ids = prepared(session, _statements(pointer)["ids"], record=row.id, of_company=row.company_id).scalars()
            staying = [i for i in ids if (pointer.table, i) not in gone and not _points_away(session, pointer, i, row)]
            if staying:
                found.append(Reference(pointer.plugin, pointer.words(registry), len(staying)))
        if found:
            text = _("This is still used and can't be deleted. {used}.", used=_used(registry, found))
            raise Conflict("referenced", text)


def _points_away(session: Any, pointer: Pointer, row_id: int, row: Any) -> bool:
    """Whether the pointing row was turned to something else and only waits to be written."""
    pending = session.identity_map.get(sa.orm.util.identity_key(pointer.model, row_id))
    attribute = pointer.model.__mapper__.get_property_by_column(pointer.model.__table__.c[pointer.column]).key
    return pending is not None and getattr(pending, attribute) != row.id
