"""The pages of declared lists: the list itself, its board, actions on selected rows, saved filters, columns, export.

Each list has its own addresses and endpoints (``<name>_list``, ``<name>_board``, …), so that menus, rights and the
switch of its module treat it like any other page of that module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, abort, current_app, redirect, render_template, request, url_for
from markupsafe import Markup

from core.context import Ctx
from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from core.i18n import _, n_
from core.lists import reading, saved
from core.lists.export import DeclaredSource
from core.lists.filters import Gone
from core.lists.model import BulkAction, ListColumn, ListDef
from core.lists.reading import Asked
from core.lists.saved import SHARE, SavedFilter
from core.paging import COUNT_LIMIT
from core.registry import Registry
from core.web.current import CURSOR, current_ctx, flash_done, flash_error, record_id
from core.web.explain import clock_view_of
from core.web.exports import answer_export
from core.web.gate import needs
from core.web.ui import Chip
from core.workflow import possible

MOST_AT_ONCE = 200
"""How many rows one action takes: no list page shows more."""
_TOLD = 10
_SAVED, _EDITED = "saved", "edited"


def init_app(app: Flask, registry: Registry) -> None:
    """Give every declared list its addresses."""
    state = app.extensions["sanbao"]
    for name, definition in registry.lists.items():
        plugin = registry.owner_of("lists", name)
        state["blueprint_plugin"].setdefault(name.partition(".")[0], plugin)
        _add(app, definition, "list", "GET", "", show_list)
        if definition.board is not None:
            _add(app, definition, "board", "GET", "/board", show_board)
            _add(app, definition, "move", "POST", "/move", move_card)
        if definition.actions:
            _add(app, definition, "action", "POST", "/action", act)
        _add(app, definition, "columns", "POST", "/columns", keep_columns)
        _add(app, definition, "filters", "POST", "/filters", keep_filter)
        if definition.export:
            _add(app, definition, "export", "POST", "/export", export_list, definition.export)


def _add(
    app: Flask, definition: ListDef, tail: str, method: str, rule: str, page: Callable, permission: str = ""
) -> None:
    def view() -> Any:
        return page(current_ctx(), definition)

    base = definition.url.rstrip("/")
    view.__doc__ = page.__doc__
    endpoint = endpoint_of(definition, tail)
    app.add_url_rule(base + (rule or "/"), endpoint, needs(permission or definition.view)(view), methods=[method])


def endpoint_of(definition: ListDef, tail: str = "list") -> str:
    """The endpoint of one of a list's pages."""
    return f"{definition.name}_{tail}"


# --- what is asked for ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What this request shows: what is asked for, and the saved filter that it comes from."""

    definition: ListDef
    asked: Asked
    filters: list[SavedFilter]
    counts: Mapping[str, int]
    current: SavedFilter | None = None

    def args(self, asked: Asked | None = None) -> dict[str, Any]:
        """The arguments of this list as it is, or as ``asked``, the saved filter kept."""
        args: dict[str, Any] = {**reading.arguments_of(self.definition, asked or self.asked)}
        if self.current is not None:
            args.update({_SAVED: str(self.current.id), _EDITED: "1"})
        return args

    def url(self, asked: Asked | None = None, tail: str = "list") -> str:
        """Where this list, or as ``asked``, is."""
        return url_for(endpoint_of(self.definition, tail), **self.args(asked))

    @property
    def is_changed(self) -> bool:
        """Whether the saved filter says something else than what is shown."""
        return self.current is not None and reading.arguments_of(self.definition, self.asked) != self.current.args


def see(ctx: Ctx, definition: ListDef, args: Mapping[str, str]) -> Seen:
    """What these arguments ask for. A bare address opens the person's default, else the first tab with rows."""
    filters = saved.visible_filters(ctx, definition.name)
    by_id = {row.id: row for row in filters}
    current = by_id.get(record_id(args.get(_SAVED)) or 0)
    known = reading.known_arguments(definition)
    if current is None and not known & set(args) and _SAVED not in args:
        current = by_id.get(saved.default_filter(ctx, definition.name) or 0)
    if current is not None and _EDITED not in args:
        asked = reading.read_asked(definition, current.args)
    else:
        asked = reading.read_asked(definition, args)
    kept = {f"saved {row.id}": reading.read_asked(definition, row.args) for row in filters}
    counts = reading.counted(ctx, definition, kept)
    if not asked.tab and definition.tabs:
        asked = asked.but(tab=reading.first_tab(definition, counts))
    return Seen(definition, asked, filters, counts, current)


