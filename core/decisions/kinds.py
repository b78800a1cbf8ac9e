"""Kinds of tables: further tables that a company makes beside one that a module ships, and which of them decides."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.context import Ctx
from core.db import transaction
from core.decisions.model import words_of
from core.decisions.parsing import from_data, to_data
from core.decisions.store import (
    DecisionTable,
    Ruling,
    check_draft,
    install_table,
    latest_published,
    rule,
    table_exists,
    table_named,
)
from core.errors import Conflict, Forbidden, Invalid
from core.i18n import _, label
from core.registry import TableDef
from core.standing import standing

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


def kinds_to_make(ctx: Ctx) -> list[TableDef]:
    """The kinds of which this person may make further tables, of modules that are on."""
    return [d for d in ctx.registry.tables.values() if d.many and _is_on(ctx, d) and ctx.can(d.edit)]


def tables_of_kind(ctx: Ctx, kind: str) -> list[DecisionTable]:
    """The company's tables of a kind: the one of the kind itself first, then by name."""
    beginning = DecisionTable.name.startswith(f"{kind}.", autoescape=True)
    query = sa.select(DecisionTable).where(sa.or_(DecisionTable.name == kind, beginning))
    return list(ctx.session.scalars(query.order_by(DecisionTable.name)))


def make_table(
    ctx: Ctx, kind: str, code: str, words: Mapping[str, str], body: Mapping[str, Any], *, reason: str = ""
) -> DecisionTable:
    """Make a further table ``<kind>.<code>`` that says what ``body`` says, under the words ``{"en": …, "zh": …}``.

    Its first version counts from ever, so that old cases can be decided by it; nothing is decided by it before the
    table that chooses names its code. Raises TableError with every mistake, Conflict when there is such a table.
    """
    definition = _kind(ctx, kind)
    ctx.require(definition.edit)
    name = f"{kind}.{_checked(code)}"
    given = {language: text.strip() for language, text in words.items() if text.strip()}
    if not given:
        raise Invalid("no_name", _("Give it a name in at least one language."), "name")
    with transaction(ctx):
        if table_exists(ctx, name):
            raise Conflict("table_exists", _("There is a rule table “{name}” already.", name=name))
        parsed = from_data({**body, "name": name, "label": given})
        model = table_named(ctx, kind)
        check_draft(ctx, model, parsed, called=name)
        owner = ctx.registry.owner_of("tables", kind)
        return install_table(
            ctx, name, to_data(parsed), plugin=owner, reason=reason.strip(), needs_approval=model.needs_approval
        )


def body_of(ctx: Ctx, name: str) -> dict[str, Any]:
    """What the latest version of a table says, to begin another one with."""
    return dict(latest_published(ctx, table_named(ctx, name)).body)


def empty_body(ctx: Ctx, kind: str) -> dict[str, Any]:
    """A table with the columns that the kind's own one has now, and no row yet: every case is referred to a person."""
    body = {**body_of(ctx, _kind(ctx, kind).name), "rows": []}
    body.pop("default", None)
    return body


def choose_table(
    ctx: Ctx, kind: str, facts: Mapping[str, Any], *, record=None, as_of: dt.date | None = None
) -> tuple[str, Ruling | None]:
    """The name of the table of a kind that decides a case, and the decision of the table that chose it.

    No chooser, or no code from it: the kind's own table. Raises Invalid when the code names no table of the company.
    """
    definition = _kind(ctx, kind)
    if not definition.chosen_by:
        return kind, None
    chooser, _colon, output = definition.chosen_by.partition(":")
    ruling = rule(ctx, chooser, facts, record=record, as_of=as_of)
    code = str((ruling.outputs or {}).get(output) or "")
    name = f"{kind}.{code}" if code else kind
    if code and name not in standing(ctx, "decision_versions"):
        words = _(
            "The rule table “{chooser}” names “{code}” in row {row}, and there is no such table. Make it, or name "
            "another one.",
            chooser=words_of(ruling.decision.compiled.table.label),
            code=code,
            row=ruling.decision.row_number or 0,
        )
        raise Invalid("unknown_table_chosen", words, chosen=code)
    return name, ruling


def _kind(ctx: Ctx, kind: str) -> TableDef:
    definition = ctx.registry.tables.get(kind)
    if definition is None or not definition.many:
        raise Invalid("not_a_kind", _("Of “{name}” no further tables can be made.", name=kind), "kind")
    if not _is_on(ctx, definition):
        raise Forbidden("module_off", _("The module of “{name}” is switched off.", name=label(definition.label)))
    return definition


def _is_on(ctx: Ctx, definition: TableDef) -> bool:
    owner = ctx.registry.owner_of("tables", definition.name)
    return owner == "core" or owner in ctx.enabled


def _checked(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise Invalid(
            "table_code",
            _("A code has small letters, digits and _ and begins with a letter, such as forklifts. It stays for ever."),
            "code",
        )
    return code
