"""GS-15: loaner units (替补品) replace the customer's unit during repair and come back afterwards."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.api import Conflict, answer_checklist, find_clock, set_setting, sweep, timeline, transaction, use_locale
from core.mail.models import Mail
from core.notifications import Notification
from plugins.inventory.loaner_contracts import CLEANING, LOAN, LOAN_DUE
from plugins.inventory.panels.loaners import answer, work
from plugins.inventory.queries import loaners as queries
from plugins.inventory.services import lending
from plugins.service import services
from tests.support import loaner_site as site
from tests.support.loaner_site import NOW, furnish
from tests.support.quality_site import laws
from tests.support.stock_site import there

READY = {"cleaned": "ok", "wiped": "yes", "tried": "ok", "complete": "yes"}


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as made:
        yield made.office("acme")


@pytest.mark.clause("GS-15")
def test_a_loaner_replaces_the_unit_during_repair_and_the_order_is_not_closed_with_it_still_out(office):
    order_id = site.order(office)
    ctx = office.system(NOW)
    assert there(ctx) == {("LOAN-T", "POOL"): 2, ("LOAN-T", "MAIN"): 1}
    row = site.out(ctx, order_id)
    assert there(ctx) == {("LOAN-T", "POOL"): 1, ("LOAN-T", "LOAN"): 1, ("LOAN-T", "MAIN"): 1}
    assert answer(ctx, site.order_row(ctx, order_id)).words == (
        "JYJ-0001 Loaner tractor B-1, to be back by 2026-03-09"
    )
    site.done(office, order_id)
    with pytest.raises(Conflict) as still_out:
        services.close(office.system(NOW), order_id)
    [gate] = [g for g in still_out.value.details["gates"] if g.key == f"inventory.loan{row.id}"]
    assert (gate.text, gate.waivable) == ("The loaner is still out: JYJ-0001 Loaner tractor B-1", True)
    assert site.order_row(office.system(NOW), order_id).state == "confirmed"
    later = office.system(NOW + dt.timedelta(days=3))
    site.back(later, row)
    assert there(later) == {("LOAN-T", "POOL"): 2, ("LOAN-T", "MAIN"): 1}
    assert services.close(later, order_id).state == "closed"
    told = [e.name for e in timeline(later, site.order_row(later, order_id)) if e.name.startswith("inventory.loan")]
    assert sorted(told) == ["inventory.loan_back", "inventory.loan_out", "inventory.loan_reserved"]
    laws(later)


@pytest.mark.clause("GS-15")
def test_overdue_loaners_are_chased_up_a_ladder_and_the_customer_is_written_to(office, monkeypatch):
    monkeypatch.setenv("MAIL_SERVER", "mail.example")
    keeper = office.person("keeper@acme.example", "storekeeper", name="Ma Li")
    boss = office.person("boss@acme.example", "manager", name="Hua")
    ctx = office.system(NOW)
    set_setting(ctx, "inventory.loaner_mail", True)
    row = site.out(ctx, site.order(office), days=2)

    def told(now: dt.datetime) -> set[int]:
        later = office.system(now)
        with transaction(later):
            sweep(later)
        query = sa.select(Notification.user_id).where(Notification.record_kind == LOAN)
        return set(later.session.scalars(query))

    assert told(NOW + dt.timedelta(days=2)) == set()
    assert told(NOW + dt.timedelta(days=3)) == {keeper}
    assert told(NOW + dt.timedelta(days=7)) == {keeper, boss}
    later = office.system(NOW + dt.timedelta(days=7))
    assert [(w.number, w.next_step) for w in work(later)] == [
        ("JC2603-0001", "Ask for it back")
    ]
    assert queries.count_overdue(later) == 1
    assert (lending.remind_all(later), lending.remind_all(later)) == (1, 0)
    mail = later.session.scalars(sa.select(Mail)).one()
    assert mail.subject == "Please give the loaner back: Loaner tractor (JC2603-0001)"
    site.back(later, row)
    assert find_clock(later, row, LOAN_DUE).state == "missed"


@pytest.mark.clause("GS-15")
def test_what_came_back_is_cleaned_and_wiped_before_it_goes_out_again(office):
    ctx = office.system(NOW)
    row = site.back(ctx, site.out(ctx, site.order(office)))
    with pytest.raises(Conflict) as not_ready:
        site.reserve(ctx, site.order(office), "B-1")
    assert not_ready.value.message == "JYJ-0001 can’t be had: JC2603-0001 has it, and it is not ready again yet."
    with pytest.raises(Conflict) as open_list:
        lending.clear(ctx, row.id)
    assert open_list.value.code == "gates_open"
    answer_checklist(ctx, row, CLEANING, READY)
    assert lending.clear(ctx, row.id).state == "done"
    assert site.reserve(ctx, site.order(office), "B-1").number == "JC2603-0002"
