"""Counting by scanner: each scan counts one more, blind; what somebody else counted is not counted twice."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from decimal import Decimal

import pytest
import sqlalchemy as sa

from core.api import Conflict, Forbidden, Invalid, set_setting, transaction, use_locale
from plugins.inventory.contracts import StockLine
from plugins.inventory.models import Location, Serial, StocktakeLine
from plugins.inventory.queries.stocktake import get_line, get_stocktake, progress
from plugins.inventory.rules.scanning import label_text
from plugins.inventory.scanning_contracts import Scanning
from plugins.inventory.services import stock, stocktake
from plugins.inventory.services.costs import set_cost
from plugins.inventory.services.scanning import scan, take_back
from plugins.inventory.stocktake_contracts import CountData, FoundData, StocktakeData
from tests.support.stock_site import NOW, furnish, ids, put, there

COUNT = ("inventory.stocktake.view", "inventory.stocktake.count")
KEYS = itertools.count()
LATER = NOW + dt.timedelta(minutes=5)


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        ctx = installation.office("acme").system(NOW)
        put(ctx, "BELT", 5)
        put(ctx, "SEAL", 3, batch="B-1")
        put(ctx, "ECU", 1, serial="E-1")
        put(ctx, "ECU", 1, serial="E-2")
        stocktake.begin(ctx, StocktakeData(ids(ctx, Location)["MAIN"]))
        installation.close_sessions()
        yield installation.office("acme")


def counter(office, name: str = "Ma Li", number: int | None = None, now=LATER):
    user = number if number is not None else office.person("count@acme.example", "storekeeper", name=name)
    return office.ctx(*COUNT, now=now, user_id=user, name=name)


def walk(ctx, *codes: str, state: Scanning | None = None):
    state, said = state or Scanning("count"), []
    for code in codes:
        result = scan(ctx, state, code, f"c{next(KEYS)}")
        state = result.state
        said.append(result.said)
    return state, said


def counted(ctx) -> dict[str, Decimal | None]:
    ctx.session.expire_all()
    rows = ctx.session.scalars(sa.select(StocktakeLine))
    return {
        row.part.code + (f" {row.serial.number}" if row.serial else ""): row.counted for row in rows
    }


def test_each_scan_counts_one_more_and_says_what_it_comes_to(office):
    ctx = counter(office)
    _state, said = walk(
        ctx, label_text("acme", "location", "MAIN"), "BELT", "BELT", "*3", "BELT", "SEAL", "B-1", "ECU", "E-1",
        label_text("acme", "serial", "ECU", "E-2"),
    )  # fmt: skip
    assert said == [
        "Counting Main warehouse (PD2603-0001)", "BELT: 1 pcs counted", "BELT: 2 pcs counted",
        "Quantity 3 for the next part", "BELT: 5 pcs counted", "SEAL Seal kit: scan the batch",
        "SEAL B-1: 1 set counted", "ECU Control unit: scan the serial number", "ECU E-1: 1 pcs counted",
        "ECU E-2: 1 pcs counted",
    ]  # fmt: skip
    assert counted(ctx) == {"BELT": Decimal(5), "SEAL": Decimal(1), "ECU E-1": Decimal(1), "ECU E-2": Decimal(1)}


def test_a_scan_whose_answer_was_lost_counts_once_when_it_is_sent_again(office):
    ctx = counter(office)
    state, _said = walk(ctx, "MAIN", "BELT", "*2")
    assert [scan(ctx, state, "BELT", "lost").said for _sent in range(2)] == ["BELT: 3 pcs counted"] * 2


def test_the_last_scans_are_taken_back_one_by_one(office):
    ctx = counter(office)
    state, _said = walk(ctx, "MAIN", "BELT", "*2", "BELT")
    state = take_back(ctx, state).state
    assert counted(ctx)["BELT"] == Decimal(1)
    state = take_back(ctx, state).state
    assert counted(ctx)["BELT"] is None
    line = ctx.session.scalars(sa.select(StocktakeLine).where(StocktakeLine.part_id == ids(ctx)["BELT"])).one()
    assert (line.book, line.counted_by, line.counts) == (None, "", 0)
    with pytest.raises(Invalid, match="nothing to take back"):
        take_back(ctx, state)


def test_a_count_is_taken_back_once_though_the_answer_was_lost(office):
    ctx = counter(office)
    state, _said = walk(ctx, "MAIN", "BELT", "BELT", "BELT")
    for _sent in range(2):
        take_back(ctx, state, "undo")
        assert counted(ctx)["BELT"] == Decimal(2), "the second request takes back no second scan"


def test_a_piece_is_counted_once(office):
    ctx = counter(office)
    state, _said = walk(ctx, "MAIN", "ECU", "E-1")
    with pytest.raises(Conflict, match="E-1 is counted already"):
        walk(ctx, "ECU", "E-1", state=state)
    assert counted(ctx)["ECU E-1"] == Decimal(1)


def test_two_people_who_count_the_same_are_told(office):
    walk(counter(office), "MAIN", "BELT")
    office.installation.close_sessions()
    other = counter(office, "Li Hai", office.person("second@acme.example", "storekeeper", name="Li Hai"))
    with pytest.raises(Conflict, match="Ma Li has counted this at"):
        walk(other, "MAIN", "BELT")
    assert counted(other)["BELT"] == Decimal(1)


def test_what_has_to_be_counted_again_is_begun_anew_by_the_next_count(office):
    ctx = office.system(NOW)
    set_cost(ctx, ids(ctx)["BELT"], Decimal(100))
    set_setting(ctx, "inventory.recount_above", "50")
    office.installation.close_sessions()
    first = counter(office)
    who = first.actor.user_id
    walk(first, "MAIN", "BELT", "BELT")
    line = first.session.scalars(sa.select(StocktakeLine).where(StocktakeLine.part_id == ids(first)["BELT"])).one()
    assert (line.again, line.counts) == (True, 1)
    office.installation.close_sessions()
    again = counter(office, "Ma Li", who, LATER + dt.timedelta(minutes=9))
    walk(again, "MAIN", "*4", "BELT")
    line = again.session.scalars(sa.select(StocktakeLine).where(StocktakeLine.part_id == ids(again)["BELT"])).one()
    assert (line.counted, line.again, line.counts) == (Decimal(4), False, 2)


def test_what_can_not_be_counted_is_refused_and_nothing_is_counted(office):
    ctx = counter(office)
    serials = len(ctx.session.scalars(sa.select(Serial)).all())
    state, _said = walk(ctx, "MAIN")
    for codes, said in (
        (("ECU", "E-9"), "Nobody knows the serial number E-9"), (("SEAL", "B-9"), "Nobody knows the batch B-9"),
        (("VAN",), "No stocktake counts Van of Li Hai now"),
        ((label_text("north", "part", "BELT"),), "another company"),
        (("*0",), "above 0"), (("NOTHING",), "Nothing here is called NOTHING"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=said):
            walk(ctx, *codes, state=state)
    with pytest.raises(Invalid, match="Scan the location first"):
        walk(ctx, "BELT")
    assert set(counted(ctx).values()) == {None}
    assert len(ctx.session.scalars(sa.select(Serial)).all()) == serials
    office.installation.close_sessions()
    stranger = office.ctx("inventory.stock.view", now=LATER, user_id=None, name="Nobody")
    with pytest.raises(Forbidden):
        walk(stranger, "MAIN", "BELT")


def test_what_is_moved_while_it_is_counted_makes_no_difference(office):
    ctx = office.system(LATER)
    state, _said = walk(ctx, "MAIN", "*5", "BELT", "*3", "SEAL")
    walk(ctx, "B-1", "ECU", "E-1", "ECU", "E-2", state=state)
    later = office.system(LATER + dt.timedelta(minutes=1))
    stock.issue(later, [StockLine(ids(later)["BELT"], Decimal(2))])
    row = later.session.scalars(sa.select(StocktakeLine.stocktake_id)).first()
    stocktake.finish(later, row)
    stocktake.post_differences(later, row)
    assert progress(later, row).different == 0


def test_what_one_stocktake_has_found_no_other_one_finds_again(office):
    ctx = office.system(LATER)
    empty = ids(ctx, Location)["NORTH"]
    first, second = (stocktake.begin(ctx, StocktakeData(empty)) for _n in range(2))
    found = FoundData(ids(ctx)["OIL"], empty, Decimal(5))
    stocktake.count_found(ctx, first.id, found)
    with pytest.raises(Conflict) as refused:
        stocktake.count_found(ctx, second.id, found)
    assert refused.value.message == f"{first.number} counts there already: end it first."
    stocktake.finish(ctx, first.id)
    stocktake.post_differences(ctx, first.id)
    assert stocktake.count_found(ctx, second.id, found).difference == 0
    stocktake.finish(ctx, second.id)
    stocktake.post_differences(ctx, second.id)
    assert there(ctx)["OIL", "NORTH"] == 5


@pytest.mark.writers_at_once
def test_who_counts_on_the_page_and_who_scans_the_same_line_wait_for_each_other_in_one_order(office):
    ctx, said = office.system(LATER), []
    line = ctx.session.scalars(sa.select(StocktakeLine).order_by(StocktakeLine.id)).first()
    line_id, stocktake_id = line.id, line.stocktake_id

    def count() -> None:
        mine = office.system(LATER)
        try:
            with use_locale("en"):
                said.append(stocktake.count(mine, line_id, CountData(Decimal(4))).counted)
        except Exception as error:
            said.append(error)
        finally:
            mine.session.close()

    other = threading.Thread(target=count)
    with transaction(ctx):
        get_stocktake(ctx, stocktake_id, lock=True)
        other.start()
        time.sleep(0.5)
        get_line(ctx, line_id, lock=True)
    other.join()
    assert said == [Decimal(4)]
