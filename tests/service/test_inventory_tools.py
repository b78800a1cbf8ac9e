"""Tools: what the register, custody, kits and claims refuse, and what is carried on from one to the other."""

from __future__ import annotations

import threading
import time
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core import hooks
from core.api import Conflict, DomainError, Forbidden, Invalid, set_setting, transaction, use_locale
from core.approvals.queries import waiting_for_me
from core.approvals.services import answer, steps_listed
from core.companies.models import OrgUnit
from core.companies.services import end_membership, open_work
from core.notifications import Notification
from core.testing import moment
from core.transfer import ImportRow
from plugins.inventory.importing.tools import load
from plugins.inventory.models import Custody, Tool, ToolClaim
from plugins.inventory.queries import tools as tool_queries
from plugins.inventory.rules.scanning import label_text
from plugins.inventory.rules.tools import compensation, is_asset, months_between, months_later
from plugins.inventory.scanning_contracts import Scanning
from plugins.inventory.services import custody, kit_counts, kits, scanning, tool_claims, tools
from plugins.inventory.tool_contracts import CLAIM, GivenBack, HandOver, KitData, Signed, ToolData
from tests.support.approval_rules import rows, step
from tests.support.stock_site import day
from tests.support.tool_site import NOW, SIGNED, add, days, furnish, given, kind, kit, tool, user


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as made:
        yield made.office("acme")


def acting(office, mailbox: str, *rights: str, now=NOW):
    ctx = office.system()
    found = user(ctx, mailbox)
    return office.ctx("inventory.tool.view", *rights, now=now, user_id=found, name=mailbox.title())


def states(ctx) -> dict[str, str]:
    return dict(ctx.session.execute(sa.select(Tool.number, Tool.state)).all())


# --- bad input ------------------------------------------------------------------------------------------------------


def test_a_tool_is_handed_out_once_at_a_time_the_second_is_told_where_it_is(office):
    ctx = office.system(NOW)
    custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "li")))
    with pytest.raises(Conflict) as refused:
        custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "wang")))
    assert refused.value.message == "D-1 Tool D-1 can’t be now: it is To be taken over."
    assert [row.assignee_id for row in ctx.session.scalars(sa.select(Custody))] == [user(ctx, "li")]


def test_the_database_itself_knows_one_custody_of_a_tool_at_a_time(office):
    ctx = office.system(NOW)
    row = ctx.session.get_one(Custody, given(ctx, "D-1", "li"))
    copy = {c.key: getattr(row, c.key) for c in sa.inspect(Custody).columns if c.key not in ("id", "version")}
    ctx.session.add(Custody(**copy))
    with pytest.raises(sa.exc.IntegrityError):
        ctx.session.flush()


@pytest.mark.parametrize("price", ["-1", "NaN", "10000000000"])
def test_a_price_that_can_not_be_is_refused(office, price):
    ctx = office.system(NOW)
    with pytest.raises(Invalid) as refused:
        tools.save_tool(ctx, ToolData("Saw", kind(ctx, "drill"), price=Decimal(price)))
    assert (refused.value.field, set(states(ctx))) == ("price", {"D-1", "T-1"})


def test_what_was_never_handed_out_is_not_taken_back_nor_twice(office):
    ctx = office.system(NOW)
    offered = custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "li"))).id
    with pytest.raises(Conflict) as refused:
        custody.take_back(ctx, offered, GivenBack())
    assert refused.value.message == "D-1 Tool D-1 is not in this person’s custody."
    custody.accept(ctx, offered, SIGNED)
    custody.take_back(ctx, offered, GivenBack())
    with pytest.raises(Conflict):
        custody.take_back(ctx, offered, GivenBack())
    assert states(ctx)["D-1"] == "store"


@pytest.mark.parametrize(
    ("signed", "code"),
    [(Signed(b""), "signature_missing"), (Signed(b"GIF89a", "card.gif"), "no_picture"),
     (Signed(b"\x89PNG\r\n\x1a\n"), "signature_empty")],
)  # fmt: skip
def test_nothing_is_accepted_without_a_signature(office, signed, code):
    ctx = office.system(NOW)
    row = custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "li")))
    with pytest.raises(Invalid) as refused:
        custody.accept(ctx, row.id, signed)
    ctx.session.refresh(row)
    assert (refused.value.code, row.state, row.signature_id) == (code, "offered", None)


