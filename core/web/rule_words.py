"""The names of a rule table, its columns and choices, and who decides otherwise, changed in the browser."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from core.decisions import store
from core.decisions.grid import with_row_ids
from core.decisions.parsing import from_data, to_data
from core.decisions.store import DecisionTable, DecisionVersion
from core.decisions.wording import Key, reworded, wordings
from core.errors import DomainError, Forbidden
from core.i18n import LOCALES, _
from core.web.gate import needs
from core.web.rule_base import VIEW, blueprint, editable, frame_of, label_of


@blueprint.get("/rules/<name>/words")
@needs(VIEW)
def words(name: str):
    """Every text of the draft, or of the latest version where there is none, in both languages."""
    found = editable(name)
    return _page(found, store.draft_of(g.ctx, found))


@blueprint.post("/rules/<name>/words")
@needs(VIEW)
def words_save(name: str):
    """Keep the texts in the draft, a new one where there is none; rules, date and reason stay as they are."""
    found = editable(name)
    draft = store.draft_of(g.ctx, found)
    source = draft or store.latest_published(g.ctx, found)
    table = with_row_ids(from_data(source.body), f"v{source.number}")
    typed = {w.key: {code: request.form.get(f"{w.field}:{code}", "") for code in LOCALES} for w in wordings(table)}
    kept: dict[str, Any] = {"reason": draft.reason, "effective_from": draft.effective_from} if draft else {}
    try:
        body = to_data(reworded(table, typed))
        store.save_draft(g.ctx, name, body, version=request.form.get("version", type=int), **kept)
    except Forbidden:
        raise
    except DomainError as error:
        return _page(found, draft, typed, error.message), error.status
    flash(_("The words are in the draft. They count from the day it is in force."), "ok")
    return redirect(url_for("rules.table", name=name))


def _page(
    found: DecisionTable,
    draft: DecisionVersion | None,
    typed: dict[Key, dict[str, str]] | None = None,
    problem: str = "",
):
    table = from_data((draft or store.latest_published(g.ctx, found)).body)
    version = request.form.get("version", type=int) if typed else draft.version if draft else 0
    return render_template(
        "rules/words.html",
        t=found,
        **frame_of(found),
        title=label_of(found),
        draft=draft,
        version=version,
        rows=[(w, (typed or {}).get(w.key, w.texts)) for w in wordings(table)],
        problem=problem,
    )
