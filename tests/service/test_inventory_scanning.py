"""Scan after scan: what is scanned goes for the next part; what can't be is refused in words, with nothing posted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.api import Conflict, Invalid, RecordRef, use_locale
from plugins.inventory.contracts import Circumstances, StockLine
from plugins.inventory.models import Location
from plugins.inventory.rules.scanning import label_text, read_label, read_quantity
from plugins.inventory.scanning_contracts import Scanning
from plugins.inventory.services import reserving, stock
from plugins.inventory.services.scanning import scan
from tests.support.stock_site import NOW, furnish, ids, kept, moves, put, there


@pytest.fixture(autouse=True)
def english():
    with use_locale("en"):
        yield


@pytest.fixture
def office(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        yield installation.office("acme")


def walk(ctx, mode: str, *codes: str, state: Scanning | None = None):
    """Scan these one after the other; answers the last state and everything that was said."""
    state, said = state or Scanning(mode), []
    for number, code in enumerate(codes):
        result = scan(ctx, state, code, f"{mode} {len(moves(ctx))} {number}")
        state = result.state
        said.append(result.said)
    return state, said


def test_parts_are_received_handed_over_and_picked_by_nothing_but_scans(office):
    ctx = office.system(NOW)
    label = label_text("acme", "batch", "SEAL", "B/1")
    _state, said = walk(ctx, "receive", "MAIN", "BELT", "*5", "BELT", "3*", label, "ECU", "E-1", "SEAL", "B-2")
    assert said == [
        "Location Main warehouse", "BELT × 1 pcs received", "Quantity 5 for the next part", "BELT × 5 pcs received",
        "Quantity 3 for the next part", "SEAL × 3 set received", "ECU Control unit: scan the serial number",
        "ECU × 1 pcs received", "SEAL Seal kit: scan the batch", "SEAL × 1 set received",
    ]  # fmt: skip
    walk(ctx, "hand", label_text("acme", "location", "MAIN"), "VAN", "BELT", label_text("acme", "serial", "ECU", "E-1"))
    told = {key: int(q) for key, q in there(ctx).items()}
    assert told == {("BELT", "MAIN"): 5, ("SEAL", "MAIN"): 4, ("BELT", "VAN"): 1, ("ECU", "VAN"): 1}


def test_a_pick_takes_what_is_kept_for_the_record_first(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 5)
    put(ctx, "SEAL", 2, batch="B-1")
    put(ctx, "SEAL", 2, batch="B-2")
    ref, known = RecordRef("base.customer", 1), ids(ctx)
    reserving.reserve(ctx, ref, {known["BELT"]: Decimal(2), known["SEAL"]: Decimal(2)})
    state = Scanning("pick", ref=ref)
    walk(ctx, "pick", "BELT", label_text("acme", "batch", "SEAL", "B-1"), state=state)
    assert {code: int(q) for code, q in kept(ctx, 1).items()} == {"BELT": 1, "SEAL": 1}
    walk(ctx, "pick", label_text("acme", "batch", "SEAL", "B-2"), state=state)
    assert int(kept(ctx, 1)["SEAL"]) == 1, "the other batch was free"
    with pytest.raises(Conflict):
        walk(ctx, "pick", "*9", "BELT", state=state)


def test_what_can_not_be_is_refused_in_words_and_posts_nothing(office):
    ctx = office.system(NOW)
    put(ctx, "BELT", 1)
    before = len(moves(ctx))
    begun = Scanning("receive", ids_of_main(ctx))
    for state, code, refused in (
        (begun, label_text("others", "part", "BELT"), "foreign_label"), (begun, "NOBODY-KNOWS", "unknown_code"),
        (begun, "", "nothing"), (begun, "*0", "bad_quantity"), (Scanning("receive"), "BELT", "place_first"),
        (Scanning("pick"), "BELT", "order_first"), (Scanning("hand", ids_of_main(ctx)), "BELT", "person_first"),
        (begun, "CUSTOMER", "outside"), (begun, label_text("acme", "batch", "BELT", "B-1"), "not_tracked"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as error:
            scan(ctx, state, code, "")
        assert error.value.code == refused, code
    assert len(moves(ctx)) == before


def test_a_scan_sent_twice_is_posted_once_and_can_be_undone(office):
    ctx = office.system(NOW)
    state = Scanning("receive", ids_of_main(ctx))
    first, again = (scan(ctx, state, "BELT", "the same") for _ in range(2))
    assert first.moves == again.moves
    stock.reverse(ctx, first.moves, Circumstances("Scanned by mistake"))
    assert there(ctx) == {}
    with pytest.raises(Conflict):
        stock.transfer(ctx, [StockLine(ids(ctx)["BELT"], Decimal(1), ids_of_main(ctx))], van(ctx))


def ids_of_main(ctx) -> int:
    return ids(ctx, Location)["MAIN"]


def van(ctx) -> int:
    return ids(ctx, Location)["VAN"]


def test_labels_and_quantities_are_read_as_they_were_written():
    text = label_text("acme", "batch", "A/B 1", "批/7")
    assert read_label(text).codes == ("A/B 1", "批/7")
    assert [read_label(t) for t in ("SANBAO/acme/part", "SANBAO/acme/moon/1", "http://x/y/z/1", "")] == [None] * 4
    assert [read_quantity(t) for t in ("*5", "2.5*", "×3", "5", "*", "BELT*")] == [
        Decimal(5), Decimal("2.5"), Decimal(3), None, None, None
    ]  # fmt: skip
