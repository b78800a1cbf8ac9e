"""What people keep of an admin list: saved filters, columns; and the list as a file. The same as for declared lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import redirect, request
from flask_admin import expose

from core.admin import display
from core.admin.filters import CompanyFilter
from core.admin.listing import KeyedList
from core.context import Ctx
from core.errors import DomainError, Forbidden, NotFound
from core.i18n import _
from core.lists import reading, saved
from core.lists.saved import SHARE, SavedFilter
from core.paging import Key
from core.web.current import acting, current_ctx, flash_error, record_id
from core.web.exports import answer_export
from core.web.lists import ShownTab, change_saved, count_words

_SAVED, _EDITED, _ALL = "saved", "edited", "all"


def stable_name(flt: CompanyFilter) -> str:
    """What a filter is called in what is kept: the same however many others the list has, and in any order."""
    path = [relation.key for relation in flt.path]
    return ".".join([*path, flt.column.key]) + f":{type(flt).__name__}"


@dataclass(frozen=True)
class AdminSource:
    """An admin list as a file; also what the worker writes, without a request."""

    view: Any

    @property
    def name(self) -> str:
        """The view's endpoint."""
        return self.view.endpoint

    @property
    def title(self) -> str:
        """The list's title, as a message id."""
        return self.view._title

    @property
    def permission(self) -> str:
        """Who may take it away."""
        return self.view.export_permission or ""

    @property
    def plugin(self) -> str:
        """Endpoints begin with the plugin's name."""
        return self.view.endpoint.partition("_")[0]

    def columns(self) -> list[tuple[str, str]]:
        """Those of the list, the hidden ones, too."""
        return [(str(name), str(label)) for name, label in self.view._list_columns]

    def asked(self, ctx: Ctx, args: Mapping[str, str]) -> tuple[sa.Select, list[Key]]:
        """As the page shows it."""
        with acting(ctx):
            query = self.view.kept_query(args)
            return query.options(*self.view._eager()), self.view.kept_order(args)

    def values(self, ctx: Ctx, records: list, keys: Sequence[str]) -> list[list[Any]]:
        """As the columns say for files, numbers and days as such."""
        with acting(ctx):
            names = [name for name, _label in self.columns() if name in keys]
            return [[self._value(ctx, record, name) for name in names] for record in records]

    def _value(self, ctx: Ctx, record: Any, name: str) -> Any:
        formatter = (self.view.column_formatters_export or {}).get(name)
        if formatter is not None:
            return formatter(self.view, None, record, name)
        value = display.value_of(record, name)
        choices = self.view._column_choices_map.get(name)
        if choices and value in choices:
            return _(str(choices[value]))
        return display.record_words(ctx, value) if isinstance(value, sa.orm.DeclarativeBase) else value


