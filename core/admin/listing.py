"""The list of a ``CompanyModelView``: scoped rows, pages by key, search, filters, sorting."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import flash, g, request
from flask_admin.contrib.sqla import ModelView
from flask_admin.contrib.sqla.tools import get_field_with_path, is_relationship
from sqlalchemy import orm

from core.admin import display
from core.admin.converter import first_text, local_key
from core.admin.filters import CompanyFilter, RecordIs, filters_for
from core.admin.loaders import CompanyAjaxLoader
from core.admin.words import in_words
from core.db import Money, Quantity
from core.errors import ConfigurationError, NotFound
from core.i18n import _
from core.lists.model import indexed
from core.paging import Key, KeyPage, Pager, paged
from core.web.current import CURSOR, current_ctx, record_id

_LONGEST_SEARCH = 100
_MOST_WORDS = 6
_MOST_ARGUMENTS = 40


class KeyedList(ModelView):
    """Everything about reading: what is listed, found and sorted."""

    list_relations: Sequence[str] = ()
    """Relationships shown in the list: loaded with the page, so that its number of statements never grows."""
    search_prefix: Sequence[str] = ()
    """Columns searched from their beginning, whatever the case of letters: codes, numbers."""
    search_contains: Sequence[str] = ()
    """Columns searched anywhere: names. Through relationships too: ``category.name``."""
    list_args: Sequence[str] = ()
    """Further query arguments that stay in the addresses of the list."""
    page_size = 50
    page_size_options = (20, 50, 100, 200)
    can_set_page_size = True
    column_sortable_list: Any = ()
    column_labels: Any = None
    simple_list_pager = True

    # --- rows -------------------------------------------------------------------------------------------------------

    def base_query(self, ctx: Any) -> sa.Select:
        """The rows that this page is about, within the company. Override to show fewer."""
        return sa.select(self.model)

    def get_query(self) -> Any:
        """``base_query`` of this request."""
        return self.base_query(current_ctx())

    def get_count_query(self) -> Any:
        """Counts the rows of ``base_query``."""
        return self.get_query().with_only_columns(sa.func.count(), maintain_column_froms=True).order_by(None)

    def get_one(self, id: Any) -> Any:
        """The row with this id, read from the database; NotFound for another company's, or one that isn't listed."""
        number = record_id(id)
        row = None
        if number is not None:
            row = current_ctx().session.scalar(self.get_query().where(self.model.id == number))
        if row is None:
            raise NotFound("no_such_record", _("There is no such record. Somebody may have deleted it."))
        return row

    def get_list(
        self, page: Any, sort_column: Any, sort_desc: Any, search: Any, filters: Any, execute: bool = True,
        page_size: Any = None,
    ) -> tuple[int | None, list]:
        """One page: how many rows there are (to 1,001) and those at this request's cursor."""
        query = self._narrowed(search, filters)
        found = paged(
            current_ctx(), query.options(*self._eager()), self._order(sort_column, bool(sort_desc)),
            size=page_size or self.page_size, cursor=request.args.get(CURSOR),
        )
        g.admin_page = found
        return found.count, found.rows

    def _narrowed(self, search: str | None, filters: Any) -> sa.Select:
        query = self.get_query()
        for word in (search or "").replace("\0", "")[:_LONGEST_SEARCH].split()[:_MOST_WORDS]:
            conditions = [self._finds(word, *target) for target in self._search_targets]
            further = self.also_finds(word)
            query = query.where(sa.or_(*conditions, *([] if further is None else [further])))
        for index, _name, value in filters or ():
            flt: Any = (self._filters or [])[index]
            query = flt.apply(query, flt.clean(value))
        return query

    def also_finds(self, word: str) -> Any:
        """A further condition that finds rows by ``word`` (the end of a phone number, say); None for none."""
        return None

    def _finds(self, word: str, column: Any, path: Sequence, prefix: bool) -> Any:
        condition = column.istartswith(word, autoescape=True) if prefix else column.icontains(word, autoescape=True)
        for relation in reversed(path):
            condition = relation.has(condition)
        return condition

    def _order(self, sort_column: Any, descending: bool) -> list[Key]:
        """What the page is sorted by, the id last."""
        chosen = self._sortable_columns.get(sort_column)
        if chosen is not None:
            return [Key(chosen, descending), Key(self.model.id, descending)]
        default = self.column_default_sort or ("id", True)
        wanted = default if isinstance(default, list) else [default if isinstance(default, tuple) else (default, False)]
        keys = [Key(getattr(self.model, name), desc) for name, desc in wanted if name != "id"]
        return [*keys, Key(self.model.id, wanted[-1][1])]

    def _eager(self) -> list:
        loads = []
        for name in dict.fromkeys([*self.list_relations, *self._shown_relations]):
            relation = getattr(self.model, name)
            loads.append(orm.selectinload(relation) if relation.property.uselist else orm.joinedload(relation))
        return loads

    # --- what the columns are, found out once -----------------------------------------------------------------------

    def scaffold_auto_joins(self) -> list:
        """Nothing: ``list_relations`` and the columns shown say what is loaded along."""
        return []

    def _refresh_cache(self) -> None:
        self.column_labels = dict(self.column_labels or {})
        self._search_targets = [
            *((*_through(self.model, name), True) for name in self.search_prefix),
            *((*_through(self.model, name), False) for name in self.search_contains),
        ]
        super()._refresh_cache()
        names = [str(name) for name, _label in self._list_columns]
        relations = set(sa.inspect(self.model).relationships.keys())
        self._shown_relations = [n for n in dict.fromkeys(name.partition(".")[0] for name in names) if n in relations]
        self._money = {a.key for a in sa.inspect(self.model).column_attrs if isinstance(a.columns[0].type, Money)}
        self.column_numeric = tuple(
            a.key for a in sa.inspect(self.model).column_attrs if _is_number(a.columns[0])
        )

    def get_column_name(self, field: Any) -> Any:
        """A column's label as a message id; it is translated when shown."""
        return self.column_labels.get(field) or in_words(str(field))

    def get_details_columns(self) -> list:
        """What the page of one record shows: what is declared, else the list's columns and then the form's."""
        if self.column_details_list:
            return super().get_details_columns()
        names = list(self.column_list or [n for n in self.scaffold_list_columns() if n != "version"])
        shown = {name.partition(".")[0] for name in names}
        return self.get_column_names([*names, *(n for n in self.form_columns or () if n not in shown)], None)

    def get_sortable_columns(self) -> dict:
        """The declared columns, each with an index that begins with it; ConfigurationError without one."""
        found = {}
        for name in self.column_sortable_list or ():
            column = getattr(self.model, name)
            if not indexed(self.model, column):
                raise ConfigurationError(
                    f"{type(self).__name__} sorts by {name!r}, which has no index: give {self.model.__tablename__} "
                    f"an index on (company_id, {name})"
                )
            found[name] = column
        return found

    def init_search(self) -> bool:
        """Whether there is anything to search in."""
        return bool(self._search_targets)

    def search_placeholder(self) -> str | None:
        """The names of what is searched."""
        names = [*self.search_prefix, *self.search_contains]
        return _(", ").join(_(self.get_column_name(n)) for n in names) if names else None

    # --- filters ----------------------------------------------------------------------------------------------------

    def is_valid_filter(self, filter: Any) -> Any:
        """Ours only: others would join tables as they like."""
        return isinstance(filter, CompanyFilter)

    def scaffold_filters(self, name: Any) -> Any:
        """The filters of a column, of a relationship (which record), or through one (``category.name``)."""
        attribute, path = _resolve(self.model, name)
        label = self.get_column_name(name)
        if is_relationship(attribute):
            key = local_key(attribute.property)
            target = attribute.property.mapper.class_
            loader = CompanyAjaxLoader(name, target, [first_text(target)], label=self.record_label)
            return [RecordIs(getattr(self.model, key.key if key is not None else name), label, loader)]
        choices = (self.column_choices or {}).get(name)
        offered = (lambda: [(str(v), _(str(text))) for v, text in choices]) if choices else None
        return filters_for(attribute, label, path, offered)

    def _refresh_filters_cache(self) -> None:
        self._filters = self.get_filters()
        self._filter_groups = None
        self._filter_args = {str(i): (i, flt) for i, flt in enumerate(self._filters or [])}

    def _get_filter_groups(self) -> Any:
        """What the page offers, in the language of this request and with this company's records."""
        groups: OrderedDict[str, list] = OrderedDict()
        for index, flt in enumerate(self._filters or []):
            options = flt.get_options(self)
            groups.setdefault(str(flt.name), []).append({
                "index": index, "arg": str(index), "operation": str(flt.operation()), "type": flt.data_type,
                "options": [(key, str(words)) for key, words in options] if options else None,
            })
        return groups or None

    def _get_list_filter_args(self) -> Any:
        """The filters of this request, read once: ``flt<place>_<filter>=<value>``."""
        if "admin_filters" not in g:
            g.admin_filters = [found for _place, found in sorted(self._read_filters(), key=lambda pair: pair[0])]
        return g.admin_filters or None

    def _read_filters(self) -> list:
        read = []
        for name, value in list(request.args.items())[:_MOST_ARGUMENTS]:
            place, _sep, key = name.removeprefix("flt").partition("_")
            if not name.startswith("flt") or key not in self._filter_args:
                continue
            index, flt = self._filter_args[key]
            if flt.validate(value):
                read.append((place, (index, str(flt.name), value)))
            else:
                flash(self.get_invalid_value_msg(value, flt), "bad")
        return read

    def get_invalid_value_msg(self, value: str, filter: Any) -> str:
        """That a filter's value fits nothing; the list is shown without it."""
        return _("“{value}” is no value for the filter “{name}”; it was left out.", value=value[:60], name=filter.name)

    # --- addresses --------------------------------------------------------------------------------------------------

    def _get_list_extra_args(self) -> Any:
        """Only the arguments that we know stay in addresses: others could steer where a link leads."""
        args = super()._get_list_extra_args()
        args.page = None
        args.extra_args = {name: args.extra_args[name] for name in self.list_args if name in args.extra_args}
        return args

    def list_url(self, **changes: Any) -> str:
        """This list as it is filtered and sorted now, with ``changes`` to its query arguments."""
        args = self._get_list_extra_args()
        args.extra_args.update({name: value for name, value in changes.items() if value})
        return self._get_list_url(args)

    def list_pager(self) -> Pager:
        """Previous and next, and how many there are."""
        page: KeyPage = g.get("admin_page") or KeyPage([])
        return page.pager(lambda cursor: self.list_url(**{CURSOR: cursor}))

    # --- values -----------------------------------------------------------------------------------------------------

    def record_label(self, record: Any) -> str:
        """What people call a record: by its registered kind, else ``str()``."""
        return display.record_words(current_ctx(), record)

    def _get_list_value(
        self, context: Any, model: Any, name: Any, column_formatters: Any, column_type_formatters: Any
    ) -> Any:
        formatter = (column_formatters or {}).get(name)
        if formatter is not None:
            return formatter(self, context, model, name)
        value = display.value_of(model, name)
        choices = self._column_choices_map.get(name)
        if choices and value is not None:
            return _(str(choices[value])) if value in choices else value
        return display.shown(current_ctx(), value, money=name in self._money)


def _resolve(model: type, name: str) -> tuple[Any, list]:
    attribute, path = get_field_with_path(model, name)
    if attribute is None:
        raise ConfigurationError(f"{model.__name__} has no column {name!r}")
    return attribute, list(path or [])


def _through(model: type, name: str) -> tuple[Any, list]:
    """A column and the relationships that lead to it."""
    attribute, path = _resolve(model, name)
    if is_relationship(attribute):
        raise ConfigurationError(f"{name!r} is a relationship; name a column of it: {name}.name")
    return attribute, path


def _is_number(column: Any) -> bool:
    points_elsewhere = bool(column.foreign_keys) or "owned_ref" in column.info
    return isinstance(column.type, (Money, Quantity, sa.Integer)) and not points_elsewhere
