"""The list of gifts for suggestions, declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.api import N_, BulkAction, Ctx, DaysFilter, ListColumn, ListDef, ListTab, Mark, _, n_
from plugins.complaints import following, services
from plugins.complaints.contracts import REWARD_STATE_WORDS
from plugins.complaints.models import REWARD_STATES, Complaint, Reward

VIEW = "complaints.reward.view"
APPROVE, DELIVER = "complaints.reward.approve", "complaints.reward.deliver"
ICONS = {"delivered": "circle-check", "refused": "circle-x", "approved": "gift"}


def _rows(_ctx: Ctx) -> sa.Select:
    return following.rewards_query()


def _state(reward: Reward) -> Mark:
    tone = "ok" if reward.state == "delivered" else ""
    return Mark(_(REWARD_STATE_WORDS[reward.state]), tone, ICONS.get(reward.state, "circle-dashed"))


COLUMNS = (
    ListColumn("suggestion", N_("Suggestion"), lambda r: r.complaint.number, "id", "id", fixed=True),
    ListColumn("gift", N_("Gift"), lambda r: r.gift, "main", "main"),
    ListColumn("value", N_("Value"), lambda r: r.value, "money", "left"),
    ListColumn("reason", N_("Why"), lambda r: r.reason),
    ListColumn("proposed", N_("Proposed"), lambda r: r.proposed_at, "moment"),
    ListColumn("proposed_by", N_("Proposed by"), lambda r: r.proposed_by, "person", shown=False),
    ListColumn("decided", N_("Decided"), lambda r: r.decided_at, "moment", shown=False),
    ListColumn("decided_by", N_("Decided by"), lambda r: r.decided_by, "person"),
    ListColumn("decision", N_("Reason of the decision"), lambda r: r.decision_reason, shown=False),
    ListColumn("delivered", N_("Delivered"), lambda r: r.delivered_at, "moment"),
    ListColumn("delivered_by", N_("Delivered by"), lambda r: r.delivered_by, "person", shown=False),
    ListColumn("state", N_("State"), _state, "mark", "right"),
)


def _search(_ctx: Ctx, text: str) -> Any:
    return sa.or_(Reward.gift.icontains(text, autoescape=True), Complaint.number.istartswith(text, autoescape=True))


def _tab(state: str) -> ListTab:
    return ListTab(state, REWARD_STATE_WORDS[state], lambda _ctx: Reward.state == state)


def _summary(ctx: Ctx, _counts: Mapping[str, int]) -> str:
    """What was delivered and what is approved, in money."""
    totals = following.reward_totals(ctx)
    told = [
        _("{state}: {value}", state=_(REWARD_STATE_WORDS[s]), value=_money(ctx, totals[s][1]))
        for s in ("approved", "delivered")
        if s in totals
    ]
    return _(", ").join(told)


def _money(ctx: Ctx, value: Any) -> str:
    return f"{value:,.2f} {ctx.company.currency}"


def _approve(ctx: Ctx, reward_id: int, _choice: str) -> None:
    services.decide_reward(ctx, reward_id, True)


def _deliver(ctx: Ctx, reward_id: int, _choice: str) -> None:
    services.deliver_reward(ctx, reward_id)


ACTIONS = (
    BulkAction(
        "approve",
        N_("Approve"),
        APPROVE,
        lambda n, _name: n_("{n} gift approved", "{n} gifts approved", n),
        each=_approve,
        question=N_("Approve the selected gifts ({n})?"),
        icon="check",
    ),
    BulkAction(
        "deliver",
        N_("Handed over by me"),
        DELIVER,
        lambda n, _name: n_("{n} gift delivered", "{n} gifts delivered", n),
        each=_deliver,
        question=N_("Record that you handed the selected gifts over ({n})?"),
        icon="gift",
    ),
)

REWARDS = ListDef(
    "complaints.rewards",
    N_("Gifts for suggestions"),
    Reward,
    VIEW,
    COLUMNS,
    "/complaints/rewards/",
    icon="gift",
    query=_rows,
    search=_search,
    search_words=N_("Gift, number of the suggestion"),
    filters=(DaysFilter("proposed", N_("Proposed"), Reward.proposed_at),),
    tabs=(*(_tab(state) for state in REWARD_STATES), ListTab("all", N_("All"), counted=False)),
    first=("proposed", "approved", "all"),
    order=((Reward.id, True),),
    actions=ACTIONS,
    export=VIEW,
    summary=_summary,
    empty=N_("No gifts here"),
    empty_hint=N_("They are proposed on the page of a suggestion."),
)
