"""Decision tables of companies: versions with effective dates, drafts, and decisions kept on records.

A company's table begins as what its plugin ships. A draft is edited and tried; publishing makes it an immutable
version that is in force from its date. Every decision stored keeps version, facts, rows and the words of the moment.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Ctx
from core.db import (
    Base,
    BigId,
    CompanyOwned,
    Id,
    JsonType,
    Versioned,
    add_plain,
    after_commit,
    at_the_end,
    bulk_insert,
    owned_ref,
    transaction,
)
from core.decisions.analysis import Analysis, analyse
from core.decisions.compiled import CompiledTable, Decision, compile_table
from core.decisions.errors import CellError, FactError, TableError
from core.decisions.grid import with_row_ids
from core.decisions.model import Column, Table
from core.decisions.parsing import from_data, to_data
from core.decisions.words import why
from core.errors import Conflict, Invalid, NotFound
from core.events import RecordRef, emit, ref_of
from core.i18n import N_, _, label, use_locale
from core.standing import InForce, standing

DRAFT, PUBLISHED = "draft", "published"


class DecisionTable(Base, CompanyOwned):
    """A company's decision table; what it says is in its versions."""

    __tablename__ = "core_decision_table"
    __table_args__ = (sa.UniqueConstraint("company_id", "name"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120))
    plugin: Mapped[str] = mapped_column(sa.String(60))
    needs_approval: Mapped[bool] = mapped_column(default=False)
    """Whether a draft is submitted and approved by somebody else before it is published (core.decisions.approving)."""


class DecisionVersion(Base, CompanyOwned, Versioned):
    """One version of a table. A published one never changes again; at most one draft per table."""

    __tablename__ = "core_decision_version"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "table_id", "number"),
        sa.CheckConstraint("status in ('draft', 'published')", name="status"),
    )

    id: Mapped[Id]
    table_id: Mapped[int] = owned_ref("core_decision_table")
    number: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10), default=DRAFT)
    effective_from: Mapped[dt.date | None]
    body: Mapped[dict] = mapped_column(JsonType)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    edited_at: Mapped[dt.datetime]
    edited_by: Mapped[str] = mapped_column(sa.String(120), default="")
    published_at: Mapped[dt.datetime | None]
    published_by: Mapped[str] = mapped_column(sa.String(120), default="")
    author_ids: Mapped[list] = mapped_column(JsonType, default=list)
    """Everybody who saved this draft: none of them may approve it."""
    submitted_at: Mapped[dt.datetime | None]
    """Set while a draft waits for approval, and kept on the version that was approved."""
    submitted_by: Mapped[str] = mapped_column(sa.String(120), default="")
    submitted_by_id: Mapped[int | None] = mapped_column(BigId)
    sent_back_by: Mapped[str] = mapped_column(sa.String(120), default="")
    sent_back_reason: Mapped[str] = mapped_column(sa.Text, default="")
    approved_at: Mapped[dt.datetime | None]
    approved_by: Mapped[str] = mapped_column(sa.String(120), default="")

    @property
    def waits(self) -> bool:
        """Whether this is a draft that was submitted and not yet approved or sent back: it can't be changed now."""
        return self.status == DRAFT and self.submitted_at is not None


class StoredDecision(Base, CompanyOwned):
    """A decision that was taken about a record: by which version, on which facts, and in which words."""

    __tablename__ = "core_decision"
    __table_args__ = (
        sa.Index("ix_core_decision_record", "company_id", "record_kind", "record_id", "id"),
        sa.Index("ix_core_decision_table", "company_id", "table_name", "id"),
    )
    __audited__ = False

    id: Mapped[Id]
    table_name: Mapped[str] = mapped_column(sa.String(120))
    version_id: Mapped[int] = owned_ref("core_decision_version", index=False)
    version_number: Mapped[int]
    record_kind: Mapped[str] = mapped_column(sa.String(80), default="")
    record_id: Mapped[int | None] = mapped_column(BigId)
    made_at: Mapped[dt.datetime]
    outcome: Mapped[str] = mapped_column(sa.String(10))
    rows: Mapped[list] = mapped_column(JsonType)
    facts: Mapped[dict] = mapped_column(JsonType)
    outputs: Mapped[list] = mapped_column(JsonType)
    words: Mapped[dict] = mapped_column(JsonType)
    """The reason in both languages as it was then: ``{"en": …, "zh": …}``."""


