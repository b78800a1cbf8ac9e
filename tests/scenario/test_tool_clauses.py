"""Tools and equipment in the policies' own words: fixed assets, personal custody, payment at price, complete kits."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, RecordRef, clocks_on, files_of, issue_document, set_setting, timeline, use_locale
from core.decisions.store import latest_published, publish, save_draft, table_named
from core.notifications import Notification
from core.profiles import apply_profile, read_profile
from core.testing import moment
from plugins.inventory.models import Custody, Kit, Tool, ToolClaim
from plugins.inventory.queries import kits as kit_queries
from plugins.inventory.services import custody, kit_counts, tool_claims, tools
from plugins.inventory.tool_contracts import CARD, CUSTODY, KIT_LIMITS, GivenBack, HandOver
from tests.support.policy_site import PROFILES
from tests.support.tool_site import NOW, SIGNED, add, furnish, given, kind, tool, user


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as made:
        yield made.office("acme")


def under(office, profile: str):
    """The company works by this industry's policy; what follows from it is done."""
    apply_profile(office.system(NOW), read_profile(PROFILES / profile, office.installation.registry))
    office.installation.worker(NOW).run_until_idle()
    office.installation.close_sessions()
    return office.system(NOW)


@pytest.mark.clause("GS-16")
def test_test_gear_and_tools_over_1000_yuan_are_fixed_assets_and_the_flag_follows_the_price(office):
    ctx = under(office, "general")
    assert [(t.number, t.asset, t.asset_since) for t in (tool(ctx, "D-1"), tool(ctx, "T-1"))] == [
        ("D-1", False, None), ("T-1", True, NOW.date())
    ]  # fmt: skip
    exactly = ctx.session.get_one(Tool, add(ctx, "D-2", kind(ctx, "drill"), "1000"))
    dearer = ctx.session.get_one(Tool, add(ctx, "D-3", kind(ctx, "drill"), "1000.01"))
    assert (exactly.asset, dearer.asset) == (False, True), "over 1,000"

    set_setting(ctx, "inventory.asset_threshold", 2000)
    office.installation.worker(NOW).run_until_idle()
    ctx = office.system(NOW)
    assert [t.number for t in ctx.session.scalars(sa.select(Tool).where(Tool.asset.is_(True)))] == []
    (told,) = [e for e in timeline(ctx, tool(ctx, "T-1")) if e.name == "inventory.tool_no_asset"]
    assert (told.occurred_at.date(), told.facts["price"], told.facts["threshold"]) == (NOW.date(), "1950", "2000")


@pytest.mark.clause("GS-17")
def test_tools_are_given_into_personal_custody_after_registration_and_not_for_private_use(office):
    ctx = under(office, "general")
    with pytest.raises(Conflict) as private:
        custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "li"), "private"))
    assert private.value.message == (
        "D-1 Tool D-1 is not handed out for this. Tools are for work, never for private use."
    )
    assert (tool(ctx, "D-1").state, ctx.session.scalars(sa.select(Custody)).all()) == ("store", [])

    row = custody.hand_over(ctx, tool(ctx, "D-1").id, HandOver(user(ctx, "li"), condition="worn", note="Two bits"))
    card = issue_document(ctx, CARD, RecordRef(CUSTODY, row.id))
    assert (card.number, card.facts["person"], card.facts["condition"]) == ("BG2603-0001", "Li Hai", "Worn, usable")
    custody.accept(ctx, row.id, SIGNED)
    assert (row.state, row.accepted_at, row.condition, tool(ctx, "D-1").assignee_id) == (
        "held", NOW, "worn", user(ctx, "li")
    )  # fmt: skip
    assert [f.id for f in files_of(ctx, row)] == [row.signature_id], "the signature is kept with it"
    again = issue_document(ctx, CARD, RecordRef(CUSTODY, row.id))
    assert (card.facts["signature"], again.facts["signature"]) == (None, row.signature_id), "and stands on the card"
    evening = office.system(moment("2026-03-02 18:00"))
    custody.take_back(evening, row.id, GivenBack("worn"))
    assert (tool(evening, "D-1").state, [e.name for e in timeline(evening, tool(evening, "D-1"))][0]) == (
        "store", "inventory.tool_given_back"
    )  # fmt: skip


