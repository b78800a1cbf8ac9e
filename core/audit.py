"""Sealing: the worker chains the events of a company in blocks, so that nobody changes or removes one unnoticed.

An event's seal is a hash over the seal before it and what stays of the event for ever: its number, digest, name,
record, moment, person and request. A block says which events it covers and closes over its last seal and the block
before it. The payload is in the digest only, which is salted: erasing payload and salt leaves the chain whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from core import config
from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, prepared_many, transaction
from core.errors import Invalid
from core.events import Event, digest_of, emit
from core.i18n import _

BATCH = 500
"""Events in one block at most."""
BEGINNING = "0" * 64
"""What the first block follows."""
ERASED = "core.person_erased"
"""The event that names, by ranges of numbers in its fact ``events``, those that it emptied."""
VERIFIED = "core.audit_verified"


class AuditBlock(Base, CompanyOwned):
    """A stretch of the audit trail that is sealed. Written once, never changed."""

    __tablename__ = "core_audit_block"
    __table_args__ = (sa.UniqueConstraint("company_id", "number"),)
    __audited__ = False

    id: Mapped[Id]
    number: Mapped[int] = mapped_column(BigId)
    covers: Mapped[str] = mapped_column(sa.Text)
    events: Mapped[int]
    previous: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))
    sealed_at: Mapped[dt.datetime]


@dataclass(frozen=True)
class Head:
    """The end of a company's chain as it was at a moment, to be kept where the database's keepers can't reach."""

    company: str
    number: int
    hash: str
    sealed_at: dt.datetime

    def line(self) -> str:
        """One line of the file of heads."""
        return f"{self.sealed_at.isoformat()}\t{self.company}\t{self.number}\t{self.hash}\n"


@dataclass(frozen=True)
class Verdict:
    """What ``verify`` saw: how much there is, and how many sentences it found to say."""

    blocks: int
    events: int
    unsealed: int
    problems: int


# --- numbers as ranges ----------------------------------------------------------------------------------------------


def ranges(numbers: Iterable[int]) -> str:
    """Ascending numbers as text.

    >>> ranges([3, 4, 5, 9])
    '3-5,9'
    """
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def spans(text: str) -> list[tuple[int, int]]:
    """The first and last number of each range.

    >>> spans("3-5,9")
    [(3, 5), (9, 9)]
    """
    pairs = (part.partition("-") for part in text.split(",") if part)
    return [(int(first), int(last or first)) for first, _dash, last in pairs]


def _covered(text: str) -> Iterator[int]:
    for first, last in spans(text):
        yield from range(first, last + 1)


# --- sealing --------------------------------------------------------------------------------------------------------

_PUBLIC = (
    Event.id,
    Event.digest,
    Event.name,
    Event.record_kind,
    Event.record_id,
    Event.occurred_at,
    Event.actor_id,
    Event.request_id,
    Event.source_event_id,
)
_EVENTS = cast(sa.Table, Event.__table__)
_WRITE_SEAL = (
    sa.update(_EVENTS)
    .where(_EVENTS.c.company_id == sa.bindparam("of_company"), _EVENTS.c.id == sa.bindparam("of_event"))
    .values(seal=sa.bindparam("its_seal"), block=sa.bindparam("its_block"))
)


def _hash(values: list) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _seal(previous: str, row) -> str:
    """An event's seal; ``row`` begins with the columns of ``_PUBLIC``."""
    values = list(row[: len(_PUBLIC)])
    values[5] = values[5].isoformat()
    return _hash([previous, *values])


def _block_hash(company_id: int, number: int, previous: str, sealed_at: dt.datetime, covers: str, last: str) -> str:
    return _hash([company_id, number, previous, sealed_at.isoformat(), covers, last])


def seal_events(ctx: Ctx, limit: int = BATCH) -> int:
    """Seal up to ``limit`` events that have no seal yet, in one block; answers how many.

    What is missing a seal counts, not what came after the last number: on PostgreSQL an event may become visible after
    one with a higher number, and then goes into the next block. Of two workers one seals and the other answers 0.
    """
    try:
        with transaction(ctx):
            return _seal_block(ctx, limit)
    except IntegrityError:  # another worker wrote a block of this number: the events are in it, or in the next one
        return 0