# --- deciding -------------------------------------------------------------------------------------------------------

_compiled: OrderedDict[tuple[str, int, int], CompiledTable] = OrderedDict()
_KEEP = 512


def compiled_version(ctx: Ctx, version_id: int) -> CompiledTable:
    """The compiled table of a published version (immutable, so kept per process) or a draft (compiled anew)."""
    database = ctx.memo.get("database")
    if database is None:
        database = ctx.memo["database"] = str(ctx.session.get_bind().url)  # type: ignore[union-attr]
    key = (database, ctx.company_id, version_id)
    table = _compiled.get(key)
    if table is not None:
        _compiled.move_to_end(key)
        return table
    table = ctx.session.info.get("compiled", {}).get(key)
    if table is not None:
        return table
    version = ctx.session.get(DecisionVersion, version_id)
    if version is None:
        raise NotFound("unknown_version", _("There is no such version of the rule table."))
    table = compile_table(version.body)
    if version.status == PUBLISHED:
        _remember(ctx, key, table)
    return table


def _remember(ctx: Ctx, key: tuple[str, int, int], table: CompiledTable) -> None:
    """Keep a compiled table; within a transaction only once it is committed.

    SQLite gives the number of a version that was rolled back to the next one, which is another table's.
    """
    info = ctx.session.info
    if not info.get("in_transaction"):
        _keep({key: table})
        return
    if "compiled" not in info:
        own: dict[tuple[str, int, int], CompiledTable] = {}
        info["compiled"] = own
        after_commit(ctx, lambda: _keep(own))
        at_the_end(ctx, lambda: info.pop("compiled", None))
    info["compiled"][key] = table


def _keep(found: dict[tuple[str, int, int], CompiledTable]) -> None:
    _compiled.update(found)
    while len(_compiled) > _KEEP:
        _compiled.popitem(last=False)


def version_in_force(ctx: Ctx, name: str, on: dt.date) -> InForce:
    """The version of a table that is in force on a date; before the first one's date the first counts.

    Raises NotFound when the company has no such table.
    """
    versions = standing(ctx, "decision_versions").get(name)
    if not versions:
        raise NotFound(
            "unknown_rule_table", _("This company has no rule table “{name}”. Switch its module on first.", name=name)
        )
    valid = [v for v in versions if v.effective_from <= on]
    return valid[-1] if valid else versions[0]


def compiled_in_force(ctx: Ctx, name: str, on: dt.date | None = None) -> CompiledTable:
    """The company's table as in force on a date (today unless said), ready to decide without keeping anything."""
    return compiled_version(ctx, version_in_force(ctx, name, on or ctx.today).id)


@dataclass(frozen=True)
class Ruling:
    """What a company's table said about a case: the decision, the version that made it, and (if kept) its row."""

    decision: Decision
    version_id: int
    version_number: int
    stored: StoredDecision | None = None

    @property
    def outputs(self) -> Mapping[str, Any] | None:
        """Outputs of the (first) row that fired or the default's; None means: refer to a person."""
        return self.decision.outputs


def rule(ctx: Ctx, name: str, facts: Mapping[str, Any], *, record=None, as_of: dt.date | None = None) -> Ruling:
    """Decide a case by the company's table ``name``, and keep the decision on ``record`` if one is given.

    The version in force on the table's ``as_of`` decides: a fact that is a date, or today for ``now``. A missing or
    wrong fact is Invalid, naming it; it is never a fall-through.
    """
    on = as_of or ctx.today
    chosen = version_in_force(ctx, name, on)
    compiled = compiled_version(ctx, chosen.id)
    if as_of is None and compiled.table.as_of != "now" and isinstance(facts.get(compiled.table.as_of), dt.date):
        on = facts[compiled.table.as_of]
        chosen = version_in_force(ctx, name, on)
        compiled = compiled_version(ctx, chosen.id)
    try:
        decision = compiled.decide(facts)
    except FactError as error:
        raise Invalid(
            "facts",
            _("The rule table “{table}” can't decide: {why}", table=label(compiled.table.label), why=str(error)),
        ) from error
    stored = keep(ctx, decision, chosen, record) if record is not None else None
    return Ruling(decision, chosen.id, chosen.number, stored)


