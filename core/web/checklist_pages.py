"""Checklists: the panel on a record's page, answering at the desk and on the phone, and the templates of a company."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

import sqlalchemy as sa
from flask import Blueprint, Flask, abort, flash, g, jsonify, redirect, render_template, request, url_for

from core import hooks
from core.approvals.chains import facts_of
from core.checklists import services as checklists
from core.checklists.models import ChecklistTemplate
from core.checklists.services import EDIT, Filled, Given
from core.checklists.template import PHOTO, TYPE_WORDS, is_ok
from core.context import Ctx
from core.contributions import Panel
from core.errors import DomainError
from core.events import RecordRef
from core.files import receive
from core.i18n import _, label
from core.paging import paged
from core.web.current import cursor_argument, pager_of, record_id
from core.web.gate import MEMBER, needs
from core.web.shell import may_open

blueprint = Blueprint("checklists", __name__)

BLANK = {"code": "", "text": {}, "type": "check", "required": True}


def init_app(app: Flask) -> None:
    """The pages, and the panel on records' pages."""
    app.register_blueprint(blueprint)
    hooks.answer_from_core(app.extensions["sanbao"]["registry"], "record_panels", "checklists", panels)


def panels(ctx: Ctx, record) -> list[Panel]:
    """On the page of any record with a workflow: its checklists, how far they are, and the way to answer them."""
    found = checklists.checklists_of(ctx, record)
    if not found:
        return []
    ref = RecordRef(ctx.registry.kind_of(type(record)), record.id)
    lists = [
        {
            "anchor": f"checklist-{one.code.replace('.', '-')}",
            "name": label(dict(one.template.name)),
            "answered": one.answered,
            "all": len(one.template.items),
            "left": len(one.open_items),
            "url": _fill_url(ref, one.code),
            "bad": [label(dict(i.text)) for i in one.template.items if _is_bad(one, i)],
        }
        for one in found
    ]
    data = {"lists": lists, "may_fill": checklists.may_fill(ctx, ref)}
    return [Panel(_("Checklists"), "checklists/_panel.html", data, "main", 15, acts=True)]


def _is_bad(one: Filled, item) -> bool:
    answer = one.answers.get(item.code)
    return answer is not None and bool(answer.value) and not is_ok(item, answer.value)


def _fill_url(ref: RecordRef, code: str, **more: Any) -> str:
    return url_for("checklists.fill", kind=ref.kind, record_id=ref.id, code=code, **more)


# --- answering ------------------------------------------------------------------------------------------------------


@blueprint.get("/checklists/<kind>/<int:record_id>/<code>")
@needs(MEMBER)
def fill(kind: str, record_id: int, code: str):
    """One checklist of a record, item by item; each answer is saved as soon as it is given."""
    return _fill_page(RecordRef(kind, record_id), code, {}, {})


@blueprint.get("/checklists/<kind>/<int:record_id>/<code>/print")
@needs(MEMBER)
def paper(kind: str, record_id: int, code: str):
    """A checklist as it stands, laid out for A4."""
    ref = RecordRef(kind, record_id)
    one = checklists.checklist_of(g.ctx, ref, code)
    shown = _frame(ref, one)
    facts = facts_of(g.ctx, shown.pop("record"), "")
    return render_template(
        "checklists/print.html",
        **shown,
        title=str(facts.get("title") or ""),
        fill_url=_fill_url(ref, code),
        items=[_item_view(one, item, None) for item in one.template.items],
    )


def _frame(ref: RecordRef, one: Filled) -> dict[str, Any]:
    """What both pages of a checklist say of it and of its record."""
    kind = g.ctx.registry.kinds[ref.kind]
    record: Any = g.ctx.session.get(kind.model, ref.id)
    linked = kind.endpoint and may_open(g.ctx, kind.endpoint)
    return {
        "one": one,
        "record": record,
        "name": label(dict(one.template.name)),
        "number": kind.number(record),
        "kind": _(kind.label),
        "record_url": url_for(kind.endpoint, record_id=ref.id) if linked else "",
        "left": len(one.open_items),
    }


def _fill_page(ref: RecordRef, code: str, typed: dict[str, Given], errors: dict[str, str], status: int = 200):
    ctx = g.ctx
    one = checklists.checklist_of(ctx, ref, code)
    shown = _frame(ref, one)
    closed = ctx.registry.workflows[ref.kind].state(shown.pop("record").state).final
    return render_template(
        "checklists/fill.html",
        **shown,
        ref=ref,
        print_url=url_for("checklists.paper", kind=ref.kind, record_id=ref.id, code=code),
        items=[_item_view(one, item, typed.get(item.code)) for item in one.template.items],
        errors=errors,
        editable=checklists.may_fill(ctx, ref) and not closed,
        closed=closed,
    ), status


