"""Rule tables: what is in force, a draft in a grid, what it would have changed, and publishing it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import flash, g, jsonify, redirect, render_template, request, url_for

from core.context import Ctx
from core.decisions import store
from core.decisions.approving import why_not_approve
from core.decisions.errors import TableError
from core.decisions.grid import TypedGrid, read_grid
from core.decisions.kinds import kinds_to_make
from core.decisions.parsing import to_data
from core.decisions.store import DecisionTable, DecisionVersion
from core.decisions.trials import hits_by_table, hits_days, hits_of, hits_since
from core.decisions.unheld import unheld_roles
from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from core.i18n import _, label
from core.notifications import role_name
from core.paging import paged
from core.web import rule_approval, rule_files, rule_history, rule_new, rule_words
from core.web.current import cursor_argument, pager_of
from core.web.errors import wants_json
from core.web.gate import needs
from core.web.rule_base import (
    VIEW,
    available,
    blueprint,
    editable,
    frame_of,
    label_of,
    module_label,
    modules_of,
    named,
    table_of,
)
from core.web.rule_cases import case_view, trial_view
from core.web.rule_grid import blank_row, carry_out, grid_from_form, view_of

PARTS = (rule_approval, rule_files, rule_history, rule_new, rule_words)
"""Further pages of the same blueprint."""

CHANGED_SHOWN = 5
"""So many changed cases stand below the grid; the page of the trial lists all."""


# --- the list -------------------------------------------------------------------------------------------------------


@blueprint.get("/rules")
@needs(VIEW)
def tables():
    """The company's rule tables of modules that are on: what is in force since when, who drafts, how often used."""
    ctx = g.ctx
    text, module = request.args.get("q", "").strip(), request.args.get("module", "")
    query = sa.select(DecisionTable).where(DecisionTable.plugin.in_(modules_of(ctx)))
    if module:
        query = query.where(DecisionTable.plugin == module)
    if text:
        query = query.where(
            sa.or_(DecisionTable.name.contains(text, autoescape=True), DecisionTable.name.in_(_called(ctx, text)))
        )
    page = paged(ctx, query, [DecisionTable.plugin, DecisionTable.name, DecisionTable.id], cursor=cursor_argument())
    return render_template(
        "rules/tables.html",
        rows=_table_rows(ctx, page.rows),
        pager=pager_of(page),
        query=text,
        module=module,
        modules=[(name, module_label(ctx, name)) for name in modules_of(ctx) if name != "core"],
        days=hits_days(ctx),
        may_make=bool(kinds_to_make(ctx)),
        unheld=_unheld(ctx) if not (text or module or cursor_argument()) else [],
    )


def _unheld(ctx: Ctx) -> list[tuple[str, list[tuple[str, str]]]]:
    """(role, (name, words) of the tables that name it) where nobody holds the role."""
    found = unheld_roles(ctx, modules_of(ctx))
    return [(label(role_name(ctx, role)), [(n, _called_so(ctx, n)) for n in names]) for role, names in found.items()]


def _called_so(ctx: Ctx, name: str) -> str:
    definition = ctx.registry.table_def(name)
    return label(definition.label) if definition is not None else name


def _called(ctx: Ctx, text: str) -> list[str]:
    """Names of declared tables whose label contains ``text``."""
    return [name for name, definition in ctx.registry.tables.items() if text.lower() in label(definition.label).lower()]


def _table_rows(ctx: Ctx, found: list[DecisionTable]) -> list[dict]:
    """What the list shows of each table; the number of statements does not depend on how many there are."""
    v = DecisionVersion
    columns = (v.table_id, v.id, v.number, v.status, v.effective_from, v.edited_by, v.edited_at, v.submitted_at)
    query = sa.select(*columns).where(v.table_id.in_([t.id for t in found])).order_by(v.effective_from, v.number)
    versions: dict[int, list] = {}
    for row in ctx.session.execute(query):
        versions.setdefault(row.table_id, []).append(row)
    hits = hits_by_table(ctx, [t.name for t in found], hits_since(ctx))
    current = {t.id: _in_force([r for r in versions[t.id] if r.status == store.PUBLISHED], ctx.today) for t in found}
    labels = _labels(ctx, found, [row.id for row in current.values()])
    return [
        {
            "name": t.name,
            "label": labels[t.id],
            "module": module_label(ctx, t.plugin),
            "in_force": current[t.id],
            "draft": next((r for r in versions[t.id] if r.status == store.DRAFT), None),
            "hits": hits.get(t.name, 0),
        }
        for t in found
    ]


