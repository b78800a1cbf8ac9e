"""The list of installations: where each stands, what comes next, what is late, and whose it is."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from core.api import use_locale
from core.lists.reading import Asked, counted, page_of, prepared_rows
from plugins.service import services
from plugins.service.install_contracts import AcceptData, TraineeData
from plugins.service.lists.installation import INSTALLATIONS
from plugins.service.models import Order
from plugins.service.queries import installation as queries
from plugins.service.rules.installation import next_step, stage_of
from plugins.service.services import installation
from tests.support import dispatch_site
from tests.support.agent_site import HOUR, NOW, acting, furnish, ids

TABS = ("mine", "open", "overdue", "objected", "to_accept", "accepted", "all")


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as made:
        yield made.office("acme")


def begun(office, subject: str, *, start: bool = True) -> int:
    order_id = dispatch_site.opened(office, "Suqian", NOW, person_name="Ma", kind="installation", subject=subject)
    services.dispatch(office.system(NOW), order_id, ids(office)["chen"])
    if start:
        services.start(acting(office, "chen", NOW), order_id)
    return order_id


def steps(office, order_id: int) -> tuple[int, list[int]]:
    ctx = office.system(NOW)
    return queries.installation_of(ctx, order_id).id, [s.id for s in queries.steps_of(ctx, order_id)]


def done(office, order_id: int, n: int) -> tuple[int, list[int]]:
    """The first ``n`` steps are done."""
    found_id, step_ids = steps(office, order_id)
    ctx = acting(office, "chen", NOW)
    installation.train(ctx, found_id, TraineeData("Wu", "mastered"))
    for step_id in step_ids[:n]:
        installation.do_step(ctx, found_id, step_id)
    return found_id, step_ids


def shown(ctx, tab: str = "all") -> dict[str, tuple[str, ...]]:
    records = page_of(ctx, INSTALLATIONS, Asked(tab), None).rows
    columns = [INSTALLATIONS.column(key) for key in ("stage", "step", "accepted")]
    return {
        row.order.subject: tuple(str(c.of(row)) for c in columns)
        for _record, row in prepared_rows(ctx, INSTALLATIONS, records)
    }


def test_the_list_says_where_each_installation_stands_and_which_step_comes_next(office):
    begun(office, "waiting", start=False)
    begun(office, "working")
    found_id, step_ids = done(office, begun(office, "objected"), 2)
    installation.accept(acting(office, "chen", NOW), found_id, step_ids[:1], AcceptData("Ma", reason="By word"), "a")
    installation.object_to_step(acting(office, "chen", NOW), found_id, step_ids[1], "Ma", "Out of level")
    done(office, begun(office, "to accept"), 1)
    found_id, step_ids = done(office, begun(office, "final"), 5)
    installation.accept(acting(office, "chen", NOW), found_id, step_ids, AcceptData("Ma", reason="By word"), "b")
    found_id, step_ids = done(office, begun(office, "accepted"), 5)
    whole = AcceptData("Ma", reason="By word", final_on=NOW.date())
    installation.accept(acting(office, "chen", NOW), found_id, step_ids, whole, "c")
    services.cancel(office.system(NOW), begun(office, "cancelled"), "Sent back to the factory")
    ctx = office.system(NOW)
    assert shown(ctx) == {
        "waiting": ("Not begun", "1 of 5: Unpacked, complete by the packing list, undamaged", "0/5"),
        "working": ("Steps under way", "1 of 5: Unpacked, complete by the packing list, undamaged", "0/5"),
        "objected": ("The customer objects", "2 of 5: Place, power and earthing as required", "1/5"),
        "to accept": ("A step is to be accepted", "2 of 5: Place, power and earthing as required", "0/5"),
        "final": ("Final acceptance is missing", "", "5/5"),
        "accepted": ("Finally accepted", "", "5/5"),
        "cancelled": ("Cancelled", "", "0/5"),
    }
    assert list(shown(ctx, "objected")) == ["objected"]
    assert sorted(shown(ctx, "to_accept")) == ["final", "to accept"]
    assert list(shown(ctx, "accepted")) == ["accepted"]
    assert counted(ctx, INSTALLATIONS) == {"mine": 0, "open": 5, "overdue": 0, "objected": 1, "to_accept": 2}
    assert counted(acting(office, "chen", NOW), INSTALLATIONS)["mine"] == 5


def test_what_is_late_stands_first_and_counts_as_overdue_until_it_is_accepted(office):
    later, earlier = begun(office, "later"), begun(office, "earlier")
    ctx = office.system(NOW)
    for order_id, hours in ((later, 30), (earlier, 2)):
        ctx.session.get(Order, order_id).urgent_at = NOW + dt.timedelta(hours=hours)
    ctx.session.flush()
    assert list(shown(ctx, "open")) == ["earlier", "later"]
    assert counted(ctx, INSTALLATIONS)["overdue"] == 0
    assert list(shown(ctx.at(NOW + 3 * HOUR), "overdue")) == ["earlier"]


def test_an_agent_sees_no_installation_of_another(office):
    begun(office, "of Suqian")
    assert [list(shown(acting(office, who, NOW))) for who in ("chen", "gao")] == [["of Suqian"], []]


def state(*codes: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(state=code, n=n) for n, code in enumerate(codes, 1)]


@pytest.mark.parametrize(
    ("codes", "values", "expected"),
    [
        (("open", "open"), {"started_at": None}, ("waiting", 1)),
        (("accepted", "open"), {}, ("working", 2)),
        (("accepted", "open", "objected"), {}, ("objected", 3)),
        (("done", "open"), {}, ("to_accept", 2)),
        (("accepted", "dropped"), {}, ("final", None)),
        (("accepted",), {"is_open": False, "state": "closed"}, ("ended", None)),
        (("open",), {"is_open": False, "state": "cancelled"}, ("cancelled", 1)),
    ],
)
def test_what_keeps_an_installation_from_being_accepted_comes_first(codes, values, expected):
    order = SimpleNamespace(**{"started_at": NOW, "is_open": True, "state": "working", **values})
    step = next_step(state(*codes))
    assert (stage_of(order, state(*codes), final=False), step and step.n) == expected