def _seal_block(ctx: Ctx, limit: int) -> int:
    number = ctx.session.scalar(sa.select(sa.func.max(AuditBlock.number))) or 0
    previous = BEGINNING
    if number:
        query = sa.select(AuditBlock.hash).where(AuditBlock.number == number).with_for_update(skip_locked=True)
        found = ctx.session.scalar(query)
        if found is None:
            return 0
        previous = found
    rows = ctx.session.execute(
        sa.select(*_PUBLIC).where(Event.seal.is_(None)).order_by(Event.id).limit(limit)
    ).all()
    if not rows:
        return 0
    last, sealed = previous, []
    for row in rows:
        last = _seal(last, row)
        sealed.append({"of_event": row.id, "its_seal": last, "its_block": number + 1})
    covers = ranges(row.id for row in rows)
    ctx.session.add(
        AuditBlock(
            number=number + 1,
            covers=covers,
            events=len(rows),
            previous=previous,
            hash=_block_hash(ctx.company_id, number + 1, previous, ctx.now, covers, last),
            sealed_at=ctx.now,
        )
    )
    ctx.session.flush()
    prepared_many(ctx, _WRITE_SEAL, sealed)
    return len(rows)


# --- heads ----------------------------------------------------------------------------------------------------------


def last_block(ctx: Ctx) -> AuditBlock | None:
    """The block at the end of the company's chain."""
    return ctx.session.scalar(sa.select(AuditBlock).order_by(AuditBlock.number.desc()).limit(1))


def head(ctx: Ctx) -> Head | None:
    """The end of the company's chain now; None when nothing is sealed yet."""
    block = last_block(ctx)
    return Head(ctx.company.code, block.number, block.hash, block.sealed_at) if block else None


def heads_file() -> Path:
    """Where this installation writes heads: beside the database, not in it. Ship it elsewhere as it grows."""
    return config.home() / "audit-heads.tsv"


def append_head(file: Path, found: Head) -> None:
    """Write a head at the end of ``file``."""
    with file.open("a", encoding="utf-8") as out:
        out.write(found.line())