def keep(ctx: Ctx, decision: Decision, version: InForce, record) -> StoredDecision:
    """Store a decision on a record, with its words in both languages; a record not written yet is waited for."""
    data = decision.to_data()
    ref = ref_of(ctx, record)
    row = StoredDecision(
        table_name=data["table"],
        version_id=version.id,
        version_number=version.number,
        record_kind=ref.kind,
        record_id=ref.id,
        made_at=ctx.now,
        outcome=data["outcome"],
        rows=data["rows"],
        facts=data["facts"],
        outputs=data["outputs"],
        words={"en": why(decision, "en"), "zh": why(decision, "zh")},
    )
    add_plain(ctx, row, **({} if ref.id is not None else {"record_id": record}))
    return row


def decisions_on(ctx: Ctx, record) -> list[StoredDecision]:
    """Every decision kept on a record, newest first."""
    ref = ref_of(ctx, record)
    query = sa.select(StoredDecision).where(StoredDecision.record_kind == ref.kind, StoredDecision.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(StoredDecision.id.desc())))


def recall(ctx: Ctx, stored: StoredDecision) -> Decision:
    """A stored decision brought back under the version that made it, to be explained on a page."""
    return compiled_version(ctx, stored.version_id).recall({"facts": stored.facts})


# --- versions -------------------------------------------------------------------------------------------------------


def install_table(
    ctx: Ctx,
    name: str,
    definition: Mapping,
    *,
    plugin: str,
    effective_from: dt.date | None = None,
    reason: str = "",
    needs_approval: bool = False,
) -> DecisionTable:
    """Give the company a table with ``definition`` as version 1, unless it has that table already (then nothing
    changes).
    """
    with transaction(ctx):
        table = ctx.session.scalar(sa.select(DecisionTable).where(DecisionTable.name == name))
        if table is not None:
            return table
        compiled = from_data(definition)
        table = DecisionTable(name=name, plugin=plugin, needs_approval=needs_approval)
        ctx.session.add(table)
        ctx.session.flush()
        ctx.session.add(
            DecisionVersion(
                table_id=table.id,
                number=1,
                status=PUBLISHED,
                effective_from=effective_from or dt.date(2000, 1, 1),
                body=to_data(compiled),
                reason=reason or N_("As shipped"),
                edited_at=ctx.now,
                edited_by=ctx.actor.name,
                published_at=ctx.now,
                published_by=ctx.actor.name,
            )
        )
        ctx.memo.pop("decision_versions", None)
        emit(
            ctx,
            "core.rule_published",
            table,
            table=label(compiled.label),
            number=1,
            effective_from=str(effective_from or dt.date(2000, 1, 1)),
        )
        return table


def install_shipped(ctx: Ctx, plugin: str) -> None:
    """Give the company every table that ``plugin`` declares and the company does not have yet."""
    for name, definition in ctx.registry.tables.items():
        if ctx.registry.owner_of("tables", name) == plugin:
            install_table(ctx, name, definition.load(), plugin=plugin)


def table_exists(ctx: Ctx, name: str) -> bool:
    """Whether the company has a table of that name."""
    return ctx.session.scalar(sa.select(DecisionTable.id).where(DecisionTable.name == name)) is not None


def table_named(ctx: Ctx, name: str) -> DecisionTable:
    """The company's table; NotFound when it has none of that name."""
    table = ctx.session.scalar(sa.select(DecisionTable).where(DecisionTable.name == name))
    if table is None:
        raise NotFound(
            "unknown_rule_table", _("This company has no rule table “{name}”. Switch its module on first.", name=name)
        )
    return table


def versions_of(ctx: Ctx, table: DecisionTable) -> list[DecisionVersion]:
    """All versions of a table, newest first; the draft, if there is one, is the first."""
    query = (
        sa.select(DecisionVersion).where(DecisionVersion.table_id == table.id).order_by(DecisionVersion.number.desc())
    )
    return list(ctx.session.scalars(query))


def require_edit(ctx: Ctx, table: DecisionTable) -> None:
    """Forbidden unless this person may change the table."""
    definition = ctx.registry.table_def(table.name)
    ctx.require(definition.edit if definition else "core.rules.edit")


