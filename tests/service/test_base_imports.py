"""Customers, products, units and sales from files: as if typed in, known by their key, each bad row told by itself."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Invalid, merge_records, use_locale
from core.import_guess import look, propose
from core.testing import Installation
from core.transfer import read_mapping, run_import
from plugins.base import services
from plugins.base.contracts import CustomerData
from plugins.base.models import Customer, CustomerPhone, Product, SalesRecord, Site, Unit

CUSTOMERS = (
    "客户编号,客户名称,联系人,联系电话,省份,城市,安装地址,备注\n"
    "K1,济南机械有限公司,王小明,13800138000,山东,济南,历下区一号,老客户\n"
    "K2,李娜,,12,,,,\n"
    "K3,张伟,,13900139000,,,,\n"
)
PRODUCTS = "产品编码,产品名称,规格型号,生产厂家\nP1,水泵,WP-20,一厂\nP2,水泵,WP-30,一厂\nP1,重复,,\n"
UNITS = (
    "序列号,产品编码,客户,销售日期,安装日期,状态\n s1 ,P1,K1,2026-01-05,2026-01-09,在用\n"
    "s2,P1,张伟,2026-02-01,2026-01-01,\ns3,P9,,,,\n"
)
SALES = (
    "单号,品名,生产厂家,规格型号,数量,批号,有效期,销售日期,客户,去向,备注\n"
    "X1,水泵,一厂,WP-20,2,B7,2028年01月01日,2026年03月04日,K1,济南,首批\n"
    "X2,水泵,一厂,,1,,,2026年03月05日,K1,,\n"
    "X3,水泵,一厂,WP-30,0,,,2026年03月05日,张伟,,\n"
    "X4,水泵,一厂,WP-30,1,,,2026年03月05日,无此人,,\n"
)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(database_url, registry):
    installation = Installation(database_url, registry)
    yield installation.company("acme", locale="en")
    installation.close()


def test_a_customers_language_is_loaded_by_its_name_and_merged(office, tmp_path):
    text = "编号,姓名,语言\nK1,Smith,英文\nK2,Smith,\nK3,Li,火星文\n"
    allowed = "Language of the company, Chinese, English"
    assert load(office, tmp_path, "customers", text) == (
        2, 0, [(4, "language", f"“火星文” is not one of: {allowed}.")],
    )  # fmt: skip
    ctx = office.system()
    known = {c.external_key: c for c in ctx.session.scalars(sa.select(Customer))}
    assert (known["K1"].language, known["K2"].language) == ("en", "")
    merge_records(ctx, "base.customer", known["K1"].id, known["K2"].id, ["language"])
    assert known["K2"].language == "en"
    with pytest.raises(Invalid, match="xx"):
        services.save_customer(ctx, CustomerData("Li", language="xx"))


def load(office, tmp_path, name, text):
    """Load a file as the browser would: with the mapping that is proposed; (added, known, bad as line and reason)."""
    ctx = office.system()
    path = tmp_path / f"{name}.csv"
    path.write_text(text, "utf-8")
    importer = ctx.registry.importers[name]
    sample = look(path, path.name)
    mapping = read_mapping({**sample.layout, "fields": propose(importer, sample)}, importer)
    report = run_import(ctx, importer, path, mapping, only_good=True)
    return report.added, report.known, [(p.line, p.column, p.reason) for p in report.problems]


def test_the_archive_is_loaded_from_chinese_files_and_twice_adds_nothing(office, tmp_path):
    assert load(office, tmp_path, "customers", CUSTOMERS)[:2] == (2, 0)
    assert load(office, tmp_path, "products", PRODUCTS) == (
        2, 0, [(4, "code", "Line 2 has the same key “P1”.")],
    )  # fmt: skip
    assert load(office, tmp_path, "units", UNITS) == (
        1, 0,
        [
            (3, "installed_on", "2026-01-01 is before 2026-02-01, the date of an earlier step."),
            (4, "product_code", "There is no product with the code “P9”. Load the products first."),
        ],
    )  # fmt: skip
    added, known, bad = load(office, tmp_path, "sales", SALES)
    assert (added, known) == (1, 0)
    assert bad == [
        (3, "product_name", "Several products are called “水泵 一厂”. Give the code."),
        (4, "quantity", "The quantity must be more than 0."),
        (5, "customer", "There is no customer “无此人”. Load the customers first."),
    ]
    ctx = office.system()
    company = ctx.session.scalars(sa.select(Customer).where(Customer.external_key == "K1")).one()
    assert (company.name, company.kind, company.note) == ("济南机械有限公司", "company", "老客户")
    assert ctx.session.scalars(sa.select(CustomerPhone.number).order_by(CustomerPhone.id)).all() == [
        "+8613800138000", "+8613900139000",
    ]
    assert [(s.province, s.city, s.address) for s in ctx.session.scalars(sa.select(Site))] == [
        ("山东", "济南", "历下区一号"),
    ]
    unit = ctx.session.scalars(sa.select(Unit)).one()
    assert (unit.serial, unit.customer_id, unit.installed_on, unit.status) == (
        "S1", company.id, dt.date(2026, 1, 9), "in_use",
    )
    sale = ctx.session.scalars(sa.select(SalesRecord)).one()
    product = ctx.session.get_one(Product, sale.product_id)
    assert (product.code, sale.customer_id, sale.quantity, sale.batch) == ("P1", company.id, Decimal(2), "B7")
    assert (sale.sale_date, sale.expiry, sale.destination, sale.note) == (
        dt.date(2026, 3, 4), dt.date(2028, 1, 1), "济南", "首批",
    )
    again = [load(office, tmp_path, n, t)[:2] for n, t in
             (("customers", CUSTOMERS), ("products", PRODUCTS), ("units", UNITS), ("sales", SALES))]
    assert again == [(0, 2), (0, 2), (0, 1), (0, 1)]


def test_a_customer_whose_number_is_wrong_leaves_nothing_behind(office, tmp_path):
    _added, _known, bad = load(office, tmp_path, "customers", CUSTOMERS)
    assert [(line, column) for line, column, _reason in bad] == [(3, "phone")]
    assert office.system().session.scalars(sa.select(Customer.name).where(Customer.external_key == "K2")).all() == []
