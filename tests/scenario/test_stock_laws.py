"""The ledger's laws under random operations, many writers at once, and processes killed in the middle.

Conservation, never negative, balances are the sum of moves, reserved is at most what is there: against a model of a few
dictionaries, by eight processes on the same parts, and by a process that is killed and begun anew.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.api import Conflict, RecordRef
from plugins.inventory.contracts import Circumstances, ReceiptLine, StockLine
from plugins.inventory.models import Balance, Location, Move, Part, Reservation, Transfer, TransferLine
from plugins.inventory.queries.check import differences
from plugins.inventory.queries.transfers import on_the_way
from plugins.inventory.services import reserving, stock, transfers
from plugins.inventory.transfer_contracts import TransferArrival, TransferData, TransferLineData, UnsentArrival
from tests.support.server import ROOT
from tests.support.stock_site import NOW, furnish, ids, put

WRITERS = 8
PLACES = ("MAIN", "NORTH")
CODES = ("BELT", "OIL")
QUANTITIES = st.sampled_from([Decimal(n) for n in (1, 2, 3, 7)])


def laws(ctx) -> None:
    """All that has to hold of a company's stock at any moment."""
    ctx.session.rollback()
    assert differences(ctx) == []
    for balance in ctx.session.scalars(sa.select(Balance)):
        assert 0 <= balance.reserved <= balance.on_hand
    inside = dict(ctx.session.execute(sa.select(Location.id, Location.kind)).all())
    net: dict[int, Decimal] = {}
    for move in ctx.session.scalars(sa.select(Move)):
        outside = (inside[move.from_id] in ("supplier", "customer", "adjustment")) - (
            inside[move.to_id] in ("supplier", "customer", "adjustment")
        )
        net[move.part_id] = net.get(move.part_id, Decimal(0)) + outside * move.quantity
    query = sa.select(Balance.part_id, sa.func.sum(Balance.on_hand)).group_by(Balance.part_id)
    there = {part_id: total for part_id, total in ctx.session.execute(query) if total}
    assert there == {part_id: total for part_id, total in net.items() if total}, "nothing comes from nothing"
    in_transit = sa.select(Balance).join(Location, Location.id == Balance.location_id).where(
        Location.kind == "transit", Balance.on_hand > Decimal(0)
    )  # fmt: skip
    known = {(b.part_id, b.batch_id, b.serial_id): b.on_hand for b in ctx.session.scalars(in_transit)}
    assert known == on_the_way(ctx), "what is in transit is what transfers say is on its way"


