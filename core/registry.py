"""What the installed plugins declare, put together once at start and then sealed. One per process, Flask-free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.i18n import _, label

if TYPE_CHECKING:
    import pluggy

    from core.events import Handler
    from core.merging import Mergeable
    from core.plugins import LoadedPlugin
    from core.refiling import Refilable
    from core.search.index import Searchable


@dataclass(frozen=True)
class Permission:
    """A right that a role may hold: ``complaints.complaint.view``. ``label`` is an English message id."""

    code: str
    label: str


@dataclass(frozen=True)
class SettingDef:
    """A declared setting of a plugin: typed, with a default; its value is kept per company.

    ``type`` is one of ``core.settings.TYPES``. ``choices`` are (value, message id) pairs. ``default`` is a value of the
    type; of a duration a text such as ``2 working_days``.
    """

    key: str
    label: str
    type: str = "str"
    default: Any = None
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class RoleDef:
    """A role that a plugin proposes for a new company; ``permissions`` are granted when the plugin is switched on."""

    code: str
    name: dict[str, str]
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordKind:
    """A kind of record that others may point to: how it is called, found, addressed and protected.

    ``number`` answers what people call one record ("TS2611-0061"); ``endpoint`` takes the id as ``record_id``;
    ``view`` is the permission needed to see it; ``sees(ctx, row)`` (optional) says more narrowly who may see one.
    ``found`` says how the search box finds it, ``icon`` how it is marked, ``merge`` how duplicates of it are merged,
    ``refile`` under what else it may be filed. ``parts`` are classes whose rows go with a record when it is deleted,
    and so hinder no delete. ``frozen(ctx, row)`` (optional) says why nothing of a record is changed any more, empty
    while it may be: no attachment, document or answer of a checklist comes or goes then, nor is it filed elsewhere.
    """

    kind: str
    model: type
    label: str
    number: Callable[[Any], str]
    endpoint: str = ""
    view: str = ""
    sees: Callable[[Any, Any], bool] | None = None
    found: Searchable | None = None
    icon: str = "search"
    merge: Mergeable | None = None
    parts: tuple[type, ...] = ()
    refile: Refilable | None = None
    frozen: Callable[[Any, Any], str] | None = None


@dataclass(frozen=True)
class ClockKind:
    """A kind of deadline: its limits come from the decision table ``table``, the ladder from ``ladder`` (may be
    empty).

    A kind without a table is started with a limit given (``core.clocks.start_given_clock``). ``fired`` is told of every
    clock of this kind that a sweep fires, with the name of the event, in the same transaction.
    """

    kind: str
    label: str
    table: str
    ladder: str = ""
    fired: Callable[[Any, list[tuple[Any, str]]], None] | None = None


@dataclass(frozen=True)
class Job:
    """Scheduled work of a plugin, run per company by the worker: ``run(ctx)`` each ``every`` seconds.

    Missed runs are not caught up: it runs once, then on its rhythm.
    """

    name: str
    run: Callable[[Any], Any]
    every: int


@dataclass(frozen=True)
class TableDef:
    """A decision table that a plugin needs: name, the file that ships its first version, the right to edit it.

    ``load`` answers the definition as data. ``cases`` (optional) answers past cases for a trial, the newest first, with
    every fact that the plugin supplies: ``cases(ctx, limit) -> [(label or RecordRef, facts), …]``. Without it the
    stored decisions are used, which know only the facts that the table asked for.

    ``columns`` (optional) answers a definition with every column that the plugin supplies or reads, where the first
    version asks for fewer. ``many``: companies may make further tables of this kind, named ``<name>.<code>``, with
    these columns, this right and these ``cases``, which then take the table's name too: ``cases(ctx, limit, name)``.
    ``chosen_by`` is ``table:result``: which table, by which of its results, says the code of the one that decides a
    case; without a code this one does. ``mistakes`` (optional) answers what is wrong with a table although its form is
    right, such as a code that names nothing, and such a draft is refused: ``mistakes(ctx, table) -> [CellError, …]``.
    """

    name: str
    label: str
    load: Callable[[], dict]
    edit: str
    cases: Callable[..., Iterable[tuple[Any, dict]]] | None = None
    columns: Callable[[], dict] | None = None
    many: bool = False
    chosen_by: str = ""
    mistakes: Callable[..., Iterable[Any]] | None = None


@dataclass(frozen=True)
class ChecklistDef:
    """A checklist that a plugin ships for records of ``kind``: ``load`` answers its first version as data.

    It is used where the company's table says so. ``put_by_module``: the plugin puts it on records itself
    (``put_checklist``).
    """

    code: str
    kind: str
    load: Callable[[], dict]
    put_by_module: bool = False


@dataclass(frozen=True)
class EventKind:
    """An event's name and how the timeline words it: a message id with ``{placeholders}`` of its facts."""

    name: str
    text: str
    icon: str = "circle-dot"


