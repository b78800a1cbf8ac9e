"""A claim filed on the wrong unit: it goes to the right one, and whether its supplier still answers is asked anew."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, Refilable, emit_if_changed
from plugins.base.contracts import UNIT
from plugins.warranty.queries.suppliers import supplier_of

RIGHT = "base.record.refile"


def _place(_ctx: Ctx, claim: Any, _kind: str, target: Any) -> None:
    claim.product_id = target.product_id


def _settled(ctx: Ctx, claim: Any) -> None:
    facts = supplier_of(ctx, unit_id=claim.device_id, part_group=claim.part_group, on=claim.found_on)
    own = facts if facts is not None and facts.supplier_id == claim.supplier_id else None
    claim.term_id, claim.within = (own.term_id, own.within) if own else (None, "unknown")
    claim.within_until = own.until if own else None
    emit_if_changed(ctx, "warranty.claim_judged_anew", claim, number=claim.number)


CLAIMS = Refilable(RIGHT, {UNIT: "device_id"}, _place, _settled)
