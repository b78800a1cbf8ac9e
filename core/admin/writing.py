"""Forms of a ``CompanyModelView``, and writing through services: what is refused stays in the form, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import request
from flask_admin.form import BaseForm
from flask_admin.model.form import create_editable_list_form
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import ObjectDeletedError
from wtforms import HiddenField

from core.admin.converter import CompanyModelConverter, class_of, local_key
from core.admin.fields import InlineEdit
from core.admin.kept import KeptList
from core.admin.loaders import CompanyAjaxLoader
from core.db import check_version, stale, transaction
from core.errors import DomainError, Forbidden, NotFound
from core.i18n import _
from core.web.conflict import VERSION_FIELD, ConflictView, conflict_of, take_chosen, version_of
from core.web.current import current_ctx
from core.web.forms import SpeaksOurLanguage, place_error

log = structlog.get_logger("sanbao.admin")


class AdminForm(SpeaksOurLanguage, BaseForm):
    """The base of the forms that are made from columns."""

    conflict: ConflictView | None = None


class WritingView(KeptList):
    """Everything about writing: the forms, the services behind them, and which rows may be changed."""

    form_base_class = AdminForm
    model_form_converter = CompanyModelConverter

    create_with: Callable | None = None
    """``create_with(self, ctx, data) -> record``: calls the service; ``data`` holds the form's values by column."""
    update_with: Callable | None = None
    """``update_with(self, ctx, record, data)``."""
    delete_with: Callable | None = None
    """``delete_with(self, ctx, record)``."""

    def row_can(self, ctx: Any, record: Any, action: str) -> bool:
        """Whether ``action`` may be done to this row: ``view``, ``edit``, ``delete`` or the name of a bulk action.

        Asked for the buttons of a row and again, inside the transaction, before anything is done.
        """
        return True

    def _row(self, id: Any, action: str) -> Any:
        """The row with this id, for something that may be done to it; NotFound or Forbidden otherwise."""
        row = self.get_one(id)
        if not self.row_can(current_ctx(), row, action):
            raise Forbidden("row_refused", _("You may not do this with “{name}”.", name=self.record_label(row)))
        return row

    # --- forms ------------------------------------------------------------------------------------------------------

    def _create_ajax_loader(self, name: str, options: Any) -> CompanyAjaxLoader:
        """A look-up for a relationship, or for a column that points to another record."""
        attribute = getattr(self.model, name)
        relation = getattr(attribute.property, "mapper", None)
        target = relation.class_ if relation else class_of(attribute.property.columns[0].info["owned_ref"])
        given = {"label": self.record_label, **options}
        return CompanyAjaxLoader(name, target, given.pop("fields"), **given)

    def _process_ajax_references(self) -> dict:
        """``form_ajax_refs``: name → the columns to search, or a loader, or a dict of a loader's arguments."""
        refs = {
            name: {"fields": given} if isinstance(given, (tuple, list)) else given
            for name, given in (self.form_ajax_refs or {}).items()
        }
        return {n: g if isinstance(g, CompanyAjaxLoader) else self._create_ajax_loader(n, g) for n, g in refs.items()}

    def get_edit_form(self) -> Any:
        """With the version that the person saw, where the class counts versions."""
        form = self.get_form()
        if self.model.__mapper__.version_id_col is None:
            return form
        return type("EditForm", (form,), {VERSION_FIELD: HiddenField()})

    def scaffold_list_form(self, widget: Any = None, validators: Any = None) -> Any:
        """The form of the columns that are edited in the list itself."""
        made = super().scaffold_list_form(widget, validators)
        fields = {n: getattr(made, n) for n in self.column_editable_list if hasattr(made, n)}
        plain = type("Columns", (self.form_base_class,), fields)
        return create_editable_list_form(self.form_base_class, plain, InlineEdit())

    def edit_form(self, obj: Any = None) -> Any:
        """The form for an existing record."""
        form = super().edit_form(obj)
        if VERSION_FIELD not in form:
            return form
        if request.method == "GET":
            form[VERSION_FIELD].data = getattr(obj, self._version_name())
        else:
            take_chosen(form, self._as_opened_now(obj))
        return form

    def _as_opened_now(self, record: Any) -> Any:
        """The form for a record as it stands now, whatever was sent."""
        return self._edit_form_class(None, obj=record)

    def _version_name(self) -> str:
        mapper = self.model.__mapper__
        return mapper.get_property_by_column(mapper.version_id_col).key

    def form_data(self, form: Any) -> dict:
        """What a form holds, by column: of a chosen record its id, under ``category_id`` for ``category``."""
        return {
            getattr(field, "data_key", field.short_name): field.data
            for field in form if field.short_name not in (VERSION_FIELD, "csrf_token", "list_form_pk")
        }

    def current_data(self, record: Any) -> dict:
        """The same of a record as it is now: what editing one column in the list leaves as it is."""
        return {key: getattr(record, key) for key in self._data_keys()}

    def _data_keys(self) -> list[str]:
        relations = self.model.__mapper__.relationships
        keys = []
        for name in self.form_columns or ():
            column = local_key(relations[name]) if name in relations else None
            keys.append(column.key if column is not None else name)
        return keys

    # --- writing ----------------------------------------------------------------------------------------------------

    def _write(self, form: Any, write: Callable) -> tuple[Any, list[str]]:
        """Do ``write(ctx)`` in a transaction. Answers what it answered (None when refused) and sentences for the form.

        What a service refuses is said at the field that it names; what was typed stays.
        """
        ctx = current_ctx()
        try:
            with transaction(ctx):
                return write(ctx) or True, []
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            return None, place_error(form, error)
        except ObjectDeletedError:
            return None, [stale().message]
        except IntegrityError:
            log.warning("constraint", view=self.endpoint, exc_info=True)
            return None, [_("This clashes with another record that was saved just now. Check and send it again.")]

    def create_model(self, form: Any) -> Any:
        """Create through ``create_with``; None when it was refused, with the reasons in the form."""
        made, form.refusals = self._write(form, lambda ctx: self.create_with(ctx, self.form_data(form)))  # type: ignore[misc]
        return made

    def update_model(self, form: Any, model: Any) -> Any:
        """Change through ``update_with``; None when it was refused, with the reasons in the form."""
        id, data = model.id, self.form_data(form)

        def write(ctx: Any) -> Any:
            fresh = self._row(id, "edit")
            self._same_version(form, fresh)
            return self.update_with(ctx, fresh, data)  # type: ignore[misc]

        made, form.refusals = self._write(form, write)
        if made is None and VERSION_FIELD in form:
            self._show_both(form, id)
        return made

    def _same_version(self, form: Any, record: Any) -> None:
        if VERSION_FIELD in form:
            check_version(record, version_of(form[VERSION_FIELD].data))

    def _show_both(self, form: Any, id: Any) -> None:
        """When somebody else was faster: both versions, and the form goes on from the newest."""
        ctx, seen = current_ctx(), version_of(form[VERSION_FIELD].data)
        ctx.session.expire_all()
        record = self.get_one(id)
        newest = getattr(record, self._version_name())
        if newest == seen:
            return
        form.conflict = conflict_of(ctx, form, self._as_opened_now(record), record, seen)
        form.refusals = []
        form[VERSION_FIELD].raw_data, form[VERSION_FIELD].data = None, newest

    def delete_model(self, model: Any) -> bool:
        """Delete through ``delete_with``; raises what the service raises."""
        id = model.id
        with transaction(current_ctx()) as session:
            self.delete_with(current_ctx(), self._row(id, "delete"))  # type: ignore[misc]
            session.flush()
        return True

