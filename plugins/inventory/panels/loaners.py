"""What loaners add to pages: who has which, the way to lend one, a condition of closing, what is to be done."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, url_for

from core.api import Ctx, Gate, Notice, Panel, WorkItem, _, n_, ref_of
from plugins.inventory.lists.loaners import loan_mark
from plugins.inventory.loaner_contracts import LOAN, LOANER, LoanerAnswer
from plugins.inventory.models import Loan
from plugins.inventory.queries import loaners as queries
from plugins.inventory.services.loaners import LEND, RESERVE, VIEW

SHOWN = 10
WAITING = 20


def loan_url(row: Loan, anchor: str = "") -> str:
    """The address of a loan."""
    if not has_request_context():  # a condition asked by the worker
        return ""
    return url_for("inventory.loan_page", record_id=row.id, _anchor=anchor or None)


def what(row: Loan) -> str:
    """Which piece is lent, in words."""
    return f"{row.loaner.serial.part.name} {row.loaner.serial.number}"


def gates(ctx: Ctx, record: Any, transition: str) -> list[Gate]:
    """Nothing for which a loaner is still out comes to its end (GS-15)."""
    ref = _ref(ctx, record)
    if ref is None or ref.kind in (LOAN, LOANER) or not queries.may_borrow(ctx, ref):
        return []
    workflow = ctx.registry.workflows.get(ref.kind)
    way = next((t for t in workflow.transitions if t.name == transition), None) if workflow is not None else None
    if workflow is None or way is None or not workflow.state(way.target).final:
        return []
    return [_back(row) for row in queries.held_for(ctx, ref)]


def _back(row: Loan) -> Gate:
    key = f"inventory.loan{row.id}"
    if row.state == "lost":
        return Gate(key, _("Loaner {number} is written off", number=row.loaner.number), False)
    if row.state != "out":
        return Gate(key, _("Loaner {number} is back", number=row.loaner.number), False, loan_url(row))
    text = _("The loaner is still out: {number} {what}", number=row.loaner.number, what=what(row))
    hint = _("To be back by {day}.", day=row.due_on)
    url = url_for("inventory.loan_back", record_id=row.id) if has_request_context() else ""
    return Gate(key, text, True, url, _("Take the loaner back"), hint)


def answer(ctx: Ctx, order: Any) -> LoanerAnswer | None:
    """The hook of service orders: what is lent for an order; else how many could be, and where."""
    if not ctx.can(VIEW):
        return None
    ref = ref_of(ctx, order)
    held = [row for row in queries.loans_for(ctx, ref) if row.state in ("out", "reserved")]
    if held:
        first = min(held, key=lambda row: (row.state != "out", row.id))
        piece = f"{first.loaner.number} {what(first)}"
        out = first.state == "out"
        text = _("{what}, to be back by {day}", what=piece, day=first.due_on) if out else _(
            "{what} is reserved until {day}", what=piece, day=first.due_on
        )
        return LoanerAnswer(text, loan_url(first), out)
    if not ctx.can(RESERVE) or queries.over(ctx, ref, order):
        return None
    count = queries.count_fitting(ctx, order.product_id)
    if not count:
        return None
    words = n_("nothing; {n} loaner would fit", "nothing; {n} loaners would fit", count)
    url = url_for("inventory.loan_new", kind=ref.kind, record=ref.id) if has_request_context() else ""
    return LoanerAnswer(words, url)


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """On the page of whatever names a customer: its loaners, and the button that lends one."""
    ref = _ref(ctx, record)
    if ref is None or ref.kind in (LOAN, LOANER) or not ctx.can(VIEW) or not queries.may_borrow(ctx, ref):
        return []
    if ref.kind not in ctx.registry.workflows and ref.kind != queries.CUSTOMER:
        return []
    rows = queries.loans_for(ctx, ref, SHOWN + 1)
    about = queries.about_row(ctx, ref, record)
    may = ctx.can(RESERVE) and about.customer_id is not None and not queries.over(ctx, ref, record)
    may = may and (bool(rows) or queries.any_loaner(ctx, about.product_id))
    if not rows and not may:
        return []
    data = {
        "rows": [(row, what(row), loan_mark(row, ctx.today)) for row in rows[:SHOWN]], "more": len(rows) > SHOWN,
        "all_url": _all(ctx, about.customer_id) if len(rows) > SHOWN else "",
        "url": url_for("inventory.loan_new", kind=ref.kind, record=ref.id) if may else "",
        "may_lend": ctx.can(LEND),
    }  # fmt: skip
    idle = not may and all(row.state not in ("out", "reserved") for row in rows)
    return [Panel(_("Loaner"), "inventory/_loaners.html", data, "side", 24, idle=idle, sub=str(len(rows) or ""))]


def work(ctx: Ctx) -> list[WorkItem]:
    """What is overdue, has to be handed out today, or made ready again."""
    if not ctx.can(LEND):
        return []
    rows = queries.to_work_on(ctx, WAITING)
    clocks = queries.clocks_of(ctx, [row.id for row in rows]) if rows else {}
    steps = {
        "out": (_("Ask for it back"), ""), "back": (_("Make it ready"), "ready"), "reserved": (_("Hand it out"), "hand")
    }  # fmt: skip
    items = []
    for row in rows:
        step, anchor = steps[row.state]
        clock = clocks.get(row.id) if row.state == "out" else None
        customer = row.customer.name if row.customer is not None else ""
        items.append(
            WorkItem(
                title=f"{what(row)}", url=loan_url(row, anchor), number=row.number, kind=_("Loaner"),
                icon="hand-helping", due=clock.due_at if clock is not None else None, clock=clock, detail=customer,
                next_step=step,
            )
        )  # fmt: skip
    return items


def notices(ctx: Ctx) -> list[Notice]:
    """Loaners that should be back."""
    late = queries.count_overdue(ctx) if ctx.can(LEND) else 0
    if not late:
        return []
    text = n_("{n} loaner is overdue", "{n} loaners are overdue", late)
    return [
        Notice(_("Loaners are missing"), text, url_for("inventory.loans_list", tab="overdue"), _("See them"), "warn",
               "hand-helping")
    ]  # fmt: skip


def counts(ctx: Ctx) -> dict[str, tuple[int, bool]]:
    """Beside the menu: how many are overdue."""
    late = queries.count_overdue(ctx) if ctx.can(LEND) else 0
    return {"inventory.loaners_list": (late, True)} if late else {}


def _all(ctx: Ctx, customer_id: int | None) -> str:
    number = queries.customer_numbers(ctx, [customer_id or 0]).get(customer_id or 0, "")
    return url_for("inventory.loans_list", tab="all", search=number)


def _ref(ctx: Ctx, record: Any):
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return None
    return ref if ref.id else None