class Stock(RuleBasedStateMachine):
    """Random postings, and what a few dictionaries say of them."""

    office = None

    def __init__(self):
        super().__init__()
        self.ctx = self.office.system(NOW)
        self.parts, self.places = ids(self.ctx), ids(self.ctx, Location)
        self.begin = {key: self.model_of(key) for key in ((c, p) for c in CODES for p in PLACES)}
        self.there, self.kept = dict(self.begin), self.reserved()
        self.posted: list[int] = []

    def model_of(self, key):
        query = sa.select(Balance.on_hand).join(Part, Part.id == Balance.part_id)
        query = query.join(Location, Location.id == Balance.location_id)
        return self.ctx.session.scalar(query.where(Part.code == key[0], Location.code == key[1])) or Decimal(0)

    def reserved(self):
        query = sa.select(Part.code, Reservation.record_id, sa.func.sum(Reservation.quantity))
        query = query.join(Part, Part.id == Reservation.part_id).group_by(Part.code, Reservation.record_id)
        return {(code, ref): q for code, ref, q in self.ctx.session.execute(query) if q}

    def promised(self, code):
        return sum((q for (c, _ref), q in self.kept.items() if c == code), Decimal(0))

    def total(self, code):
        return sum((self.there[code, p] for p in PLACES), Decimal(0))

    def tried(self, act, fits):
        """Carry it out; it is refused just when the model says that there is not enough."""
        try:
            act()
        except Conflict:
            assert not fits, "refused although there is enough"
            return False
        assert fits is not False, "done although there is not enough"
        return True

    @rule(code=st.sampled_from(CODES), place=st.sampled_from(PLACES), quantity=QUANTITIES)
    def receive(self, code, place, quantity):
        line = ReceiptLine(self.parts[code], quantity)
        self.posted += stock.receive(self.ctx, [line], self.places[place]).moves
        self.there[code, place] += quantity

    @rule(code=st.sampled_from(CODES), quantity=QUANTITIES)
    def issue(self, code, quantity):
        fits = self.total(code) - self.promised(code) >= quantity
        if self.tried(lambda: stock.issue(self.ctx, [StockLine(self.parts[code], quantity)]), fits):
            self.read_again(code)

    @rule(code=st.sampled_from(CODES), place=st.sampled_from(PLACES), quantity=QUANTITIES)
    def transfer(self, code, place, quantity):
        other = PLACES[1 - PLACES.index(place)]
        line = StockLine(self.parts[code], quantity, self.places[place])
        fits = None if self.there[code, place] >= quantity else False
        if self.tried_loosely(lambda: stock.transfer(self.ctx, [line], self.places[other]), fits):
            self.there[code, place] -= quantity
            self.there[code, other] += quantity

    @rule(code=st.sampled_from(CODES), place=st.sampled_from(PLACES), quantity=QUANTITIES)
    def send(self, code, place, quantity):
        other = PLACES[1 - PLACES.index(place)]
        data = TransferData(self.places[place], self.places[other])
        fits = None if self.there[code, place] >= quantity else False
        line = TransferLineData(self.parts[code], quantity)
        if self.tried_loosely(lambda: transfers.hand(self.ctx, data, [line]), fits):
            self.there[code, place] -= quantity

    @rule(
        quantity=QUANTITIES, damaged=st.sampled_from([0, 1, 4]), unsent=st.sampled_from([0, 0, 2]),
        complete=st.booleans(),
    )  # fmt: skip
    def arrive(self, quantity, damaged, unsent, complete):
        line = self.under_way("sent")
        if line is None:
            return
        code, row_id = line.part.code, line.transfer_id
        other = self.parts[CODES[1 - CODES.index(code)]]
        along = [UnsentArrival(other, quantity=Decimal(unsent), damaged=Decimal(1))] if unsent else []
        arrival = TransferArrival(line.id, quantity, Decimal(damaged))
        transfers.receive(self.ctx, row_id, [arrival], complete=complete, unsent=along)
        for code in CODES:
            self.read_again(code)

    @rule(decision=st.sampled_from(["found", "back", "lost", "sender", "surplus", "returned"]))
    def settle(self, decision):
        over = decision in ("sender", "surplus", "returned")
        line = self.under_way("differs", over=over)
        if line is not None:
            code, line_id = line.part.code, line.id
            act = lambda: transfers.settle(self.ctx, line_id, decision, "Decided", quantity=Decimal(1))  # noqa: E731
            if self.tried_loosely(act, None):
                self.read_again(code)

    def under_way(self, state, over=False):
        query = sa.select(TransferLine).join(Transfer, Transfer.id == TransferLine.transfer_id)
        lines = self.ctx.session.scalars(query.where(Transfer.state == state).order_by(TransferLine.id))
        return next((line for line in lines if (line.too_many if over else line.open) >= 1), None)

    @rule(code=st.sampled_from(CODES), place=st.sampled_from(PLACES), quantity=QUANTITIES, found=st.booleans())
    def adjust(self, code, place, quantity, found):
        line = StockLine(self.parts[code], quantity if found else -quantity, self.places[place])
        fits = None if found or self.there[code, place] >= quantity else False
        if self.tried_loosely(lambda: stock.adjust(self.ctx, [line], Circumstances("Count")), fits):
            self.there[code, place] += line.quantity

    def tried_loosely(self, act, fits):
        """Where promises lie is the service's own choice: the model only knows what is too much."""
        try:
            act()
        except Conflict:
            return False
        assert fits is not False, "done although there is not enough"
        return True

    @rule(code=st.sampled_from(CODES), ref=st.sampled_from([1, 2, 3]), quantity=st.sampled_from([0, 1, 2, 5]))
    def reserve(self, code, ref, quantity):
        own = self.kept.get((code, ref), Decimal(0))
        free = self.total(code) - self.promised(code) + own
        record = RecordRef("base.product", ref)
        taken = self.taken(code, ref)
        target = max(Decimal(quantity) - taken, Decimal(0))
        wanted = {self.parts[code]: Decimal(quantity)}
        if self.tried(lambda: reserving.reserve(self.ctx, record, wanted), free >= target):
            self.kept[code, ref] = target

    def taken(self, code, ref):
        query = sa.select(sa.func.sum(Reservation.taken)).where(
            Reservation.part_id == self.parts[code], Reservation.record_id == ref
        )
        return self.ctx.session.scalar(query) or Decimal(0)

    @rule(code=st.sampled_from(CODES), ref=st.sampled_from([1, 2, 3]), quantity=QUANTITIES)
    def issue_reserved(self, code, ref, quantity):
        fits = self.kept.get((code, ref), Decimal(0)) >= quantity
        wanted, record = {self.parts[code]: quantity}, RecordRef("base.product", ref)
        if self.tried(lambda: reserving.issue_reserved(self.ctx, record, wanted), fits):
            self.kept[code, ref] -= quantity
            self.read_again(code)

    @precondition(lambda self: self.posted)
    @rule()
    def reverse(self):
        move = self.posted.pop()
        if self.tried_loosely(lambda: stock.reverse(self.ctx, [move], Circumstances("Wrong")), None):
            for code in CODES:
                self.read_again(code)

    def read_again(self, code):
        """Which place it came from is the service's choice; how much there is in all is not."""
        for place in PLACES:
            self.there[code, place] = self.model_of((code, place))

    @invariant()
    def agrees(self):
        for key, quantity in self.there.items():
            assert self.model_of(key) == quantity
        assert self.reserved() == {key: q for key, q in self.kept.items() if q}

    def teardown(self):
        laws(self.ctx)
        self.ctx.session.close()