@dataclass(frozen=True)
class ColumnWords:
    """What a plugin's columns are called (``labels``) and what the codes in them mean (``values``): message ids.

    A name is a column, ``state``, or where it means something else in one table, ``table.column``.
    """

    labels: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class Registry:
    """Everything declared by the plugins of this process, in load order."""

    plugins: dict[str, LoadedPlugin] = field(default_factory=dict)
    manager: pluggy.PluginManager | None = None
    handlers: dict[str, list[tuple[str, Handler]]] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    settings: dict[str, SettingDef] = field(default_factory=dict)
    kinds: dict[str, RecordKind] = field(default_factory=dict)
    clock_kinds: dict[str, ClockKind] = field(default_factory=dict)
    tables: dict[str, TableDef] = field(default_factory=dict)
    jobs: dict[str, list[Job]] = field(default_factory=dict)
    roles: dict[str, list[RoleDef]] = field(default_factory=dict)
    event_kinds: dict[str, EventKind] = field(default_factory=dict)
    workflows: dict[str, Any] = field(default_factory=dict)
    importers: dict[str, Any] = field(default_factory=dict)
    task_kinds: dict[str, Any] = field(default_factory=dict)
    checklists: dict[str, ChecklistDef] = field(default_factory=dict)
    lists: dict[str, Any] = field(default_factory=dict)
    profile_sections: dict[str, Any] = field(default_factory=dict)
    message_templates: dict[str, Any] = field(default_factory=dict)
    document_kinds: dict[str, Any] = field(default_factory=dict)
    column_words: dict[str, list[ColumnWords]] = field(default_factory=dict)
    """Plugin → how it calls the columns of its tables, and what stands in them."""
    core_hooks: dict[str, dict[str, Callable]] = field(default_factory=dict)
    """Hook → name → function: what the core itself answers to hooks that are asked while the system runs."""
    owner: dict[tuple[str, str], str] = field(default_factory=dict)
    """(sort, name) → the plugin that declared it; the core's own are owned by ``core``."""
    sealed: bool = False

    def declare(self, plugin: str, sort: str, key: str, value: Any) -> None:
        """Take one declaration; two of the same name are an error that names both plugins."""
        from core.errors import ConfigurationError

        if self.sealed:
            raise ConfigurationError("declarations are made at start, before the registry is sealed")
        target: dict = getattr(self, sort)
        if key in target:
            raise ConfigurationError(
                f"plugin {plugin!r} declares {sort[:-1]} {key!r}, which {self.owner[(sort, key)]!r} has declared "
                "already"
            )
        target[key] = value
        self.owner[(sort, key)] = plugin

    def owner_of(self, sort: str, key: str) -> str:
        """The plugin that declared it."""
        return self.owner.get((sort, key), "core")

    def table_def(self, name: str) -> TableDef | None:
        """The definition of a table, for one that a company made itself that of its kind; None when there is none."""
        found = self.tables.get(name)
        if found is not None:
            return found
        return next((d for d in self.tables.values() if d.many and name.startswith(f"{d.name}.")), None)

    def kind_of(self, model: type) -> str:
        """The registered kind of a model class."""
        for kind in self.kinds.values():
            if kind.model is model:
                return kind.kind
        raise LookupError(f"{model.__name__} is no registered record kind; declare it in the plugin's record_kinds()")

    def permission_label(self, code: str) -> str:
        """The right's name in the language of the moment."""
        known = self.permissions.get(code)
        return _(known.label) if known else code

    def handler_of(self, event: str, plugin: str, name: str) -> Handler | None:
        """The handler of that name that a plugin has for an event; None where it has it no longer."""
        return next((h for p, h in self.handlers.get(event, ()) if p == plugin and h.name == name), None)

    def plugin_label(self, name: str) -> str:
        """The plugin's name in the language of the moment."""
        plugin = self.plugins.get(name)
        if name == "core":
            return _("General")
        return label(plugin.manifest.label) if plugin else name


_current: Registry | None = None


def current() -> Registry:
    """The registry of this process; set once by ``core.plugins.load``."""
    if _current is None:
        raise RuntimeError("no plugins are loaded yet; call core.plugins.load() first")
    return _current


def set_current(registry: Registry) -> None:
    """Make ``registry`` this process's one."""
    global _current
    _current = registry