def test_a_scanned_label_opens_our_tool_and_one_of_another_company_is_refused(office):
    ctx = office.system(NOW)
    opened = scanning.scan(ctx, Scanning(), label_text("acme", "tool", "D-1"), "").opens
    assert opened == ("inventory.tool_page", tool(ctx, "D-1").id)
    with pytest.raises(Invalid) as foreign:
        scanning.scan(ctx, Scanning(), label_text("others", "tool", "D-1"), "")
    assert foreign.value.code == "foreign_label"
    with pytest.raises(Invalid) as unknown:
        scanning.scan(ctx, Scanning(), label_text("acme", "tool", "D-9"), "")
    assert unknown.value.message == "There is no tool D-9."


def test_only_the_receiver_or_who_hands_out_accepts(office):
    ctx = office.system(NOW)
    row = custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "li")))
    with pytest.raises(Forbidden):
        custody.accept(acting(office, "wang", "inventory.custody.hold"), row.id, SIGNED)
    custody.accept(acting(office, "li", "inventory.custody.hold"), row.id, SIGNED)
    ctx = office.system(NOW)
    assert (states(ctx)["D-1"], tool(ctx, "D-1").assignee_id) == ("custody", user(ctx, "li"))
    with pytest.raises(Forbidden):
        custody.report(acting(office, "wang", "inventory.custody.hold"), row.id, "loss", "Not mine")


# --- handing on, declining ------------------------------------------------------------------------------------------


def test_who_hands_on_answers_for_it_until_the_next_one_signs(office):
    ctx = office.system(NOW)
    first = given(ctx, "D-1", "li")
    second = custody.hand_on(ctx, first, HandOver(user(ctx, "wang"), condition="worn"))
    assert ctx.session.get_one(Custody, first).state == "held"
    with pytest.raises(Conflict):
        custody.hand_on(ctx, first, HandOver(user(ctx, "boss")))
    custody.decline(ctx, second.id, "The cable is torn")
    assert (second.state, tool(ctx, "D-1").assignee_id) == ("withdrawn", user(ctx, "li"))
    third = custody.hand_on(ctx, first, HandOver(user(ctx, "wang")))
    custody.accept(ctx, third.id, SIGNED)
    ctx.session.expire_all()
    assert [(r.state, r.ended_condition) for r in ctx.session.scalars(sa.select(Custody).order_by(Custody.id))] == [
        ("handed_on", "good"), ("withdrawn", ""), ("held", "")
    ]  # fmt: skip
    assert tool(ctx, "D-1").assignee_id == user(ctx, "wang")


def test_a_declined_tool_is_in_store_again(office):
    ctx = office.system(NOW)
    row = custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "li")))
    custody.decline(acting(office, "li", "inventory.custody.hold"), row.id, "The chuck is loose")
    ctx = office.system(NOW)
    row = ctx.session.get_one(Custody, row.id)
    assert (row.state, row.ended_note, states(ctx)["D-1"]) == ("declined", "The chuck is loose", "store")


def test_what_a_leaver_holds_is_shown_and_offered_to_who_takes_over(office):
    ctx = office.system(NOW)
    given(ctx, "D-1", "li")
    custody.hand_over(ctx, tool(ctx, "T-1").id, HandOver(user(ctx, "li")))
    li, wang = user(ctx, "li"), user(ctx, "wang")
    assert [(w.label, w.count) for w in open_work(ctx, li)] == [("Tools in custody", 2)]
    with pytest.raises(Conflict):
        end_membership(ctx, li)
    assert end_membership(ctx, li, wang) == 2
    waiting = ctx.session.scalars(sa.select(Custody).where(Custody.state == "offered").order_by(Custody.tool_id))
    assert [(row.tool_number, row.assignee_id) for row in waiting] == [("D-1", wang), ("T-1", wang)]
    held = ctx.session.scalars(sa.select(Custody).where(Custody.state == "held")).one()
    assert held.assignee_id == li, "it stays with who leaves until the other one signs"


def test_my_work_shows_what_i_am_to_accept_and_what_i_keep(office):
    ctx = office.system(NOW)
    given(ctx, "D-1", "li")
    row = custody.hand_over(ctx, tool(ctx, "T-1").id, HandOver(user(ctx, "li")))
    told = ctx.session.scalars(sa.select(Notification).where(Notification.user_id == user(ctx, "li"))).all()
    assert row.id in [note.record_id for note in told]
    mine = custody.queries.with_person(ctx, user(ctx, "li"), ("held",), 5)
    assert [r.tool_number for r in mine] == ["D-1"]


# --- kits -----------------------------------------------------------------------------------------------------------