@dataclass(frozen=True)
class ShownTab:
    """A tab above a list, with its figure in words."""

    label: str
    url: str
    count: str | None = None
    current: bool = False
    shared: bool = False


def _tabs(ctx: Ctx, seen: Seen, tail: str) -> list[ShownTab]:
    endpoint = endpoint_of(seen.definition, tail)
    tabs = seen.definition.tabs if tail == "list" else reading.board_tabs(seen.definition)
    shown = [
        ShownTab(
            _(tab.label),
            url_for(endpoint, tab=tab.key),
            count_words(seen.counts.get(tab.key)),
            seen.current is None and tab.key == seen.asked.tab,
        )
        for tab in tabs
    ]
    if not tabs:
        bare = seen.current is None and not reading.arguments_of(seen.definition, seen.asked)
        shown.append(ShownTab(_("All"), url_for(endpoint, search=""), None, bare))
    for row in seen.filters:
        gone = reading.gone_filters(ctx, seen.definition, reading.read_asked(seen.definition, row.args))
        count = "!" if gone else count_words(seen.counts.get(f"saved {row.id}"))
        url = url_for(endpoint, saved=row.id)
        shown.append(ShownTab(row.name, url, count, seen.current is row, row.shared))
    return shown


def count_words(number: int | None) -> str | None:
    """A tab's figure: exact to 1,000."""
    if number is None:
        return None
    return str(number) if number <= COUNT_LIMIT else f"{COUNT_LIMIT:,}+"


def _chips(ctx: Ctx, seen: Seen) -> tuple[list[Chip], list[str]]:
    """The filters in force, and the names of those that refer to something gone."""
    chips, gone = [], []
    for item in seen.definition.filters:
        text = seen.asked.filters.get(item.key, "")
        if not text:
            continue
        left = {k: v for k, v in seen.asked.filters.items() if k != item.key}
        try:
            words = item.words(ctx, text)
        except Gone:
            words = _("no longer there")
            gone.append(_(item.label))
        chips.append(Chip(_(item.label), words, seen.url(seen.asked.but(filters=left))))
    return chips, gone


# --- rows as templates show them ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A value of a row, as its column shows it."""

    column: ListColumn
    value: Any
    notes: Sequence[Any] = ()


@dataclass(frozen=True)
class ShownRow:
    """A row: its id, what people call it, where it leads, its cells by column."""

    id: int
    name: str
    url: str
    cells: dict[str, Cell]
    record: Any
    over: bool = False

    def at(self, place: str) -> list[Cell]:
        """The cells that stand in a place on phones and cards."""
        return [c for c in self.cells.values() if c.column.place == place]


def shown_rows(ctx: Ctx, definition: ListDef, records: list, columns: Sequence[ListColumn]) -> list[ShownRow]:
    """Records as rows, with the values of ``columns``."""
    kind = next((k for k in ctx.registry.kinds.values() if k.model is definition.model), None)
    leads = kind is not None and kind.endpoint in current_app.view_functions and (not kind.view or ctx.can(kind.view))
    rows = []
    for record, row in reading.prepared_rows(ctx, definition, records):
        cells = {c.key: Cell(c, _shown(ctx, c, row), c.notes(row) if c.notes else ()) for c in columns}
        name = kind.number(record) if kind is not None else str(record)
        url = url_for(kind.endpoint, record_id=record.id) if leads and kind is not None else ""
        over = any(getattr(c.value, "state", "") == "over" for c in cells.values() if c.column.kind == "clock")
        rows.append(ShownRow(record.id, name, url, cells, record, over))
    return rows


def _shown(ctx: Ctx, column: ListColumn, row: Any) -> Any:
    value = column.of(row)
    return clock_view_of(ctx, value) if column.kind == "clock" and value is not None else value


# --- the list -------------------------------------------------------------------------------------------------------


