"""Loading suppliers from files."""

from __future__ import annotations

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Loaded, RowProblem
from plugins.warranty.agreed import SupplierData
from plugins.warranty.agreed_life import EDIT_SUPPLIERS
from plugins.warranty.queries import suppliers as queries
from plugins.warranty.services.suppliers import save_supplier

FIELDS = (
    Field(
        "external_key",
        N_("Key at the source"),
        required=True,
        longest=100,
        synonyms=("供方编号", "供应商编号", "编号", "supplier no", "vendor no"),
    ),
    Field("name", N_("Name"), required=True, longest=200, synonyms=("供方名称", "供应商", "供应商名称", "vendor")),
    Field("contact_name", N_("Contact person"), longest=120, synonyms=("联系人", "contact")),
    Field("phone", N_("Phone"), longest=60, synonyms=("电话", "联系电话", "tel")),
    Field("email", N_("E-mail address"), longest=255, synonyms=("邮箱", "email", "mail")),
    Field("address", N_("Address"), longest=400, synonyms=("地址",)),
    Field("note", N_("Note"), "text", synonyms=("备注",)),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the suppliers of a batch that are good and new (see ``core.transfer.Importer``)."""
    known = queries.known_keys(ctx, [str(r.values["external_key"]) for r in rows])
    fresh = [r for r in rows if r.values["external_key"] not in known]
    bad: list[RowProblem] = []
    for row in fresh:
        given = {f.name: str(row.values.get(f.name) or "") for f in FIELDS}
        data = SupplierData(
            name=given["name"],
            contact_name=given["contact_name"],
            phone=given["phone"],
            email=given["email"],
            address=given["address"],
            note=given["note"],
            external_key=given["external_key"],
        )
        try:
            save_supplier(ctx, data)
        except DomainError as error:
            bad.append(RowProblem(row.line, error.field or "", error.message))
    return Loaded(len(fresh) - len(bad), len(rows) - len(fresh), tuple(bad))


SUPPLIERS = Importer(
    "suppliers", N_("Suppliers"), FIELDS, load, EDIT_SUPPLIERS, endpoint="warranty.suppliers_list"
)
