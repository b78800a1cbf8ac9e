"""The lists and forms of the archive. Each record's own page is in ``views``; here are lists, adding and changing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from flask import g, get_template_attribute, redirect, request, url_for
from flask_admin import expose
from markupsafe import Markup

from core.api import N_, Ctx, OrgUnit, _
from core.web_api import CompanyAjaxLoader, CompanyModelView, current_ctx
from plugins.base import contracts, queries, services
from plugins.base.contracts import ContactData, CustomerData, ProductData, SaleData, UnitData
from plugins.base.labels import LABELS
from plugins.base.models import Contact, Customer, Product, SalesRecord, Unit
from plugins.base.rules import dial_suffix, phone_words


def _data(kind: type, data: dict, **more: Any) -> Any:
    """A form's values as the dataclass of a service; what the form lacks keeps its default, empty texts stay texts."""
    known = {f.name: f for f in fields(kind)}
    given = {k: "" if v is None and known[k].type == "str" else v for k, v in data.items() if k in known}
    return kind(**{**given, **more})


class ArchiveView(CompanyModelView):
    """What the lists of this plugin have in common: a record opens on its own page."""

    page = ""
    column_labels = LABELS
    export_permission: str | None = None

    @property
    def extra_css(self) -> list[str]:
        """The sheet of this plugin: numbers and dates don't break in lists."""
        return [url_for("base.static", filename="base.css")]

    @extra_css.setter
    def extra_css(self, value: Any) -> None:
        """Flask-Admin sets it when a view is made; ours is always the same."""

    @expose("/details/")
    def details_view(self) -> Any:
        """To the record's own page."""
        return redirect(url_for(self.page, record_id=self.get_one(request.args.get("id")).id))

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:
        """After saving, to the record itself."""
        return url_for(self.page, record_id=model.id)


def _phones(view: Any, _context: Any, row: Customer, _name: str) -> Any:
    region = current_ctx().company.region
    return Markup("<br>").join(phone_words(p.number, region, p.extension) for p in row.phones[:3])


def customer_label(customer: Customer) -> str:
    """A customer to choose from a list."""
    return f"{customer.name} {customer.number}"


def _org_units(name: str) -> CompanyAjaxLoader:
    return CompanyAjaxLoader(name, OrgUnit, ["name", "code"], label=lambda u: u.name)


class CustomerView(ArchiveView):
    """Customers."""

    model = Customer
    endpoint = "base_customers"
    url = "customers"
    page = "base.customer_page"
    title = N_("Customers")
    noun = N_("customer")
    icon = "users"
    view_permission = "base.customer.view"
    create_permission = edit_permission = delete_permission = "base.customer.edit"
    export_permission = "base.customer.view"
    column_list = ("number", "name", "phones", "klass", "address", "active")
    column_formatters = {"phones": _phones}
    column_formatters_export = {"phones": lambda v, c, row, n: ", ".join(p.number for p in row.phones)}
    search_prefix = ("number",)
    search_contains = ("name", "address")
    column_filters = ("klass", "kind", "grade", "language", "active", "created_at")
    column_choices = {
        "kind": list(contracts.CUSTOMER_KIND_WORDS.items()),
        "language": list(contracts.LANGUAGE_WORDS.items()),
    }
    column_sortable_list = ("number",)
    form_columns = ("name", "kind", "klass", "grade", "language", "address", "note", "unit_id", "active")
    form_ajax_refs = {"unit_id": _org_units("unit_id")}

    def base_query(self, ctx: Ctx) -> sa.Select:
        """Duplicates that were merged are reached through the customer that stayed."""
        return sa.select(Customer).where(Customer.merged_into_id.is_(None))

    def _finds(self, word: str, column: Any, path: Any, prefix: bool) -> Any:
        """A number's last digits find its owner, beside what the columns say."""
        found = super()._finds(word, column, path, prefix)
        suffix = dial_suffix(word)
        if not prefix or not suffix:
            return found
        owners = sa.select(queries.CustomerPhone.customer_id).where(
            queries.ends_in(queries.CustomerPhone.reversed_digits, suffix)
        )
        return sa.or_(found, Customer.id.in_(owners))

    def search_placeholder(self) -> str:
        """What can be searched for."""
        return _("Name, number, phone, address")

    def create_with(self, ctx: Ctx, data: dict) -> Customer:
        """Through the service."""
        return services.save_customer(ctx, _data(CustomerData, data))

    def update_with(self, ctx: Ctx, record: Customer, data: dict) -> Customer:
        """Through the service; what the form doesn't show stays."""
        kept = {"assignee_id": record.assignee_id, "external_key": record.external_key}
        return services.save_customer(ctx, _data(CustomerData, data, **kept), record.id)

    def delete_with(self, ctx: Ctx, record: Customer) -> None:
        """Through the service."""
        services.delete_customer(ctx, record.id)