def _in_force(published: list, day: dt.date):
    """The version that holds on a day; before the first one's day the first."""
    return next((row for row in reversed(published) if row.effective_from <= day), published[0])


def _labels(ctx: Ctx, found: list[DecisionTable], version_ids: list[int]) -> dict[int, str]:
    query = sa.select(DecisionVersion.table_id, DecisionVersion.body).where(DecisionVersion.id.in_(version_ids))
    bodies: dict[int, dict] = dict(ctx.session.execute(query).all())
    return {t.id: label(bodies[t.id].get("label") or t.name) for t in found}


# --- one table ------------------------------------------------------------------------------------------------------


@blueprint.get("/rules/<name>")
@needs(VIEW)
def table(name: str):
    """One table: the draft in the grid where there is one, else what is in force; ``?trial=1`` tries the draft."""
    found = table_of(name)
    draft = store.draft_of(g.ctx, found)
    return _page(found, draft, typed=None)


class _Typed:
    """What a form of the grid holds, read as a table."""

    def __init__(self, ctx: Ctx, found: DecisionTable, draft: DecisionVersion | None):
        self.base = named(ctx, found, (draft or store.latest_published(ctx, found)).body)
        self.available = available(ctx, found, self.base)
        self.grid: TypedGrid = grid_from_form(request.form, self.base.outputs)
        self.reason = request.form.get("reason", "").strip()
        self.effective_text = request.form.get("effective_from", "").strip()
        self.version = request.form.get("version", type=int)
        self.read()

    def read(self) -> None:
        self.table, self.errors = read_grid(self.grid, self.base, self.available)

    @property
    def effective(self) -> dt.date | None:
        """The date typed; None when there is none yet."""
        if not self.effective_text:
            return None
        try:
            return dt.date.fromisoformat(self.effective_text)
        except ValueError:
            words = _("“{text}” is not a date. Write it like 2026-11-23.", text=self.effective_text)
            raise Invalid("bad_date", words, "effective_from") from None


def _page(
    found: DecisionTable,
    draft: DecisionVersion | None,
    typed: _Typed | None,
    *,
    problem: DomainError | None = None,
    status: int = 200,
):
    """The page of a table. ``typed`` is what somebody has in the grid and could not save yet."""
    ctx = g.ctx
    base = store.latest_published(ctx, found)
    base_table = named(ctx, found, base.body)
    shown = typed.table if typed else named(ctx, found, (draft or base).body)
    in_force = _version_in_force(found)
    waits = draft is not None and draft.waits
    editing = (draft is not None or typed is not None) and not (waits and typed is None) and store.may_edit(ctx, found)
    view = view_of(
        shown,
        base_table if draft is not None or typed else None,
        grid=typed.grid if typed else None,
        errors=typed.errors if typed else (),
        hits=hits_of(ctx, in_force, found.name, hits_since(ctx)),
        hits_table=named(ctx, found, in_force.body),
        available=available(ctx, found, shown) if editing else (),
    )
    tries = request.method == "GET" and "trial" in request.args and draft is not None
    page = render_template(
        "rules/table.html",
        t=found,
        table=shown,
        **frame_of(found),
        base=base,
        draft=draft,
        in_force=in_force,
        editing=editing,
        may_edit=store.may_edit(ctx, found),
        view=view,
        blank=blank_row(view),
        typed=typed,
        problem=problem,
        trial=trial_view(ctx, found, base, draft, shown=CHANGED_SHOWN) if tries and draft else None,
        case=case_view(shown, request.args),
        fields=_fields(draft, typed, problem),
        days=hits_days(ctx),
        waits=waits,
        refusal=why_not_approve(ctx, draft) if waits and draft else "",
    )
    return page, status


def _fields(draft: DecisionVersion | None, typed: _Typed | None, problem: DomainError | None) -> dict:
    """Date, reason and version as the form shows them."""
    wrong = {problem.field: problem.message} if problem and problem.field else {}
    effective = draft.effective_from.isoformat() if draft and draft.effective_from else ""
    return {
        "effective_from": typed.effective_text if typed else effective,
        "reason": typed.reason if typed else draft.reason if draft else "",
        "version": typed.version if typed and typed.version is not None else draft.version if draft else 0,
        "errors": wrong,
        "today": g.ctx.today.isoformat(),
    }


def _version_in_force(found: DecisionTable) -> DecisionVersion:
    chosen = store.version_in_force(g.ctx, found.name, g.ctx.today)
    return g.ctx.session.get_one(DecisionVersion, chosen.id)


# --- editing --------------------------------------------------------------------------------------------------------