def test_a_kit_counts_what_is_ready_in_repair_and_expired(office):
    ctx = office.system(NOW)
    row = kit(ctx, drill=2, tester=1)
    drill, tester = kind(ctx, "drill"), kind(ctx, "tester")
    add(ctx, "D-2", drill, kit_id=row.id)
    broken = add(ctx, "D-3", drill, kit_id=row.id)
    add(ctx, "T-2", tester, kit_id=row.id, inspect_by=day("2026-03-02"))
    tools.send_to_repair(ctx, broken, "Sparks")
    lines = kits.queries.lines_of(ctx, [row.id])
    assert [(x.ready, x.in_repair, x.expired, x.missing) for x in lines] == [(1, 1, 0, 1), (1, 0, 0, 0)]
    tomorrow = office.system(NOW + days(1))
    assert kit_counts.look_at_all(tomorrow) == 0
    assert [(x.ready, x.expired) for x in kits.queries.lines_of(tomorrow, [row.id])] == [(1, 0), (0, 1)]


def test_who_does_not_see_all_tools_of_a_kit_leaves_the_count_to_the_handler(office):
    ctx = office.system(NOW)
    drill, row = kind(ctx, "drill"), kit(ctx, drill=2)
    units = dict(ctx.session.execute(sa.select(OrgUnit.code, OrgUnit.id)).all())
    service, workshop = units["service"], units["workshop"]
    mine = add(ctx, "D-2", drill, kit_id=row.id, unit_id=service)
    add(ctx, "D-3", drill, kit_id=row.id, unit_id=workshop)
    kit_id = row.id
    office.installation.close_sessions()
    limited = office.ctx("inventory.tool.view", "inventory.tool.edit", now=NOW, unit_ids=frozenset({service}))
    tools.send_to_repair(limited, mine, "Sparks")

    def line():
        (found,) = kits.queries.lines_of(office.system(NOW), [kit_id])
        return found.ready, found.in_repair

    assert line() == (2, 0), "of what she sees she would have counted one drill"
    office.installation.worker(NOW).run_until_idle()
    assert line() == (1, 1)


def test_the_tools_of_a_reserved_kit_are_reserved(office):
    ctx = office.system(NOW)
    row = kit(ctx, drill=1)
    assert ctx.session.get_one(Tool, add(ctx, "D-2", kind(ctx, "drill"), kit_id=row.id)).reserved
    assert not tool(ctx, "D-1").reserved


@pytest.mark.writers_at_once
@pytest.mark.parametrize("act", ["hand_over", "save_tool"])
def test_a_kit_and_a_tool_of_it_are_changed_at_once_and_both_succeed(office, act):
    ctx = office.system(NOW)
    row = kits.save_kit(ctx, KitData("K-9", "Kit", reserved=False))
    number, li, drill = add(ctx, "D-2", kind(ctx, "drill"), kit_id=row.id), user(ctx, "li"), kind(ctx, "drill")
    data = KitData("K-9", "Renamed", id=row.id)
    office.installation.close_sessions()
    begun, done = threading.Event(), []

    def rename() -> None:
        begun.wait(10)
        done.append(kits.save_kit(office.system(NOW), data).name)

    other = threading.Thread(target=rename)
    other.start()
    ctx, deadline = office.system(NOW), time.monotonic() + 20
    waiting = "select count(*) from pg_locks where not granted"
    with transaction(ctx), office.installation.engine.connect() as watcher:
        tool_queries.get_tool(ctx, number, lock=True)
        begun.set()
        while not watcher.exec_driver_sql(waiting).scalar():
            assert time.monotonic() < deadline, "the other does not wait for the tool"
        if act == "hand_over":
            custody.hand_over(ctx, number, HandOver(li))
        else:
            tools.save_tool(ctx, ToolData("Moved away", drill, "D-2", id=number))
    other.join(20)
    assert done == ["Renamed"]
    ctx = office.system(NOW)
    found = tool(ctx, "D-2")
    assert (found.state, found.kit_id is None) == (("offered", False) if act == "hand_over" else ("store", True))
    assert found.reserved == (act == "hand_over"), "the kit keeps its tools for service, and only its own"


# --- claims ---------------------------------------------------------------------------------------------------------


