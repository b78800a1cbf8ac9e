"""Pages of the register of tools: a tool, its kinds, inspections, repair, labels. The lists are declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import carry_out, current_ctx, first_line, form_page, needs, panels_of, timeline_items, typed
from plugins.base.queries.suppliers import offered_suppliers
from plugins.inventory.forms.common import ReasonForm
from plugins.inventory.forms.tools import HandOverForm, InspectionForm, ToolForm, ToolKindForm
from plugins.inventory.lists.tools import VIEW, claim_mark, custody_mark, inspection_mark, tool_mark
from plugins.inventory.models import Tool, ToolKind
from plugins.inventory.queries import tools as queries
from plugins.inventory.queries.places import names_of, people, unit_names, units
from plugins.inventory.services import custody, tool_claims
from plugins.inventory.services import tools as services
from plugins.inventory.services.tools import EDIT
from plugins.inventory.tool_contracts import HandOver, ToolData, ToolKindData
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.labels import label_of

SHOWN = 20


@blueprint.get("/tools/<int:record_id>")
@needs(VIEW)
def tool_page(record_id: int):
    """One tool: where it is, who had it, what is due."""
    ctx = current_ctx()
    return _page(ctx, queries.get_tool(ctx, record_id))


def _page(ctx: Ctx, tool: Tool, forms: dict[str, Any] | None = None, extra: list[str] | None = None, status: int = 200):
    held, offered = queries.of_tool(ctx, tool.id, "held"), queries.of_tool(ctx, tool.id, "offered")
    rows = queries.history_of(ctx, tool.id, SHOWN + 1)
    names = names_of(ctx, [row.assignee_id for row in rows])
    claims = queries.claims_of(ctx, tool.id, SHOWN) if ctx.can(tool_claims.VIEW) else []
    may_edit, may_give = ctx.can(EDIT), ctx.can(custody.GIVE)
    blank = {
        "hand": hand_form(ctx, HandOverForm(formdata=None, version=tool.version)),
        "inspection": InspectionForm(formdata=None, version=tool.version, on=ctx.today),
        "move": ReasonForm(formdata=None, version=tool.version),
    }
    page = render_template(
        "inventory/tool.html", tool=tool, mark=tool_mark(tool), inspection=inspection_mark(tool, ctx),
        unit=unit_names(ctx).get(tool.unit_id or 0, ""), person=names_of(ctx, [tool.assignee_id]).get(
            tool.assignee_id or 0, ""
        ),
        held=held, offered=offered, history_of=[(r, names.get(r.assignee_id or 0, ""), custody_mark(r)) for r in
                                                rows[:SHOWN]],
        more=len(rows) > SHOWN, claims=[(c, claim_mark(c)) for c in claims],
        may={
            "edit": may_edit, "hand": may_give and tool.state == "store",
            "inspect": may_edit and tool.state in queries.IN_USE,
            "repair": may_edit and tool.state == "store", "mended": may_edit and tool.state == "repair",
            "found": may_edit and tool.state == "lost",
            "retire": may_edit and tool.state in ("store", "repair", "lost"),
        },
        forms={**blank, **(forms or {})}, failed=next(iter(forms or {}), ""), extra=extra or [],
        panels=panels_of(ctx, tool), history=timeline_items(ctx, timeline(ctx, tool)),
    )  # fmt: skip
    return page, status


def hand_form(ctx: Ctx, form: HandOverForm, keeper_id: int | None = None) -> HandOverForm:
    """A hand-over form with the people, but who has it, and units to choose from."""
    form.user_id.choices = [(i, name) for i, name in people(ctx) if i != keeper_id]
    form.unit_id.choices = first_line(_("the person’s own"), units(ctx))
    return form


def hand_over_data(form: HandOverForm) -> HandOver:
    """What a hand-over form holds."""
    return HandOver(
        form.user_id.data or 0, form.purpose.data or "", form.condition.data or "", form.note.data or "",
        form.unit_id.data or None,
    )  # fmt: skip


@blueprint.route("/tools/new", methods=["GET", "POST"])
@needs(EDIT)
def tool_new():
    """Register a tool."""
    return _tool_form(current_ctx(), ToolForm(formdata=typed(), version=""), None)


@blueprint.route("/tools/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def tool_edit(record_id: int):
    """Change a tool."""
    ctx = current_ctx()
    row = queries.get_tool(ctx, record_id)
    values = {name: getattr(row, name) or 0 for name in ("supplier_id", "unit_id", "kit_id")}
    return _tool_form(ctx, ToolForm(formdata=typed(), obj=row, version=row.version, **values), row)


def _tool_form(ctx: Ctx, form: ToolForm, row: Tool | None):
    form.kind_id.choices = queries.offered_kinds(ctx, row.kind_id if row else None)
    form.supplier_id.choices = first_line(_("not known"), offered_suppliers(ctx, row.supplier_id if row else None))
    form.unit_id.choices = first_line(_("the whole company"), units(ctx))
    form.kit_id.choices = first_line(_("in no kit"), queries.offered_kits(ctx, row.kit_id if row else None))

    def save() -> Tool:
        data = ToolData(
            form.name.data or "", form.kind_id.data or 0, form.number.data or "", form.serial.data or "",
            form.price.data, form.bought_on.data, form.supplier_id.data or None, form.unit_id.data or None,
            form.kit_id.data or None, form.inspect_by.data, bool(form.reserved.data), form.note.data or "",
            row.id if row is not None else None,
        )  # fmt: skip
        return services.save_tool(ctx, data, version=form.seen if row is not None else None)

    return form_page(
        form, save, "inventory/tool_form.html", lambda t: url_for("inventory.tool_page", record_id=t.id), tool=row
    )


# --- what is done with it -------------------------------------------------------------------------------------------


def _done(record_id: int, name: str, form: Any, do: Callable[[Ctx], Any], done: str):
    ctx = current_ctx()
    queries.get_tool(ctx, record_id)
    return carry_out(
        form, lambda: do(ctx), done, url_for("inventory.tool_page", record_id=record_id),
        lambda extra, status: _page(ctx, queries.get_tool(ctx, record_id), {name: form}, extra, status),
    )  # fmt: skip


@blueprint.post("/tools/<int:record_id>/hand-over")
@needs(custody.GIVE)
def tool_hand_over(record_id: int):
    """Hand it to a person, who then accepts it."""
    form = hand_form(current_ctx(), HandOverForm(formdata=request.form))
    return _done(
        record_id, "hand", form,
        lambda ctx: custody.hand_over(ctx, record_id, hand_over_data(form), version=form.seen), _("Handed over"),
    )  # fmt: skip


@blueprint.post("/tools/<int:record_id>/inspection")
@needs(EDIT)
def tool_inspection(record_id: int):
    """Note an inspection or calibration."""
    form = InspectionForm(formdata=request.form)

    def do(ctx: Ctx) -> Tool:
        return services.record_inspection(
            ctx, record_id, form.on.data or ctx.today, form.until.data, form.note.data or "", version=form.seen
        )

    return _done(record_id, "inspection", form, do, _("Noted"))


def _moved(record_id: int, move: Callable[..., Tool], done: str):
    form = ReasonForm(formdata=request.form)
    return _done(
        record_id, "move", form,
        lambda ctx: move(ctx, record_id, form.reason.data or "", version=form.seen), done,
    )  # fmt: skip


@blueprint.post("/tools/<int:record_id>/repair")
@needs(EDIT)
def tool_repair(record_id: int):
    """Send it to repair."""
    return _moved(record_id, services.send_to_repair, _("Sent to repair"))


@blueprint.post("/tools/<int:record_id>/repaired")
@needs(EDIT)
def tool_repaired(record_id: int):
    """It is back from repair."""
    return _moved(record_id, services.back_from_repair, _("Back in store"))


@blueprint.post("/tools/<int:record_id>/found")
@needs(EDIT)
def tool_found(record_id: int):
    """It was found again."""
    return _moved(record_id, services.found_again, _("Back in store"))


@blueprint.post("/tools/<int:record_id>/retire")
@needs(EDIT)
def tool_retire(record_id: int):
    """Retire it for good."""
    return _moved(record_id, services.retire, _("Retired for good"))


@blueprint.get("/tools/<int:record_id>/label")
@needs(VIEW)
def tool_label(record_id: int):
    """A label to print and stick on the tool."""
    ctx = current_ctx()
    tool = queries.get_tool(ctx, record_id)
    lines = [tool.number, tool.name, tool.serial, _("Fixed asset") if tool.asset else ""]
    label = label_of(ctx, "tool", [tool.number], lines)
    return render_template("inventory/label.html", labels=[label], heading=_("Label"))


# --- kinds ----------------------------------------------------------------------------------------------------------


@blueprint.get("/tool-kinds/<int:record_id>")
@needs(VIEW)
def tool_kind_page(record_id: int):
    """One kind of tool."""
    ctx = current_ctx()
    row = queries.get_kind(ctx, record_id)
    return render_template(
        "inventory/tool_kind.html", kind=row, may={"edit": ctx.can(EDIT)}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip


@blueprint.route("/tool-kinds/new", methods=["GET", "POST"])
@needs(EDIT)
def tool_kind_new():
    """Add a kind of tool."""
    return _kind_form(current_ctx(), ToolKindForm(formdata=typed(), version=""), None)


@blueprint.route("/tool-kinds/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def tool_kind_edit(record_id: int):
    """Change a kind of tool."""
    ctx = current_ctx()
    row = queries.get_kind(ctx, record_id)
    return _kind_form(ctx, ToolKindForm(formdata=typed(), obj=row, version=row.version), row)


def _kind_form(ctx: Ctx, form: ToolKindForm, row: ToolKind | None):
    def save() -> ToolKind:
        data = ToolKindData(
            form.code.data or "", form.name.data or "", form.inspect_months.data, bool(form.active.data),
            row.id if row is not None else None,
        )  # fmt: skip
        return services.save_kind(ctx, data, version=form.seen if row is not None else None)

    return form_page(
        form, save, "inventory/tool_kind_form.html",
        lambda k: url_for("inventory.tool_kind_page", record_id=k.id), kind=row,
    )  # fmt: skip
