"""``CompanyModelView``: lists, pages and forms of one class of records, by declaration.

It reads through the company's session and writes through services. A person sees what the view's permissions allow;
nothing that was sent in is trusted: another company's id is not found, or an error at its field.
"""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, request
from flask_admin import expose
from flask_admin.form import FormOpts
from flask_admin.helpers import get_redirect_target
from jinja2 import pass_context
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from core.admin import display
from core.admin.actions import MOST_AT_ONCE, RowAction, bulk_action
from core.admin.fields import as_seen, row_and_value
from core.admin.writing import WritingView
from core.db import stale, transaction
from core.errors import Conflict, DomainError, Forbidden, NotFound
from core.i18n import N_, _, n_
from core.web.current import CURSOR, current_ctx, flash_done, flash_error, record_id
from core.web.database import db
from core.web.gate import MEMBER
from core.web.timeline import timeline_of


class CompanyModelView(WritingView):
    """Lists, shows and edits the records of one class of one company. See docs/reference/admin-views.md.

    A subclass names ``model``, ``endpoint``, ``title``, ``noun`` and permissions, and gives the services that write:
    ``create_with``, ``update_with``, ``delete_with``. What it does not give is not offered.
    """

    model: Any
    endpoint: Any
    url: Any = None
    title: str = ""
    """What the list is called, as a message id: ``N_("Products")``."""
    noun: str = ""
    """One of them: ``N_("product")``."""
    icon: str = "inbox"

    view_permission: str = MEMBER
    create_permission: str | None = None
    edit_permission: str | None = None
    delete_permission: str | None = None
    export_permission: str | None = None

    list_template = "sanbao/model/list.html"
    create_template = "sanbao/model/create.html"
    edit_template = "sanbao/model/edit.html"
    details_template = "sanbao/model/details.html"
    can_view_details = True

    def __init__(self) -> None:
        super().__init__(
            self.model, db, name=self.title or self.model.__name__, endpoint=self.endpoint, url=self.url,
            menu_icon_value=self.icon,
        )

    # --- names ------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The list's title in the language of the moment."""
        return _(self._title)

    @name.setter
    def name(self, value: Any) -> None:
        self._title = str(value)

    @property
    def noun_words(self) -> str:
        """One record's sort in the language of the moment; the title when no ``noun`` is given."""
        return _(self.noun) if self.noun else self.name

    def get_empty_list_message(self) -> str:
        """What an empty list says."""
        return _("Nothing here yet")

    # --- who may what -----------------------------------------------------------------------------------------------

    def needs_for(self, tail: str) -> str:
        """The permission that a route of this view needs; the company gate asks."""
        wanted = {
            "create_view": self.create_permission, "edit_view": self.edit_permission,
            "ajax_update": self.edit_permission, "delete_view": self.delete_permission,
            "export": self.export_permission,
        }.get(tail)
        return wanted or self.view_permission

    def _may(self, permission: str | None, writer: Any) -> bool:
        return bool(permission) and writer is not None and current_ctx().can(permission or "")

    @property
    def can_create(self) -> bool:
        """Whether this person may add records here."""
        return self._may(self.create_permission, self.create_with)

    @property
    def can_edit(self) -> bool:
        """Whether this person may change records here."""
        return self._may(self.edit_permission, self.update_with)

    @property
    def can_delete(self) -> bool:
        """Whether this person may delete records here."""
        return self._may(self.delete_permission, self.delete_with)

    @property
    def can_export(self) -> bool:
        """Whether this person may take the list away as a file."""
        return bool(self.export_permission) and current_ctx().can(self.export_permission or "")

    def _handle_view(self, name: str, **kwargs: Any) -> None:
        """Ask again what the gate has asked: no route of ours is open by default."""
        wanted = self.needs_for(name)
        if wanted != MEMBER:
            current_ctx().require(wanted)

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        # Flask-Admin's own calls the view a second time after any TypeError, which hides where it came from
        return fn(self, *args, **kwargs)

    def _offered(self, possible: bool) -> None:
        if not possible:
            raise NotFound("not_offered", _("This is not possible here."))

    # --- pages ------------------------------------------------------------------------------------------------------

    @expose("/")
    def index_view(self) -> Any:
        """The list."""
        return self.open_kept() or super().index_view()

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """A new record."""
        self._offered(self.can_create)
        form = self.create_form()
        made = self.create_model(form) if request.method == "POST" and form.validate() else None
        if made is None:
            return self._form_page(self.create_template, form, self._form_create_rules)
        return self._saved(made, created=True)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        """A record in a form."""
        self._offered(self.can_edit)
        record = self._row(request.args.get("id"), "edit")
        form = self.edit_form(obj=record)
        saved = self.update_model(form, record) if request.method == "POST" and form.validate() else None
        if saved is None:
            return self._form_page(self.edit_template, form, self._form_edit_rules, model=record)
        return self._saved(record)

    def _form_page(self, template: str, form: Any, rules: Any, **more: Any) -> Any:
        page = self.render(
            template, form=form, form_opts=FormOpts(widget_args=self.form_widget_args, form_rules=rules),
            return_url=self.return_url(), form_errors=getattr(form, "refusals", []), **more,
        )
        if request.method != "POST":
            return page, 200
        return page, 409 if getattr(form, "conflict", None) else 422

    def _saved(self, record: Any, created: bool = False) -> Any:
        words = self.record_label(record) if isinstance(record, self.model) else self.noun_words
        flash_done(_("“{name}” was added.", name=words) if created else _("“{name}” was saved.", name=words))
        if "_add_another" in request.form and self.can_create:
            return redirect(self.get_url(".create_view", url=self.return_url()))
        if "_continue_editing" in request.form and self.can_edit and isinstance(record, self.model):
            return redirect(self.get_url(".edit_view", id=record.id, url=self.return_url()))
        return redirect(self.get_save_return_url(record, created))

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:
        """Where one lands after saving: where one came from."""
        return self.return_url()

    def return_url(self) -> str:
        """Where this page was opened from, within this site; the list otherwise."""
        return get_redirect_target() or self.get_url(".index_view")

    @expose("/details/")
    def details_view(self) -> Any:
        """A record, and what has happened to it."""
        ctx = current_ctx()
        record = self._row(request.args.get("id"), "view")
        known = any(kind.model is self.model for kind in ctx.registry.kinds.values())
        return self.render(
            self.details_template, model=record, details_columns=self._details_columns, get_value=self.get_detail_value,
            return_url=self.return_url(), record_title=self.record_label(record),
            may_edit=self.can_edit and self.row_can(ctx, record, "edit"),
            timeline=timeline_of(ctx, record, labels=self.column_labels) if known else None,
        )

    @expose("/delete/", methods=("POST",))
    def delete_view(self) -> Any:
        """Delete one record; the page has asked before."""
        self._offered(self.can_delete)
        record = self._row(request.form.get("id"), "delete")
        words = self.record_label(record)
        try:
            self.delete_model(record)
            flash_done(_("“{name}” was deleted.", name=words))
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            flash_error(error)
        except IntegrityError:
            flash_error(Conflict("in_use", _("“{name}” is used elsewhere and can't be deleted.", name=words)))
        return redirect(self.return_url())

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Any:
        """Records for a look-up by typing, as JSON ``[[id, label], …]``."""
        loader = self._form_ajax_refs.get(request.args.get("name", ""))
        if loader is None:
            raise NotFound("no_lookup", _("This is not possible here."))
        asked = request.args
        rows = loader.get_list(asked.get("query"), asked.get("offset", 0, type=int), asked.get("limit", 10, type=int))
        return jsonify([loader.format(row) for row in rows])

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self) -> Any:
        """One column of one row, edited in the list. Answers a sentence: with 200 done, with 422 why not, with 409 when
        the value is no longer the one that the person saw.
        """
        self._offered(bool(self.column_editable_list) and self.can_edit)
        row, was = row_and_value(request.form.get("list_form_pk", ""))
        id = self._row(row, "edit").id
        form = self.list_form()
        for field in list(form):
            if field.name not in request.form:
                del form[field.name]
        if not form.validate():
            return _(", ").join(str(e) for errors in form.errors.values() for e in errors), 422
        status = 422

        def write(ctx: Any) -> Any:
            nonlocal status
            fresh = self._row(id, "edit")
            if was is not None and not self._still(fresh, form, was):
                status = 409
                raise stale()
            return self.update_with(ctx, fresh, {**self.current_data(fresh), **self.form_data(form)})  # type: ignore[misc]

        made, refused = self._write(form, write)
        if made is None:
            said = refused or [e for field in form for e in field.errors]
            return _(", ").join(said), status
        return _("Saved")

    def _still(self, record: Any, form: Any, was: str) -> bool:
        """Whether the column sent still holds what the person saw, written as the list or a field writes it."""
        now = self._list_form_class(None, obj=record)
        names = [f.short_name for f in form if f.short_name in now and f.short_name in self.column_editable_list]
        seen = self._list_form_class(MultiDict(dict.fromkeys(names, was)))
        return all(as_seen(now[name]) == was or now[name].data == seen[name].data for name in names)

    # --- several rows at once ---------------------------------------------------------------------------------------

    @bulk_action(
        "delete", N_("Delete"), "", confirm=N_("Delete the selected records?"), done=N_("{n} records were deleted.")
    )
    def action_delete(self, ctx: Any, records: list) -> None:
        """Delete the selected rows, all or none."""
        for record in records:
            self.delete_with(ctx, record)  # type: ignore[misc]

    def is_action_allowed(self, name: str) -> bool:
        """Whether this person may use a bulk action here."""
        if name == "delete":
            return self.can_delete
        method = self._actions_data[name][0]
        return current_ctx().can(method.sanbao_bulk[0])

    @expose("/action/", methods=("POST",))
    def action_view(self) -> Any:
        """Do a bulk action to the rows selected, in one transaction."""
        name = request.form.get("action", "")
        self._offered(name in self._actions_data)
        if not self.is_action_allowed(name):
            raise Forbidden("action_refused", _("You may not do this here."))
        method = self._actions_data[name][0]
        ids = sorted({number for number in map(record_id, request.form.getlist("rowid")[:MOST_AT_ONCE]) if number})
        if not ids:
            flash_error(Conflict("nothing_selected", _("Select rows first.")))
            return redirect(self.return_url())
        try:
            with transaction(current_ctx()):
                method(current_ctx(), self._rows(ids, name))
            flash_done(_(method.sanbao_bulk[1], n=len(ids)))
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            flash_error(error)
        except IntegrityError:
            flash_error(Conflict("in_use", _("One of the records is used elsewhere. Nothing was changed.")))
        return redirect(self.return_url())

    def _rows(self, ids: list[int], action: str) -> list:
        """The selected rows in id order; NotFound when one of them is not (or no longer) in this list."""
        ctx = current_ctx()
        rows = list(ctx.session.scalars(self.get_query().where(self.model.id.in_(ids)).order_by(self.model.id)))
        if len(rows) != len(ids):
            missing = len(ids) - len(rows)
            words = n_("{n} of the selected records is not there any more. Nothing was changed.",
                       "{n} of the selected records are not there any more. Nothing was changed.", missing)
            raise NotFound("rows_gone", words)
        for row in rows:
            if not self.row_can(ctx, row, action):
                label = self.record_label(row)
                raise Forbidden("row_refused", _("You may not do this with “{name}”. Nothing was changed.", name=label))
        return rows

    # --- what templates get -----------------------------------------------------------------------------------------

    def get_list_row_actions(self) -> list:
        """The buttons of a row; the first column leads to the record itself."""
        actions: list = []
        if self.can_edit:
            actions.append(RowAction("row_actions.edit_row", "edit", _("Change")))
        if self.can_delete:
            actions.append(RowAction("row_actions.delete_row", "delete", _("Delete")))
        return actions + list(self.column_extra_row_actions or [])

    @pass_context
    def get_list_value(self, context: Any, model: Any, name: str) -> Any:
        """A value in the list; that of the first column leads to the record."""
        value = super().get_list_value(context, model, name)
        if name == self._list_columns[0][0] and name not in (self.column_editable_list or ()):
            url = self.get_url(".details_view", id=model.id, url=context.get("return_url"))
            return display.opening_link(url, value)
        return value

    def render(self, template: str, **kwargs: Any) -> Any:
        """A page, its column names in the language of the request, a list with its way to the next page."""
        for name in ("list_columns", "details_columns"):
            if name in kwargs:
                kwargs[name] = [(column, _(str(label))) for column, label in kwargs[name]]
        if "list_columns" in kwargs:
            self._complete_list(kwargs)
        return super().render(template, **kwargs)

    def _complete_list(self, given: dict) -> None:
        ctx = current_ctx()
        given["pager"] = self.list_pager()
        given["return_url"] = self.list_url(**{CURSOR: request.args.get(CURSOR)})
        given.update(self.kept_parts())
        if given["list_forms"]:
            allowed = {self.get_pk_value(row) for row in given["data"] if self.row_can(ctx, row, "edit")}
            given["list_forms"] = {pk: form for pk, form in given["list_forms"].items() if pk in allowed}