def test_a_claim_waits_for_the_approval_that_the_table_asks_for(office):
    ctx = office.system(NOW)
    rows(ctx, CLAIM, step(1, "manager", when={"transition": "approve"}))
    _row, claim = custody.report(ctx, given(ctx, "D-1", "li"), "loss", "Left at the site")
    tool_claims.decide(ctx, claim.id, "fault", "Left unlocked")
    with pytest.raises(Conflict) as asked:
        tool_claims.approve(ctx, claim.id)
    assert asked.value.code == "approval_asked"
    boss, claim_id = user(ctx, "boss"), claim.id
    office.installation.close_sessions()
    ctx = office.ctx("inventory.tool_claim.view", now=NOW, user_id=boss, name="Sun Wei", roles=("manager",))
    (waiting,) = ctx.session.scalars(waiting_for_me(ctx)).all()
    current = next(s for s in steps_listed(ctx, waiting.id) if s.state == "waiting")
    answer(ctx, waiting.id, current.id, approves=True)
    office.installation.worker(NOW).run_until_idle()
    assert office.system(NOW).session.get_one(ToolClaim, claim_id).state == "approved"


def test_without_a_price_nothing_is_claimed_before_it_is_entered(office):
    ctx = office.system(NOW)
    add(ctx, "D-2", kind(ctx, "drill"))
    _row, claim = custody.report(ctx, given(ctx, "D-2", "li"), "loss", "Stolen from the van")
    with pytest.raises(Conflict) as refused:
        tool_claims.decide(ctx, claim.id, "fault", "Left unlocked")
    assert refused.value.message == "What D-2 Tool D-2 cost is not known: enter its price first."
    ctx.session.refresh(claim)
    assert (claim.state, claim.amount) == ("reported", None)
    tool_claims.decide(ctx, claim.id, "none", "The lock was cut")
    assert (claim.state, claim.amount) == ("free", 0)


def test_damage_found_at_the_return_is_claimed_once(office):
    ctx = office.system(NOW)
    row = given(ctx, "D-1", "li")
    custody.report(ctx, row, "damage", "Dropped")
    custody.take_back(ctx, row, GivenBack("damaged", "Housing cracked", repair=True))
    assert len(ctx.session.scalars(sa.select(ToolClaim)).all()) == 1
    assert states(ctx)["D-1"] == "repair"


# --- import, rules --------------------------------------------------------------------------------------------------


def test_the_register_is_loaded_once_with_kinds_and_asset_flags(office):
    ctx = office.system(NOW)
    set_setting(ctx, "inventory.asset_threshold", 1000)
    values = {"number": "W-1", "name": "Welder", "kind": "Welder", "price": Decimal("2400"), "unit": "Service"}
    bad = {"number": "W-2", "name": "Welder", "kind": "Welder", "unit": "Nowhere"}
    given_rows = [ImportRow(2, values), ImportRow(3, bad)]
    with transaction(ctx):
        loaded = load(ctx, given_rows)
    assert (loaded.added, loaded.known, [(p.line, p.column) for p in loaded.bad]) == (1, 0, [(3, "unit")])
    assert (tool(ctx, "W-1").asset, tool(ctx, "W-1").price) == (True, 2400)
    with transaction(ctx):
        again = load(ctx, [ImportRow(2, values)])
    assert (again.added, again.known) == (0, 1)


def test_rules_of_tools():
    thousand = Decimal(1000)
    assert [is_asset(p, thousand) for p in (None, thousand, Decimal("1000.01"))] == [False, False, True]
    assert [is_asset(p, Decimal(0)) for p in (None, Decimal(0))] == [True, True]
    assert not is_asset(Decimal(9999), None)
    assert compensation(Decimal("99.99"), Decimal("0.5")) == Decimal("50.00")
    assert months_later(day("2026-01-31"), 1) == day("2026-02-28")
    assert months_between(day("2025-03-15"), day("2026-03-14")) == 11


def test_an_inspection_is_told_of_in_steps_and_holds_as_its_kind_says(office):
    ctx = office.system(NOW)
    row = tools.record_inspection(ctx, tool(ctx, "T-1").id, day("2026-02-28"), None)
    assert row.inspect_by == day("2027-02-28")
    later = office.system(moment("2027-02-10 09:00"))
    boss = [user(ctx, "boss")]
    assert tools.warn_of_inspections(later) == len(boss)
    assert tools.warn_of_inspections(later) == 0
    with pytest.raises(Invalid):
        tools.record_inspection(ctx, tool(ctx, "D-1").id, day("2026-02-28"), None)
    with pytest.raises(DomainError):
        tools.record_inspection(ctx, tool(ctx, "T-1").id, day("2026-03-05"), None)


def test_a_unit_with_tools_is_not_closed(office):
    ctx = office.system(NOW)
    unit = tools.queries.headquarters(ctx)
    add(ctx, "D-2", kind(ctx, "drill"), unit_id=unit.id)
    found = [w.label for a in hooks.collect(ctx, "open_work_of_unit", unit_id=unit.id) for w in a.value]
    assert found == ["Tools in use"]
