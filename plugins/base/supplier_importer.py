"""Loading suppliers from files."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Loaded, RowProblem
from plugins.base.contracts import SupplierData
from plugins.base.models import Supplier
from plugins.base.services.suppliers import EDIT, save_supplier

FIELDS = (
    Field("external_key", N_("Key at the source"), longest=120, synonyms=("id", "编号", "序号", "vendor no")),
    Field("number", N_("Number"), longest=40, synonyms=("供方编号", "供应商编号", "供应商编码", "supplier no")),
    Field(
        "name", N_("Name"), required=True, longest=200,
        synonyms=("供方名称", "供应商", "供应商名称", "供方", "供货单位", "vendor"),
    ),
    Field("contact_name", N_("Contact person"), longest=120, synonyms=("联系人", "contact")),
    Field("phone", N_("Phone"), longest=60, synonyms=("电话", "联系电话", "tel", "phone")),
    Field("email", N_("E-mail address"), longest=255, synonyms=("邮箱", "email", "mail")),
    Field("address", N_("Address"), longest=400, synonyms=("地址", "address")),
    Field("lead_days", N_("Lead time (days)"), "int", synonyms=("交货期", "交期", "lead time")),
    Field("active", N_("Can be chosen"), "bool", synonyms=("在用", "active")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks")),
)  # fmt: skip


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the suppliers of a batch that are good and new: known ones have the same key or the same number."""
    keys = {str(row.values["external_key"]) for row in rows if row.values.get("external_key")}
    numbers = {_number(row) for row in rows} - {""}
    query = sa.select(Supplier.external_key, Supplier.number).where(
        sa.or_(Supplier.external_key.in_(sorted(keys) or [""]), Supplier.number.in_(sorted(numbers) or [""]))
    )
    there = ctx.session.execute(query).all()
    keys_there, numbers_there = {row.external_key for row in there}, {row.number for row in there}
    added, bad = 0, []
    known = 0
    for row in rows:
        v = row.values
        key = str(v["external_key"]) if v.get("external_key") else None
        if (key is not None and key in keys_there) or _number(row) in numbers_there:
            known += 1
            continue
        try:
            saved = save_supplier(ctx, _data(row, key))
        except DomainError as error:
            bad.append(RowProblem(row.line, error.field or "", error.message))
            continue
        added += 1
        keys_there.add(key)
        numbers_there.add(saved.number)
    return Loaded(added, known, tuple(bad))


def _number(row: ImportRow) -> str:
    return str(row.values.get("number") or "").strip().upper()


def _data(row: ImportRow, key: str | None) -> SupplierData:
    v = row.values
    return SupplierData(
        name=v["name"],
        number=v.get("number") or "",
        contact_name=v.get("contact_name") or "",
        phone=v.get("phone") or "",
        email=v.get("email") or "",
        address=v.get("address") or "",
        note=v.get("note") or "",
        lead_days=v.get("lead_days") or 0,
        active=v.get("active") is not False,
        external_key=key,
    )


SUPPLIERS = Importer("suppliers", N_("Suppliers"), FIELDS, load, EDIT, key="", endpoint="base.suppliers_list")
