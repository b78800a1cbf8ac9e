"""Pages of the repair register: one repair, writing one down, changing it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, timeline
from core.web_api import current_ctx, flash_done, needs, panels_of, timeline_items, typed
from plugins.base import queries as base_queries
from plugins.warranty import life
from plugins.warranty.contracts import REPAIR_CAUSE_WORDS, REPAIR_RESULT_WORDS, PartChange, RepairData
from plugins.warranty.forms.card import PART_LINES, RepairForm
from plugins.warranty.models import RepairRecord
from plugins.warranty.queries import repairs as queries
from plugins.warranty.queries.periods import span_of
from plugins.warranty.rules.periods import counted_days, intervals_of
from plugins.warranty.services.repairs import record_repair
from plugins.warranty.views.blueprint import blueprint

_PLAIN = ("problem", "cause", "received_at", "handed_back_at", "result", "waits_from", "waits_to", "own_from",
          "own_to", "own_reason", "repairer", "note")  # fmt: skip


@blueprint.get("/repairs/<int:record_id>")
@needs(life.SEE_REPAIRS)
def repair_page(record_id: int):
    """One repair: what was wrong, how long it took and why, what was exchanged."""
    ctx = current_ctx()
    repair = queries.get_repair(ctx, record_id)
    unit = base_queries.get_unit(ctx, repair.device_id)
    span = span_of(ctx, repair)
    way = "calendar"
    days = {what: counted_days(intervals_of(span, ctx.today, what), way) for what in ("both", "waiting")}
    return render_template(
        "warranty/repair.html",
        repair=repair,
        unit=unit,
        product=base_queries.get_product(ctx, unit.product_id),
        badges_of=base_queries.unit_badges(ctx, [unit.id]),
        days=days,
        facts=queries.repair_facts(ctx, unit.id, repair.problem),
        cause=_(REPAIR_CAUSE_WORDS[repair.cause]) if repair.cause else "",
        result=_(REPAIR_RESULT_WORDS[repair.result]),
        panels=panels_of(ctx, repair),
        history=timeline_items(ctx, timeline(ctx, repair)),
    )


@blueprint.route("/units/<int:record_id>/repairs/new", methods=["GET", "POST"])
@needs(life.RECORD_REPAIRS)
def repair_new(record_id: int):
    """Write a repair of a unit down."""
    return _edit(current_ctx(), record_id, None)


@blueprint.route("/repairs/<int:record_id>/edit", methods=["GET", "POST"])
@needs(life.RECORD_REPAIRS)
def repair_edit(record_id: int):
    """Change a repair, or finish it."""
    ctx = current_ctx()
    repair = queries.get_repair(ctx, record_id)
    return _edit(ctx, repair.device_id, repair)


def _edit(ctx: Ctx, device_id: int, repair: RepairRecord | None):
    unit = base_queries.get_unit(ctx, device_id)
    values: dict = {"received_at": ctx.now}
    if repair is not None:
        values = {name: getattr(repair, name) for name in _PLAIN} | {"version": repair.version}
        for number, part in enumerate(repair.parts[:PART_LINES], 1):
            values |= {f"part_{number}": part.get("name", ""), f"group_{number}": part.get("group", "")}
    form = RepairForm(formdata=typed(), **values)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                saved = record_repair(ctx, _data(form, unit.id, repair), repair.id if repair else None,
                                      version=form.seen if repair else None)  # fmt: skip
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Repair {number} saved", number=saved.number))
                return redirect(url_for("warranty.repair_page", record_id=saved.id))
    page = render_template(
        "warranty/repair_edit.html",
        form=form,
        extra=extra,
        repair=repair,
        unit=unit,
        product=base_queries.get_product(ctx, unit.product_id),
        known=queries.problems_known(ctx, unit.product_id),
    )
    return page, status


def _data(form: RepairForm, device_id: int, repair: RepairRecord | None) -> RepairData:
    lines = ((form[f"part_{n}"].data or "", form[f"group_{n}"].data or "") for n in range(1, PART_LINES + 1))
    parts = [PartChange(name, group) for name, group in lines if name.strip()]
    more = repair.parts[PART_LINES:] if repair is not None else []
    parts += [PartChange(part["name"], part.get("group", ""), part.get("code", "")) for part in more]
    given = {name: form[name].data for name in _PLAIN}
    for name in ("problem", "own_reason", "repairer", "note", "cause", "result"):
        given[name] = given[name] or ""
    return RepairData(device_id=device_id, parts=tuple(parts), **given)
