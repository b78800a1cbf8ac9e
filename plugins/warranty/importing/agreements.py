"""Loading service contracts from files: those that run already, each as if it had been drawn up and approved."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.api import N_, Ctx, DomainError, Field, Importer, ImportRow, Loaded, RowProblem, _
from plugins.base.contracts import CUSTOMER, UNIT
from plugins.warranty.agreed import ContractData, ItemData, QuotaData
from plugins.warranty.agreed_life import EDIT_CONTRACTS
from plugins.warranty.contracts import COST_KINDS
from plugins.warranty.models.agreements import QUOTA_KINDS
from plugins.warranty.queries import agreements as queries
from plugins.warranty.services.agreements import approve_contract, save_contract

FIELDS = (
    Field(
        "external_key",
        N_("Key at the source"),
        required=True,
        longest=100,
        synonyms=("合同编号", "合同号", "编号", "contract no", "contract number"),
    ),
    Field("customer", N_("Number of the customer"), required=True, synonyms=("客户编号", "客户", "customer no")),
    Field("title", N_("Title of the contract"), required=True, longest=200, synonyms=("合同名称", "名称", "title")),
    Field("starts_on", N_("Begins on"), "date", required=True, synonyms=("开始日期", "生效日期", "start")),
    Field("ends_on", N_("Ends on"), "date", required=True, synonyms=("结束日期", "到期日", "end")),
    Field("covers", N_("Covered kinds of cost"), "list", synonyms=("覆盖费用",)),
    Field("serials", N_("Serial numbers of the units"), "list", synonyms=("序列号", "设备序列号", "serials")),
    Field("price", N_("Price"), "decimal", synonyms=("金额", "合同金额", "amount")),
    Field("instalments", N_("Instalments"), "int", synonyms=("分期数",)),
    Field("visits", N_("Visits included"), "decimal", synonyms=("次数", "上门次数")),
    Field("hours", N_("Working hours included"), "decimal", synonyms=("工时",)),
    Field("parts", N_("Pieces of parts included"), "decimal", synonyms=("备件数",)),
    Field("period", N_("Period of what is included"), synonyms=("额度周期",)),
    Field("renewal", N_("How it goes on"), synonyms=("续约方式",)),
    Field("contact_name", N_("Contact person"), longest=120, synonyms=("联系人",)),
    Field("contact_email", N_("E-mail address"), longest=255, synonyms=("邮箱", "email")),
    Field("approved", N_("In force already"), "bool", synonyms=("已生效",)),
    Field("note", N_("Note"), "text", synonyms=("备注",)),
)


def load(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the contracts of a batch that are good and new (see ``core.transfer.Importer``)."""
    known = queries.known_keys(ctx, [str(r.values["external_key"]) for r in rows])
    fresh = [r for r in rows if r.values["external_key"] not in known]
    customers = _ids(ctx, CUSTOMER, "number", {str(r.values["customer"]).strip().upper() for r in fresh})
    serials = _ids(ctx, UNIT, "serial", {s.strip().upper() for r in fresh for s in r.values.get("serials") or ()})
    added = 0
    bad: list[RowProblem] = []
    for row in fresh:
        problems = _problems(row, customers, serials)
        if not problems:
            try:
                with ctx.session.begin_nested():
                    _add(ctx, row, customers, serials)
                added += 1
                continue
            except DomainError as error:
                problems = [RowProblem(row.line, _column(error.field or ""), error.message)]
        bad += problems
    return Loaded(added, len(rows) - len(fresh), tuple(bad))


def _ids(ctx: Ctx, kind: str, column: str, wanted: set[str]) -> dict[str, list[int]]:
    """What these numbers name; several units may have one serial number."""
    if not wanted:
        return {}
    model: Any = ctx.registry.kinds[kind].model
    query = sa.select(model.id, getattr(model, column).label("name")).where(getattr(model, column).in_(sorted(wanted)))
    found: dict[str, list[int]] = {}
    for row in ctx.session.execute(query.where(model.merged_into_id.is_(None)).order_by(model.id)):
        found.setdefault(row.name, []).append(row.id)
    return found


def _problems(row: ImportRow, customers: dict[str, list[int]], serials: dict[str, list[int]]) -> list[RowProblem]:
    found = []
    number = str(row.values["customer"]).strip().upper()
    if number not in customers:
        found.append(RowProblem(row.line, "customer", _("There is no customer with this number."), number))
    for text in row.values.get("serials") or ():
        units = serials.get(text.strip().upper(), [])
        if len(units) != 1:
            words = _("There is no unit with this serial number.")
            if units:
                words = _("Several units have this serial number.")
            found.append(RowProblem(row.line, "serials", words, text))
    for kind in row.values.get("covers") or ():
        if kind not in COST_KINDS:
            words = _("“{value}” is not one of: {allowed}.", value=kind, allowed=", ".join(COST_KINDS))
            found.append(RowProblem(row.line, "covers", words, kind))
    return found


def _add(ctx: Ctx, row: ImportRow, customers: dict[str, list[int]], serials: dict[str, list[int]]) -> None:
    values = row.values
    period = values.get("period") or "contract"
    data = ContractData(
        customer_id=customers[str(values["customer"]).strip().upper()][0],
        title=values["title"],
        covers=frozenset(values.get("covers") or ("parts", "labour", "travel")),
        starts_on=values["starts_on"],
        ends_on=values["ends_on"],
        items=tuple(ItemData(device_id=serials[s.strip().upper()][0]) for s in values.get("serials") or ()),
        quotas=tuple(QuotaData(kind, values[kind], period) for kind in QUOTA_KINDS if values.get(kind) is not None),
        price=values["price"] if values.get("price") is not None else ContractData.price,
        instalments=values.get("instalments") or 1,
        renewal=values.get("renewal") or "offer",
        contact_name=values.get("contact_name") or "",
        contact_email=values.get("contact_email") or "",
        note=values.get("note") or "",
        external_key=str(values["external_key"]),
    )
    contract = save_contract(ctx, data)
    if values.get("approved"):
        approve_contract(ctx, contract.id)


def _column(field: str) -> str:
    """The column of the file that an error of the service is about."""
    if field.startswith("quota_"):
        return field.removeprefix("quota_")
    return {"items": "serials", "customer_id": "customer", "quotas": "period"}.get(field, field)


CONTRACTS = Importer(
    "contracts", N_("Service contracts"), FIELDS, load, EDIT_CONTRACTS, endpoint="warranty.contracts_list"
)
