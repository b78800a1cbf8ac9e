"""Pages of reorder points and of looking for short parts. The lists are declared."""

from __future__ import annotations

from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import current_ctx, first_line, form_page, needs, panels_of, timeline_items, typed
from plugins.inventory.contracts import REORDER_RULE_WORDS, PointData
from plugins.inventory.forms.buying import PointForm
from plugins.inventory.lists.reorder import EDIT, RUN, SEE, level_words, place_words, why_words
from plugins.inventory.models import ReorderPoint
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import reorder as queries
from plugins.inventory.queries.places import offered
from plugins.inventory.rules.reorder import levels
from plugins.inventory.services import reorder as services
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of


@blueprint.get("/reorder/<int:record_id>")
@needs(SEE)
def reorder_page(record_id: int):
    """One reorder point: its levels, how the part stands, what is proposed."""
    ctx = current_ctx()
    row = queries.get_point(ctx, record_id)
    tree = queries.Tree(ctx)
    points = queries.points_in_force(ctx, tree, {row.part_id})
    mine = [p for p in points if p.id == row.id]
    position = queries.positions(ctx, tree, mine).get(row.id)
    proposal = queries.open_proposals(ctx, [row.id]).get(row.id)
    newer = part_queries.ordered_instead(ctx).get(row.part_id)
    return render_template(
        "inventory/reorder.html", point=row, rule=_(REORDER_RULE_WORDS[row.rule]), place=place_words(row.location),
        minimum=level_words(row, row.minimum), maximum=level_words(row, row.maximum), position=position,
        levels=levels(mine[0], position.daily) if position is not None else None,
        newer=part_queries.get_part(ctx, newer) if newer is not None else None,
        why=why_words(proposal) if proposal is not None else "", may={"edit": ctx.can(EDIT)},
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip


@blueprint.route("/reorder/new", methods=["GET", "POST"])
@needs(EDIT)
def reorder_new():
    """Say when a part is bought again; ``part`` of the address fills the form."""
    form = PointForm(formdata=typed(), version="", part=(request.args.get("part") or "")[:60])
    return _point_form(current_ctx(), form, None)


@blueprint.route("/reorder/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def reorder_edit(record_id: int):
    """Change a reorder point."""
    ctx = current_ctx()
    row = queries.get_point(ctx, record_id)
    values = {
        "part": row.part.code, "location_id": row.location_id or 0, "rule": row.rule, "active": row.active,
        "minimum": part_queries.tidy(row.minimum), "maximum": part_queries.tidy(row.maximum),
    }  # fmt: skip
    form = PointForm(formdata=typed(), version=row.version, **values)
    form.part.render_kw = {"readonly": True}
    return _point_form(ctx, form, row)


def _point_form(ctx: Ctx, form: PointForm, row: ReorderPoint | None):
    form.location_id.choices = first_line(_("the whole company"), offered(ctx))

    def save() -> ReorderPoint:
        part_id = row.part_id if row else part_of(ctx, form.part.data)
        data = PointData(
            part_id, form.minimum.data or Decimal(0), form.maximum.data or Decimal(0), form.rule.data,
            form.location_id.data or None, bool(form.active.data), row.id if row else None,
        )  # fmt: skip
        return services.save_point(ctx, data, version=form.seen if row else None)

    return form_page(
        form, save, "inventory/reorder_form.html", lambda p: url_for("inventory.reorder_page", record_id=p.id),
        point=row, known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.route("/proposals/run", methods=["GET", "POST"])
@needs(RUN)
def proposals_run():
    """Look now for what is short; what the night would do."""
    if request.method == "GET":
        return render_template("inventory/proposals_run.html")
    run = services.propose(current_ctx())
    told = {"made": run.made, "changed": run.changed, "gone": run.gone}
    flash(_("{made} new, {changed} changed, {gone} no longer needed", **told), "ok")
    return redirect(url_for("inventory.proposals_list", tab="open"))