@blueprint.post("/rules/<name>/new-draft")
@needs(VIEW)
def draft_create(name: str):
    """Start a draft from the latest version, or from the one that ``from`` names."""
    editable(name)
    try:
        store.start_draft(g.ctx, name, request.form.get("from", type=int))
    except Conflict as error:
        flash(error.message, "warn")
    return redirect(url_for("rules.table", name=name))


@blueprint.post("/rules/<name>/draft")
@needs(VIEW)
def grid_save(name: str):
    """Whatever a button of the grid asks for: save, try, publish, submit, overwrite, or an edit such as ``copy:KEY``.

    Edits answer the page with all that was typed and save nothing. A program (Accept: JSON) may only save.
    """
    found = editable(name)
    draft = store.draft_of(g.ctx, found)
    typed = _Typed(g.ctx, found, draft)
    verb, _colon, what = request.form.get("do", "save").partition(":")
    if verb not in ("save", "try", "publish", "submit", "overwrite"):
        carry_out(typed.grid, verb, what)
        typed.read()
        return _page(found, draft, typed)
    try:
        saved = _save(name, typed, overwrite=verb == "overwrite")
        if verb == "publish":
            return _publish(name)
        if verb == "submit":
            return rule_approval.submitted(name)
    except Forbidden:
        raise
    except DomainError as error:
        return _refused(found, typed, error)
    if wants_json():
        words = _("Draft saved at {time}", time=f"{saved.edited_at.astimezone(g.ctx.tz):%H:%M}")
        return jsonify({"version": saved.version, "message": words})
    if verb == "try":
        return redirect(url_for("rules.table", name=name, trial=1) + "#trial")
    flash(_("Draft saved. Nothing is in force yet."), "ok")
    return redirect(url_for("rules.table", name=name))


def _save(name: str, typed: _Typed, *, overwrite: bool) -> DecisionVersion:
    """Save what was typed as the draft; TableError with every mistake in it."""
    if typed.errors:
        raise TableError(typed.errors)
    seen = None if overwrite else typed.version
    body = to_data(typed.table)
    effective = typed.effective
    saved = store.save_draft(g.ctx, name, body, reason=typed.reason, effective_from=effective, version=seen)
    typed.version = saved.version
    return saved


def _publish(name: str):
    version = store.publish(g.ctx, name)
    day = version.effective_from.isoformat() if version.effective_from else ""
    flash(_("Version {number} is published and in force from {day}.", number=version.number, day=day), "ok")
    return redirect(url_for("rules.table", name=name))


def _refused(found: DecisionTable, typed: _Typed, error: DomainError):
    """The page again with everything typed, and what is wrong where; JSON for the script."""
    if isinstance(error, TableError):
        typed.errors = error.errors
    if wants_json():
        return jsonify({"code": error.code, "message": error.message, "errors": len(typed.errors)}), error.status
    return _page(found, store.draft_of(g.ctx, found), typed, problem=error, status=error.status)


@blueprint.post("/rules/<name>/check")
@needs(VIEW)
def grid_check(name: str):
    """For the script: how the grid as typed reads, what changed, and what is noteworthy. Saves nothing."""
    found = editable(name)
    draft = store.draft_of(g.ctx, found)
    typed = _Typed(g.ctx, found, draft)
    base = named(g.ctx, found, store.latest_published(g.ctx, found).body)
    view = view_of(typed.table, base, grid=typed.grid, errors=typed.errors)
    told = render_template("rules/_findings.html", view=view)
    return jsonify({**view.to_json(), "findings": told, "summary": view.summary})


@blueprint.post("/rules/<name>/drop")
@needs(VIEW)
def draft_drop(name: str):
    """Throw the draft away; what is in force stays."""
    editable(name)
    try:
        store.drop_draft(g.ctx, name)
        flash(_("The draft is gone. What is in force stays as it is."), "ok")
    except Conflict as error:
        flash(error.message, "warn")
    return redirect(url_for("rules.table", name=name))


# --- trial ----------------------------------------------------------------------------------------------------------


@blueprint.get("/rules/<name>/trial")
@needs(VIEW)
def trial(name: str):
    """All cases of the trial of the draft, one group at a time (``?group=changed``), page by page."""
    ctx, found = g.ctx, table_of(name)
    draft = store.draft_of(ctx, found)
    if draft is None:
        raise NotFound("no_draft", _("There is no draft of this rule table."))
    base = store.latest_published(ctx, found)
    view = trial_view(
        ctx, found, base, draft, group=request.args.get("group", ""), at=request.args.get("from", 0, type=int)
    )
    return render_template(
        "rules/trial.html", t=found, **frame_of(found), title=label_of(found), trial=view, base=base, draft=draft
    )
