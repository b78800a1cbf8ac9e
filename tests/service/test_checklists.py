"""Checklists: which record gets one, what counts as answered, versions, two people at once, photos, who may."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, NotFound, RecordRef, gates, put_checklist, timeline, use_locale
from core.checklists import services
from core.checklists.models import ChecklistAnswer, ChecklistVersion
from core.checklists.services import (
    EDIT,
    Given,
    add_photo,
    checklist_of,
    checklists_of,
    publish_checklist,
    save_answers,
)
from core.checklists.template import clean, is_ok, missing, read_template, to_data
from core.companies.switch import switch_off, switch_on
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.files import find_file, receive
from core.testing import Installation, counted
from plugins.complaints import life
from plugins.complaints import services as complaints
from plugins.complaints.contracts import COMPLAINT, ComplaintData
from plugins.complaints.models import Complaint
from tests.service.test_complaints import MONDAY

CODE = "complaints.serious_investigation"
BODY = {
    "name": {"en": "Check", "zh": "检查"},
    "gates": ["close"],
    "items": [
        {"code": "safe", "text": {"en": "Safe", "zh": "安全"}, "type": "check", "remark": True},
        {"code": "gap", "text": {"en": "Gap", "zh": "间隙"}, "type": "number", "minimum": "0.1", "maximum": "0.8",
         "unit": "mm", "remark": True},
        {"code": "note", "text": {"en": "Note", "zh": "备注"}, "type": "text", "required": False},
        {"code": "shot", "text": {"en": "Shot", "zh": "照片"}, "type": "photo"},
    ],
}  # fmt: skip


class TestTemplate:
    def test_it_comes_back_as_it_was_written(self):
        template = read_template(BODY, ["close"])
        assert read_template(to_data(template), ["close"]) == template

    def test_every_mistake_is_told_at_its_place(self):
        wrong = {
            "name": {},
            "gates": ["fly"],
            "items": [
                {"code": "A b", "text": {}, "type": "song"},
                {"code": "x", "text": {"en": "x"}, "type": "choice", "choices": [{"value": "a", "label": {"en": "a"}}]},
                {"code": "x", "text": {"en": "x"}, "type": "number", "minimum": "3", "maximum": "2"},
            ],
        }
        with pytest.raises(Invalid) as told:
            read_template(wrong, ["close"])
        assert sorted(told.value.details["problems"]) == [
            "gates", "items.0.code", "items.0.text", "items.0.type", "items.1.choices", "items.2.code",
            "items.2.maximum", "name",
        ]

    @pytest.mark.parametrize(
        ("code", "value", "remark", "photos", "lacks"),
        [
            ("safe", "", "", 0, "Not answered yet"),
            ("safe", "ok", "", 0, ""),
            ("safe", "not_ok", " ", 0, "A remark is missing"),
            ("safe", "not_ok", "worn", 0, ""),
            ("gap", "0.8", "", 0, ""),
            ("gap", "0.81", "", 0, "A remark is missing"),
            ("note", "", "", 0, ""),
            ("shot", "", "", 0, "A photo is missing"),
            ("shot", "", "", 1, ""),
        ],
    )
    def test_what_an_item_lacks(self, code, value, remark, photos, lacks):
        item = read_template(BODY, ["close"]).item(code)
        with use_locale("en"):
            assert missing(item, value, remark, photos) == lacks

    def test_what_does_not_fit_is_refused_at_its_item(self):
        template = read_template(BODY, ["close"])
        for code, value in (("safe", "maybe"), ("gap", "wide"), ("gap", "NaN"), ("note", "x" * 4001)):
            with pytest.raises(Invalid) as told:
                clean(template.item(code), value)
            assert told.value.field == code
        assert (clean(template.item("gap"), " 0,5 "), is_ok(template.item("gap"), "0.5")) == ("0.5", True)


@pytest.fixture
def office(database_url, registry, tmp_path, monkeypatch):
    monkeypatch.setenv("SANBAO_HOME", str(tmp_path))
    installation = Installation(database_url, registry)
    made = installation.company("acme", modules=("complaints",), locale="en")
    with use_locale("en"):
        yield made
    installation.close()


def rule_it(office, *rows) -> None:
    ctx = office.system(MONDAY)
    table = table_named(ctx, services.table_name(COMPLAINT))
    body = {**latest_published(ctx, table).body, "rows": [{"when": w, "then": {"checklist": c}} for w, c in rows]}
    save_draft(ctx, table.name, body, reason="test", effective_from=ctx.today)
    publish(ctx, table.name)


def opened(office, **values) -> int:
    given = {"subject": "Brakes fail", "category": "quality", **values}
    return complaints.open_complaint(office.system(MONDAY), ComplaintData(**given)).id


def fill(office, number, *permissions, code=CODE, **answers):
    ctx = office.ctx(life.VIEW, *(permissions or (life.HANDLE,)), now=MONDAY, name="Li")
    given = [Given(item, *(v if isinstance(v, tuple) else (v,))) for item, v in answers.items()]
    return save_answers(ctx, RecordRef(COMPLAINT, number), code, given)


def found(office, number):
    ctx = office.system(MONDAY)
    return checklists_of(ctx, ctx.session.get_one(Complaint, number))


def open_gates(office, number) -> list[str]:
    ctx = office.system(MONDAY)
    with use_locale("en"):
        asked = gates(ctx, life.WORKFLOW.transition("close"), ctx.session.get_one(Complaint, number))
    return [g.text for g in asked if g.open and g.key.startswith("core.checklist")]


class TestOnRecords:
    def test_no_record_gets_one_unless_a_rule_says_so(self, office):
        number = opened(office, injury=True)
        assert (found(office, number), open_gates(office, number)) == ([], [])
        ctx = office.system(MONDAY)
        record = ctx.session.get_one(Complaint, number)
        assert ctx.enabled
        with counted(office.installation.engine) as statements:
            checklists_of(ctx, record)
        assert statements == []

    def test_those_that_fit_get_it_and_closing_waits_for_the_required_items(self, office):
        rule_it(office, ({"injury": True}, CODE))
        hurt, other = opened(office, injury=True), opened(office)
        assert [f.code for f in found(office, hurt)] == [CODE]
        assert found(office, other) == []
        assert open_gates(office, hurt) == ["“Investigation of a serious complaint”: 7 still open"]
        fill(office, hurt, safe="yes", hurt="none", secured="yes", batch="ok", cause="worn seal")
        assert open_gates(office, hurt) == ["“Investigation of a serious complaint”: 2 still open"]
        fill(office, hurt, told=("no", "wants another unit"))
        photo(office, hurt, "photo")
        assert open_gates(office, hurt) == []
        names = [e.name for e in timeline(office.system(MONDAY), RecordRef(COMPLAINT, hurt))]
        assert names[0] == "core.checklist_completed"
        assert names.count("core.checklist_answered") == 3

    def test_not_ok_needs_a_remark_and_an_answer_can_be_taken_back(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        refused = fill(office, number, safe="no")
        assert refused.lacks(refused.template.item("safe")) == "A remark is missing"
        fill(office, number, safe="")
        assert read(office, number).answered == 0

    def test_a_begun_one_keeps_its_version_and_stays_when_the_rule_no_longer_fits(self, office):
        rule_it(office, ({"injury": True}, CODE))
        number = opened(office, injury=True)
        fill(office, number, safe="yes")
        publish_checklist(office.ctx(EDIT, now=MONDAY), CODE, COMPLAINT, BODY, reason="shorter", seen=1)
        rule_it(office)
        assert (read(office, number).number, len(read(office, number).template.items)) == (1, 8)
        rule_it(office, ({}, CODE))
        assert read(office, opened(office)).number == 2

    def test_a_module_may_put_one_itself(self, office):
        rule_it(office)
        number = opened(office)
        ctx = office.system(MONDAY)
        put_checklist(ctx, ctx.session.get_one(Complaint, number), CODE)
        assert put_checklist(ctx, ctx.session.get_one(Complaint, number), CODE).id
        assert [f.code for f in found(office, number)] == [CODE]

    def test_who_saves_a_stale_answer_is_told_and_nothing_is_lost(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        fill(office, number, cause=("worn seal", "", 0))
        with pytest.raises(Conflict, match="Li answered this in the meantime: worn seal") as told:
            fill(office, number, cause=("loose screw", "", 0), hurt="none")
        assert told.value.field == "cause"
        assert {i: a.value for i, a in read(office, number).answers.items()} == {"cause": "worn seal"}

    def test_looking_is_not_answering(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        with pytest.raises(Forbidden):
            fill(office, number, life.VIEW, safe="yes")
        with pytest.raises(NotFound):
            save_answers(office.ctx(life.HANDLE), RecordRef(COMPLAINT, number), CODE, [Given("safe", "yes")])
        with pytest.raises(NotFound):
            fill(office, number, code="no.such", safe="yes")
        with pytest.raises(NotFound):
            fill(office, number, nonsense="yes")
        assert office.system().session.scalar(sa.select(sa.func.count(ChecklistAnswer.id))) == 0

    def test_another_company_and_a_module_that_is_off_know_nothing_of_it(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        fill(office, number, safe="yes")
        other = office.installation.company("zenith", modules=("complaints",))
        with pytest.raises(NotFound):
            checklist_of(other.system(MONDAY), RecordRef(COMPLAINT, number), CODE)
        switch_off(office.system(MONDAY), "complaints")
        with pytest.raises(NotFound):
            checklist_of(office.system(MONDAY), RecordRef(COMPLAINT, number), CODE)
        switch_on(office.system(MONDAY), "complaints")
        assert read(office, number).answers["safe"].value == "yes"

    def test_a_closed_record_keeps_its_answers(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        complaints.withdraw_complaint(office.system(MONDAY), number, "a mistake")
        with pytest.raises(Conflict):
            fill(office, number, safe="yes")

    def test_reading_takes_the_same_statements_for_one_and_five_checklists(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        fill(office, number, safe="yes")
        few = self._statements(office, number)
        codes = [f"own_{n}" for n in range(4)]
        for code in codes:
            publish_checklist(office.ctx(EDIT, now=MONDAY), code, COMPLAINT, BODY, reason="own", seen=0)
        rule_it(office, ({}, CODE), *(({}, code) for code in codes))
        for code in codes[:2]:
            fill(office, number, code=code, safe="ok")
        assert len(found(office, number)) == 5
        assert self._statements(office, number) <= few + 1, "one more for those not begun yet"

    @staticmethod
    def _statements(office, number) -> int:
        ctx = office.system(MONDAY)
        record = ctx.session.get_one(Complaint, number)
        checklists_of(ctx, record)
        with counted(office.installation.engine) as statements:
            checklists_of(ctx, record)
        return len(statements)


def read(office, number):
    return checklist_of(office.system(MONDAY), RecordRef(COMPLAINT, number), CODE)


def photo(office, number, item, name="brake.jpg"):
    ctx = office.ctx(life.VIEW, life.HANDLE, now=MONDAY)
    return add_photo(ctx, RecordRef(COMPLAINT, number), CODE, item, name, receive(ctx, io.BytesIO(b"picture")))


class TestPhotos:
    def test_a_photo_is_seen_by_those_who_see_the_record(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        kept = photo(office, number, "photo").id
        assert read(office, number).answers["photo"].photos == [kept]
        assert find_file(office.ctx(life.VIEW), kept).name == "brake.jpg"
        with pytest.raises(NotFound):
            find_file(office.ctx(life.HANDLE), kept)

    def test_only_pictures_and_they_can_be_taken_off(self, office):
        rule_it(office, ({}, CODE))
        number = opened(office)
        for name in ("run.exe", "drawing.svg"):
            with pytest.raises(Invalid):
                photo(office, number, "photo", name)
        assert read(office, number).answers == {}
        kept = photo(office, number, "photo").id
        ctx = office.ctx(life.VIEW, life.HANDLE, now=MONDAY)
        services.drop_photo(ctx, RecordRef(COMPLAINT, number), CODE, "photo", kept)
        assert read(office, number).answers["photo"].photos == []


class TestPublishing:
    def test_versions_follow_each_other_and_who_is_late_is_told(self, office):
        ctx = office.ctx(EDIT, now=MONDAY)
        assert publish_checklist(ctx, "own", COMPLAINT, BODY, reason="new", seen=0).number == 1
        assert publish_checklist(ctx, "own", COMPLAINT, BODY, reason="again", seen=1).number == 2
        with pytest.raises(Conflict):
            publish_checklist(ctx, "own", COMPLAINT, BODY, reason="late", seen=1)
        for seen, reason, error in ((2, " ", Invalid), (2, "x", Forbidden)):
            rights = (EDIT,) if error is Invalid else ()
            with pytest.raises(error):
                publish_checklist(office.ctx(*rights), "own", COMPLAINT, BODY, reason=reason, seen=seen)
        shipped = sa.select(sa.func.count(ChecklistVersion.id))
        assert office.system().session.scalar(shipped) == 3
