"""Attachments: what may be attached is decided by the content, what was removed is on record, the page shows them."""

from __future__ import annotations

import io
import zipfile

import pytest
import sqlalchemy as sa

from core.attachments import Attachment, attach, attachments_of, detach, reference_count
from core.errors import Invalid
from core.events import Event, RecordRef
from core.files import StoredFile
from core.settings import set_setting
from core.testing import Installation
from plugins.base import services
from plugins.base.contracts import CustomerData
from tests.support.accounts import Site

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 40


def office_file(folder: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(f"{folder}/document.xml", "x")
    return out.getvalue()


@pytest.fixture
def site(app, database_url, registry):
    installation = Installation(database_url, registry)
    site = Site(app, installation)
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    site.person("view@acme.test", "viewer", name="Li Lei")
    yield site
    installation.close()


@pytest.fixture
def customer(site):
    services.save_customer(site.office().system(), CustomerData("Jinan Machinery"))
    return RecordRef("base.customer", 1)


def test_what_a_file_holds_decides_not_its_name(site, customer):
    ctx = site.office().system()
    good = [
        ("a.png", PNG), ("b.JPG", JPG), ("报告.docx", office_file("word")), ("c.txt", "漏水".encode()),
        ("d.csv", b"a,b"),
    ]  # fmt: skip
    for name, content in good:
        attach(ctx, customer, name, content)
    bad = [
        ("a.png", JPG), ("page.html", b"<html>"), ("x.svg", b"<svg>"), ("x.txt", b"<!doctype html>"), ("x.pdf", b"MZ"),
        ("x.xlsx", office_file("word")), ("run.exe", b"MZ"), ("noending", PNG), ("x.txt", b"\0\1"),
    ]  # fmt: skip
    for name, content in bad:
        with pytest.raises(Invalid):
            attach(ctx, customer, name, content)
    assert [a.file.name for a in attachments_of(ctx, customer)] == [name for name, _content in good]
    assert ctx.session.scalar(sa.select(sa.func.count(StoredFile.id))) == len(good)


def test_a_company_says_which_types_and_how_large(site, customer):
    ctx = site.office().system()
    set_setting(ctx, "core.attachments.types", "png, html")
    set_setting(ctx, "core.files.largest_mb", 1)
    attach(site.office().system(), customer, "a.png", PNG)
    for name, content in (("a.jpg", JPG), ("a.html", b"x"), ("b.png", PNG + b"\0" * 1024 * 1024)):
        with pytest.raises(Invalid):
            attach(site.office().system(), customer, name, content)


def test_removing_needs_a_reason_and_stays_on_the_timeline(site, customer):
    ctx = site.office().system()
    row_id = attach(ctx, customer, "a.png", PNG).id
    assert reference_count(ctx, customer) == 1
    with pytest.raises(Invalid):
        detach(ctx, row_id, "  ")
    assert reference_count(ctx, customer) == 1
    detach(ctx, row_id, "wrong customer")
    assert reference_count(ctx, customer) == 0
    query = sa.select(Event.name, Event.facts).where(Event.name.like("core.attachment%")).order_by(Event.id)
    assert [tuple(r) for r in ctx.session.execute(query)] == [
        ("core.attachment_added", {"file": "a.png"}),
        ("core.attachment_removed", {"file": "a.png", "reason": "wrong customer"}),
    ]
    assert ctx.session.scalar(sa.select(sa.func.count(StoredFile.id))) == 0


def test_on_the_record_s_page_several_are_added_at_once_and_readers_only_see_them(site, customer):
    boss, reader = site.signed_in("boss@acme.test"), site.signed_in("view@acme.test")
    address = "/c/acme/customers/1"
    assert 'capture="environment"' in boss.get(address).text
    files = [(io.BytesIO(PNG), "a.png"), (io.BytesIO(b"<html>"), "b.png"), (io.BytesIO(JPG), "c.jpg")]
    path = "/c/acme/attachments/base.customer/1"
    answer = boss.post(path, {"file": files}, page=address, content_type="multipart/form-data")
    assert answer.status_code == 302
    shown = boss.get(address).text
    assert "2 files attached." in shown
    assert "“b.png” is not what its name says: it holds no PNG." in shown
    seen = reader.get(address).text
    assert "a.png" in seen
    assert "/remove" not in seen
    assert reader.post(path, {"file": (io.BytesIO(PNG), "d.png")}, page="/account",
                       content_type="multipart/form-data").status_code == 403
    assert reader.get("/c/acme/files/1", buffered=True).data == PNG
    refused = boss.post("/c/acme/attachments/1/remove", {"reason": ""}, page=address)
    assert refused.status_code == 302
    boss.post("/c/acme/attachments/1/remove", {"reason": "blurred"}, page=address)
    names = site.office().system().session.scalars(sa.select(Attachment.file_id)).all()
    assert names == [2]
    nobody = boss.post("/c/acme/attachments/base.customer/99", {"file": (io.BytesIO(PNG), "d.png")}, page=address,
                       content_type="multipart/form-data")
    assert nobody.status_code == 404
