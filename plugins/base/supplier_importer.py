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
    """Add the suppliers of a batch that are good and new. A known one has the same key or number; where a row tells
    neither, the same name.
    """
    there = _known(ctx, rows)
    added, known, bad = 0, 0, []
    for row in rows:
        marks = _marks(row)
        if marks & there:
            known += 1
            continue
        try:
            saved = save_supplier(ctx, _data(row))
        except DomainError as error:
            bad.append(RowProblem(row.line, error.field or "", error.message))
            continue
        added += 1
        there |= {*marks, ("number", saved.number), ("name", saved.name)}
    return Loaded(added, known, tuple(bad))


def _marks(row: ImportRow) -> set[tuple[str, str]]:
    """By what a supplier of a file is known: (column, value)."""
    told = {("external_key", _text(row, "external_key")), ("number", _text(row, "number").upper())}
    return {mark for mark in told if mark[1]} or {("name", _text(row, "name"))}


def _known(ctx: Ctx, rows: list[ImportRow]) -> set[tuple[str, str]]:
    """Which marks of a batch suppliers have already."""
    names = ("external_key", "number", "name")
    wanted: dict[str, set[str]] = {name: set() for name in names}
    for column, value in set().union(*(_marks(row) for row in rows)):
        wanted[column].add(value)
    columns = [getattr(Supplier, name) for name in names]
    query = sa.select(*columns).where(sa.or_(*(c.in_(sorted(wanted[c.key]) or [""]) for c in columns)))
    rows_there = ctx.session.execute(query).all()
    return {(name, value) for one in rows_there for name, value in zip(names, one, strict=True) if value}


def _text(row: ImportRow, field: str) -> str:
    return str(row.values.get(field) or "").strip()


def _data(row: ImportRow) -> SupplierData:
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
        external_key=_text(row, "external_key") or None,
    )


SUPPLIERS = Importer("suppliers", N_("Suppliers"), FIELDS, load, EDIT, key="", endpoint="base.suppliers_list")
