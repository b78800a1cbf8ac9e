"""What is printed of tools: the card of a custody, with what was handed over, to whom, in what condition."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, DocumentKind, _
from plugins.inventory.models import Custody
from plugins.inventory.queries import tools as queries
from plugins.inventory.queries.places import names_of, unit_names
from plugins.inventory.services.custody import HOLD
from plugins.inventory.tool_contracts import CARD, CONDITION_WORDS, CUSTODY, PURPOSE_WORDS


def _card(ctx: Ctx, row: Custody) -> dict[str, Any]:
    tool = queries.get_tool(ctx, row.tool_id)
    return {
        "number": row.tool_number, "name": row.tool_name, "kind": tool.kind.name, "serial": tool.serial,
        "asset": _("Yes") if tool.asset else _("No"), "person": names_of(ctx, [row.assignee_id]).get(
            row.assignee_id or 0, ""
        ),
        "unit": unit_names(ctx).get(row.unit_id or 0, ""), "purpose": _(PURPOSE_WORDS[row.purpose]),
        "condition": _(CONDITION_WORDS[row.condition]), "note": row.note, "given": row.offered_at,
        "by": row.offered_by, "accepted": row.accepted_at,
        "ended": row.ended_at, "signature": row.signature_id,
        "ended_condition": _(CONDITION_WORDS[row.ended_condition]) if row.ended_condition else "",
    }  # fmt: skip


KINDS = [
    DocumentKind(
        CARD, N_("Custody card"), CUSTODY, "inventory/documents/custody_card.html", _card, HOLD,
        "inventory.custody_card_pattern", signed=False, ready=lambda row: row.state in ("offered", "held"),
    ),
]  # fmt: skip
