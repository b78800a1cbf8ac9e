"""The list of suppliers, declared. The other lists of the archive are admin views."""

from __future__ import annotations

from core.api import N_, ListColumn, ListDef, ListTab, Mark, NewRecord, _
from plugins.base.queries.suppliers import Supplier, is_offered, search_suppliers
from plugins.base.services.suppliers import EDIT

SEE = "base.supplier.view"


def _state(row: Supplier) -> Mark:
    if row.merged_into_id is not None:
        return Mark(_("Merged"), "", "merge")
    return Mark(_("Active"), "ok", "circle-check") if row.active else Mark(_("Inactive"), "", "circle-x")


SUPPLIERS = ListDef(
    "base.suppliers",
    N_("Suppliers"),
    Supplier,
    SEE,
    (
        ListColumn("number", N_("Number"), kind="id", place="id", sort=Supplier.number, fixed=True),
        ListColumn("name", N_("Name"), kind="main", place="main", sort=Supplier.name),
        ListColumn("contact_name", N_("Contact person"), place="left"),
        ListColumn("phone", N_("Phone")),
        ListColumn("email", N_("E-mail address")),
        ListColumn("address", N_("Address"), shown=False),
        ListColumn("lead_days", N_("Lead time (days)"), kind="number", shown=False),
        ListColumn("note", N_("Note"), shown=False),
        ListColumn("state", N_("State"), _state, "mark", "right"),
    ),
    "/suppliers/",
    icon="factory",
    search=lambda _ctx, text: search_suppliers(text),
    search_words=N_("Number, name, contact person"),
    tabs=(
        ListTab("active", N_("Active"), lambda _ctx: is_offered()),
        ListTab("all", N_("All"), counted=False),
    ),
    first=("active",),
    order=((Supplier.name, False),),
    new=NewRecord(N_("Add a supplier"), "base.supplier_new", EDIT),
    export=SEE,
    empty=N_("No suppliers here"),
    empty_hint=N_("They are added here or imported from a file."),
)
