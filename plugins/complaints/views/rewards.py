"""Gifts for suggestions: the page of one, where it is approved, refused or handed over. The list is declared."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from core.api import Ctx, _
from core.web_api import RecordForms, current_ctx, needs, sent
from plugins.complaints import following, forms, queries, services
from plugins.complaints.labels import Words
from plugins.complaints.models import Reward
from plugins.complaints.reward_list import APPROVE, DELIVER, VIEW
from plugins.complaints.views.blueprint import blueprint


@blueprint.get("/rewards/<int:record_id>")
@needs(VIEW)
def reward_page(record_id: int):
    """One gift: for what, what it is worth, who decided, who handed it over."""
    ctx = current_ctx()
    return _page(ctx, following.get_reward(ctx, record_id))


def _page(ctx: Ctx, reward: Reward, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    page = render_template(
        "complaints/reward.html",
        reward=reward,
        suggestion=queries.get_complaint(ctx, reward.complaint_id),
        words=Words(ctx),
        forms=ACTS.forms(ctx, reward, failed, name),
        failed=name,
        extra=list(extra),
        may={
            "decide": ctx.can(APPROVE) and reward.state == "proposed",
            "deliver": ctx.can(DELIVER) and reward.state == "approved",
        },
    )
    return page, status


def _decide(ctx: Ctx, reward_id: int, form: Any) -> str:
    made = services.decide_reward(ctx, reward_id, form.decision.data == "approve", form.reason.data or "")
    return _("Gift approved") if made.state == "approved" else _("Gift refused")


def _deliver(ctx: Ctx, reward_id: int, form: Any) -> str:
    services.deliver_reward(ctx, reward_id, form.by.data or "", at=form.at.data)
    return _("Gift delivered")


ACTS = RecordForms(
    makers={
        "decide": lambda ctx, reward: forms.DecideRewardForm(formdata=sent(ctx, reward, "decide")),
        "deliver": lambda ctx, reward: forms.DeliverRewardForm(formdata=sent(ctx, reward, "deliver")),
    },
    rights={"decide": APPROVE, "deliver": DELIVER},
    find=following.get_reward,
    page=_page,
    do=lambda ctx, reward_id, action, form: (_decide if action == "decide" else _deliver)(ctx, reward_id, form),
    back=lambda reward_id: url_for("complaints.reward_page", record_id=reward_id),
)


@blueprint.post("/rewards/<int:record_id>/<action>")
@needs(VIEW)
def reward_act(record_id: int, action: str):
    """Decide on a gift, or record that it was handed over. What was typed is not lost when it is refused."""
    return ACTS.run(record_id, action)