@pytest.mark.clause("GS-18")
def test_loss_or_damage_by_fault_is_paid_at_the_price(office):
    ctx = under(office, "general")
    row, claim = custody.report(ctx, given(ctx, "T-1", "li"), "loss", "Left on the roof of the van")
    assert (row.state, tool(ctx, "T-1").state, claim.number, claim.state) == (
        "lost", "lost", "GP2603-0001", "reported"
    )  # fmt: skip
    tool_claims.decide(ctx, claim.id, "fault", "It was not put away")
    assert (claim.state, claim.amount) == ("decided", Decimal(1950))
    tool_claims.approve(ctx, claim.id)
    tool_claims.note_payment(ctx, claim.id, "Receipt 318")
    assert (claim.state, claim.ended_note) == ("paid", "Receipt 318")

    _held, damaged = custody.report(ctx, given(ctx, "D-1", "li"), "damage", "The grip broke")
    tool_claims.decide(ctx, damaged.id, "none", "Worn by age")
    assert (damaged.state, damaged.amount) == ("free", 0), "without fault nothing is paid"


@pytest.mark.clause("AG-16")
def test_all_test_and_repair_gear_is_managed_as_fixed_assets(office):
    ctx = under(office, "vehicle_terminals")
    add(ctx, "D-2", kind(ctx, "drill"))
    assert [t.asset for t in ctx.session.scalars(sa.select(Tool))] == [True, True, True]


@pytest.mark.clause("AG-17")
def test_tools_are_in_personal_custody_after_registration_and_nothing_is_claimed(office):
    ctx = under(office, "vehicle_terminals")
    row, claim = custody.report(ctx, given(ctx, "D-1", "li"), "loss", "Fell into the river")
    assert (row.state, row.ended_note, claim) == ("lost", "Fell into the river", None)
    assert ctx.session.scalars(sa.select(ToolClaim)).all() == []
    assert "inventory.tool_lost" in [e.name for e in timeline(ctx, row)], "the custody record tells of it"


@pytest.mark.clause("SB-3", "SB-7")
def test_listed_equipment_is_reserved_for_service_and_what_is_missing_is_shown(office):
    ctx = under(office, "machinery")
    base = ctx.session.scalars(sa.select(Kit)).one()
    lines = kit_queries.lines_of(ctx, [base.id])
    assert {line.kind.code: line.quantity for line in lines} == {
        "light-truck": 1, "welding-machine": 3, "drill": 2, "puller": 2, "tool-kit": 2
    }  # fmt: skip
    assert (base.reserved, base.incomplete_since) == (True, NOW)
    table = table_named(ctx, KIT_LIMITS)
    soon = {"when": {}, "then": {"limit": 2, "unit": "working_days", "calendar": "office"}}
    save_draft(ctx, KIT_LIMITS, {**latest_published(ctx, table).body, "rows": [soon]}, reason="test",
               effective_from=ctx.today)  # fmt: skip
    publish(ctx, KIT_LIMITS)

    made = [
        add(ctx, f"{line.kind.code}-{n}", line.kind_id, kit_id=base.id)
        for line in lines for n in range(line.quantity)
    ]  # fmt: skip
    office.installation.worker(NOW).run_until_idle()
    later = moment("2026-03-02 10:00")
    ctx = office.system(later)
    assert ctx.session.get_one(Kit, base.id).incomplete_since is None

    for purpose, place in (("production", "service"), ("service", "rd")):
        unit = tools.queries.unit_code
        where = next(u.id for u in ctx.session.scalars(sa.select(type(tools.queries.headquarters(ctx))))
                     if unit(ctx, u.id) == place)  # fmt: skip
        with pytest.raises(Conflict) as refused:
            custody.hand_over(ctx, made[1], HandOver(user(ctx, "li"), purpose, unit_id=where))
        assert "It is reserved for service" in refused.value.message
    assert ctx.session.get_one(Tool, made[1]).state == "store"
    custody.accept(ctx, custody.hand_over(ctx, made[0], HandOver(user(ctx, "li"))).id, SIGNED)
    tools.send_to_repair(ctx, made[1], "No arc")
    office.installation.worker(later).run_until_idle()

    ctx = office.system(later)
    kit = ctx.session.get_one(Kit, base.id)
    welders = next(x for x in kit_queries.lines_of(ctx, [kit.id]) if x.kind.code == "welding-machine")
    assert (kit.incomplete_since, welders.ready, welders.in_repair, welders.missing) == (later, 2, 1, 1)
    (clock,) = [c for c in clocks_on(ctx, kit) if c.state == "running"]
    assert clock.due_at == moment("2026-03-04 18:00")
    said = ctx.session.scalars(sa.select(Notification.facts).where(Notification.record_kind == "inventory.kit")).all()
    assert "Welding machine × 1" in [facts["what"] for facts in said]
    tools.back_from_repair(ctx, made[1], "New board")
    office.installation.worker(later).run_until_idle()
    ctx = office.system(later)
    assert ctx.session.get_one(Kit, base.id).incomplete_since is None
    assert [c.state for c in clocks_on(ctx, ctx.session.get_one(Kit, base.id))] == ["met"]
    assert kit_counts.look_at_all(ctx) == 0
