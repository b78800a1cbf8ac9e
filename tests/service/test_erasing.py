"""Erasing a person: what goes in every module, what stays, and that the chain of the audit trail stays whole."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from core import audit, erasure
from core.audit import Verification, seal_events
from core.checklists.models import Checklist, ChecklistAnswer, ChecklistVersion
from core.checklists.template import TEXT, read_template
from core.companies.switch import switch_off
from core.db import transaction
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import QUEUED, Delivery, Event, RecordRef, emit, write_events
from core.files import store_file
from core.i18n import use_locale
from core.mail.services import queue_mail
from core.settings import set_setting
from core.testing import START, Installation
from plugins.base import services as base
from plugins.base.contracts import ContactData, CustomerData, PersonData, PhoneData, SiteData
from plugins.complaints import services as complaints
from plugins.complaints.contracts import ComplaintData
from plugins.complaints.models import ActionSource, CauseAction, Meeting, Reward
from tests.support.accounts import Site, words_of

NAME, PHONE, STREET = "Ma Dongsheng", "13800138000", "7 Lake Road"


@pytest.fixture
def office(database_url, registry, tmp_path, monkeypatch):
    """A company whose chain is sealed, with one customer who called, complained and was answered."""
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    installation = Installation(database_url, registry)
    with use_locale("en"):
        yield installation.company("acme", modules=("complaints",), region="CN")
    installation.close()


@pytest.fixture
def person(office) -> RecordRef:
    ctx = office.system()
    phone = PhoneData(PHONE)
    customer = base.save_customer(ctx, CustomerData(name=NAME, address=STREET, note=f"ask for {NAME}"))
    base.add_phone(ctx, customer.id, phone)
    base.save_site(ctx, customer.id, SiteData(name=f"Farm of {NAME}", address=STREET))
    base.save_person(ctx, customer.id, PersonData(name=NAME, phone=PHONE))
    contact = base.record_contact(
        ctx, ContactData(customer_id=customer.id, caller_name=NAME, phone=PHONE, text=f"{NAME}: it leaks")
    )
    complaint = complaints.open_complaint(
        ctx,
        ComplaintData(
            subject=f"{NAME} is cross",
            text=f"{NAME} called twice",
            customer_id=customer.id,
            contact_id=contact.id,
            person_name=NAME,
            person_phone=PHONE,
        ),
    )
    _words_on(ctx, complaint)
    base.save_customer(ctx, CustomerData(name="Zhao Min", address="1 Hill Street"))
    with transaction(ctx):
        store_file(ctx, f"letter of {NAME}.txt", b"It leaks.", purpose="attachment", record=contact)
        queue_mail(ctx, "person@customer.example", "Answer", f"{NAME}, it is mended.", cause="answer", record=contact)
        emit(ctx, "base.contact_changed", contact, number=contact.number)
    done(office)
    while seal_events(office.system()):
        pass
    return RecordRef("base.customer", customer.id)


def _words_on(ctx, complaint) -> None:
    """What people of the company write about somebody, wherever they can."""
    about = {"complaint_id": complaint.id}
    checked = sa.select(ChecklistVersion).order_by(ChecklistVersion.id).limit(1)
    with transaction(ctx):
        complaint.delegate_reason = complaint.no_action_reason = f"{NAME} is away"
        action = CauseAction(
            number="M1", kind="corrective", title=f"visit {NAME}", text=NAME, result=NAME, check_text=NAME,
            opened_at=ctx.now,
        )  # fmt: skip
        gift = {"gift": "tea", "value": 20, "currency": "CNY", "proposed_at": ctx.now, "proposed_by": "Li"}
        version = ctx.session.scalars(checked).one()
        filled = Checklist(
            record_kind="complaints.complaint", record_id=complaint.id, template_id=version.template_id,
            version_id=version.id, put_at=ctx.now, put_by="Li",
        )  # fmt: skip
        ctx.session.add_all(
            [
                Meeting(**about, how="visit", met_at=ctx.now, who_name="Li", note=f"met {NAME}"),
                Reward(**about, **gift, reason=f"{NAME} was right", decision_reason=NAME),
                action,
                filled,
            ]
        )
        ctx.session.flush()
        ctx.session.add(ActionSource(action_id=action.id, **about))
        for item in read_template(version.body, version.body.get("gates") or ()).items:
            value = NAME if item.type == TEXT else ""
            answer = {"item": item.code, "value": value, "remark": NAME, "answered_at": ctx.now, "answered_by": "Li"}
            ctx.session.add(ChecklistAnswer(checklist_id=filled.id, **answer))
        emit(ctx, "complaints.noted", complaint, note=NAME)


def done(office) -> None:
    """Everything that waits for the worker is done."""
    office.installation.worker(START).run_until_idle()


def rows_with(office, text: str) -> list[str]:
    """Tables of the whole database in which ``text`` stands somewhere."""
    found = []
    with office.installation.engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f'SELECT * FROM "{table}"')).mappings():
                if text in json.dumps(dict(row), default=str, ensure_ascii=False):
                    found.append(table)
                    break
    return sorted(found)


def eraser(office, **more):
    return office.ctx("core.person.erase", name="Privacy officer", user_id=None, **more)


def test_nothing_of_the_person_is_left_anywhere_and_the_chain_stays_whole(office, person):
    for text in (NAME, PHONE, STREET, "person@customer.example"):
        assert rows_with(office, text) != []
    emptied = erasure.erase_person(eraser(office), person, "asked for it in writing")
    assert emptied > 5
    assert {text: rows_with(office, text) for text in (NAME, PHONE, PHONE[::-1], STREET)} == {
        NAME: [], PHONE: [], PHONE[::-1]: [], STREET: [],
    }
    assert rows_with(office, "person@customer.example") == []
    assert rows_with(office, "Zhao Min") != []
    done(office)
    while seal_events(office.system()):
        pass
    verification = Verification(office.system())
    assert list(verification.problems()) == []
    assert verification.verdict.events > emptied


def test_the_erasure_is_on_record_without_the_person(office, person):
    erasure.erase_person(eraser(office), person, "asked for it in writing")
    ctx = office.system()
    event = ctx.session.scalars(sa.select(Event).where(Event.name == audit.ERASED)).one()
    assert (event.record_kind, event.record_id, event.actor_name) == ("base.customer", person.id, "Privacy officer")
    assert (event.facts["reason"], event.changes) == ("asked for it in writing", [])
    assert event.facts["rows"]["base_customer"] == event.facts["rows"]["complaints_complaint"] == 1
    emptied = ctx.session.scalars(sa.select(Event).where(Event.salt.is_(None))).all()
    assert sorted(e.id for e in emptied) == [n for a, b in audit.spans(event.facts["events"]) for n in range(a, b + 1)]
    assert {(str(e.facts), str(e.changes)) for e in emptied} == {("{}", "[]")}


def test_whoever_empties_one_event_more_by_hand_is_found(office, person):
    erasure.erase_person(eraser(office), person, "asked for it in writing")
    ctx = office.system()
    other = ctx.session.scalar(sa.select(Event.id).where(Event.salt.is_not(None), Event.seal.is_not(None)).limit(1))
    with office.installation.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE core_event SET facts = '{}', changes = '[]', salt = NULL WHERE id = :id"), {"id": other}
        )
    (said,) = Verification(office.system()).problems()
    assert said == f"Event {other} of block 1 was emptied, and no erasure on record names it."


def test_a_module_that_is_switched_off_erases_too(office, person):
    switch_off(office.system(), "complaints")
    erasure.erase_person(eraser(office), person, "asked for it in writing")
    assert rows_with(office, NAME) == []


def test_what_goes_and_what_stays_is_said_first(office, person):
    held = erasure.what_is_held(eraser(office), person)
    assert [(item.label, item.count) for item in held] == [
        ("Customer details", 1), ("Entries of the call register", 1), ("Complaints and suggestions", 1),
    ]
    assert all(item.goes and item.stays for item in held)


def refused(office, person, kind, ctx, reason="asked for it"):
    with pytest.raises(kind) as error:
        erasure.erase_person(ctx, person, reason)
    assert rows_with(office, NAME) != []
    return error.value


def test_what_must_be_kept_is_not_erased_before_its_time(office, person):
    set_setting(office.system(), erasure.KEEP_DAYS, 30)
    error = refused(office, person, Conflict, eraser(office))
    assert error.message == "These records must be kept until 2026-04-01 (setting “core.erasure.keep_days”)."
    assert erasure.erase_person(eraser(office, now=START + dt.timedelta(days=31)), person, "the time is over") > 0


def test_without_the_right_or_a_reason_nothing_is_erased(office, person):
    refused(office, person, Forbidden, office.ctx("base.customer.edit"))
    assert refused(office, person, Invalid, eraser(office), reason=" ").field == "reason"


def test_while_the_worker_has_yet_to_deal_with_an_event_nothing_is_erased(office, person):
    ctx = office.system()
    with transaction(ctx):
        event = emit(ctx, "base.customer_changed", person, name=NAME)
        write_events(ctx)
        ctx.session.add(Delivery(event_id=event.id, plugin="base", handler="slow", state=QUEUED, due_at=START))
    assert refused(office, person, Conflict, eraser(office)).code == "deliveries_waiting"


def test_a_module_that_fails_stops_the_whole_erasure(office, person, monkeypatch):
    def broken(ctx, ref):
        raise RuntimeError("no")

    monkeypatch.setattr("plugins.complaints.erasing.erase", broken)
    error = refused(office, person, Conflict, eraser(office))
    assert error.message == "The module “Complaints and suggestions” could not do its part. Nothing was erased."
    assert Verification(office.system()).verdict.problems == 0


def test_of_a_record_that_is_no_person_nothing_is_held(office, person):
    with pytest.raises(NotFound):
        erasure.erase_person(eraser(office), RecordRef("core.company", office.id), "x")


def test_the_page_says_what_goes_and_erases_with_a_reason(app, office, person):
    site = Site(app, office.installation, {"acme": office})
    site.person("boss@acme.test", "administrator", name="Wang Fang")
    boss = site.signed_in("boss@acme.test")
    url = f"/c/acme/erase/base.customer/{person.id}"
    said = words_of(boss.get(url).text)
    assert "Entries of the call register 1" in said
    assert "the chain stays whole" in said
    assert boss.post(url, {"reason": "asked for it"}).status_code == 422
    assert rows_with(office, NAME) != []
    answer = boss.post(url, {"reason": "asked for it", "sure": "y"})
    assert answer.headers["Location"].endswith(f"/c/acme/customers/{person.id}")
    assert "Personal data erased" in words_of(boss.get(f"/c/acme/customers/{person.id}").text)
    assert rows_with(office, NAME) == []
