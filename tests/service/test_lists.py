"""Declared lists on their pages: saved filters, columns, actions on rows, the board, files, with complaints."""

from __future__ import annotations

import datetime as dt
import io
import re
from decimal import Decimal

import pytest
import python_calamine
import sqlalchemy as sa

from core.api import Event, Role, emit, set_setting, transaction, unit_by_code
from core.auth.models import User
from core.companies.services import save_role, save_unit
from core.db import system_session
from core.lists import background, export
from core.lists.saved import SavedFilter
from core.testing import Installation
from plugins.complaints import services
from plugins.complaints.contracts import ComplaintData
from plugins.complaints.models import Complaint
from tests.support.accounts import Site, words_of

NOW = dt.datetime.now(dt.UTC)
LIST = "/c/acme/complaints/"


@pytest.fixture
def site(app, database_url, registry):
    installation = Installation(database_url, registry)
    made = Site(app, installation)
    ctx = made.office("acme", modules=["complaints"], locale="en", now=NOW).system(NOW)
    for unit in ("rd", "warehouse", "service"):
        save_unit(ctx, unit, unit.title(), "department", "hq")
    save_role(ctx, "handler", {"en": "H", "zh": "H"}, ["complaints.complaint.view", "complaints.complaint.handle"])
    made.person("manager@acme.example", "manager")
    made.person("handler@acme.example", "handler")
    ctx.session.close()
    yield made
    installation.close()


def opened(site, company: str = "acme", **values) -> int:
    ctx = site.office(company).system(NOW - dt.timedelta(hours=1))
    number = services.open_complaint(ctx, ComplaintData(**{"subject": "It leaks", "category": "quality", **values})).id
    ctx.session.close()
    return number


def told(site, query: sa.Select) -> list:
    with system_session(site.installation.engine, "test reads what the pages wrote") as session:
        return [tuple(row) for row in session.execute(query)]


def id_of(site, email: str) -> int:
    return told(site, sa.select(User.id).where(User.email == email))[0][0]


# --- saved filters --------------------------------------------------------------------------------------------------


def test_a_saved_filter_shows_its_count_opens_by_default_and_stays_ones_own_until_it_is_shared(site):
    opened(site, subject="Gearbox")
    opened(site, subject="Parcel torn", category="packaging")
    manager, handler = site.signed_in("manager@acme.example"), site.signed_in("handler@acme.example")
    given = {"do": "save", "name": "Packaging", "tab": "open", "category": "packaging"}
    answer = manager.post(f"{LIST}filters", given, page=LIST)
    (number, args), = told(site, sa.select(SavedFilter.id, SavedFilter.args))
    assert answer.location.endswith(f"{LIST}?saved={number}")
    assert args == {"tab": "open", "category": "packaging"}
    page = words_of(manager.get(answer.location).text)
    assert "Packaging 1" in page
    assert "Parcel torn" in page
    assert "Gearbox" not in page
    assert "Gearbox" in words_of(manager.get(LIST).text)
    manager.post(f"{LIST}filters", {"do": "default", "saved": number}, page=LIST)
    assert "Gearbox" not in words_of(manager.get(LIST).text)
    assert "Gearbox" in words_of(manager.get(f"{LIST}?tab=open").text)
    # somebody else neither sees it nor opens it by its number, and can't share without the right
    assert "Packaging 1" not in words_of(handler.get(LIST).text)
    assert "Gearbox" in words_of(handler.get(f"{LIST}?saved={number}&tab=open").text)
    assert handler.post(f"{LIST}filters", {"do": "delete", "saved": number}, page=LIST).status_code == 404
    assert handler.post(f"{LIST}filters", {**given, "shared": "on"}, page=LIST).status_code == 403
    assert told(site, sa.select(SavedFilter.id, SavedFilter.shared)) == [(number, False)]
    assert told(site, sa.select(Event.name).where(Event.name.startswith("core.filter"))) == []
    # shared, it is everybody's to use, on record, and only those with the right change it
    manager.post(f"{LIST}filters", {"do": "rename", "saved": number, "name": "Parcels", "shared": "on"}, page=LIST)
    assert "Parcels 1" in words_of(handler.get(LIST).text)
    assert handler.post(f"{LIST}filters", {"do": "delete", "saved": number}, page=LIST).status_code == 403
    facts = told(site, sa.select(Event.facts).where(Event.name == "core.filter_shared"))
    assert facts == [({"name": "Parcels", "list": "complaints.complaints", "filter": args},)]
    manager.post(f"{LIST}filters", {"do": "delete", "saved": number}, page=LIST)
    assert told(site, sa.select(SavedFilter.id)) == []
    assert "Gearbox" in words_of(manager.get(LIST).text)