class ProductView(ArchiveView):
    """Products."""

    model = Product
    endpoint = "base_products"
    url = "products"
    page = "base.product_page"
    title = N_("Products")
    noun = N_("product")
    icon = "package"
    view_permission = "base.product.view"
    create_permission = edit_permission = delete_permission = "base.product.edit"
    export_permission = "base.product.view"
    column_list = ("code", "name", "group", "model", "maker", "new_until", "active")
    search_prefix = ("code",)
    search_contains = ("name", "model")
    column_filters = ("group", "maker", "active", "new_until")
    column_sortable_list = ("code", "name")
    column_default_sort = ("code", False)
    form_columns = ("code", "name", "group", "model", "maker", "new_until", "active")

    def create_with(self, ctx: Ctx, data: dict) -> Product:
        """Through the service."""
        return services.save_product(ctx, _data(ProductData, data))

    def update_with(self, ctx: Ctx, record: Product, data: dict) -> Product:
        """Through the service."""
        return services.save_product(ctx, _data(ProductData, data), record.id)

    def delete_with(self, ctx: Ctx, record: Product) -> None:
        """Through the service."""
        services.delete_product(ctx, record.id)


def _customers(name: str = "customer_id") -> CompanyAjaxLoader:
    return CompanyAjaxLoader(
        name,
        Customer,
        ["name", "number"],
        label=customer_label,
        narrow=lambda q: q.where(Customer.merged_into_id.is_(None)),
    )


def _products(name: str = "product_id") -> CompanyAjaxLoader:
    return CompanyAjaxLoader(name, Product, ["code", "name", "model"], label=lambda p: f"{p.code} {p.name}")


def _sites() -> CompanyAjaxLoader:
    return CompanyAjaxLoader(
        "site_id", queries.Site, ["name", "address"], label=lambda s: f"{s.name} {s.address}".strip()
    )


def _status(view: Any, _context: Any, row: Unit, _name: str) -> Any:
    """How a unit is, and what the modules show with it: read once for all rows of the page."""
    ctx = current_ctx()
    if "base.badges_of_page" not in ctx.memo:
        listed = g.admin_page.rows if "admin_page" in g else [row]
        ctx.memo["base.badges_of_page"] = queries.unit_badges(ctx, [unit.id for unit in listed])
    shown = [b for b in ctx.memo["base.badges_of_page"].get(row.id, ()) if b.boxed]
    if not shown:
        return _status_words(row)
    return Markup('<span class="row-x wrap">{} {}</span>').format(
        _status_words(row), get_template_attribute("base/macros.html", "badges")(shown)
    )


def _status_words(row: Unit) -> str:
    return _(contracts.UNIT_STATUS_WORDS.get(row.status, row.status))


class UnitView(ArchiveView):
    """The installed base."""

    model = Unit
    endpoint = "base_units"
    url = "units"
    page = "base.unit_page"
    title = N_("Units")
    noun = N_("unit")
    icon = "tractor"
    view_permission = "base.unit.view"
    create_permission = edit_permission = delete_permission = "base.unit.edit"
    export_permission = "base.unit.view"
    column_list = ("serial", "product.name", "customer.name", "batch", "sale_date", "installed_on", "status")
    search_prefix = ("serial", "batch")
    search_contains = ("product.name", "customer.name")
    column_filters = ("product.group", "batch", "status", "sale_date", "installed_on")
    column_choices = {"status": list(contracts.UNIT_STATUS_WORDS.items())}
    column_formatters = {"status": _status}
    column_formatters_export = {"status": lambda v, c, row, n: _status_words(row)}
    column_sortable_list = ("serial",)
    form_columns = (
        "product_id",
        "serial",
        "batch",
        "customer_id",
        "site_id",
        "production_date",
        "sale_date",
        "delivery_date",
        "installed_on",
        "accepted_on",
        "status",
        "note",
    )
    form_ajax_refs = {"product_id": _products(), "customer_id": _customers(), "site_id": _sites()}

    def base_query(self, ctx: Ctx) -> sa.Select:
        """Units registered twice are reached through the one that stayed."""
        return sa.select(Unit).where(Unit.merged_into_id.is_(None))

    def create_form(self, obj: Any = None) -> Any:
        """From a customer's page the customer is filled in."""
        form = super().create_form(obj)
        if request.method == "GET" and (customer := request.args.get("customer", type=int)):
            form["customer_id"].data = customer if queries.find(current_ctx(), Customer, customer) else None
        return form

    def record_label(self, record: Any) -> str:
        """A unit by its serial number; others as usual."""
        return (record.serial or f"#{record.id}") if isinstance(record, Unit) else super().record_label(record)

    def create_with(self, ctx: Ctx, data: dict) -> Unit:
        """Through the service."""
        return services.save_unit_record(ctx, _data(UnitData, data, serial=data.get("serial") or ""))

    def update_with(self, ctx: Ctx, record: Unit, data: dict) -> Unit:
        """Through the service."""
        return services.save_unit_record(ctx, _data(UnitData, data, serial=data.get("serial") or ""), record.id)

    def delete_with(self, ctx: Ctx, record: Unit) -> None:
        """Through the service."""
        services.delete_unit(ctx, record.id)


