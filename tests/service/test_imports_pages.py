"""The pages of an import, from the upload to the load, and who may open them."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from core.imports import Import, ImportMapping
from core.spreadsheets import sheet_rows, write_sheet
from core.testing import Installation
from plugins.base.models import Product
from tests.support.accounts import Site

pytestmark = pytest.mark.one_database

FILE = "code;Produkt;型号\nP1;Pump;WP-20\nP2;Valve;\n;Hose;\n"


@pytest.fixture
def site(app, database_url, registry):
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    site.person("li@acme.test", "agent", name="Li Lei")
    yield site
    installation.close()


def start(boss, content: str | bytes = FILE, importer: str = "products", name: str = "products.csv"):
    raw = content.encode() if isinstance(content, str) else content
    form = {"importer": importer, "file": (io.BytesIO(raw), name)}
    return boss.post("/c/acme/imports", form, page="/c/acme/imports", content_type="multipart/form-data")


def read(site, query):
    return site.office().system().session.scalars(query).all()


def test_from_the_upload_to_the_records(site):
    boss, worker = site.signed_in("boss@acme.test"), site.installation.worker()
    answer = start(boss)
    path = "/c/acme/imports/1"
    assert answer.location.endswith(path)
    page = boss.get(path).text
    assert '<option value="gb18030"' in page
    assert '<option value=";" selected>' in page
    assert "WP-20" in page
    assert "Say where these come from: Name" in page
    lacking = boss.post(f"{path}/mapping", {"action": "check"}, page=path)
    assert lacking.status_code == 422
    form = {
        "action": "check", "f.name.column": "Produkt", "f.code.column": "code", "f.model.column": "型号",
        "f.maker.column": "", "f.maker.constant": "Plant 1",
    }  # fmt: skip
    assert boss.post(f"{path}/mapping", form, page=path).location.endswith("/imports/1/report")
    assert "data-live" in boss.get(f"{path}/report").text
    worker.tasks.run_one()
    report = boss.get(f"{path}/report").text
    assert "“Code” must be given." in report
    assert "Load the 2 good rows" in report
    assert read(site, sa.select(Product.code)) == []
    bad = boss.get(f"{path}/bad-rows?of=check", buffered=True)
    assert bad.text.removeprefix("\ufeff") == "code,Produkt,型号,Reason\r\n,Hose,,code: “Code” must be given.\r\n"
    boss.post(f"{path}/load", {"rows": "good"}, page=f"{path}/report")
    worker.tasks.run_one()
    assert "Show the records" in boss.get(f"{path}/report").text
    found = [(p.code, p.name, p.model, p.maker) for p in read(site, sa.select(Product).order_by(Product.code))]
    assert found == [("P1", "Pump", "WP-20", "Plant 1"), ("P2", "Valve", "", "Plant 1")]


def test_the_bad_rows_of_a_spreadsheet_are_a_spreadsheet_that_can_be_loaded(site, tmp_path):
    boss, worker = site.signed_in("boss@acme.test"), site.installation.worker()
    out = io.BytesIO()
    write_sheet(out, "1", ["code", "name"], [["P1", "Pump"], ["", "=Hose"], ["P3", ""]])
    start(boss, out.getvalue(), name="products.xlsx")
    path = "/c/acme/imports/1"
    form = {"action": "check", "f.name.column": "name", "f.code.column": "code"}
    boss.post(f"{path}/mapping", form, page=path)
    worker.tasks.run_one()
    bad = boss.get(f"{path}/bad-rows?of=check", buffered=True)
    assert bad.headers["Content-Disposition"].endswith("products%2C%20bad%20rows.xlsx")
    file = tmp_path / "bad.xlsx"
    file.write_bytes(bad.data)
    assert [cells for _line, cells in sheet_rows(file, "", file.name)] == [
        ["code", "name", "Reason"],
        ["", "=Hose", "code: “Code” must be given."],
        ["P3", "", "name: “Name” must be given."],
    ]
    assert start(boss, bad.data, name="again.xlsx").location.endswith("/imports/2")
    assert "=Hose" in boss.get("/c/acme/imports/2").text


def test_a_mapping_is_saved_under_a_name_and_taken_for_another_file(site):
    boss = site.signed_in("boss@acme.test")
    start(boss)
    path = "/c/acme/imports/1"
    columns = {"f.code.column": "code", "f.name.column": "型号", "f.model.column": ""}
    form = {"action": "save", "save_as": "Of the plant", **columns}
    boss.post(f"{path}/mapping", form, page=path)
    assert read(site, sa.select(ImportMapping.name)) == ["Of the plant"]
    start(boss, "x;code;型号\n1;2;3\n")
    other = "/c/acme/imports/2"
    boss.post(f"{other}/mapping", {"action": "use", "source": "saved:Of the plant"}, page=other)
    row = read(site, sa.select(Import).where(Import.id == 2))[0]
    assert row.mapping["fields"] == {"code": {"column": "code"}, "name": {"column": "型号"}}
    start(boss, "a;b\n1;2\n")
    third = "/c/acme/imports/3"
    refused = boss.post(f"{third}/mapping", {"action": "use", "source": "saved:Of the plant"}, page=third)
    assert refused.status_code == 422


def test_what_is_wrong_with_an_upload_is_said_at_the_form(site):
    boss = site.signed_in("boss@acme.test")
    assert start(boss, importer="no such thing").status_code == 422
    assert start(boss, content="\n").status_code == 422
    assert read(site, sa.select(Import.id)) == []


def test_others_find_neither_the_pages_nor_the_import(site):
    boss, li = site.signed_in("boss@acme.test"), site.signed_in("li@acme.test")
    start(boss)
    assert li.get("/c/acme/imports").status_code == 403
    site.person("mei@acme.test", "administrator", name="Mei")
    assert site.signed_in("mei@acme.test").get("/c/acme/imports/1").status_code == 200, "sees everybody's work"
    site.person("zhao@other.test", "administrator", company="other")
    assert site.signed_in("zhao@other.test").get("/c/other/imports/1").status_code == 404


def test_an_upload_may_be_larger_than_other_forms(site, app):
    app.config["MAX_CONTENT_LENGTH"] = 2000
    boss = site.signed_in("boss@acme.test")
    assert start(boss, FILE + "P;q;r\n" * 1000).status_code == 302