def test_a_filter_that_refers_to_something_gone_says_so_and_finds_nothing_rather_than_everything(site):
    opened(site)
    unit = told(site, sa.text("select id from core_org_unit where code = 'rd'"))[0][0]
    manager = site.signed_in("manager@acme.example")
    assert "It leaks" in words_of(manager.get(f"{LIST}?tab=open&unit={unit}").text)
    ctx = site.office("acme").system(NOW)
    with transaction(ctx):
        unit_by_code(ctx, "rd").active = False
        emit(ctx, "core.unit_saved", name="Rd")
    page = words_of(manager.get(f"{LIST}?tab=open&unit={unit}").text)
    assert "The filter Department refers to something that is no longer there" in page
    assert "It leaks" not in page


# --- columns --------------------------------------------------------------------------------------------------------


def test_each_person_sees_the_columns_that_he_or_she_chose_and_fixed_ones_always(site):
    opened(site, person_phone="13800138000")
    manager, handler = site.signed_in("manager@acme.example"), site.signed_in("handler@acme.example")
    manager.post(f"{LIST}columns", {"column": ["phone", "nonsense"], "back": "tab=open"}, page=LIST)
    page = words_of(manager.get(f"{LIST}?tab=open").text)
    assert "13800138000" in page
    assert "Number Phone" in page.replace("Select all rows of this page", "")
    assert "13800138000" not in words_of(handler.get(f"{LIST}?tab=open").text)
    manager.post(f"{LIST}columns", {"reset": "1"}, page=LIST)
    assert "13800138000" not in words_of(manager.get(f"{LIST}?tab=open").text)


# --- actions on rows, and the board ---------------------------------------------------------------------------------


def test_what_is_refused_is_told_by_name_and_the_rest_is_done(site):
    first, second = opened(site), opened(site)
    services.withdraw_complaint(site.office("acme").system(NOW), second, "A mistake")
    (number,), = told(site, sa.select(Complaint.number).where(Complaint.id == second))
    manager, me = site.signed_in("manager@acme.example"), str(id_of(site, "manager@acme.example"))
    data = {"action": "assign", "rowid": [str(first), str(second), "999"], "choice-assign": me, "back": "tab=all"}
    answer = manager.post(f"{LIST}action", data, page=LIST)
    assert answer.location.endswith(f"{LIST}?tab=all")
    page = words_of(manager.get(answer.location).text)
    assert "1 complaint given to Li Ming" in page
    assert f"{number}: {number} is closed. Reopen it first." in page
    assert "#999: no longer in this list" in page
    assert told(site, sa.select(Complaint.assignee_id).order_by(Complaint.id)) == [(int(me),), (None,)]


def test_a_card_moves_through_its_transition_and_a_refused_move_says_what_is_missing(site):
    number = opened(site)
    manager = site.signed_in("manager@acme.example")
    board = f"{LIST}board"
    assert 'data-target="received"' in manager.get(board).text
    refused = manager.post(f"{LIST}move", {"id": number, "transition": "close"}, page=board)
    page = manager.get(refused.location).text
    assert "The outcome is missing" in words_of(page)
    assert f'href="/c/acme/complaints/{number}#gates"' in page
    manager.post(f"{LIST}move", {"id": number, "transition": "hand_back", "reason": ""}, page=board)
    assert told(site, sa.select(Complaint.state)) == [("in_progress",)]
    manager.post(f"{LIST}move", {"id": number, "transition": "hand_back", "reason": "Not ours"}, page=board)
    assert told(site, sa.select(Complaint.state)) == [("received",)]
    assert manager.post(f"{LIST}move", {"id": number, "transition": "withdraw"}, page=board).status_code == 404


# --- files ----------------------------------------------------------------------------------------------------------


