"""A further table of a kind: begun with one that is there, empty, or from a file."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from core.decisions import store
from core.decisions.errors import TableError
from core.decisions.kinds import body_of, empty_body, kinds_to_make, make_table, tables_of_kind
from core.decisions.loading import load_yaml
from core.decisions.parsing import to_data
from core.errors import DomainError, Forbidden, Invalid
from core.i18n import LOCALES, _, label
from core.web.gate import needs
from core.web.rule_base import VIEW, blueprint, label_of
from core.web.rule_files import text_of


@blueprint.get("/rules/new")
@needs(VIEW)
def new_table():
    """The form for a further table, for somebody who may make one."""
    return _page({})


@blueprint.post("/rules/new")
@needs(VIEW)
def new_table_save():
    """Make it; every mistake of a file is told, and then nothing is made."""
    typed = {name: request.form.get(name, "").strip() for name in ("begin", "code", "reason", *_WORDS)}
    try:
        how, _colon, name = typed["begin"].partition(":")
        kind = _kind_of(how, name)
        words = {code: typed[f"name_{code}"] for code in LOCALES}
        body = _from_file() or (body_of(g.ctx, name) if how == "copy" else empty_body(g.ctx, kind))
        made = make_table(g.ctx, kind, typed["code"], words, body, reason=typed["reason"])
    except Forbidden:
        raise
    except DomainError as error:
        return _page(typed, error), error.status
    code = typed["code"]
    done = _("The rule table is made. Nothing is decided by it before a rule names its code “{code}”.", code=code)
    flash(done, "ok")
    return redirect(url_for("rules.table", name=made.name))


_WORDS = tuple(f"name_{code}" for code in LOCALES)


def _kind_of(how: str, name: str) -> str:
    kind = next((d.name for d in kinds_to_make(g.ctx) if name == d.name or name.startswith(f"{d.name}.")), "")
    if how not in ("copy", "empty") or not kind or not store.table_exists(g.ctx, name):
        raise Invalid("no_beginning", _("Choose what to begin with."), "begin")
    return kind


def _from_file() -> dict[str, Any] | None:
    """The table in the file that was chosen; None when none was. TableError, naming lines, when it has mistakes."""
    file = request.files.get("file")
    raw = file.read() if file else b""
    return to_data(load_yaml(text_of(raw))) if raw else None


def _page(typed: dict[str, str], error: DomainError | None = None):
    kinds = kinds_to_make(g.ctx)
    if not kinds:
        raise Forbidden("no_right", _("You may not make rule tables here. An administrator can give you the right."))
    problems = [str(e) for e in error.errors] if isinstance(error, TableError) else [error.message] if error else []
    begins = [
        (
            _(kind.label),
            [(f"copy:{t.name}", _("A copy of “{table}”", table=label_of(t))) for t in tables_of_kind(g.ctx, kind.name)]
            + [(f"empty:{kind.name}", _("No rows yet"))],
        )
        for kind in kinds
    ]
    return render_template(
        "rules/new.html", begins=begins, typed=typed, problems=problems, field=error.field if error else "",
        chosen=typed.get("begin") or begins[0][1][0][0], label=label,
    )