def _item_view(one: Filled, item, typed: Given | None) -> dict[str, Any]:
    """What the page shows of an item; what was typed comes before what is kept."""
    answer = one.answers.get(item.code)
    value = typed.value if typed else answer.value if answer else ""
    options = [(v, label(dict(w)) if not isinstance(w, str) else _(w)) for v, w in item.options()]
    return {
        "item": item,
        "text": label(dict(item.text)),
        "help": label(dict(item.help)) if item.help else "",
        "options": options,
        "value": value,
        "answer_words": dict(options).get(value, " ".join(filter(None, (value, item.unit))) if value else ""),
        "remark": typed.remark if typed else answer.remark if answer else "",
        "seen": answer.saves if answer else 0,
        "photos": list(answer.photos) if answer else [],
        "by": answer.answered_by if answer else "",
        "at": answer.answered_at if answer else None,
        "bad": _is_bad(one, item),
        "lacks": one.lacks(item),
        "range": _range(item),
        "is_photo": item.type == PHOTO,
    }


def _range(item) -> str:
    low, high = (format(n, "f") if n is not None else "" for n in (item.minimum, item.maximum))
    if low and high:
        return _("{low} to {high}", low=low, high=high)
    if low:
        return _("at least {low}", low=low)
    return _("at most {high}", high=high) if high else ""


@blueprint.post("/checklists/<kind>/<int:record_id>/<code>")
@needs(MEMBER)
def save(kind: str, record_id: int, code: str):
    """Save what the form holds: one answer (the script sends each as it is given) or all of them."""
    ctx, ref = g.ctx, RecordRef(kind, record_id)
    shown = [name.removeprefix("seen-") for name in request.form if name.startswith("seen-")]
    given = {
        item: Given(
            item,
            request.form.get(f"v-{item}", ""),
            request.form.get(f"r-{item}", ""),
            request.form.get(f"seen-{item}", type=int),
        )
        for item in shown
    }
    by_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        one = checklists.save_answers(ctx, ref, code, given.values())
    except DomainError as error:
        if by_script:
            return jsonify({"error": error.message, "item": error.field}), error.status
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        return _fill_page(ref, code, given, {error.field or "": error.message}, error.status)
    if by_script:
        shown_items = [item for item in one.template.items if item.code in given]
        seen = {item: answer.saves for item, answer in one.answers.items()}
        states = {
            i.code: {"seen": seen.get(i.code, 0), "bad": _is_bad(one, i), "lacks": one.lacks(i)} for i in shown_items
        }
        return jsonify({"items": states, "left": len(one.open_items), "answered": one.answered})
    flash(_("Saved."), "ok")
    return redirect(_fill_url(ref, code))


@blueprint.post("/checklists/<kind>/<int:record_id>/<code>/photos")
@needs(MEMBER)
def photo_add(kind: str, record_id: int, code: str):
    """Keep the photos chosen for one item."""
    ctx, ref, item = g.ctx, RecordRef(kind, record_id), request.form.get("item", "")
    checklists.checklist_of(ctx, ref, code)
    try:
        for upload in request.files.getlist("photo"):
            if upload.filename:
                checklists.add_photo(ctx, ref, code, item, upload.filename, receive(ctx, cast(BinaryIO, upload.stream)))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        return _fill_page(ref, code, {}, {item: error.message}, error.status)
    return redirect(_fill_url(ref, code, _anchor=f"i-{item}"))


@blueprint.post("/checklists/<kind>/<int:record_id>/<code>/photos/drop")
@needs(MEMBER)
def photo_drop(kind: str, record_id: int, code: str):
    """Take a photo off an item."""
    ctx, ref, item = g.ctx, RecordRef(kind, record_id), request.form.get("item", "")
    number = request.form.get("file", 0, type=int)
    try:
        checklists.drop_photo(ctx, ref, code, item, number)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash(error.message, "bad")
    return redirect(_fill_url(ref, code, _anchor=f"i-{item}"))


# --- templates ------------------------------------------------------------------------------------------------------


@blueprint.get("/settings/checklists")
@needs(EDIT)
def templates_list():
    """The company's checklists of modules that are on."""
    ctx = g.ctx
    query = sa.select(ChecklistTemplate).where(ChecklistTemplate.plugin.in_(ctx.enabled))
    page = paged(ctx, query, [ChecklistTemplate.code, ChecklistTemplate.id], cursor=cursor_argument())
    newest = checklists.newest_versions(ctx, [t.code for t in page.rows])
    return render_template(
        "checklists/templates.html",
        kinds=_kinds(ctx),
        rows=[(t, newest[t.code], _kind_words(ctx, t.record_kind)) for t in page.rows],
        pager=pager_of(page),
    )


def _kind_words(ctx: Ctx, kind: str) -> str:
    return _(ctx.registry.kinds[kind].label) if kind in ctx.registry.kinds else kind


def _kinds(ctx: Ctx) -> list[tuple[str, str]]:
    """The kinds of records that may have checklists here, with their names."""
    owned = ((k, ctx.registry.owner_of("workflows", k)) for k in ctx.registry.workflows)
    return [(k, _kind_words(ctx, k)) for k, plugin in owned if plugin in ctx.enabled]