def read_heads(lines: Iterable[str], company: str) -> Iterator[Head]:
    """The heads of one company in a file of heads. Raises Invalid with the number of a line that is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            at, code, block, digest = line.rstrip("\n").split("\t")
            found = Head(code, int(block), digest, dt.datetime.fromisoformat(at))
        except ValueError:
            raise Invalid("bad_heads", _("Line {line} of the file of heads can't be read.", line=number)) from None
        if code == company:
            yield found


# --- verifying ------------------------------------------------------------------------------------------------------


class Verification:
    """One pass over the chain of a company, in constant memory. Iterate ``problems()``, then read ``verdict``."""

    def __init__(self, ctx: Ctx, heads: Iterable[Head] = ()):
        self.ctx = ctx
        self.heads = heads
        self.blocks = self.events = self.found = 0
        self.erased = self._erased()

    @property
    def verdict(self) -> Verdict:
        """What was seen."""
        unsealed = self.ctx.session.scalar(sa.select(sa.func.count(Event.id)).where(Event.seal.is_(None))) or 0
        return Verdict(self.blocks, self.events, unsealed, self.found)

    def problems(self) -> Iterator[str]:
        """Sentences that say where the chain breaks and what was done there, in the chain's order."""
        for text in self._problems():
            self.found += 1
            yield text

    def _problems(self) -> Iterator[str]:
        previous, number = BEGINNING, 0
        for block in self._all_blocks():
            if block.number != number + 1:
                yield _missing_blocks(number + 1, block.number - 1)
            elif block.previous != previous:
                yield _(
                    "Block {block} does not follow block {before}: that one had another hash when it was sealed.",
                    block=block.number,
                    before=number,
                )
            yield from self._block(block)
            previous, number = block.hash, block.number
        yield from self._strangers()
        yield from self._against_heads(number)

    def _all_blocks(self) -> Iterator[AuditBlock]:
        after = 0
        while True:
            query = sa.select(AuditBlock).where(AuditBlock.number > after).order_by(AuditBlock.number).limit(20)
            rows = self.ctx.session.scalars(query).all()
            for row in rows:
                self.ctx.session.expunge(row)
            yield from rows
            if len(rows) < 20:
                return
            after = rows[-1].number

    def _block(self, block: AuditBlock) -> Iterator[str]:
        self.blocks += 1
        self.events += block.events
        numbers = list(islice(_covered(block.covers), BATCH + 1))
        query = sa.select(
            *_PUBLIC, Event.actor_name, Event.facts, Event.changes, Event.salt, Event.seal, Event.block
        ).where(Event.id.in_(numbers))
        rows = {row.id: row for row in self.ctx.session.execute(query)}
        last: str | None = block.previous
        told = False
        for number in numbers:
            row = rows.get(number)
            if row is None:
                yield _("Event {event} of block {block} is missing: it was deleted.", event=number, block=block.number)
                last, told = None, True
                continue
            text = self._own_problem(row, block.number)
            if text:
                yield text
                told = True
            elif not told and last is not None and row.seal != _seal(last, row):
                yield _(
                    "From event {event} of block {block} on, the order of the events was changed, or the name, record, "
                    "time or person of one: the seals do not fit.",
                    event=number,
                    block=block.number,
                )
                told = True
            last = row.seal
        expected = _block_hash(
            self.ctx.company_id, block.number, block.previous, block.sealed_at, block.covers, last or ""
        )
        if not told and (block.hash != expected or block.events != len(numbers)):
            yield _("Block {block} was written anew: its hash does not fit what it covers.", block=block.number)

    def _own_problem(self, row, block: int) -> str:
        """What is wrong with an event by itself."""
        if row.seal is None or row.block != block:
            return _("Event {event} of block {block} has lost its seal.", event=row.id, block=block)
        if row.salt is None:
            empty = not row.facts and not row.changes
            if empty and any(first <= row.id <= last for first, last in self.erased):
                return ""
            return _(
                "Event {event} of block {block} was emptied, and no erasure on record names it.",
                event=row.id,
                block=block,
            )
        if row.digest != digest_of(row, self.ctx.company_id):
            return _(
                "Event {event} of block {block} says something else than when it was written.",
                event=row.id,
                block=block,
            )
        return ""

    def _erased(self) -> list[tuple[int, int]]:
        """What erasures on record have emptied."""
        query = sa.select(Event.facts).where(Event.name == ERASED)
        return [span for facts in self.ctx.session.scalars(query) for span in spans((facts or {}).get("events", ""))]

    def _strangers(self) -> Iterator[str]:
        """Events that bear a seal though no block covers them. Looked for only when the numbers don't agree."""
        bearing = self.ctx.session.scalar(sa.select(sa.func.count(Event.id)).where(Event.seal.is_not(None))) or 0
        if bearing <= self.events and not self.found:
            return
        after = 0
        while True:
            query = sa.select(Event.id, Event.block).where(Event.seal.is_not(None), Event.id > after)
            rows = self.ctx.session.execute(query.order_by(Event.id).limit(BATCH)).all()
            wanted = {row.block for row in rows}
            blocks = self.ctx.session.execute(
                sa.select(AuditBlock.number, AuditBlock.covers).where(AuditBlock.number.in_(wanted))
            )
            covered = {number: spans(covers) for number, covers in blocks}
            for row in rows:
                if not any(first <= row.id <= last for first, last in covered.get(row.block, ())):
                    yield _(
                        "Event {event} bears a seal of block {block}, which does not cover it or is not there.",
                        event=row.id,
                        block=row.block if row.block is not None else "–",
                    )
            if len(rows) < BATCH:
                return
            after = rows[-1].id

    def _against_heads(self, last_number: int) -> Iterator[str]:
        for known in self.heads:
            found = self.ctx.session.scalar(sa.select(AuditBlock.hash).where(AuditBlock.number == known.number))
            on = known.sealed_at.astimezone(self.ctx.tz).strftime("%Y-%m-%d %H:%M")
            if known.number > last_number:
                yield _(
                    "The chain ends with block {last}, but block {block} was exported as its head on {on}: the end "
                    "was removed.",
                    last=last_number,
                    block=known.number,
                    on=on,
                )
                return
            if found is not None and found != known.hash:
                yield _(
                    "Block {block} has another hash than the one exported on {on}: the chain was written anew.",
                    block=known.number,
                    on=on,
                )
                return


def record_verification(ctx: Ctx, verdict: Verdict) -> None:
    """Note in the trail that somebody verified it, and how it stood."""
    with transaction(ctx):
        emit(ctx, VERIFIED, blocks=verdict.blocks, events=verdict.events, problems=verdict.problems)


def _missing_blocks(first: int, last: int) -> str:
    if first == last:
        return _("Block {block} is missing: it was removed.", block=first)
    return _("Blocks {first} to {last} are missing: they were removed.", first=first, last=last)