def test_random_operations_agree_with_a_model_of_dictionaries(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        Stock.office = installation.office("acme")
        ctx = Stock.office.system(NOW)
        for code, place in itertools.product(CODES, PLACES):  # else most of what is tried is refused
            put(ctx, code, 5, place)
        ctx.session.close()
        quickly = settings(
            max_examples=5, stateful_step_count=16, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        run_state_machine_as_test(Stock, settings=quickly)


def hammer(url: str, seed: int, turns: int, writers: int, **more) -> subprocess.Popen:
    """Processes that reserve, issue and move the same few parts."""
    command = [sys.executable, "-m", "tests.support.stock_writer", url, "acme", str(seed), str(turns), str(writers)]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "SANBAO_SQLITE_SYNCHRONOUS": "OFF"}, **more)


def test_eight_writers_on_the_same_parts_never_promise_or_give_out_what_is_not_there(databases, database_kind):
    with databases.furnished(database_kind, furnish) as installation:
        ctx = installation.office("acme").system(NOW)
        put(ctx, "BELT", 30)
        put(ctx, "BELT", 30, "NORTH")
        put(ctx, "OIL", 40)
        ctx.session.close()
        assert hammer(installation.url, 1, 10, WRITERS).wait(timeout=240) == 0
        ctx = installation.office("acme").system(NOW)
        laws(ctx)
        assert (ctx.session.scalar(sa.select(sa.func.count(Move.id))) or 0) > 3 + WRITERS


@pytest.mark.parametrize("kills", [3])
def test_whoever_is_killed_at_whatever_moment_the_book_adds_up(databases, database_kind, kills, tmp_path):
    rng = random.Random(20261126)
    with databases.furnished(database_kind, furnish) as installation:
        ctx = installation.office("acme").system(NOW)
        put(ctx, "BELT", 500)
        put(ctx, "OIL", 500)
        ctx.session.close()
        acknowledged: list[str] = []
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        with hammer(installation.url, 0, 10_000, 0, **pipes) as begun:
            for turn in range(kills):
                told = tmp_path / f"told-{turn}"
                told.touch()
                begun.stdin.write(f"{100 + turn} {told}\n")
                writer, deadline = int(begun.stdout.readline()), time.monotonic() + 60
                while told.stat().st_size < 60:
                    os.kill(writer, 0)  # it is still there
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
                time.sleep(rng.uniform(0, 0.05))
                os.kill(writer, signal.SIGKILL)
                acknowledged += [line for line in told.read_text().splitlines(keepends=True) if line.endswith("\n")]
            begun.stdin.close()
            assert begun.wait(timeout=60) == 0
        ctx = installation.office("acme").system(NOW)
        laws(ctx)
        known = set(ctx.session.scalars(sa.select(Move.once).where(Move.once.is_not(None))))
        lost = [line for line in acknowledged if line.strip() not in known]
        assert lost == [], "acknowledged and not in the book"
