"""Gifts for suggestions: the list with what they are worth, approving, refusing, handing over."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for

from core.api import DomainError, _
from core.web_api import Key, Tab, current_ctx, cursor_argument, flash_done, flash_error, needs, paged, pager_of
from plugins.complaints import following, forms, services
from plugins.complaints.contracts import REWARD_STATE_WORDS
from plugins.complaints.labels import Words
from plugins.complaints.models import Reward
from plugins.complaints.views.blueprint import blueprint

VIEW = "complaints.reward.view"
APPROVE, DELIVER = "complaints.reward.approve", "complaints.reward.deliver"


@blueprint.get("/rewards")
@needs(VIEW)
def rewards_list():
    """The gifts, newest first, by state."""
    ctx = current_ctx()
    totals = following.reward_totals(ctx)
    state = request.args.get("state", "")
    state = state if state in REWARD_STATE_WORDS else ""
    page = paged(ctx, following.rewards_query(state), [Key(Reward.id, desc=True)], size=25, cursor=cursor_argument())
    url = url_for("complaints.rewards_list")
    tabs = [Tab(_("All"), url, None, not state)] + [
        Tab(_(words), f"{url}?state={key}", totals.get(key, (0, 0))[0], key == state)
        for key, words in REWARD_STATE_WORDS.items()
    ]
    shown = [
        (r, forms.DecideRewardForm(formdata=None), forms.DeliverRewardForm(formdata=None)) for r in page.rows
    ]
    return render_template(
        "complaints/rewards.html",
        rows=shown,
        pager=pager_of(page),
        tabs=tabs,
        totals=totals,
        words=Words(ctx),
        may={"approve": ctx.can(APPROVE), "deliver": ctx.can(DELIVER)},
    )


@blueprint.post("/rewards/<int:record_id>/<action>")
@needs(VIEW)
def reward_act(record_id: int, action: str):
    """Decide on a gift, or record that it was handed over."""
    ctx = current_ctx()
    if action not in ("decide", "deliver"):
        abort(404)
    ctx.require(APPROVE if action == "decide" else DELIVER)
    following.get_reward(ctx, record_id)
    form: Any = forms.DecideRewardForm() if action == "decide" else forms.DeliverRewardForm()
    if form.validate():
        try:
            if action == "decide":
                made = services.decide_reward(
                    ctx, record_id, form.decision.data == "approve", form.reason.data or ""
                )
                flash_done(_("Gift approved") if made.state == "approved" else _("Gift refused"))
            else:
                services.deliver_reward(ctx, record_id, form.by.data or "", at=form.at.data)
                flash_done(_("Gift delivered"))
        except DomainError as error:
            if error.status in (403, 404):
                raise
            flash_error(error)
    return redirect(url_for("complaints.rewards_list"))