def test_an_export_holds_what_the_filter_shows_in_the_chosen_columns_with_formulas_defused(site):
    site.office("other", modules=["complaints"], locale="en", now=NOW)
    opened(site, "other", subject="Of another company")
    opened(site, subject="=cmd|' /C calc'!A0", person_phone="+86 138")
    opened(site, subject="Parcel", category="packaging")
    manager = site.signed_in("manager@acme.example")
    asked = {"tab": "open", "category": "quality", "columns": "all", "format": "csv"}
    answer = manager.post(f"{LIST}export", asked, page=LIST)
    assert answer.data.startswith(b"\xef\xbb\xbfNumber,Time limit,")
    text = answer.data.decode("utf-8-sig")
    assert "'=cmd" in text
    assert "'+86 138" in text
    assert text.count("\r\n") == 2
    book = manager.post(f"{LIST}export", {"tab": "open", "columns": "chosen", "format": "xlsx"}, page=LIST).data
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert rows[0][:4] == ["Number", "Time limit", "Severity", "Subject"]
    assert len(rows) == 3
    assert isinstance(rows[1][1], dt.datetime)
    assert {r[3] for r in rows[1:]} == {"'=cmd|' /C calc'!A0", "Parcel"}
    facts = [f for f, in told(site, sa.select(Event.facts).where(Event.name == "core.list_exported"))]
    assert [(f["rows"], f["format"], f["filter"]) for f in facts] == [
        (1, "CSV", {"tab": "open", "category": "quality"}), (2, "XLSX", {"tab": "open"}),
    ]


class Killed(BaseException):
    """What a kill looks like from inside."""


def test_a_long_list_is_written_by_the_worker_once_whoever_is_killed_and_fetched_by_those_with_the_right(
    site, monkeypatch, tmp_path
):
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    monkeypatch.setattr(export, "BATCH", 1)
    monkeypatch.setattr(background, "_PAGES_IN_BATCH", 1)
    subjects = ["=1", "Second", "Third"]
    for subject in subjects:
        opened(site, subject=subject)
    set_setting(site.office("acme").system(NOW), "core.lists.export_at_once", 2)
    manager = site.signed_in("manager@acme.example")
    answer = manager.post(f"{LIST}export", {"tab": "open", "sort": "number", "format": "xlsx"}, page=LIST)
    assert re.search(r"/tasks/\d+$", answer.location)
    read_on, calls = background._read_on, []

    def killed_at_the_third(*given):
        read_on(*given)
        calls.append(given)
        if len(calls) == 3:
            raise Killed

    monkeypatch.setattr(background, "_read_on", killed_at_the_third)
    with pytest.raises(Killed):
        site.installation.worker(NOW + dt.timedelta(minutes=30)).run_until_idle()
    site.installation.worker(NOW + dt.timedelta(minutes=40)).run_until_idle()
    assert len(calls) == 4, "two batches were kept, the third was done again"
    page = manager.get(answer.location).text
    assert "3 rows; the file is on this page until" in words_of(page)
    link = re.search(r'href="(/c/acme/files/\d+[^"]*)"', page)[1]
    with manager.get(link) as answered:
        book = answered.data
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    column = rows[0].index("Subject")
    assert [r[column] for r in rows[1:]] == ["'=1", "Second", "Third"]
    facts = told(site, sa.select(Event.facts).where(Event.name == "core.list_exported"))
    assert [(f["rows"], f["format"]) for f, in facts] == [(3, "XLSX")]
    assert list((tmp_path / "exports").iterdir()) == []
    ctx = site.office("acme").system(NOW)
    with transaction(ctx):
        role = ctx.session.scalars(sa.select(Role).where(Role.code == "manager")).one()
        role.permissions = [p for p in role.permissions if p != "complaints.complaint.view"]
        emit(ctx, "core.role_saved", name="Manager", code="manager")
    assert manager.get(link).status_code == 404
    assert link not in manager.get(answer.location).text


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\tx", "\rx", " =1", "\n=1", "＝1", "－1"])
def test_what_a_spreadsheet_could_run_is_text(text, tmp_path):
    assert export.defused(text) == f"'{text}"
    export.write_csv(tmp_path / "f.csv", ["A"], [[text], [Decimal("-1.50")], [-3]])
    written = (tmp_path / "f.csv").read_bytes()
    assert f"'{text}".encode() in written
    assert written.endswith(b"\r\n-1.5\r\n-3\r\n")
    assert export.defused("3 - 2 = 1") == "3 - 2 = 1"