def may_edit(ctx: Ctx, table: DecisionTable) -> bool:
    """Whether this person may change the table."""
    definition = ctx.registry.table_def(table.name)
    return ctx.can(definition.edit if definition else "core.rules.edit")


def draft_of(ctx: Ctx, table: DecisionTable) -> DecisionVersion | None:
    """The table's draft, if there is one."""
    query = sa.select(DecisionVersion).where(DecisionVersion.table_id == table.id, DecisionVersion.status == DRAFT)
    return ctx.session.scalar(query)


def latest_published(ctx: Ctx, table: DecisionTable) -> DecisionVersion:
    """The version that the next one follows: in force now, or published already for a later day."""
    query = sa.select(DecisionVersion).where(DecisionVersion.table_id == table.id, DecisionVersion.status == PUBLISHED)
    newest = query.order_by(DecisionVersion.effective_from.desc(), DecisionVersion.number.desc()).limit(1)
    return ctx.session.scalars(newest).one()


def declared_table(ctx: Ctx, name: str) -> Table | None:
    """What a module ships with all columns that it knows, read once per process; None for a table of no module."""
    definition = ctx.registry.table_def(name)
    return _read_once(definition.columns or definition.load) if definition is not None else None


@functools.lru_cache(maxsize=256)
def _read_once(load: Callable[[], Mapping]) -> Table:
    return from_data(load())


def shipped_table(ctx: Ctx, table: DecisionTable) -> Table:
    """The definition that the module ships; for a table that no module declares, the company's first version."""
    declared = declared_table(ctx, table.name)
    if declared is not None:
        return declared
    query = sa.select(DecisionVersion).where(DecisionVersion.table_id == table.id, DecisionVersion.status == PUBLISHED)
    return from_data(ctx.session.scalars(query.order_by(DecisionVersion.number).limit(1)).one().body)


def start_draft(ctx: Ctx, name: str, from_number: int | None = None) -> DecisionVersion:
    """A new draft that says what the latest version says (or the version ``from_number``), for somebody to change."""
    table = table_named(ctx, name)
    require_edit(ctx, table)
    with transaction(ctx):
        if draft_of(ctx, table) is not None:
            raise Conflict("draft_exists", _("There is a draft of this rule table already. Go on with that one."))
        source = latest_published(ctx, table) if from_number is None else version_numbered(ctx, table, from_number)
        prepared = with_row_ids(from_data(source.body), f"v{source.number}")
        return save_draft(ctx, name, to_data(prepared), version=0)


def version_numbered(ctx: Ctx, table: DecisionTable, number: int) -> DecisionVersion:
    """The version of a table with this number; NotFound when there is none."""
    query = sa.select(DecisionVersion).where(DecisionVersion.table_id == table.id, DecisionVersion.number == number)
    version = ctx.session.scalar(query)
    if version is None:
        raise NotFound("unknown_version", _("There is no such version of the rule table."))
    return version


def save_draft(
    ctx: Ctx,
    name: str,
    body: Mapping,
    *,
    reason: str = "",
    effective_from: dt.date | None = None,
    version: int | None = None,
) -> DecisionVersion:
    """Create the draft of a table or overwrite it. Raises TableError with every mistake by row and column.

    ``version`` is the optimistic version that the editor saw, 0 for "no draft"; Conflict when somebody saved, dropped
    or published in between. None overwrites whatever is there.
    """
    table = table_named(ctx, name)
    require_edit(ctx, table)
    with transaction(ctx):
        table = table_named(ctx, name)
        parsed = from_data(body)
        check_draft(ctx, table, parsed)
        versions = versions_of(ctx, table)
        draft = versions[0] if versions and versions[0].status == DRAFT else None
        _check_unchanged(draft, version)
        _check_not_waiting(draft)
        if draft is None:
            draft = DecisionVersion(table_id=table.id, number=(versions[0].number if versions else 0) + 1, status=DRAFT)
            ctx.session.add(draft)
        parsed = with_row_ids(parsed, f"v{draft.number}")
        if ctx.actor.user_id is not None:
            draft.author_ids = sorted({*(draft.author_ids or []), ctx.actor.user_id})
        draft.body, draft.reason, draft.effective_from = to_data(parsed), reason, effective_from
        draft.edited_at, draft.edited_by = ctx.now, ctx.actor.name
        ctx.session.flush()
        emit(ctx, "core.rule_draft_saved", table, table=label(parsed.label), number=draft.number)
        return draft