class KeptList(KeyedList):
    """Saved filters with counts, columns for each person, export of what the filter shows."""

    hidden_columns: Sequence[str] = ()
    """Columns of ``column_list`` that are shown only to those who choose them."""

    def as_source(self) -> AdminSource:
        """This list as something that can be written to a file."""
        return AdminSource(self)

    # --- what is kept -----------------------------------------------------------------------------------------------

    def kept_args(self) -> dict[str, str]:
        """What this request shows, in names that outlive changes of the declaration."""
        args = self._get_list_extra_args()
        kept = {f"{place} {stable_name((self._filters or [])[i])}": v for place, (i, _n, v) in
                enumerate(args.filters or [])}
        if args.search:
            kept["search"] = args.search
        column = self._get_column_by_idx(args.sort) if args.sort is not None else None
        if column is not None:
            kept["sort"] = f"{'-' if args.sort_desc else ''}{column[0]}"
        return kept

    def _kept_filters(self, args: Mapping[str, str]) -> Iterable[tuple[int | None, CompanyFilter | None, str, str]]:
        """(index, filter, name, value) of each that is kept; no filter where the list has none of that name."""
        by_name = {stable_name(flt): (i, flt) for i, flt in enumerate(self._filters or [])}
        for key, value in args.items():
            place, blank, name = key.partition(" ")
            if blank and place.isdigit():
                index, flt = by_name.get(name, (None, None))
                yield index, flt if flt is not None and flt.validate(value) else None, name, value

    def kept_query(self, args: Mapping[str, str]) -> sa.Select:
        """The rows of a kept filter; one that names something gone finds nothing."""
        query = self._narrowed(args.get("search"), None)
        for _index, flt, _name, value in self._kept_filters(args):
            query = flt.apply(query, flt.clean(value)) if flt is not None else query.where(sa.false())
        return query

    def kept_order(self, args: Mapping[str, str]) -> list[Key]:
        """The order that is kept, else the list's own."""
        sort = args.get("sort", "")
        name = sort.removeprefix("-")
        return self._order(name if name in self._sortable_columns else None, sort.startswith("-"))

    def gone_of(self, args: Mapping[str, str]) -> list[str]:
        """The names of the kept filters that refer to something gone: a filter, a choice, a record."""
        gone = []
        for _index, flt, name, value in self._kept_filters(args):
            loader = getattr(flt, "loader", None)
            if flt is None or (loader is not None and loader.get_one(value) is None):
                gone.append(str(flt.name) if flt is not None else name.partition(":")[0])
        return gone

    def kept_address(self, args: Mapping[str, str], **more: Any) -> str:
        """The address that shows what is kept."""
        query: dict[str, Any] = {f"flt{place}_{i}": v for place, (i, flt, _name, v) in
                                 enumerate(self._kept_filters(args)) if flt is not None}
        sort = args.get("sort", "")
        names = [str(name) for name, _label in self._list_columns]
        if sort.removeprefix("-") in names:
            query["sort"] = names.index(sort.removeprefix("-"))
            query["desc"] = 1 if sort.startswith("-") else None
        if args.get("search"):
            query["search"] = args["search"]
        return self.get_url(".index_view", **query, **more)

    # --- on the page ------------------------------------------------------------------------------------------------

    def _filters_here(self) -> list[SavedFilter]:
        return saved.visible_filters(current_ctx(), self.endpoint)

    def open_kept(self) -> Any:
        """Where a saved filter, or a bare address with a filter that opens by itself, leads; None to show the list."""
        ctx = current_ctx()
        wanted = record_id(request.args.get(_SAVED))
        if _EDITED in request.args or (request.args and wanted is None):
            return None
        number = wanted or saved.default_filter(ctx, self.endpoint)
        row = next((r for r in self._filters_here() if r.id == number), None) if number else None
        return redirect(self.kept_address(row.args, saved=row.id, edited=1)) if row is not None else None

    def _get_list_extra_args(self) -> Any:
        args = super()._get_list_extra_args()
        if record_id(request.args.get(_SAVED)) is not None:
            args.extra_args.update({_SAVED: request.args[_SAVED], _EDITED: "1"})
        return args

    def kept_parts(self) -> dict[str, Any]:
        """What the template shows of all this."""
        ctx, filters, args = current_ctx(), self._filters_here(), self.kept_args()
        number = record_id(request.args.get(_SAVED))
        current = next((r for r in filters if r.id == number), None)
        counts = reading.count_each(ctx, self.model, {f"{r.id}": self.kept_query(r.args) for r in filters})
        hidden = self.columns_hidden(ctx)
        return {
            "s": {
                "tabs": self._kept_tabs(filters, current, counts, bare=not args),
                "saving": self.get_url(".keep_filter"),
                "args": args,
                "current": current,
                "changed": current is not None and args != current.args,
                "may_change": current is not None and saved.may_change(ctx, current),
                "may_share": ctx.can(SHARE),
                "is_default": current is not None and saved.default_filter(ctx, self.endpoint) == current.id,
                "board": False,
            },
            "gone": self.gone_of(current.args) if current is not None else [],
            "hidden": hidden,
            "column_choices": [
                (name, _(str(label)), name not in hidden, place == 0)
                for place, (name, label) in enumerate(self._list_columns)
            ],
            "back": self.list_url(),
        }

    def _kept_tabs(
        self, filters: list[SavedFilter], current: SavedFilter | None, counts: Mapping[str, int], *, bare: bool
    ) -> list[ShownTab]:
        if not filters:
            return []
        tabs = [ShownTab(_("All"), self.get_url(".index_view", all=1), None, current is None and bare)]
        for row in filters:
            lost = any(flt is None for _i, flt, _name, _value in self._kept_filters(row.args))
            count = "!" if lost else count_words(counts.get(f"{row.id}"))
            url = self.get_url(".index_view", saved=row.id)
            tabs.append(ShownTab(row.name, url, count, row is current, row.shared))
        return tabs

    def columns_hidden(self, ctx: Ctx) -> set[str]:
        """The columns that this person does not see here; never the first, which leads to the record."""
        names = [str(name) for name, _label in self._list_columns]
        chosen = saved.columns_of(ctx, self.endpoint)
        shown = set(chosen) if chosen is not None else set(names) - set(self.hidden_columns)
        return set(names[1:]) - shown

    # --- what is sent in --------------------------------------------------------------------------------------------

    @expose("/columns/", methods=("POST",))
    def keep_columns(self) -> Any:
        """Keep which columns this person wants to see."""
        names = [str(name) for name, _label in self._list_columns]
        wanted = [name for name in names if name in request.form.getlist("column")]
        if wanted or "reset" in request.form:
            saved.choose_columns(current_ctx(), self.endpoint, None if "reset" in request.form else wanted)
        return redirect(self._back())

    def _back(self) -> str:
        """The list as it was, from the form: the query of its address, nothing else."""
        query = request.form.get("back", "").partition("?")[2]
        address = self.get_url(".index_view")
        return f"{address}?{query}" if query and query.isprintable() and len(query) < 2000 else address

    @expose("/filters/", methods=("POST",))
    def keep_filter(self) -> Any:
        """Save, change, share, move or delete a saved filter."""
        given = self._given()
        query = change_saved(current_ctx(), self.endpoint, given)
        number = query.get(_SAVED)
        if number is None:
            return redirect(self.kept_address(given, all=1))
        if _EDITED in query:
            return redirect(self.kept_address(given, saved=number, edited=1))
        return redirect(self.get_url(".index_view", saved=number))

    def _given(self) -> dict[str, str]:
        """What a form says the list shows; only what the list knows."""
        form = {k: v[:200] for k, v in request.form.items() if k in ("search", "sort") or k.partition(" ")[0].isdigit()}
        known = {f"{n} {name}" for n in range(40) for name in map(stable_name, self._filters or [])}
        return {k: v for k, v in form.items() if v and (k in ("search", "sort") or k in known)}

    @expose("/export/", methods=("POST",))
    def export(self) -> Any:
        """Every row that the filter shows as a file; a long list is written by the worker."""
        ctx = current_ctx()
        if not self.can_export:
            raise NotFound("no_export", _("This list can't be exported."))
        hidden = self.columns_hidden(ctx)
        shown = [str(name) for name, _label in self._list_columns if name not in hidden]
        try:
            return answer_export(ctx, self.as_source(), self._given(), shown)
        except (Forbidden, NotFound):
            raise
        except DomainError as error:
            flash_error(error)
            return redirect(self._back())
