"""Pages of sources of parts. The lists are declared."""

from __future__ import annotations

from flask import render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import current_ctx, form_page, needs, panels_of, pressed, record_id, timeline_items, typed
from plugins.base.queries.suppliers import offered_suppliers
from plugins.inventory.contracts import SourceData
from plugins.inventory.forms.suppliers import SourceForm
from plugins.inventory.lists.suppliers import EDIT, SEE
from plugins.inventory.models import PartSource
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import suppliers as queries
from plugins.inventory.services import suppliers as services
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of


@blueprint.get("/sources/<int:record_id>")
@needs(SEE)
def source_page(record_id: int):
    """One source of a part: on what terms it can be had."""
    ctx = current_ctx()
    row = queries.get_source(ctx, record_id)
    return render_template(
        "inventory/source.html", source=row, may={"edit": ctx.can(EDIT)}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row.part)) if ctx.can("inventory.part.view") else [],
    )  # fmt: skip


@blueprint.route("/sources/new", methods=["GET", "POST"])
@needs(EDIT)
def source_new():
    """Say from whom a part can be had; ``part`` and ``supplier`` of the address fill the form."""
    ctx = current_ctx()
    form = SourceForm(
        formdata=typed(), version="", part=(request.args.get("part") or "")[:60],
        supplier_id=record_id(request.args.get("supplier")),
    )  # fmt: skip
    return _source_form(ctx, form, None)


@blueprint.route("/sources/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def source_edit(record_id: int):
    """Change the terms of a source."""
    ctx = current_ctx()
    row = queries.get_source(ctx, record_id)
    values = {
        "part": row.part.code, "supplier_id": row.supplier_id, "their_number": row.their_number,
        "lead_days": row.lead_days, "minimum": part_queries.tidy(row.minimum) if row.minimum else None,
        "pack": part_queries.tidy(row.pack) if row.pack else None, "price": row.price, "preferred": row.preferred,
    }  # fmt: skip
    return _source_form(ctx, SourceForm(formdata=typed(), version=row.version, **values), row)


def _source_form(ctx: Ctx, form: SourceForm, row: PartSource | None):
    form.supplier_id.choices = offered_suppliers(ctx, row.supplier_id if row else None)

    def save() -> PartSource:
        part_id = row.part_id if row else part_of(ctx, form.part.data)
        data = SourceData(
            part_id, form.supplier_id.data, form.their_number.data or "", form.lead_days.data, form.minimum.data,
            form.pack.data, form.price.data, bool(form.preferred.data), row.id if row else None,
        )  # fmt: skip
        return services.save_source(ctx, data, version=form.seen if row else None)

    if row is not None:
        form.part.render_kw = {"readonly": True}
    return form_page(
        form, save, "inventory/source_form.html", lambda s: url_for("inventory.source_page", record_id=s.id),
        source=row, known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.post("/sources/<int:record_id>/drop")
@needs(EDIT)
def source_drop(record_id: int):
    """The part can no longer be had there."""
    ctx = current_ctx()
    row = queries.get_source(ctx, record_id)
    back = url_for("base.supplier_page", record_id=row.supplier_id)
    return pressed(lambda: services.drop_source(ctx, record_id), _("Taken out"), back)