@blueprint.get("/settings/checklists/new")
@needs(EDIT)
def template_new():
    """A new checklist."""
    return _edit_page("", "", {"name": {}, "gates": [], "items": [BLANK]}, 0, new=True)


@blueprint.get("/settings/checklists/edit/<code>")
@needs(EDIT)
def template_page(code: str):
    """One checklist, to be changed: publishing makes the next version; what was answered keeps its own."""
    template = checklists.get_template(g.ctx, code)
    newest = checklists.versions_listed(g.ctx, template)[0]
    return _edit_page(code, template.record_kind, newest.body, newest.number)


def _edit_page(code, kind, body, seen, *, new=False, errors=None, reason="", status=200, message=""):
    ctx = g.ctx
    known = {} if new else {"versions": checklists.versions_listed(ctx, checklists.get_template(ctx, code))}
    workflow = ctx.registry.workflows.get(kind)
    return render_template(
        "checklists/edit.html",
        code=code,
        kind=kind,
        kinds=_kinds(ctx),
        kind_words=_kind_words(ctx, kind) if kind else "",
        body=body,
        seen=seen,
        new=new,
        types=[(t, _(w)) for t, w in TYPE_WORDS.items()],
        transitions=[(t.name, _(t.label)) for t in workflow.transitions] if workflow else [],
        errors=errors or {},
        reason=reason,
        message=message,
        **known,
    ), status


@blueprint.post("/settings/checklists/new")
@needs(EDIT)
def template_create():
    """Publish a new checklist, or add, move or take away an item in the form."""
    return _edit("", new=True)


@blueprint.post("/settings/checklists/edit/<code>")
@needs(EDIT)
def template_save(code: str):
    """The same for one that exists."""
    checklists.get_template(g.ctx, code)
    return _edit(code)


def _edit(code: str, *, new: bool = False):
    ctx, form = g.ctx, request.form
    kind = form.get("record_kind", "") if new else checklists.get_template(ctx, code).record_kind
    code = form.get("code", "").strip() if new else code
    body, seen = _body_of_form(), record_id(form.get("seen")) or 0
    reason, action = form.get("reason", ""), form.get("do", "publish")
    if action != "publish":
        return _edit_page(code, kind, _moved(body, action), seen, new=new, reason=reason)
    try:
        version = checklists.publish_checklist(ctx, code, kind, body, reason=reason, seen=seen)
    except DomainError as error:
        if error.status == 403:
            raise
        problems = dict(error.details.get("problems") or {})
        if not problems and error.field:
            problems[error.field] = error.message
        return _edit_page(
            code, kind, body, seen, new=new, errors=problems, reason=reason, status=error.status, message=error.message
        )
    flash(_("Version {n} is published. What was begun keeps its version.", n=version.number), "ok")
    return redirect(url_for("checklists.template_page", code=code))


def _body_of_form() -> dict[str, Any]:
    """What the form says, as a template's data; lines of choices are ``value: English | Chinese``."""
    form = request.form
    items = []
    for number in range(min(form.get("count", 0, type=int), 300)):
        at = f"i{number}-"
        choices = []
        for line in form.get(f"{at}choices", "").splitlines():
            value, _colon, words = line.partition(":")
            english, _bar, chinese = words.partition("|")
            if line.strip():
                choices.append({"value": value.strip(), "label": {"en": english.strip(), "zh": chinese.strip()}})
        items.append(
            {
                "code": form.get(f"{at}code", "").strip(),
                "text": {"en": form.get(f"{at}en", "").strip(), "zh": form.get(f"{at}zh", "").strip()},
                "help": {"en": form.get(f"{at}help-en", "").strip(), "zh": form.get(f"{at}help-zh", "").strip()},
                "type": form.get(f"{at}type", ""),
                "required": f"{at}required" in form,
                "remark": f"{at}remark" in form,
                "minimum": form.get(f"{at}minimum", "").strip(),
                "maximum": form.get(f"{at}maximum", "").strip(),
                "unit": form.get(f"{at}unit", "").strip(),
                "choices": choices,
            }
        )
    name = {"en": form.get("name-en", "").strip(), "zh": form.get("name-zh", "").strip()}
    return {"name": name, "gates": form.getlist("gates"), "items": items}


def _moved(body: dict[str, Any], action: str) -> dict[str, Any]:
    """The form with an item added, moved or taken away: ``add``, ``up:2``, ``down:2``, ``drop:2``."""
    verb, _colon, place = action.partition(":")
    items, at = list(body["items"]), int(place) if place.isdigit() else -1
    if verb == "add":
        items.append(dict(BLANK))
    elif not 0 <= at < len(items):
        abort(400)
    elif verb == "drop":
        items.pop(at)
    elif verb in ("up", "down"):
        other = at + (1 if verb == "down" else -1)
        if 0 <= other < len(items):
            items[at], items[other] = items[other], items[at]
    return {**body, "items": items}


