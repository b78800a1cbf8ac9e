"""Gifts for suggestions: the page of one, where it is approved, refused or handed over. The list is declared."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _
from core.web_api import current_ctx, flash_done, needs
from plugins.complaints import following, forms, queries, services
from plugins.complaints.labels import Words
from plugins.complaints.models import Reward
from plugins.complaints.reward_list import APPROVE, DELIVER, VIEW
from plugins.complaints.views.blueprint import blueprint

FORMS: dict[str, type] = {"decide": forms.DecideRewardForm, "deliver": forms.DeliverRewardForm}


@blueprint.get("/rewards/<int:record_id>")
@needs(VIEW)
def reward_page(record_id: int):
    """One gift: for what, what it is worth, who decided, who handed it over."""
    ctx = current_ctx()
    return _page(ctx, following.get_reward(ctx, record_id))


def _page(ctx: Ctx, reward: Reward, *, failed: Any = None, action: str = "", extra: list[str] | None = None,
          status: int = 200):
    shown = {name: failed if name == action else kind(formdata=None) for name, kind in FORMS.items()}
    for name, form in shown.items():
        for field in form:  # both forms could stand on one page
            field.id = f"{name}-{field.short_name}"
            field.label.field_id = field.id
    page = render_template(
        "complaints/reward.html",
        reward=reward,
        suggestion=queries.get_complaint(ctx, reward.complaint_id),
        words=Words(ctx),
        forms=shown,
        failed=action,
        extra=extra or [],
        may={
            "decide": ctx.can(APPROVE) and reward.state == "proposed",
            "deliver": ctx.can(DELIVER) and reward.state == "approved",
        },
    )
    return page, status


@blueprint.post("/rewards/<int:record_id>/<action>")
@needs(VIEW)
def reward_act(record_id: int, action: str):
    """Decide on a gift, or record that it was handed over. What was typed is not lost when it is refused."""
    ctx = current_ctx()
    if action not in FORMS:
        abort(404)
    ctx.require(APPROVE if action == "decide" else DELIVER)
    reward = following.get_reward(ctx, record_id)
    form: Any = FORMS[action](formdata=request.form)
    if not form.validate():
        return _page(ctx, reward, failed=form, action=action, status=422)
    try:
        flash_done(_decide(ctx, record_id, form) if action == "decide" else _deliver(ctx, record_id, form))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        extra = form.refuse(error)
        reward = following.get_reward(ctx, record_id)
        return _page(ctx, reward, failed=form, action=action, extra=extra, status=error.status)
    return redirect(url_for("complaints.reward_page", record_id=record_id))


def _decide(ctx: Ctx, reward_id: int, form: Any) -> str:
    made = services.decide_reward(ctx, reward_id, form.decision.data == "approve", form.reason.data or "")
    return _("Gift approved") if made.state == "approved" else _("Gift refused")


def _deliver(ctx: Ctx, reward_id: int, form: Any) -> str:
    services.deliver_reward(ctx, reward_id, form.by.data or "", at=form.at.data)
    return _("Gift delivered")