def show_list(ctx: Ctx, definition: ListDef) -> Any:
    """The list: saved filters with counts, search and filters, rows by what is asked for."""
    seen = see(ctx, definition, request.args)
    page = reading.page_of(ctx, definition, seen.asked, request.args.get(CURSOR))
    columns = reading.chosen_columns(definition, saved.columns_of(ctx, definition.name))
    chips, gone = _chips(ctx, seen)
    sort_key, down = reading.sorted_by(definition, seen.asked)
    actions = [a for a in definition.actions if ctx.can(a.permission)]
    address = seen.args()
    return render_template(
        "sanbao/list/page.html",
        **_frame(ctx, seen, "list", chips, gone),
        rows=shown_rows(ctx, definition, page.rows, columns),
        pager=page.pager(lambda cursor: url_for(endpoint_of(definition), **{**address, CURSOR: cursor})),
        columns=columns,
        column_choices=[(c.key, _(c.label), c in columns, c.fixed) for c in definition.columns],
        sort_key=sort_key,
        sort_down=down,
        sort_url=lambda c: seen.url(seen.asked.but(sort=_next_sort(c.key, sort_key, down))),
        actions=[(a, a.choices(ctx) if a.choices else (), a.chosen(ctx) if a.chosen else "") for a in actions],
        questions={a.key: _(a.question) for a in actions if a.question},
        action_keys=[(a.hotkey, _(a.label)) for a in actions if a.hotkey],
        narrow=any(c.place for c in columns),
    )


def _frame(ctx: Ctx, seen: Seen, tail: str, chips: list[Chip], gone: list[str]) -> dict[str, Any]:
    definition, current = seen.definition, seen.current
    new = definition.new
    args = reading.arguments_of(definition, seen.asked)
    own = {k: v for k, v in seen.args().items() if k in ("tab", "sort", _SAVED, _EDITED)}
    return {
        "d": definition,
        "seen": seen,
        "tail": tail,
        "s": {
            "tabs": _tabs(ctx, seen, tail),
            "saving": url_for(endpoint_of(definition, "filters")),
            "args": args,
            "current": current,
            "changed": seen.is_changed,
            "may_change": current is not None and saved.may_change(ctx, current),
            "may_share": ctx.can(SHARE),
            "is_default": current is not None and saved.default_filter(ctx, definition.name) == current.id,
            "board": tail == "board",
        },
        "own_args": own,
        "back": urlencode(seen.args()),
        "switcher": _switcher(seen, tail),
        "summary": definition.summary(ctx, seen.counts) if definition.summary else None,
        "chips": chips,
        "gone": gone,
        "offered": [(f, f.choices(ctx)) for f in definition.filters],
        "may_export": bool(definition.export) and ctx.can(definition.export),
        "links": [(_(k.label), url_for(k.endpoint), k.icon) for k in definition.links if ctx.can(k.permission)],
        "new_url": url_for(new.endpoint) if new and ctx.can(new.permission) else "",
        "heading": _(definition.title),
        "endpoint": lambda name, **more: url_for(endpoint_of(definition, name), **more),
    }


def _switcher(seen: Seen, tail: str) -> list[dict[str, Any]]:
    """Between list and board, where there is one."""
    if seen.definition.board is None:
        return []
    shown = (("list", _("List"), "list"), ("board", _("Board"), "square-kanban"))
    return [{"label": words, "icon": i, "url": seen.url(tail=t), "current": t == tail} for t, words, i in shown]


def _next_sort(key: str, current: str, down: bool) -> str:
    return f"-{key}" if key == current and not down else key



# --- actions on selected rows ---------------------------------------------------------------------------------------


def act(ctx: Ctx, definition: ListDef) -> Any:
    """Do something to the selected rows; each that is refused is told by name."""
    action = definition.action(request.form.get("action", ""))
    if action is None:
        raise NotFound("not_offered", _("This is not possible here."))
    ctx.require(action.permission)
    back = _back(definition)
    wanted = sorted({i for i in map(record_id, request.form.getlist("rowid")[:MOST_AT_ONCE]) if i is not None})
    choice = request.form.get(f"choice-{action.key}", "")
    choices = dict(action.choices(ctx)) if action.choices else {}
    if not wanted:
        flash_error(Conflict("nothing_selected", _("Select rows first.")))
    elif action.choices and choice not in choices:
        flash_error(Invalid("bad_choice", _("Choose one of those offered."), "choice"))
    else:
        _carry_out(ctx, definition, action, wanted, choice, choices.get(choice, ""))
    return redirect(back)