class SaleView(ArchiveView):
    """The sales ledger."""

    model = SalesRecord
    endpoint = "base_sales"
    url = "sales"
    page = "base.sale_page"
    title = N_("Sales records")
    noun = N_("sales record")
    icon = "receipt"
    view_permission = "base.sales.view"
    create_permission = edit_permission = delete_permission = "base.sales.edit"
    export_permission = "base.sales.view"
    column_list = (
        "sale_date",
        "product.name",
        "customer.name",
        "quantity",
        "batch",
        "expiry",
        "destination",
        "invoice",
    )
    search_prefix = ("batch", "invoice")
    search_contains = ("product.name", "customer.name", "destination")
    column_filters = ("sale_date", "batch", "expiry", "channel", "product.group")
    column_sortable_list = ("sale_date", "batch")
    column_default_sort = ("sale_date", True)
    form_columns = (
        "product_id",
        "customer_id",
        "quantity",
        "sale_date",
        "batch",
        "expiry",
        "device_id",
        "destination",
        "channel",
        "invoice",
        "note",
    )
    form_ajax_refs = {
        "product_id": _products(),
        "customer_id": _customers(),
        "device_id": CompanyAjaxLoader(
            "device_id",
            Unit,
            ["serial", "batch"],
            label=lambda u: u.serial or f"#{u.id}",
            narrow=lambda q: q.where(Unit.merged_into_id.is_(None)),
        ),
    }

    def create_with(self, ctx: Ctx, data: dict) -> SalesRecord:
        """Through the service."""
        return services.record_sale(ctx, _data(SaleData, data))

    def update_with(self, ctx: Ctx, record: SalesRecord, data: dict) -> SalesRecord:
        """Through the service."""
        return services.record_sale(ctx, _data(SaleData, data), record.id)

    def delete_with(self, ctx: Ctx, record: SalesRecord) -> None:
        """Through the service."""
        services.delete_sale(ctx, record.id)


def _said(view: Any, _context: Any, row: Contact, _name: str) -> str:
    text = row.subject or row.text
    return text if len(text) <= 80 else f"{text[:79]}…"


def _called_from(view: Any, _context: Any, row: Contact, _name: str) -> str:
    return phone_words(row.phone, current_ctx().company.region)


class ContactView(ArchiveView):
    """The call register. Entries come in by the intake page; here they are corrected and completed."""

    model = Contact
    endpoint = "base_contacts"
    url = "contacts"
    page = "base.contact_page"
    title = N_("Call register")
    noun = N_("entry of the call register")
    icon = "phone-incoming"
    view_permission = "base.contact.view"
    edit_permission = "base.contact.record"
    export_permission = "base.contact.view"
    form_columns = (
        "caller_name",
        "phone_raw",
        "address",
        "channel",
        "matter",
        "subject",
        "text",
        "model",
        "purchase_date",
        "cause",
        "appearance",
    )
    column_list = (
        "number",
        "received_at",
        "channel",
        "matter",
        "caller_name",
        "phone",
        "customer.name",
        "text",
        "state",
    )
    column_formatters = {"text": _said, "phone": _called_from}
    search_prefix = ("number",)
    search_contains = ("caller_name", "text", "customer.name")
    column_filters = ("state", "channel", "matter", "received_at", "cause", "customer.klass")
    column_choices = {
        "channel": list(contracts.CHANNEL_WORDS.items()),
        "matter": list(contracts.MATTER_WORDS.items()),
        "state": list(contracts.CONTACT_STATE_WORDS.items()),
        "cause": list(contracts.CAUSE_WORDS.items()),
    }
    column_sortable_list = ("received_at", "number")
    column_default_sort = ("received_at", True)

    def _finds(self, word: str, column: Any, path: Any, prefix: bool) -> Any:
        """The last digits of the caller's number find the entry, too."""
        found = super()._finds(word, column, path, prefix)
        suffix = dial_suffix(word)
        return sa.or_(found, queries.ends_in(Contact.reversed_digits, suffix)) if prefix and suffix else found

    def search_placeholder(self) -> str:
        """What can be searched for."""
        return _("Number, phone, name, words")

    def update_with(self, ctx: Ctx, record: Contact, data: dict) -> Contact:
        """Through the service; customer, unit and direction stay."""
        kept = {"customer_id": record.customer_id, "device_id": record.device_id, "direction": record.direction}
        return services.change_contact(ctx, record.id, _data(ContactData, data, phone=data["phone_raw"] or "", **kept))


def views() -> list:
    """One of each, made when the application is put together."""
    return [CustomerView(), ProductView(), UnitView(), SaleView(), ContactView()]


__all__ = ["views"]