def _check_not_waiting(draft: DecisionVersion | None) -> None:
    """Conflict when the draft waits for approval: what is approved must be what was submitted."""
    if draft is not None and draft.waits:
        words = _("This draft waits for approval. Withdraw it first to change it.")
        raise Conflict("submitted", words)


def check_draft(ctx: Ctx, table: DecisionTable, parsed: Table, *, called: str = "") -> None:
    """Invalid unless ``parsed`` may become the draft of ``table``: its name, columns that the module knows, and nothing
    that the module calls a mistake.

    ``called``: the name of another table that is to be made with the columns of ``table``.
    """
    right = called or table.name
    if parsed.name != right:
        words = _("The table is called “{right}”, not “{wrong}”.", right=right, wrong=parsed.name)
        raise Invalid("table_name", words, "name")
    _check_columns(ctx, table, parsed)
    definition = ctx.registry.table_def(right)
    wrong = list(definition.mistakes(ctx, parsed)) if definition is not None and definition.mistakes else []
    if wrong:
        raise TableError(wrong)


def _check_unchanged(draft: DecisionVersion | None, seen: int | None) -> None:
    """Conflict unless the draft is still the one that the editor saw."""
    if seen is None or seen == (draft.version if draft else 0):
        return
    if draft is None:
        message = _("This draft was dropped or published in the meantime. Your grid is kept below.")
        raise Conflict("draft_gone", message)
    message = _("{name} saved this draft in the meantime. Your grid is kept below.", name=draft.edited_by)
    raise Conflict("draft_changed", message, by=draft.edited_by)


def _check_columns(ctx: Ctx, table: DecisionTable, parsed: Table) -> None:
    """TableError unless every column is one that the module supplies or reads: a company can't invent facts.

    Inputs may be left out and put back; choices and words are the company's own. Outputs are all needed.
    """
    known = [shipped_table(ctx, table), from_data(latest_published(ctx, table).body)]
    errors = _unknown_columns(parsed.inputs, [t.inputs for t in known], N_("The module supplies no such fact: {name}."))
    nowhere = N_("The module reads no such result: {name}.")
    errors += _unknown_columns(parsed.outputs, [t.outputs for t in known], nowhere)
    present = {column.name for column in parsed.outputs}
    message = N_("The result {name} is missing; the module reads it.")
    for column in known[1].outputs:
        if column.name not in present:
            errors.append(CellError(None, column.name, "missing_column", message, {"name": column.name}, ("outputs",)))
    if errors:
        raise TableError(errors)


def _unknown_columns(columns: tuple[Column, ...], known: list[tuple[Column, ...]], message: str) -> list[CellError]:
    types: dict[str, set[str]] = {}
    for column in (column for some in known for column in some):
        types.setdefault(column.name, set()).add(_kind(column))
    errors = []
    for column in columns:
        if column.name not in types:
            errors.append(CellError(None, column.name, "unknown_column", message, {"name": column.name}))
        elif _kind(column) not in types[column.name]:
            wanted = ", ".join(sorted(types[column.name]))
            other = N_("The column is of type {right}, not {wrong}.")
            errors.append(CellError(None, column.name, "column_type", other, {"right": wanted, "wrong": column.type}))
    return errors


def _kind(column: Column) -> str:
    """The type of a column's facts: choices are texts, of which a company may list its own."""
    return "str" if column.type == "choice" else column.type


def drop_draft(ctx: Ctx, name: str) -> None:
    """Throw the draft of a table away."""
    with transaction(ctx):
        table = table_named(ctx, name)
        require_edit(ctx, table)
        versions = versions_of(ctx, table)
        if not versions or versions[0].status != DRAFT:
            raise Conflict("no_draft", _("There is no draft of this rule table."))
        _check_not_waiting(versions[0])
        ctx.session.delete(versions[0])
        ctx.session.flush()
        emit(ctx, "core.rule_draft_dropped", table, table=name)


