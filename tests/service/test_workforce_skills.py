"""Skills and certificates: recorded, renewed, withdrawn, told of in time; who may be sent."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, RecordRef, timeline, use_locale
from core.companies.switch import preview, switch_off, switch_on
from core.decisions.parsing import to_data
from core.decisions.store import publish, save_draft
from core.notifications import Notification
from core.testing import counted, moment
from core.transfer import read_mapping, run_import
from plugins.workforce import queries as asked
from plugins.workforce.contracts import CertificateData, SkillData, Wanted
from plugins.workforce.importing.certificates import CERTIFICATES
from plugins.workforce.models import Certificate
from plugins.workforce.queries import skills as queries
from plugins.workforce.services import moving, skills
from tests.support.workforce_site import NOW, codes, day, furnish, ids


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def certificate(ctx, number: str) -> Certificate:
    return ctx.session.scalars(sa.select(Certificate).where(Certificate.number == number)).one()


def test_who_may_be_sent_is_told_with_the_reason_for_each(office):
    ctx, who = office.system(NOW), ids(office)
    found = asked.fit_for(ctx, who.values(), [Wanted("permit"), Wanted("harvesters", must=False)], NOW)
    assert found[who["li"]].may_go
    assert found[who["li"]].words == ("Has “Service permit”, valid until 2026-12-31", "Has “Harvesters”")
    assert found[who["wang"]].against == ("“Service permit” expired on 2026-02-28",)
    assert found[who["worker"]].against == ("“Service permit” is needed, which this person does not have",)
    assert found[who["chen"]].valid_until == day("2026-03-20")


def test_a_certificate_counts_on_the_day_of_the_visit_and_not_on_that_of_the_call(office):
    ctx, who = office.system(NOW), ids(office)
    need = [Wanted("permit")]
    last = dt.datetime(2026, 3, 20, 15, 59, tzinfo=dt.UTC)  # 23:59 in Shanghai
    assert asked.fit_for(ctx, [who["chen"]], need, last)[who["chen"]].may_go
    over = asked.fit_for(ctx, [who["chen"]], need, last + dt.timedelta(minutes=1))[who["chen"]]
    assert over.against == ("“Service permit” expired on 2026-03-20",)


def test_a_hundred_people_take_as_many_statements_as_one(office):
    ctx, who = office.system(NOW), ids(office)
    with counted(office.installation.engine) as one:
        asked.fit_for(ctx, [who["li"]], [Wanted("permit")], NOW)
    with counted(office.installation.engine) as all_:
        asked.fit_for(ctx, [*who.values(), *range(1000, 1095)], [Wanted("permit")], NOW)
    assert len(one) == len(all_) == 5


def test_the_company_s_table_says_what_work_needs(office):
    ctx = office.system(NOW)
    assert asked.needs_of(ctx, {"kind": "on_site"}) == []
    rows = [
        {"when": {"kind": ["on_site", "installation"]}, "then": {"skill": "permit", "must": True}},
        {"when": {"product_group": "harvester"}, "then": {"skill": "harvesters", "must": False}},
        {"when": {"kind": "installation"}, "then": {"skill": "crane", "must": True}},
    ]
    body = queries.compiled_in_force(ctx, "workforce.needs").table
    save_draft(ctx, "workforce.needs", {**to_data(body), "rows": rows}, reason="What we need", effective_from=ctx.today)
    publish(ctx, "workforce.needs")
    ctx = office.system(NOW)
    found = asked.needs_of(ctx, {"kind": "on_site", "product_group": "harvester", "something": "else"})
    assert found == [Wanted("permit"), Wanted("harvesters", must=False)]
    assert queries.unknown_codes(ctx) == ["crane"]
    assert queries.rows_about(ctx, "permit") == [1]


def test_what_work_needs_and_nobody_has_is_told_before_the_module_is_switched_on_and_gone_when_recorded(office):
    """GS-5 stops everybody then; whoever switches it on, or comes to work in the morning, learns why and what to do."""
    needs(office, "electrician", "mechanics", "permit")
    assert [s.code for s in queries.held_by_nobody(office.system(NOW))] == ["electrician"]
    switch_off(office.system(NOW), "workforce")
    assert preview(office.system(NOW), "workforce", True).effects == (
        "Nobody can be dispatched to work that needs Electrician until it is recorded who has it",
    )
    switch_on(office.system(NOW), "workforce")
    assert preview(office.system(NOW), "workforce", True).effects == ()
    who, electrician = ids(office)["wang"], codes(office)["electrician"]
    data = CertificateData(who, electrician, day("2026-03-02"), day("2027-03-01"), "E-1")
    skills.give_certificate(office.system(NOW), data)
    assert queries.held_by_nobody(office.system(NOW)) == []
    assert [s.code for s in queries.held_by_nobody(office.system(moment("2027-03-02 09:00")))] == [
        "electrician", "permit",
    ]  # fmt: skip


def test_a_company_that_never_had_the_module_is_told_what_it_does_to_dispatch(office):
    fresh = office.installation.company("fresh", locale="en")
    assert preview(fresh.system(NOW), "workforce", True).effects == (
        "People are dispatched only to work for which the certificates that the rules ask for are recorded",
    )


def needs(office, *skill_codes: str) -> None:
    """Let installation ask for these, each a must; and wish for another one."""
    ctx = office.system(NOW)
    rows = [{"when": {"kind": "installation"}, "then": {"skill": code, "must": True}} for code in skill_codes]
    rows.append({"when": {}, "then": {"skill": "harvesters", "must": False}})
    body = {**to_data(queries.compiled_in_force(ctx, "workforce.needs").table), "rows": rows}
    save_draft(ctx, "workforce.needs", body, reason="GS-5", effective_from=ctx.today)
    publish(ctx, "workforce.needs")


def test_a_renewal_is_a_record_of_its_own_and_silences_the_warning_of_the_old_one(office):
    ctx, who, own = office.system(NOW), ids(office), codes(office)
    old = certificate(ctx, "P-2")
    assert queries.states_of(ctx, [old])[old.id] == "expired"
    data = CertificateData(who["wang"], own["permit"], day("2026-03-01"), day("2028-02-29"), "P-22")
    new = skills.renew_certificate(ctx, old.id, data)
    assert (new.renews_id, old.valid_until) == (old.id, day("2026-02-28"))
    assert queries.states_of(ctx, [old, new]) == {old.id: "renewed", new.id: "valid"}
    assert queries.count_certificates(ctx, "expired") == 0
    with pytest.raises(Invalid) as refused:
        skills.renew_certificate(ctx, new.id, data)
    assert refused.value.message == "The renewal must end later than 2028-02-29, when the old one does."


def test_a_withdrawn_certificate_stops_the_person_at_once_and_can_not_be_changed_any_more(office):
    ctx, who = office.system(NOW), ids(office)
    row = certificate(ctx, "P-1")
    with pytest.raises(Invalid):
        skills.revoke_certificate(ctx, row.id, " ")
    assert row.state == "valid"
    skills.revoke_certificate(ctx, row.id, "Drove without a licence")
    fit = asked.fit_for(ctx, [who["li"]], [Wanted("permit")], NOW)[who["li"]]
    assert fit.against == ("“Service permit” was withdrawn",)
    with pytest.raises(Conflict):
        skills.revoke_certificate(ctx, row.id, "Again")


def test_wrong_entries_are_refused_in_words(office):
    ctx, who, own = office.system(NOW), ids(office), codes(office)
    for values, field in (
        ({"number": "P-1"}, "number"),
        ({"number": ""}, "number"),
        ({"valid_until": day("2026-01-01")}, "valid_until"),
        ({"user_id": 999}, "user_id"),
    ):
        given = {"user_id": who["worker"], "skill_id": own["permit"], "valid_from": day("2026-03-01"), "number": "P-9"}
        with pytest.raises(Invalid) as refused:
            skills.give_certificate(ctx, CertificateData(**{**given, **values}))
        assert refused.value.field == field
    with pytest.raises(Invalid) as circle:
        skills.save_skill(
            ctx, SkillData("mechanics", "Mechanics", id=own["mechanics"], parent_id=own["harvesters"])
        )
    assert circle.value.message == "It can't stand below itself."
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Certificate)) == 4


def test_a_skill_without_a_paper_gets_a_number_of_ours(office):
    ctx, who, own = office.system(NOW), ids(office), codes(office)
    row = skills.give_certificate(ctx, CertificateData(who["wang"], own["harvesters"], ctx.today))
    assert row.number == "ZS26-0002"


def test_ends_are_told_once_per_step_to_the_person_and_to_whoever_plans(office):
    who = ids(office)
    days = ("2026-03-02", "2026-03-03", "2026-03-13", "2026-03-21", "2026-03-22")
    told = [
        skills.warn_of_ends(office.system(dt.datetime.combine(day(on), dt.time(1), dt.UTC))) for on in days
    ]
    assert told == [2, 0, 1, 1, 0], "P-2 expired and P-3 ends within 30 days; P-3 in 7 days; P-3 has expired"
    ctx = office.system(NOW)
    lines = ctx.session.execute(sa.select(Notification.user_id, Notification.text, Notification.facts)).all()
    assert {line.user_id for line in lines} == {who["boss"], who["wang"], who["chen"]}
    events = [e.name for e in timeline(ctx, RecordRef("workforce.certificate", certificate(ctx, "P-3").id))]
    assert events == [
        "workforce.certificate_expired", "workforce.certificate_ends", "workforce.certificate_ends",
        "workforce.certificate_given",
    ]  # fmt: skip


def test_an_agent_s_people_are_seen_by_the_agent_and_go_along_when_they_move(office):
    ctx, who = office.system(NOW), ids(office)
    chen = certificate(ctx, "P-3")
    limited = office.ctx("workforce.certificate.view", now=NOW, user_id=who["chen"], unit_ids=frozenset({chen.unit_id}))
    assert list(limited.session.scalars(sa.select(Certificate.number))) == ["P-3"]
    from core.companies.services import save_membership

    save_membership(ctx, who["wang"], ["technician"], "agent")
    moving.follow_member(office.system(NOW), who["wang"])
    again = office.ctx("workforce.certificate.view", now=NOW, user_id=who["chen"], unit_ids=frozenset({chen.unit_id}))
    assert sorted(again.session.scalars(sa.select(Certificate.number))) == ["P-2", "P-3"]


def test_certificates_are_loaded_by_name_or_address_and_bad_rows_are_told(office, tmp_path):
    path = tmp_path / "certificates.csv"
    path.write_text(
        "证书编号,姓名,证书名称,发证日期,有效期至\n"
        "E-1,Gao Feng,Electrician,2026-01-01,2028-12-31\n"
        "E-2,wang@acme.example,electrician,2026-01-01,\n"
        "P-1,Li Hai,Service permit,2025-01-01,2026-12-31\n"
        "E-3,Nobody,Electrician,2026-01-01,\n"
        "E-4,Li Hai,Pilot,2026-01-01,\n",
        encoding="utf-8",
    )
    fields = dict(zip(("number", "person", "skill", "valid_from", "valid_until"),
                      ("证书编号", "姓名", "证书名称", "发证日期", "有效期至"), strict=True))  # fmt: skip
    mapping = read_mapping({"fields": {name: {"column": head} for name, head in fields.items()}}, CERTIFICATES)
    report = run_import(office.system(NOW), CERTIFICATES, path, mapping, only_good=True)
    assert (report.added, report.known, [p.line for p in report.problems]) == (2, 1, [5, 6])
    row = certificate(office.system(NOW), "E-1")
    assert (row.assignee_id, row.valid_until) == (ids(office)["worker"], day("2028-12-31"))


def test_who_is_on_leave_may_not_be_sent_and_who_has_duty_is_told(office):
    from plugins.workforce.contracts import LeaveData, RosterData
    from plugins.workforce.services import leave, rosters

    ctx, who = office.system(NOW), ids(office)
    roster = rosters.save_roster(ctx, RosterData("hotline", "Hotline", ctx.today, begins=540, ends=1320))
    rosters.add_shift(ctx, roster.id, who["li"], ctx.today, 540, 1320)
    data = LeaveData(who["chen"], "sick", ctx.today, ctx.today)
    leave.agree_leave(ctx, leave.ask_leave(ctx, data).id)
    found = asked.fit_for(ctx, [who["li"], who["chen"]], [Wanted("permit")], NOW)
    assert found[who["li"]].words[-1] == "Has duty: Hotline, 09:00–22:00"
    assert (found[who["li"]].on_roster, found[who["li"]].on_leave) == (("Hotline",), False)
    assert found[who["chen"]].against == ("On leave (Sick leave): 2026-03-02",)
    assert (found[who["chen"]].may_go, found[who["chen"]].on_leave) == (False, True)


def test_an_order_of_another_module_is_answered_for_everybody_who_works_here(office):
    from types import SimpleNamespace

    from core.hooks import ask

    ctx, who = office.system(NOW), ids(office)
    order = SimpleNamespace(kind="on_site", product_id=None, region="", work_kind="", urgency="normal")
    found = ask(ctx, "people_for_order", order=order, moment=NOW)
    assert set(found) == {user_id for mailbox, user_id in who.items() if mailbox in PEOPLE}
    assert found[who["worker"]] == (True, [], {"certified": True, "on_roster": False, "on_leave": False})
    assert found[who["li"]].fit.user_id == who["li"]


PEOPLE = ("boss", "li", "wang", "chen", "worker")
