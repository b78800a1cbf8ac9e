"""The expiry ladder: steps come once, late ones too; notices go out by mail; visits to renew have an outcome."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Invalid, Mail, use_locale
from core.notifications import Notification
from core.testing import moment
from plugins.warranty.agreed import ContractData, ItemData, VisitData
from plugins.warranty.models import FollowUp
from plugins.warranty.queries import agreements, follow_ups
from plugins.warranty.services import agreements as contracts
from plugins.warranty.services import follow_ups as services
from tests.support.agreed_site import day, furnish, ids

IDS: dict[str, int] = {}
SIGNED = moment("2026-01-05 09:00")
MONTH_BEFORE = moment("2026-11-30 08:00")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        IDS.update(ids(installation.office("acme")))
        yield installation.office("acme")


def contract(office, **values) -> int:
    ctx = office.system(SIGNED)
    first = {
        "customer_id": IDS["mill"],
        "title": "Compressors",
        "covers": frozenset({"parts"}),
        "starts_on": day("2026-01-01"),
        "ends_on": day("2026-12-30"),
        "items": (ItemData(device_id=IDS["C-1"]),),
        "price": Decimal("1200"),
    }
    made = contracts.approve_contract(ctx, contracts.save_contract(ctx, ContractData(**{**first, **values})).id)
    return made.id


def steps(ctx, sort="contract") -> list[FollowUp]:
    query = sa.select(FollowUp).where(FollowUp.sort == sort).order_by(FollowUp.id)
    return list(ctx.session.scalars(query))


def climbed(office, now) -> list[FollowUp]:
    ctx = office.system(now)
    services.climb(ctx)
    return steps(ctx)


def test_nothing_is_done_before_its_day(office):
    contract(office)
    assert climbed(office, moment("2026-11-29 23:00")) == []


def test_a_month_before_the_end_the_customer_is_written_to_and_a_visit_waits_once(office):
    contract(office)
    notice, visit = climbed(office, MONTH_BEFORE)
    assert (notice.action, notice.state, notice.sent_to, notice.late) == ("notice", "done", "chen@xinhe.example", False)
    assert (visit.action, visit.state, visit.role, visit.due_on) == ("visit", "open", "sales", day("2026-12-21"))
    again = climbed(office, moment("2026-12-01 08:00"))
    assert [s.id for s in again] == [notice.id, visit.id]
    ctx = office.system(MONTH_BEFORE)
    (mail,) = ctx.session.scalars(sa.select(Mail)).all()
    assert mail.subject == "Your service contract HT2601-0001 Compressors ends on 30 December 2026"
    told = ctx.session.scalars(sa.select(Notification).where(Notification.user_id == IDS["sales"])).all()
    assert [n.words for n in told] == ["DQ2611-0002 Visit to renew: HT2601-0001 Compressors ends on 2026-12-30"]


def test_what_nobody_noticed_while_the_system_was_down_is_done_once_and_marked_late(office):
    contract(office)
    found = climbed(office, moment("2026-12-20 08:00"))
    assert [(s.action, s.late) for s in found] == [("notice", True), ("visit", True)]
    assert len(climbed(office, moment("2026-12-20 09:00"))) == 2


def test_nothing_comes_after_the_end(office):
    contract(office)
    assert climbed(office, moment("2026-12-31 08:00")) == []


def test_the_worker_does_it_by_itself(office):
    contract(office)
    office.installation.worker(MONTH_BEFORE).run_until_idle()
    assert [s.action for s in steps(office.system(MONTH_BEFORE))] == ["notice", "visit"]


def test_without_an_address_a_person_tells_the_customer(office):
    contract(office, customer_id=IDS["lotus"], items=(ItemData(device_id=IDS["L-1"]),))
    notice, _visit = climbed(office, MONTH_BEFORE)
    assert (notice.state, notice.sent_to, notice.role) == ("open", "", "sales")


def test_a_contract_that_is_renewed_already_bothers_nobody(office):
    number = contract(office)
    ctx = office.system(moment("2026-10-01 09:00"))
    contracts.approve_contract(ctx, contracts.renew_contract(ctx, number).id)
    assert climbed(office, MONTH_BEFORE) == []


def test_steps_that_renewal_has_overtaken_are_dropped(office):
    number = contract(office)
    _notice, visit = climbed(office, MONTH_BEFORE)
    ctx = office.system(MONTH_BEFORE)
    contracts.approve_contract(ctx, contracts.renew_contract(ctx, number).id)
    services.climb(ctx)
    dropped = follow_ups.get_follow_up(ctx, visit.id)
    assert (dropped.state, dropped.reason) == ("dropped", "Renewed by HT2611-0001.")


def visited(office, **values) -> FollowUp:
    _notice, visit = climbed(office, MONTH_BEFORE)
    ctx = office.system(moment("2026-12-10 16:00"))
    return services.record_visit(ctx, visit.id, VisitData(**{"visited_on": day("2026-12-10"), **values}))


def test_a_visit_that_renews_draws_the_next_contract_up(office):
    contract(office)
    visit = visited(office, outcome="renewed", price=Decimal("1350"))
    ctx = office.system(moment("2026-12-10 16:00"))
    follower = agreements.get_contract(ctx, visit.successor_id)
    assert (follower.state, follower.starts_on, follower.price) == ("draft", day("2026-12-31"), Decimal("1350"))


def test_a_refusal_keeps_its_reason_and_nothing_more_is_asked(office):
    contract(office)
    with pytest.raises(Invalid) as refused:
        visited(office, outcome="refused")
    assert refused.value.message == "Write why the customer does not renew."
    ctx = office.system(moment("2026-12-10 16:00"))
    (_notice, visit) = steps(ctx)
    data = VisitData("refused", day("2026-12-10"), reason="New machines come with their own service")
    services.record_visit(ctx, visit.id, data)
    assert follow_ups.get_follow_up(ctx, visit.id).reason == "New machines come with their own service"
    assert len(climbed(office, moment("2026-12-20 08:00"))) == 2


def test_later_means_another_visit_on_that_day(office):
    contract(office)
    visit = visited(office, outcome="later", next_on=day("2026-12-18"))
    ctx = office.system(moment("2026-12-10 16:00"))
    (again,) = follow_ups.next_of(ctx, visit.id)
    assert (again.action, again.due_on, again.state) == ("visit", day("2026-12-18"), "open")
    with pytest.raises(Conflict) as refused:
        services.record_visit(ctx, visit.id, VisitData("later", day("2026-12-10"), next_on=day("2026-12-20")))
    assert refused.value.message == f"{visit.number} is done already."


@pytest.mark.parametrize("next_on", [None, "2026-12-10"])
def test_later_needs_a_day_that_is_later(office, next_on):
    contract(office)
    with pytest.raises(Invalid) as refused:
        visited(office, outcome="later", next_on=day(next_on) if next_on else None)
    assert refused.value.message == "Say on which day to come again, later than today."


def test_a_visit_is_not_finished_without_its_outcome(office):
    contract(office)
    _notice, visit = climbed(office, MONTH_BEFORE)
    with pytest.raises(Conflict):
        services.finish_follow_up(office.system(MONTH_BEFORE), visit.id, "was there")


def test_an_agreement_with_a_supplier_is_warned_of_and_not_once_it_is_renewed(office):
    ctx = office.system(moment("2026-11-01 09:00"))
    services.climb(ctx)
    (first,) = steps(ctx, "agreement")
    assert (first.rung, first.role, first.about) == ("agreement_first", "purchasing", "FY2601-0001 Huaxin Pumps")
    later = office.system(moment("2026-12-17 09:00"))
    services.climb(later)
    assert [s.rung for s in steps(later, "agreement")] == ["agreement_first", "agreement_last"]