def publish(ctx: Ctx, name: str) -> DecisionVersion:
    """Make the draft the next version, in force from its effective date (today at the earliest). It never changes
    again.
    """
    with transaction(ctx):
        table = table_named(ctx, name)
        require_edit(ctx, table)
        versions = versions_of(ctx, table)
        if not versions or versions[0].status != DRAFT:
            raise Conflict("no_draft", _("There is no draft of this rule table."))
        if table.needs_approval:
            words = _("Somebody else has to approve new versions of this rule table. Submit the draft for approval.")
            raise Conflict("approval_needed", words)
        check_publishable(ctx, name, versions[0])
        return put_in_force(ctx, table, versions[0])


def check_publishable(ctx: Ctx, name: str, draft: DecisionVersion) -> None:
    """Invalid unless the draft has a reason, a date from today on, and nothing that must never be lacking."""
    if not draft.reason.strip():
        words = _("Say why the rules change; whoever reads a decision later will want to know.")
        raise Invalid("reason_needed", words, "reason")
    if draft.effective_from is None:
        raise Invalid("date_needed", _("Say from which date the new version is in force."), "effective_from")
    if draft.effective_from < ctx.today:
        words = _("The new version can't be in force before today, {today}.", today=ctx.today.isoformat())
        raise Invalid("date_past", words, "effective_from")
    problem = blocking(ctx, name, analyse(from_data(draft.body)))
    if problem:
        raise Invalid("table_incomplete", problem, "rows")


def put_in_force(ctx: Ctx, table: DecisionTable, draft: DecisionVersion) -> DecisionVersion:
    """Publish a draft that was checked (and approved, where that is needed). Call within a transaction."""
    assert draft.effective_from is not None
    draft.status, draft.published_at, draft.published_by = PUBLISHED, ctx.now, ctx.actor.name
    ctx.session.flush()
    ctx.memo.pop("decision_versions", None)
    emit(
        ctx,
        "core.rule_published",
        table,
        table=label(draft.body.get("label") or table.name),
        number=draft.number,
        effective_from=draft.effective_from.isoformat(),
        reason=draft.reason,
    )
    return draft


def blocking(ctx: Ctx, name: str, analysis: Analysis) -> str:
    """Why a table may not be published: a clock's limits must never be lacking. Empty when it may."""
    limits = any(kind.table == name for kind in ctx.registry.clock_kinds.values())
    if limits and not analysis.has_default and (analysis.gaps or not analysis.gaps_searched):
        return _("A time limit must never be lacking: fill the gaps, or give the table a default.")
    return ""


def export_words(stored: StoredDecision, locale: str) -> str:
    """The words of a stored decision in a language."""
    with use_locale(locale):
        return label(stored.words)


# --- many at once, and what a table offers ----------------------------------------------------------------------------


def keep_many(ctx: Ctx, taken: list[tuple[Ruling, RecordRef]]) -> list[int]:
    """Store many decisions on their records in one statement, for imports; answers their ids in the same order."""
    words: dict[tuple, dict[str, str]] = {}
    rows = []
    for ruling, ref in taken:
        data = ruling.decision.to_data()
        key = (ruling.version_id, *ruling.decision.values)
        if key not in words:
            words[key] = {"en": why(ruling.decision, "en"), "zh": why(ruling.decision, "zh")}
        rows.append(
            {
                "table_name": data["table"],
                "version_id": ruling.version_id,
                "version_number": ruling.version_number,
                "record_kind": ref.kind,
                "record_id": ref.id,
                "made_at": ctx.now,
                "outcome": data["outcome"],
                "rows": data["rows"],
                "facts": data["facts"],
                "outputs": data["outputs"],
                "words": words[key],
            }
        )
    return bulk_insert(ctx, StoredDecision, rows, returning=StoredDecision.id)


def rule_choices(ctx: Ctx, name: str, column: str) -> list[tuple[str, Any]]:
    """(value, bilingual label) of a choice column of the company's table in force; empty when it has no such column."""
    table = compiled_version(ctx, version_in_force(ctx, name, ctx.today).id).table
    found = next((c for c in (*table.inputs, *table.outputs) if c.name == column), None)
    return [(choice.value, choice.label) for choice in found.choices] if found else []
