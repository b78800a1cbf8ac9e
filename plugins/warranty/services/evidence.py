"""Proofs of the days from which periods start."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, Invalid, RecordRef, _, attach, both, check_version, emit, transaction
from plugins.base import queries as base_queries
from plugins.base.contracts import UNIT
from plugins.warranty import life
from plugins.warranty.contracts import DATED_EVENTS, DECIDED, IN_ARCHIVE, IN_SALES, START_WORDS, ProofData
from plugins.warranty.models import UnitDate
from plugins.warranty.queries.evidence import get_proof
from plugins.warranty.queries.periods import proof_kinds
from plugins.warranty.services.periods import refresh_periods


def record_proof(ctx: Ctx, data: ProofData) -> UnitDate:
    """Write down what a proof says about a unit. A day in the future is refused; a person's decision needs a note.

    A picture or scan of it is attached to the unit.
    """
    ctx.require(life.EDIT_DATES)
    with transaction(ctx):
        unit = base_queries.get_unit(ctx, data.device_id)
        kinds = dict(proof_kinds(ctx))
        if data.event not in DATED_EVENTS:
            raise Invalid("unknown_event", _("Choose one of the events."), "event")
        if data.source not in kinds or data.source in (IN_ARCHIVE, IN_SALES):
            raise Invalid("unknown_proof", _("Choose one of the kinds of proof."), "source")
        if data.day > ctx.today:
            text = _("{day} lies in the future. A proof tells what has happened.", day=data.day)
            raise Invalid("future_day", text, "day")
        if data.source == DECIDED and not data.note.strip():
            raise Invalid("reason_needed", _("Say why this day counts."), "note")
        proof = UnitDate(
            device_id=unit.id,
            event=data.event,
            day=data.day,
            source=data.source,
            document=data.document.strip()[:80],
            file=data.file[0][:255] if data.file is not None else "",
            note=data.note.strip(),
            recorded_at=ctx.now,
            recorded_by_id=ctx.actor.user_id,
            recorded_by_name=ctx.actor.name,
            external_key=data.external_key,
        )
        if data.file is not None:
            attach(ctx, unit, *data.file)
        ctx.session.add(proof)
        ctx.session.flush()
        what = {"what": both(START_WORDS[data.event]), "day": data.day, "source": kinds[data.source]}
        emit(ctx, "warranty.proof_recorded", RecordRef(UNIT, unit.id), proof=proof.id, **what)
        refresh_periods(ctx, [unit.id])
        return proof


def set_proof_aside(ctx: Ctx, proof_id: int, reason: str, *, version: int | None = None) -> UnitDate:
    """A proof that turned out to be wrong no longer counts; it stays readable, with the reason."""
    ctx.require(life.EDIT_DATES)
    with transaction(ctx):
        proof = get_proof(ctx, proof_id)
        check_version(proof, version)
        if not reason.strip():
            raise Invalid("reason_needed", _("Give a reason."), "reason")
        proof.set_aside, proof.reason = True, reason.strip()[:400]
        ctx.session.flush()
        what = {"what": both(START_WORDS[proof.event]), "day": proof.day, "reason": proof.reason}
        emit(ctx, "warranty.proof_set_aside", RecordRef(UNIT, proof.device_id), proof=proof.id, **what)
        refresh_periods(ctx, [proof.device_id])
        return proof


def known_keys(ctx: Ctx, model, keys: list[str]) -> set[str]:
    """Those of the keys that an import has loaded before."""
    return set(ctx.session.scalars(sa.select(model.external_key).where(model.external_key.in_(keys))))
