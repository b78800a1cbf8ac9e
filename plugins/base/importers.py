"""Loading the archive from files: customers, products, units and the sales ledger, each row as if it were typed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import (
    N_,
    Ctx,
    DomainError,
    Field,
    Importer,
    ImportRow,
    Invalid,
    Loaded,
    RowProblem,
    _,
    open_unit,
    use_locale,
)
from plugins.base import queries, services
from plugins.base.contracts import (
    CUSTOMER_KIND_WORDS,
    LANGUAGE_WORDS,
    UNIT_STATUS_WORDS,
    CustomerData,
    PersonData,
    PhoneData,
    ProductData,
    SaleData,
    SiteData,
    UnitData,
)
from plugins.base.models import Customer, Product, SalesRecord, Unit
from plugins.base.rules import comparable_name
from plugins.base.supplier_importer import SUPPLIERS

_KEY = ("id", "no", "number", "编号", "序号", "流水号")

CUSTOMER_FIELDS = (
    Field(
        "external_key", N_("Key at the source"), required=True, longest=120, synonyms=(*_KEY, "客户编号", "customer no")
    ),
    Field(
        "name",
        N_("Name"),
        required=True,
        longest=200,
        synonyms=("customer", "客户", "客户名称", "姓名", "单位名称", "用户"),
    ),
    Field("kind", N_("Kind"), synonyms=("客户类型", "customer type")),
    Field("klass", N_("Customer class"), longest=60, synonyms=("客户类别", "class")),
    Field("grade", N_("Grade"), longest=20, synonyms=("客户等级", "等级")),
    Field("language", N_("Language"), synonyms=("语言", "语种", "lang")),
    Field(
        "phone", N_("Phone"), longest=60, synonyms=("tel", "telephone", "mobile", "电话", "手机", "联系电话", "手机号")
    ),
    Field("second_phone", N_("Second phone"), longest=60, synonyms=("备用电话", "固定电话", "电话2", "phone 2")),
    Field("person_name", N_("Contact person"), longest=120, synonyms=("联系人", "contact")),
    Field("address", N_("Address"), longest=400, synonyms=("地址", "联系地址", "street")),
    Field("site_name", N_("Name of the place"), longest=120, synonyms=("site", "地点名称", "网点")),
    Field("site_province", N_("Province"), longest=60, synonyms=("省", "省份", "state")),
    Field("site_city", N_("City"), longest=60, synonyms=("市", "城市", "town")),
    Field("site_district", N_("District"), longest=60, synonyms=("区", "区县", "县", "county")),
    Field("site_address", N_("Address of the place"), longest=400, synonyms=("安装地址", "设备地址", "使用地址")),
    Field("unit_code", N_("Code of the organisation unit"), longest=40, synonyms=("服务网点", "所属机构", "branch")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks", "comment")),
)
PRODUCT_FIELDS = (
    Field(
        "code",
        N_("Code"),
        required=True,
        longest=60,
        synonyms=("产品编码", "货号", "物料编码", "sku", "item", "product code"),
    ),
    Field(
        "name", N_("Name"), required=True, longest=200, synonyms=("产品名称", "品名", "名称", "product", "description")
    ),
    Field("group", N_("Product group"), longest=80, synonyms=("产品类别", "分类", "category", "product group")),
    Field("model", N_("Specification and model"), longest=120, synonyms=("规格型号", "型号", "规格", "model")),
    Field(
        "maker", N_("Maker"), longest=200, synonyms=("生产厂家", "厂家", "制造商", "生产企业", "manufacturer", "brand")
    ),
    Field("new_until", N_("New until"), "date", synonyms=("新品截止",)),
)
UNIT_FIELDS = (
    Field(
        "serial",
        N_("Serial number"),
        required=True,
        longest=80,
        synonyms=("序列号", "出厂编号", "机号", "sn", "serial no"),
    ),
    Field(
        "product_code",
        N_("Product code"),
        required=True,
        longest=60,
        synonyms=("产品编码", "型号编码", "sku", "product"),
    ),
    Field(
        "customer",
        N_("Customer (key at the source, number or name)"),
        longest=200,
        synonyms=("客户", "用户", "customer"),
    ),
    Field("batch", N_("Batch"), longest=80, synonyms=("批号", "lot", "batch no")),
    Field("production_date", N_("Produced on"), "date", synonyms=("生产日期", "出厂日期", "manufactured")),
    Field("sale_date", N_("Sold on"), "date", synonyms=("销售日期", "购买日期", "sale date", "purchase date")),
    Field("delivery_date", N_("Delivered on"), "date", synonyms=("交货日期", "发货日期", "delivery date")),
    Field("installed_on", N_("Installed on"), "date", synonyms=("安装日期", "installation date")),
    Field("accepted_on", N_("Accepted on"), "date", synonyms=("验收日期", "acceptance date")),
    Field("status", N_("Status"), synonyms=("状态",)),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks")),
)
SALE_FIELDS = (
    Field("external_key", N_("Key at the source"), required=True, longest=120, synonyms=(*_KEY, "单号", "order no")),
    Field("product_code", N_("Product code"), longest=60, synonyms=("产品编码", "货号", "sku")),
    Field("product_name", N_("Product name"), longest=200, synonyms=("品名", "产品名称", "名称", "product")),
    Field("maker", N_("Maker"), longest=200, synonyms=("生产厂家", "厂家", "制造商", "生产企业", "manufacturer")),
    Field("model", N_("Specification and model"), longest=120, synonyms=("规格型号", "型号", "规格", "model", "spec")),
    Field("quantity", N_("Quantity"), "decimal", required=True, synonyms=("数量", "qty")),
    Field("batch", N_("Batch"), longest=80, synonyms=("批号", "生产批号", "lot", "batch no")),
    Field("expiry", N_("Expires on"), "date", synonyms=("有效期", "有效期至", "失效日期", "expiry")),
    Field("sale_date", N_("Sold on"), "date", required=True, synonyms=("销售日期", "日期", "sale date", "date")),
    Field("customer", N_("Customer (key at the source, number or name)"), required=True, longest=200,
          synonyms=("客户", "购货单位", "客户名称", "customer")),
    Field("destination", N_("Destination"), longest=200, synonyms=("去向", "销往地区", "销售去向", "region")),
    Field("channel", N_("Sales channel"), longest=80, synonyms=("渠道", "销售渠道")),
    Field("invoice", N_("Invoice"), longest=80, synonyms=("发票号", "发票", "invoice no")),
    Field("serial", N_("Serial number"), longest=80, synonyms=("序列号", "出厂编号", "sn")),
    Field("note", N_("Note"), "text", synonyms=("备注", "remark", "remarks")),
)  # fmt: skip


@dataclass
class _Batch:
    """What a batch refers to, read once; what it adds is looked up anew."""

    ctx: Ctx
    bad: list[RowProblem] = field(default_factory=list)
    added: int = 0

    def each(self, rows: list[ImportRow], add: Callable[[dict[str, Any]], object]) -> None:
        """Add row by row, each undone by itself when it can't be: its reason is told."""
        for row in rows:
            try:
                with self.ctx.session.begin_nested():
                    add(dict(row.values))
                    self.ctx.session.flush()
            except DomainError as error:
                self.bad.append(RowProblem(row.line, error.field or "", error.message))
            else:
                self.added += 1

    def loaded(self, rows: list[ImportRow], fresh: list[ImportRow]) -> Loaded:
        """What became of it."""
        return Loaded(self.added, len(rows) - len(fresh), tuple(self.bad))