def _carry_out(ctx: Ctx, definition: ListDef, action: BulkAction, wanted: list[int], choice: str, words: str) -> None:
    names = _names(ctx, definition, wanted)
    done, refused = 0, [(f"#{i}", _("no longer in this list")) for i in wanted if i not in names]
    ids = [i for i in wanted if i in names]
    if action.together is not None:
        try:
            action.together(ctx, ids, choice)
            done = len(ids)
        except Forbidden:
            raise
        except DomainError as error:
            flash_error(error)
            return
    else:
        assert action.each is not None
        for one in ids:
            try:
                action.each(ctx, one, choice)
                done += 1
            except DomainError as error:
                refused.append((names[one], error.message))
    if done:
        flash_done(action.done(done, words))
    for name, why in refused[:_TOLD]:
        flash_error(Conflict("refused", _("{name}: {reason}", name=name, reason=why)))
    if len(refused) > _TOLD:
        more = len(refused) - _TOLD
        flash_error(Conflict("refused", n_("{n} more was refused.", "{n} more were refused.", more)))


def _names(ctx: Ctx, definition: ListDef, ids: list[int]) -> dict[int, str]:
    """What people call those of the records that are in the list for this person."""
    kind = next((k for k in ctx.registry.kinds.values() if k.model is definition.model), None)
    query = reading.rows_of_list(ctx, definition).where(definition.model.id.in_(ids))
    return {r.id: kind.number(r) if kind else str(r) for r in ctx.session.scalars(query)}


def _back(definition: ListDef, tail: str = "list") -> str:
    """The list as it was, from the form's field ``back`` (its query, nothing else)."""
    query = request.form.get("back", "").lstrip("?")
    address = url_for(endpoint_of(definition, tail))
    return f"{address}?{query}" if query and query.isprintable() and len(query) < 2000 else address


# --- the board ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """A way on for a card: a posting button (with a reason where one is needed), or a link to the form it needs."""

    name: str
    label: str
    target: str
    target_words: str
    url: str = ""
    reason: bool = False


def show_board(ctx: Ctx, definition: ListDef) -> Any:
    """The same rows by state; each card has a menu of the ways on."""
    board = definition.board
    assert board is not None
    seen = see(ctx, definition, request.args)
    if seen.current is None and request.args.get("tab", "") not in {t.key for t in reading.board_tabs(definition)}:
        seen = Seen(definition, seen.asked.but(tab=_whole_tab(definition)), seen.filters, seen.counts)
    chips, gone = _chips(ctx, seen)
    base = reading.narrowed(ctx, definition, seen.asked)
    queries = {lane: base.where(board.column == lane) for lane in board.lanes}
    totals = reading.count_each(ctx, definition.model, queries)
    order = [k.column.desc() if k.desc else k.column for k in reading.sort_keys(ctx, definition, seen.asked)]
    some = {lane: list(ctx.session.scalars(q.order_by(*order).limit(board.most))) for lane, q in queries.items()}
    rows = shown_rows(ctx, definition, [r for lane in some.values() for r in lane], definition.columns)
    by_id = {row.id: row for row in rows}
    by_state = next((f for f in definition.filters if getattr(f, "column", None) is board.column), None)
    lanes = []
    for lane in board.lanes:
        cards = [(by_id[r.id], _moves(ctx, definition, by_id[r.id])) for r in some[lane]]
        only = seen.asked.but(filters={**seen.asked.filters, by_state.key: lane}) if by_state else seen.asked
        lanes.append((board.workflow.state(lane), cards, totals[lane], seen.url(only)))
    return render_template("sanbao/list/board.html", **_frame(ctx, seen, "board", chips, gone), lanes=lanes)


def _whole_tab(definition: ListDef) -> str:
    """The tab with which a board opens: the one with most on it of those that the list opens with."""
    keys = [t.key for t in reading.board_tabs(definition)]
    wanted = [key for key in definition.first if key in keys]
    return wanted[-1] if wanted else next(iter(keys), "")


def _moves(ctx: Ctx, definition: ListDef, row: ShownRow) -> list[Move]:
    board = definition.board
    assert board is not None
    found = []
    for t in possible(ctx, board.workflow, row.record):
        if t.target == row.record.state or t.name not in {*board.moves, *board.forms}:
            continue
        url = f"{row.url}#{board.forms[t.name]}" if t.name in board.forms else ""
        words = _(board.workflow.state(t.target).label)
        found.append(Move(t.name, _(t.label), t.target, words, url, t.reason_required))
    return found


