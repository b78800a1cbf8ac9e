"""Labels that open a page: of a tool, of an inspection to be decided on, of a loaner to hand out or take back."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, Invalid, _
from plugins.inventory.models import Inspection, Loaner
from plugins.inventory.queries.loaners import get_loan, open_of
from plugins.inventory.queries.tools import tool_by_number
from plugins.inventory.scanning_contracts import Scanned, Scanning
from plugins.inventory.services.loaners import LEND
from plugins.inventory.services.loaners import VIEW as SEE_LOANERS
from plugins.inventory.services.quality import VIEW as SEE_INSPECTIONS

OPENING = ("tool", "inspection", "loaner")


def page_labelled(ctx: Ctx, state: Scanning, kind: str, number: str) -> Scanned:
    """The page of a label of this sort. Raises Invalid where this person knows of no such thing."""
    if kind == "tool":
        tool = tool_by_number(ctx, number) if ctx.can("inventory.tool.view") else None
        if tool is None:
            raise Invalid("unknown_tool", _("There is no tool {number}.", number=number), "code")
        return Scanned(state, f"{tool.number} {tool.name}", opens=("inventory.tool_page", tool.id))
    found = page_of(ctx, state, number, kind)
    if found is None:
        raise Invalid("unknown_number", _("There is no {number} here.", number=number), "code")
    return found


def page_of(ctx: Ctx, state: Scanning, number: str, kind: str = "") -> Scanned | None:
    """The page of the inspection or the loaner with this number: where it is decided, handed out or taken back."""
    if kind != "loaner" and ctx.can(SEE_INSPECTIONS):
        inspection = ctx.session.scalar(sa.select(Inspection).where(Inspection.number == number))
        if inspection is not None:
            return Scanned(state, inspection.number, opens=("inventory.inspection_page", inspection.id))
    if kind != "inspection" and ctx.can(SEE_LOANERS):
        loaner = ctx.session.scalar(sa.select(Loaner).where(Loaner.number == number))
        if loaner is not None:
            return Scanned(state, loaner.number, opens=_of_loaner(ctx, loaner))
    return None


def _of_loaner(ctx: Ctx, loaner: Loaner) -> tuple[str, int]:
    """Where it is out: taking it back; where it is promised: handing it out; where it is free: lending it."""
    loans = open_of(ctx, [loaner.id]) if ctx.can(LEND) else []
    away = next((loan for loan in loans if loan.state != "reserved"), None)
    loan = away or next(iter(loans), None)
    if loan is None:
        return ("inventory.loaner_lend" if loaner.active and ctx.can(LEND) else "inventory.loaner_page", loaner.id)
    if get_loan(ctx, loan.id) is None:
        return ("inventory.loaner_page", loaner.id)
    ends = {"out": "inventory.loan_back", "reserved": "inventory.loan_hand"}
    return (ends.get(loan.state, "inventory.loan_page"), loan.id)