def _choice(value: str | None, words: dict[str, str], name: str, default: str) -> str:
    """A value by its code or by its name in either language; Invalid for another."""
    if not value:
        return default
    for code, text in words.items():
        if value == code or value in _both(text):
            return code
    allowed = ", ".join(_(w) for w in words.values())
    raise Invalid("bad_choice", _("“{value}” is not one of: {allowed}.", value=value, allowed=allowed), name)


def _both(text: str) -> set[str]:
    found = set()
    for locale in ("en", "zh"):
        with use_locale(locale):
            found.add(_(text))
    return found


def _text(values: dict[str, Any], name: str) -> str:
    return values.get(name) or ""


# --- customers --------------------------------------------------------------------------------------------------------


def load_customers(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the customers of a batch whose key is new, with phones, a contact person and a place."""
    keys = [row.values["external_key"] for row in rows]
    known = set(ctx.session.scalars(sa.select(Customer.external_key).where(Customer.external_key.in_(keys))))
    fresh = [row for row in rows if row.values["external_key"] not in known]
    batch = _Batch(ctx)
    batch.each(fresh, lambda values: _add_customer(ctx, values))
    return batch.loaded(rows, fresh)


def _add_customer(ctx: Ctx, v: dict[str, Any]) -> None:
    unit = open_unit(ctx, v["unit_code"], "unit_code") if v.get("unit_code") else None
    data = CustomerData(
        v["name"],
        _choice(v.get("kind"), CUSTOMER_KIND_WORDS, "kind", "company" if v.get("person_name") else "person"),
        _text(v, "klass"),
        _text(v, "grade"),
        _text(v, "address"),
        _text(v, "note"),
        unit.id if unit else None,
        external_key=v["external_key"],
        language=_choice(v.get("language"), LANGUAGE_WORDS, "language", ""),
    )
    customer = services.save_customer(ctx, data)
    for name in ("phone", "second_phone"):
        if v.get(name):
            try:
                services.add_phone(ctx, customer.id, PhoneData(v[name]))
            except DomainError as error:
                raise Invalid(error.code, error.message, name) from error
    if v.get("person_name"):
        services.save_person(ctx, customer.id, PersonData(v["person_name"], phone=_text(v, "phone")))
    place = {n: _text(v, f"site_{n}") for n in ("name", "province", "city", "district", "address")}
    site = SiteData(place["name"], place["province"], place["city"], place["district"], place["address"])
    if any(place.values()):
        if not (site.name or site.address):
            site = SiteData(v["name"][:120], site.province, site.city, site.district, data.address)
        services.save_site(ctx, customer.id, site)


# --- products, units, sales -------------------------------------------------------------------------------------------


def load_products(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the products of a batch whose code is new."""
    codes = [row.values["code"] for row in rows]
    known = set(ctx.session.scalars(sa.select(Product.code).where(Product.code.in_(codes))))
    fresh = [row for row in rows if row.values["code"] not in known]
    batch = _Batch(ctx)
    batch.each(fresh, lambda v: services.save_product(ctx, _product(v)))
    return batch.loaded(rows, fresh)


def _product(v: dict[str, Any]) -> ProductData:
    return ProductData(
        v["code"], v["name"], _text(v, "group"), _text(v, "model"), _text(v, "maker"), v.get("new_until")
    )


def load_units(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the units of a batch whose product does not have this serial number yet."""
    serials = [row.values["serial"].strip().upper() for row in rows]
    query = sa.select(Product.code, Unit.serial).join(Product, Product.id == Unit.product_id)
    known = {(code, serial) for code, serial in ctx.session.execute(query.where(Unit.serial.in_(serials)))}
    fresh = [r for r in rows if (r.values["product_code"], r.values["serial"].strip().upper()) not in known]
    batch = _Batch(ctx)
    batch.each(fresh, lambda v: services.save_unit_record(ctx, _unit(ctx, v)))
    return batch.loaded(rows, fresh)


def _unit(ctx: Ctx, v: dict[str, Any]) -> UnitData:
    return UnitData(
        _product_by_code(ctx, v["product_code"]).id,
        v["serial"],
        _text(v, "batch"),
        _customer(ctx, v["customer"]).id if v.get("customer") else None,
        None,
        v.get("production_date"),
        v.get("sale_date"),
        v.get("delivery_date"),
        v.get("installed_on"),
        v.get("accepted_on"),
        _choice(v.get("status"), UNIT_STATUS_WORDS, "status", "in_use"),
        _text(v, "note"),
    )


def load_sales(ctx: Ctx, rows: list[ImportRow]) -> Loaded:
    """Add the lines of the sales ledger whose key is new (DST-0)."""
    keys = [row.values["external_key"] for row in rows]
    known = set(ctx.session.scalars(sa.select(SalesRecord.external_key).where(SalesRecord.external_key.in_(keys))))
    fresh = [row for row in rows if row.values["external_key"] not in known]
    batch = _Batch(ctx)
    batch.each(fresh, lambda v: services.record_sale(ctx, _sale(ctx, v)))
    return batch.loaded(rows, fresh)


def _sale(ctx: Ctx, v: dict[str, Any]) -> SaleData:
    product = _product_by_code(ctx, v["product_code"]) if v.get("product_code") else _product_by_name(ctx, v)
    device = _device(ctx, product, v["serial"]) if v.get("serial") else None
    return SaleData(
        product.id,
        _customer(ctx, v["customer"]).id,
        v["sale_date"],
        Decimal(v["quantity"]),
        device.id if device else None,
        _text(v, "batch"),
        v.get("expiry"),
        _text(v, "destination"),
        _text(v, "channel"),
        _text(v, "invoice"),
        _text(v, "note"),
        v["external_key"],
    )


def _product_by_code(ctx: Ctx, code: str) -> Product:
    product = queries.product_by_code(ctx, code)
    if product is None:
        text = _("There is no product with the code “{code}”. Load the products first.", code=code)
        raise Invalid("unknown_product", text, "product_code")
    return product


def _product_by_name(ctx: Ctx, v: dict[str, Any]) -> Product:
    """The one product of this name, and of this model and maker where they are given."""
    if not v.get("product_name"):
        raise Invalid("product_missing", _("Give the product's code or its name."), "product_code")
    query = sa.select(Product).where(Product.name == v["product_name"])
    for name in ("model", "maker"):
        if v.get(name):
            query = query.where(getattr(Product, name) == v[name])
    found = list(ctx.session.scalars(query.limit(2)))
    if len(found) != 1:
        words = " ".join(filter(None, (v["product_name"], v.get("model"), v.get("maker"))))
        text = (
            _("Several products are called “{name}”. Give the code.", name=words)
            if found
            else _("There is no product “{name}”. Load the products first.", name=words)
        )
        raise Invalid("unknown_product", text, "product_name")
    return found[0]


def _device(ctx: Ctx, product: Product, serial: str) -> Unit:
    query = sa.select(Unit).where(Unit.product_id == product.id, Unit.serial == serial.strip().upper())
    unit = ctx.session.scalar(query)
    if unit is None:
        text = _("{product} has no unit with the serial number {serial}.", product=product.name, serial=serial)
        raise Invalid("unknown_unit", text, "serial")
    return unit


def _customer(ctx: Ctx, text: str) -> Customer:
    """By the key of an earlier import, by the number, or by a name that only one has."""
    by_key = sa.or_(Customer.external_key == text, Customer.number == text)
    for where in (by_key, Customer.name_key == comparable_name(text)):
        found = list(ctx.session.scalars(sa.select(Customer).where(where, Customer.active.is_(True)).limit(2)))
        if len(found) == 1:
            return found[0]
        if found:
            words = _("Several customers are called “{name}”. Give the number.", name=text)
            raise Invalid("customer_unclear", words, "customer")
    words = _("There is no customer “{name}”. Load the customers first.", name=text)
    raise Invalid("unknown_customer", words, "customer")


IMPORTERS = (
    Importer(
        "customers", N_("Customers"), CUSTOMER_FIELDS, load_customers, "base.customer.edit",
        endpoint="base_customers.index_view",
    ),
    Importer(
        "products", N_("Products"), PRODUCT_FIELDS, load_products, "base.product.edit", key="code",
        endpoint="base_products.index_view",
    ),
    Importer(
        "units", N_("Units"), UNIT_FIELDS, load_units, "base.unit.edit", key="", endpoint="base_units.index_view"
    ),
    Importer(
        "sales", N_("Sales records"), SALE_FIELDS, load_sales, "base.sales.edit", endpoint="base_sales.index_view"
    ),
    SUPPLIERS,
)  # fmt: skip
