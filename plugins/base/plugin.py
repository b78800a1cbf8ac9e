"""The archive: always on. Declares; the work is done in services, queries, views and hooks.py."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    EventKind,
    Manifest,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    hookimpl,
    install_shipped,
    read_demo_companies,
    read_table_file,
)
from plugins.base import finding, hookspecs, labels, merging, models, refiling, rules

_VIEW = (
    "base.customer.view",
    "base.product.view",
    "base.unit.view",
    "base.sales.view",
    "base.contact.view",
    "base.supplier.view",
)
_EDIT = (
    "base.customer.edit",
    "base.product.edit",
    "base.unit.edit",
    "base.sales.edit",
    "base.contact.record",
    "base.supplier.edit",
)
_CARE = ("base.customer.merge", "base.unit.merge", "base.supplier.merge", "base.record.refile")

MANIFEST = Manifest(
    name="base",
    label={"en": "Customers and call register", "zh": "客户与叫修登记"},
    summary={
        "en": "Customers, products, units, sales records, suppliers, and what people call about",
        "zh": "客户、产品、设备、销售记录、供方，以及来电来访的登记与受理",
    },
    version="0.1.0",
    category="customers",
    icon="users",
    always_on=True,
    hookspecs=hookspecs,
    permissions=(
        Permission("base.customer.view", N_("See customers")),
        Permission("base.customer.edit", N_("Add and change customers")),
        Permission("base.customer.merge", N_("Merge customers")),
        Permission("base.product.view", N_("See products")),
        Permission("base.product.edit", N_("Add and change products")),
        Permission("base.unit.view", N_("See units")),
        Permission("base.unit.edit", N_("Add and change units")),
        Permission("base.unit.merge", N_("Merge units")),
        Permission("base.sales.view", N_("See sales records")),
        Permission("base.sales.edit", N_("Write sales records")),
        Permission("base.contact.view", N_("See the call register")),
        Permission("base.record.refile", N_("Correct what was filed on the wrong customer or unit")),
        Permission("base.contact.record", N_("Take in calls, letters and visits")),
        Permission("base.supplier.view", N_("See suppliers")),
        Permission("base.supplier.edit", N_("Add and change suppliers")),
        Permission("base.supplier.merge", N_("Merge duplicates of suppliers")),
        Permission("base.rules.edit", N_("Change what is said at reception")),
    ),
    settings=(
        SettingDef(
            "base.customer.pattern",
            N_("Pattern of customer numbers"),
            default="KH{n:05d}",
            help=N_("{n:05d} is the count; {yy} and {mm} are year and month."),
        ),
        SettingDef(
            "base.contact.pattern",
            N_("Pattern of numbers in the call register"),
            default="LF{yy}{mm}-{n:04d}",
            help=N_("{n:05d} is the count; {yy} and {mm} are year and month."),
        ),
        SettingDef(
            "base.supplier.pattern",
            N_("Pattern of the numbers of suppliers"),
            default="G{n:05d}",
            help=N_("{n:05d} is the count; {yy} and {mm} are year and month."),
        ),
        SettingDef(
            "base.customer.classes",
            N_("Customer classes"),
            "text",
            default="",
            help=N_("One per line, as staff shall choose them."),
        ),
        SettingDef(
            "base.intake.required",
            N_("What must be filled in when a case is taken in"),
            "choices",
            default=["name", "phone"],
            help=N_("What concerns the product is asked for faults only."),
            choices=tuple(rules.INTAKE_FIELDS.items()),
        ),
        SettingDef(
            "base.intake.script",
            N_("What to say first in every case"),
            "text",
            default="",
            help=N_(
                "Shown on the intake page, one sentence per line. What depends on matter and channel stands in the "
                "rule table “What to say at reception”."
            ),
        ),
    ),
)


@hookimpl
def plugin_enabled(ctx):
    install_shipped(ctx, "base")


@hookimpl
def decision_tables():
    path = Path(__file__).parent / "data" / "tables" / "reception.yaml"
    return [
        TableDef("base.reception", N_("What to say at reception"), lambda: read_table_file(path), "base.rules.edit")
    ]


@hookimpl
def record_kinds():
    return [
        RecordKind(
            "base.customer",
            models.Customer,
            N_("Customer"),
            lambda c: c.number,
            "base.customer_page",
            "base.customer.view",
            found=finding.CUSTOMERS,
            merge=merging.CUSTOMERS,
            parts=models.PARTS_OF_CUSTOMER,
            icon="user-round",
        ),
        RecordKind(
            "base.product",
            models.Product,
            N_("Product"),
            lambda p: p.code,
            "base.product_page",
            "base.product.view",
            found=finding.PRODUCTS,
            icon="boxes",
        ),
        RecordKind(
            "base.unit",
            models.Unit,
            N_("Unit"),
            lambda u: u.serial or f"#{u.id}",
            "base.unit_page",
            "base.unit.view",
            found=finding.UNITS,
            merge=merging.UNITS,
            refile=refiling.UNITS,
            icon="package",
        ),
        RecordKind(
            "base.sale",
            models.SalesRecord,
            N_("Sales record"),
            lambda s: f"{s.sale_date} {s.batch}".strip(),
            "base.sale_page",
            "base.sales.view",
            refile=refiling.SALES,
        ),
        RecordKind(
            "base.contact",
            models.Contact,
            N_("Entry of the call register"),
            lambda c: c.number,
            "base.contact_page",
            "base.contact.view",
            found=finding.CONTACTS,
            refile=refiling.CONTACTS,
            icon="phone-incoming",
        ),
        RecordKind(
            "base.supplier",
            models.Supplier,
            N_("Supplier"),
            lambda s: s.number,
            "base.supplier_page",
            "base.supplier.view",
            found=finding.SUPPLIERS,
            merge=merging.SUPPLIERS,
            icon="factory",
        ),
    ]


@hookimpl
def column_words():
    return [labels.WORDS]


@hookimpl
def event_kinds():
    return [
        EventKind("base.customer_added", N_("Customer {number} {name} added"), "user-plus"),
        EventKind("base.customer_changed", N_("Details of customer {name} changed"), "pencil"),
        EventKind("base.customer_deleted", N_("Customer {number} {name} deleted"), "trash-2"),
        EventKind("base.customers_merged", N_("Duplicate {number} {name} merged into {into}"), "merge"),
        EventKind("base.customers_merge_undone", N_("Duplicate {number} {name} taken out of {into} again"), "undo-2"),
        EventKind("base.units_merged", N_("Unit {number} of {name} merged into {into}"), "merge"),
        EventKind("base.units_merge_undone", N_("Unit {number} of {name} taken out of {into} again"), "undo-2"),
        EventKind("base.phone_added", N_("Phone number {phone} added"), "phone"),
        EventKind("base.phone_made_primary", N_("Phone number {phone} is to be called first"), "phone"),
        EventKind("base.phone_removed", N_("Phone number {phone} removed"), "phone-off"),
        EventKind("base.site_saved", N_("Place “{site}” saved"), "map-pin"),
        EventKind("base.site_removed", N_("Place “{site}” removed"), "map-pin-off"),
        EventKind("base.person_saved", N_("Contact person {person} saved"), "user-round"),
        EventKind("base.person_removed", N_("Contact person {person} removed"), "user-x"),
        EventKind("base.product_added", N_("Product {code} {name} added"), "package-plus"),
        EventKind("base.product_changed", N_("Product {code} {name} changed"), "package"),
        EventKind("base.product_deleted", N_("Product {code} {name} deleted"), "trash-2"),
        EventKind("base.unit_added", N_("Unit {serial} of {product} registered"), "plus"),
        EventKind("base.unit_changed", N_("Details of unit {serial} of {product} changed"), "pencil"),
        EventKind("base.unit_moved", N_("Unit {serial} of {product} now belongs to {customer}"), "arrow-right-left"),
        EventKind("base.unit_deleted", N_("Unit {serial} of {product} deleted"), "trash-2"),
        EventKind("base.sale_recorded", N_("{quantity} × {product} sold to {customer}"), "receipt"),
        EventKind("base.sale_changed", N_("Sales record of {product} corrected"), "pencil"),
        EventKind("base.sale_deleted", N_("Sales record of {product} struck out"), "trash-2"),
        EventKind("base.contact_recorded", N_("Taken in as {number}: {subject}"), "phone-incoming"),
        EventKind("base.contact_changed", N_("Entry {number} completed"), "pencil"),
        EventKind("base.contact_only_recorded", N_("Entry {number} was only recorded"), "inbox"),
        EventKind("base.contact_led_on", N_("Entry {number} was carried on"), "arrow-right"),
        EventKind("base.contact_handed_over", N_("Entry {number} handed over"), "user-check"),
        EventKind("base.supplier_saved", N_("Supplier {number} {name} saved"), "factory"),
        EventKind("base.supplier_deleted", N_("Supplier {number} {name} removed"), "trash-2"),
        EventKind("base.suppliers_merged", N_("Supplier {number} {name} merged into {into}"), "merge"),
        EventKind("base.suppliers_merge_undone", N_("Supplier {number} {name} taken out of {into} again"), "split"),
        EventKind("base.demo_filled", N_("Demonstration records added"), "sparkles"),
    ]


@hookimpl
def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_VIEW, *_EDIT, *_CARE, "base.rules.edit")),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_VIEW, *_EDIT, *_CARE, "base.rules.edit")),
        RoleDef(
            "agent",
            {"en": "Call agent", "zh": "坐席"},
            (*_VIEW, "base.customer.edit", "base.unit.edit", "base.contact.record"),
        ),
        RoleDef(
            "sales",
            {"en": "Sales", "zh": "销售"},
            (
                "base.customer.view",
                "base.customer.edit",
                "base.product.view",
                "base.unit.view",
                "base.sales.view",
                "base.sales.edit",
            ),
        ),
        RoleDef("viewer", {"en": "Reader", "zh": "只读"}, _VIEW),
    ]


@hookimpl
def importers():
    from plugins.base.importers import IMPORTERS

    return list(IMPORTERS)


@hookimpl
def lists():
    from plugins.base.lists import SUPPLIERS

    return [SUPPLIERS]


@hookimpl
def blueprints():
    from plugins.base.views import blueprint

    return [blueprint]


@hookimpl
def admin_views():
    from plugins.base.admin import views

    return views()


@hookimpl
def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("top", N_("Take in"), "base.intake_page", "phone-call", 20),
        MenuItem("customers", N_("Customers"), "base_customers.index_view", "users", 10),
        MenuItem("customers", N_("Units"), "base_units.index_view", "tractor", 20),
        MenuItem("customers", N_("Products"), "base_products.index_view", "package", 30),
        MenuItem("customers", N_("Sales records"), "base_sales.index_view", "receipt", 40),
        MenuItem("customers", N_("Suppliers"), "base.suppliers_list", "factory", 80),
        MenuItem("service", N_("Call register"), "base_contacts.index_view", "phone-incoming", 30),
    ]


@hookimpl
def filed_together(ctx, record):
    return refiling.filed_together(ctx, record)


@hookimpl
def personal_data(ctx, ref):
    from plugins.base import erasing

    return erasing.personal_data(ctx, ref)


@hookimpl
def erase_person(ctx, ref):
    from plugins.base import erasing

    erasing.erase(ctx, ref)


@hookimpl
def work_items(ctx):
    from plugins.base import hooks

    return hooks.work_items(ctx)


@hookimpl
def home_today(ctx):
    from plugins.base import hooks

    return hooks.today(ctx)


@hookimpl
def open_work_of(ctx, user_id):
    from plugins.base import hooks

    return hooks.open_work_of(ctx, user_id)


@hookimpl
def hand_over_work(ctx, from_user_id, to_user_id):
    from plugins.base import services

    return services.hand_over_contacts(ctx, from_user_id, to_user_id)


@hookimpl
def demo_companies():
    return read_demo_companies(Path(__file__).parent / "data" / "demo_companies.yaml")


@hookimpl
def demo_data():
    from plugins.base.demo import fill

    return fill
