"""Pages of custody: the receiver checks a tool and signs for it; it is handed on, given back, reported. On a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, _, drawn_signature, timeline
from core.web_api import carry_out, current_ctx, needs, panels_of, takes_files, timeline_items
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.forms.tools import AcceptForm, GiveBackForm, HandOverForm, ReportForm
from plugins.inventory.lists.tools import VIEW, custody_mark
from plugins.inventory.models import Custody
from plugins.inventory.queries import tools as queries
from plugins.inventory.queries.places import names_of, unit_names
from plugins.inventory.services import custody as services
from plugins.inventory.services.custody import GIVE
from plugins.inventory.tool_contracts import CONDITION_WORDS, PURPOSE_WORDS, GivenBack, Signed
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.tools import hand_form, hand_over_data


@blueprint.get("/custodies/<int:record_id>")
@needs(VIEW)
def custody_page(record_id: int):
    """One custody: what was handed to whom, in what condition, signed."""
    ctx = current_ctx()
    return _page(ctx, queries.get_custody(ctx, record_id))


def _page(
    ctx: Ctx, row: Custody, forms: dict[str, Any] | None = None, extra: list[str] | None = None, status: int = 200
):
    names = names_of(ctx, [row.assignee_id])
    before = queries.find_custody(ctx, row.before_id)
    mine = row.assignee_id == ctx.actor.user_id
    acts = services.may_act(ctx, row)
    blank = {
        "accept": AcceptForm(formdata=None, version=row.version),
        "decline": ReasonForm(formdata=None, version=row.version),
        "hand": hand_form(ctx, HandOverForm(
            formdata=None, version=row.version, purpose=row.purpose, condition=row.condition
        ), row.assignee_id),
        "back": GiveBackForm(formdata=None, version=row.version),
        "report": ReportForm(formdata=None, version=row.version),
    }
    page = render_template(
        "inventory/custody.html", row=row, mark=custody_mark(row), person=names.get(row.assignee_id or 0, ""),
        unit=unit_names(ctx).get(row.unit_id or 0, ""), purpose=_(PURPOSE_WORDS[row.purpose]),
        condition=_(CONDITION_WORDS[row.condition]),
        ended_condition=_(CONDITION_WORDS[row.ended_condition]) if row.ended_condition else "",
        before=before, mine=mine,
        may={
            "accept": row.state == "offered" and acts,
            "decline": row.state == "offered" and (acts or (before is not None and services.may_act(ctx, before))),
            "act": row.state == "held" and acts, "back": row.state == "held" and ctx.can(GIVE),
        },
        forms={**blank, **(forms or {})}, failed=next(iter(forms or {}), ""), extra=extra or [],
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


def _done(record_id: int, name: str, form: Any, do: Callable[[Ctx], Any], done: str):
    ctx = current_ctx()
    queries.get_custody(ctx, record_id)
    return carry_out(
        form, lambda: do(ctx), done, url_for("inventory.custody_page", record_id=record_id),
        lambda extra, status: _page(ctx, queries.get_custody(ctx, record_id), {name: form}, extra, status),
    )  # fmt: skip


@blueprint.post("/custodies/<int:record_id>/accept")
@needs(VIEW)
@takes_files("core.files.largest_mb")
def custody_accept(record_id: int):
    """Take the tool into custody, signed."""
    form = AcceptForm(formdata=request.form)
    return _done(
        record_id, "accept", form, lambda ctx: services.accept(ctx, record_id, _signed(), version=form.seen),
        _("Accepted: it is in custody now"),
    )  # fmt: skip


def _signed() -> Signed:
    """What was signed: the photo of a card before the drawing."""
    photo = request.files.get("photo")
    if photo is not None and photo.filename:
        return Signed(photo.read(), photo.filename)
    return Signed(drawn_signature(request.form.get("signature", "")))


@blueprint.post("/custodies/<int:record_id>/decline")
@needs(VIEW)
def custody_decline(record_id: int):
    """It is not accepted, or the hand-over is withdrawn."""
    form = ReasonForm(formdata=request.form)
    return _done(
        record_id, "decline", form,
        lambda ctx: services.decline(ctx, record_id, form.reason.data or "", version=form.seen), _("Not taken over"),
    )  # fmt: skip


@blueprint.post("/custodies/<int:record_id>/hand-on")
@needs(VIEW)
def custody_hand_on(record_id: int):
    """Hand it on to another person."""
    form = hand_form(current_ctx(), HandOverForm(formdata=request.form))
    return _done(
        record_id, "hand", form,
        lambda ctx: services.hand_on(ctx, record_id, hand_over_data(form), version=form.seen), _("Handed on"),
    )  # fmt: skip


@blueprint.post("/custodies/<int:record_id>/back")
@needs(GIVE)
def custody_back(record_id: int):
    """Take it back into the store."""
    form = GiveBackForm(formdata=request.form)

    def do(ctx: Ctx) -> Custody:
        data = GivenBack(form.condition.data or "", form.note.data or "", bool(form.repair.data))
        return services.take_back(ctx, record_id, data, version=form.seen)

    return _done(record_id, "back", form, do, _("It is back"))


@blueprint.post("/custodies/<int:record_id>/report")
@needs(VIEW)
def custody_report(record_id: int):
    """Report that it was lost or damaged."""
    form = ReportForm(formdata=request.form)
    return _done(
        record_id, "report", form,
        lambda ctx: services.report(ctx, record_id, form.happened.data or "", form.what.data or "", version=form.seen),
        _("Reported"),
    )  # fmt: skip