def move_card(ctx: Ctx, definition: ListDef) -> Any:
    """Move one record through a transition; what is missing is told, and nothing is changed then."""
    board = definition.board
    number = record_id(request.form.get("id"))
    name = request.form.get("transition", "")
    if board is None or number is None or name not in board.moves:
        raise NotFound("not_offered", _("This is not possible here."))
    names = _names(ctx, definition, [number])
    if number not in names:
        raise NotFound("no_such_record", _("There is no such record. Somebody may have deleted it."))
    ctx.require(board.workflow.transition(name).permission)
    try:
        board.moves[name](ctx, number, request.form.get("reason", "")[:2000])
        flash_done(_("{name}: {action}", name=names[number], action=_(board.workflow.transition(name).label)))
    except (Forbidden, NotFound):
        raise
    except DomainError as error:
        flash_error(Conflict("refused", _refusal(ctx, definition, number, names[number], error)))
    return redirect(_back(definition, "board"))


def _refusal(ctx: Ctx, definition: ListDef, number: int, name: str, error: DomainError) -> Any:
    """Why a move was refused, with a link to the record where what is missing can be given."""
    kind = next((k for k in ctx.registry.kinds.values() if k.model is definition.model), None)
    said = _("{name}: {reason}", name=name, reason=error.message)
    if kind is None or kind.endpoint not in current_app.view_functions:
        return said
    anchor = "gates" if error.details.get("gates") else None
    url = url_for(kind.endpoint, record_id=number, _anchor=anchor)
    return Markup('{} <a href="{}">{}</a>').format(said, url, _("Open {name}", name=name))


# --- what a person keeps --------------------------------------------------------------------------------------------


def keep_columns(ctx: Ctx, definition: ListDef) -> Any:
    """Keep which columns this person wants to see."""
    known = [c.key for c in definition.columns]
    wanted = [key for key in known if key in request.form.getlist("column")]
    if wanted or "reset" in request.form:
        saved.choose_columns(ctx, definition.name, None if "reset" in request.form else wanted)
    return redirect(_back(definition))


def keep_filter(ctx: Ctx, definition: ListDef) -> Any:
    """Save, change, share, move or delete a saved filter."""
    args = {k: v for k, v in request.form.items() if k in reading.known_arguments(definition)}
    given = reading.arguments_of(definition, reading.read_asked(definition, args))
    query = change_saved(ctx, definition.name, given)
    return redirect(url_for(endpoint_of(definition, "board" if request.form.get("on") == "board" else "list"), **query))


def change_saved(ctx: Ctx, list_name: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Carry out what a form about saved filters wants; answers the arguments of the list afterwards."""
    form, number = request.form, record_id(request.form.get(_SAVED))
    do = form.get("do", "")
    back: dict[str, Any] = {**given, **({_SAVED: number, _EDITED: 1} if number else {})}
    try:
        if do == "save":
            row = saved.save_filter(ctx, list_name, form.get("name", ""), given, shared="shared" in form)
            flash_done(_("Filter “{name}” saved.", name=row.name))
            return {_SAVED: row.id}
        if do == "delete":
            flash_done(_("Filter “{name}” deleted.", name=saved.delete_filter(ctx, list_name, number)))
            return dict(given)
        if do == "update":
            row = saved.change_filter(ctx, list_name, number, args=given)
            flash_done(_("Filter “{name}” saved.", name=row.name))
            return {_SAVED: number}
        if do == "rename":
            saved.change_filter(ctx, list_name, number, name=form.get("name", ""), shared="shared" in form)
        elif do in ("left", "right"):
            saved.move_filter(ctx, list_name, number, -1 if do == "left" else 1)
        elif do in ("default", "no_default"):
            saved.choose_default(ctx, list_name, number if do == "default" else None)
        else:
            abort(400)
    except (Forbidden, NotFound):
        raise
    except DomainError as error:
        flash_error(error)
        return back
    return back if form.get("changed") else {_SAVED: number}


# --- export ---------------------------------------------------------------------------------------------------------


def export_list(ctx: Ctx, definition: ListDef) -> Any:
    """What the filter shows, all rows, as a file; a large one is written by the worker."""
    args = {k: v for k, v in request.form.items() if k in reading.known_arguments(definition)}
    given = reading.arguments_of(definition, reading.read_asked(definition, args))
    shown = reading.chosen_columns(definition, saved.columns_of(ctx, definition.name))
    try:
        return answer_export(ctx, DeclaredSource(definition), given, [c.key for c in shown])
    except (Forbidden, NotFound):
        raise
    except DomainError as error:
        flash_error(error)
        return redirect(_back(definition))
