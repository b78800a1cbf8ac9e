"""Pages of price lists: a list with its versions, and one version with its rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, render_template, request, url_for

from core.api import Ctx, DomainError, _, gates, n_, possible, timeline
from core.web_api import (
    Key,
    carry_out,
    current_ctx,
    cursor_argument,
    flash_done,
    needs,
    own_ids,
    paged,
    pager_of,
    panels_of,
    plain_form,
    record_id,
    refused,
    sent,
    timeline_items,
    typed,
)
from plugins.warranty import quote_life as life
from plugins.warranty.contracts import (
    LINE_WORDS,
    PRICE_LIST_WORDS,
    PRICE_STATE_ICONS,
    PRICE_STATE_WORDS,
    PRICE_UNIT_WORDS,
    PriceAsked,
    PriceItemData,
    PriceListData,
)
from plugins.warranty.forms import prices as forms
from plugins.warranty.models import PriceItem, PriceList, PriceVersion
from plugins.warranty.queries import prices as queries
from plugins.warranty.services import price_examples as examples
from plugins.warranty.services import prices as services
from plugins.warranty.services.quotes import NOTHING, short
from plugins.warranty.views.blueprint import blueprint

WORDS = {
    "kind": PRICE_LIST_WORDS,
    "state": PRICE_STATE_WORDS,
    "icon": PRICE_STATE_ICONS,
    "cost": LINE_WORDS,
    "unit": PRICE_UNIT_WORDS,
}
FIGURES = ("price", "percent", "from_quantity", "minimum")


# --- a list -----------------------------------------------------------------------------------------------------------


@blueprint.route("/prices/new", methods=["GET", "POST"])
@needs(life.EDIT_PRICES)
def price_list_new():
    """The form for a price list."""
    ctx = current_ctx()
    form = forms.ListForm(formdata=typed(), version="")
    forms.offer_bases(ctx, form)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                made = services.make_list(ctx, _list_data(form))
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Price list “{name}” made; draft its first version", name=made.name))
                return redirect(url_for("warranty.price_list_page", record_id=made.id))
    return render_template("warranty/price_list_new.html", form=form, extra=extra), status


@blueprint.route("/prices/examples", methods=["GET", "POST"])
@needs(life.EDIT_PRICES)
def price_examples():
    """The price lists that come with the module for this trade; taking them makes drafts."""
    ctx = current_ctx()
    if request.method == "POST":
        made = examples.take(ctx)
        flash_done(n_("{n} price list drafted", "{n} price lists drafted", len(made)))
        return redirect(url_for("warranty.price_lists_list"))
    return render_template("warranty/price_examples.html", lists=examples.offered(ctx), words=WORDS)


def _list_data(form: forms.ListForm, code: str = "") -> PriceListData:
    return PriceListData(
        code=code or form.code.data or "",
        name=form.name.data or "",
        kind=form.kind.data,
        currency=form.currency.data or "",
        tax_included=bool(form.tax_included.data),
        base_id=form.base_id.data or None,
    )


@blueprint.get("/prices/<int:record_id>")
@needs(life.SEE_PRICES)
def price_list_page(record_id: int):
    """A price list: its versions, and what something costs."""
    ctx = current_ctx()
    return _list_page(ctx, queries.get_list(ctx, record_id))


def _list_page(
    ctx: Ctx, row: PriceList, *, failed: Any = None, action: str = "", extra: list[str] | None = None, status: int = 200
):
    made = {name: make(ctx, row) for name, make in LIST_MAKERS.items() if name != action}
    if action:
        made[action] = failed
    for name, form in made.items():
        own_ids(name, form)
    versions = queries.versions_of(ctx, row.id)
    in_force = queries.lists_in_force(ctx, [row.id], ctx.today).get(row.id)
    ask, answer = _asked(ctx, row)
    page = render_template(
        "warranty/price_list.html",
        row=row,
        words=WORDS,
        versions=versions,
        in_force=in_force,
        drafted=next((v for v in versions if v.state in ("draft", "submitted")), None),
        may=ctx.can(life.EDIT_PRICES),
        forms=made,
        failed=action,
        extra=extra or [],
        ask=ask,
        answer=answer,
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return page, status


def _asked(ctx: Ctx, row: PriceList) -> tuple[forms.AskForm, dict[str, Any]]:
    """The form that asks what something costs, and the answer or why there is none."""
    form = forms.AskForm(formdata=request.args if "quantity" in request.args else None, on=ctx.today)
    own_ids("ask", form)
    if "quantity" not in request.args or not form.validate():
        return form, {}
    quantity = form.quantity.data if form.quantity.data is not None else NOTHING
    asked = PriceAsked(form.kind.data, (form.code.data or "").strip(), (form.group.data or "").strip(), quantity)
    try:
        return form, {"price": queries.price(ctx, row, asked, form.on.data or ctx.today)}
    except DomainError as error:
        return form, {"problem": error.message}


def _make_change(ctx: Ctx, row: PriceList) -> forms.ListForm:
    form = forms.ListForm(
        formdata=sent(ctx, row, "change"),
        version=row.version,
        **{name: getattr(row, name) for name in ("code", "name", "kind", "currency", "tax_included", "active")},
        base_id=row.base_id or 0,
    )
    del form.code
    forms.offer_bases(ctx, form, row.id, row.base_id)
    return form


def _make_draft(ctx: Ctx, row: PriceList) -> forms.VersionDaysForm:
    return forms.VersionDaysForm(formdata=sent(ctx, row, "draft"), version=row.version, valid_from=ctx.today)


LIST_MAKERS: dict[str, Callable[[Ctx, PriceList], Any]] = {"change": _make_change, "draft": _make_draft}


@blueprint.post("/prices/<int:record_id>/<action>")
@needs(life.EDIT_PRICES)
def price_list_act(record_id: int, action: str):
    """Change a list, or begin a version of it."""
    ctx = current_ctx()
    if action not in LIST_MAKERS:
        abort(404)
    row = queries.get_list(ctx, record_id)
    form: Any = LIST_MAKERS[action](ctx, row)
    if not form.validate():
        return _list_page(ctx, row, failed=form, action=action, status=422)
    try:
        if action == "draft":
            days = (form.valid_from.data, form.valid_to.data, form.reason.data or "")
            made = services.draft_version(ctx, record_id, *days)
            flash_done(_("Version {number} drafted", number=made.number))
            return redirect(url_for("warranty.price_version_page", record_id=made.id))
        services.change_list(
            ctx, record_id, _list_data(form, row.code), active=bool(form.active.data), version=form.seen
        )
    except DomainError as error:
        extra = refused(form, error, lambda: queries.get_list(ctx, record_id))
        row = queries.get_list(ctx, record_id)
        return _list_page(ctx, row, failed=form, action=action, extra=extra, status=error.status)
    flash_done(_("Saved."))
    return redirect(url_for("warranty.price_list_page", record_id=record_id))


# --- a version --------------------------------------------------------------------------------------------------------


@blueprint.get("/prices/versions/<int:record_id>")
@needs(life.SEE_PRICES)
def price_version_page(record_id: int):
    """A version of a price list: its days, its rows, and what happened to it."""
    ctx = current_ctx()
    return _version_page(ctx, queries.get_version(ctx, record_id))


def _version_page(
    ctx: Ctx,
    row: PriceVersion,
    *,
    failed: Any = None,
    action: str = "",
    extra: list[str] | None = None,
    status: int = 200,
):
    made = {name: make(ctx, row) for name, make in VERSION_MAKERS.items() if name != action}
    if action:
        made[action] = failed
    for name, form in made.items():
        own_ids(name, form)
    text = request.args.get("q", "").strip()[:100]
    query = queries.items_query(row.id)
    if text and "\0" not in text:
        query = query.where(queries.holds(text))
    keys = [Key(PriceItem.kind), Key(PriceItem.code), Key(PriceItem.group), Key(PriceItem.from_quantity),
            Key(PriceItem.id)]  # fmt: skip
    page = paged(ctx, query, keys, size=50, cursor=cursor_argument())
    edited = record_id(request.args.get("edit")) if not action else None
    following = {"draft": "submit", "submitted": "publish"}.get(row.state)
    way = life.VERSIONS.transition(following) if following else None
    before = queries.version_before(ctx, row)
    shown = render_template(
        "warranty/price_version.html",
        row=row,
        list=queries.get_list(ctx, row.list_id),
        words=WORDS,
        rows=page.rows,
        pager=pager_of(page),
        q=text,
        before=before,
        changed=_changed(ctx, before, page.rows),
        gates=gates(ctx, way, row) if way is not None and ctx.can(way.permission) else [],
        can={t.name for t in possible(ctx, life.VERSIONS, row)},
        may_edit=row.state == "draft" and ctx.can(life.EDIT_PRICES),
        may_end=row.state == "published" and ctx.can(life.PUBLISH_PRICES),
        edited=edited,
        forms=made,
        failed=action,
        extra=extra or [],
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
        base=queries.find_list(ctx, queries.get_list(ctx, row.list_id).base_id),
    )
    return shown, status


def _changed(ctx: Ctx, before: PriceVersion | None, rows: list[PriceItem]) -> dict[int, Any]:
    """For the rows shown what they were in the version before: the old row, or None for a new one."""
    if before is None:
        return {}
    old = queries.same_rows(ctx, before.id, rows)
    found = {}
    for row in rows:
        was = old.get(services.key_of(row))
        if was is None or (was.price, was.percent, was.minimum) != (row.price, row.percent, row.minimum):
            found[row.id] = was
    return found


def _make_item(ctx: Ctx, row: PriceVersion) -> forms.ItemForm:
    edited = record_id(request.args.get("edit"))
    item = queries.find_item(ctx, row.id, edited) if edited else None
    values: dict[str, Any] = {}
    if item is not None:
        values = {name: getattr(item, name) for name in ("kind", "code", "group", "label", "unit")}
        values |= {n: None if getattr(item, n) is None else short(getattr(item, n)) for n in FIGURES}
        values["item_id"] = item.id
    form = forms.ItemForm(formdata=sent(ctx, row, "item"), version=row.version, **values)
    if queries.get_list(ctx, row.list_id).base_id is None:
        del form.percent
    return form


def _make_days(ctx: Ctx, row: PriceVersion) -> forms.VersionDaysForm:
    values = {name: getattr(row, name) for name in ("valid_from", "valid_to", "reason")}
    return forms.VersionDaysForm(formdata=sent(ctx, row, "days"), version=row.version, **values)


def _make_end(ctx: Ctx, row: PriceVersion) -> forms.EndForm:
    return forms.EndForm(formdata=sent(ctx, row, "end"), version=row.version, valid_to=row.valid_to or ctx.today)


VERSION_MAKERS: dict[str, Callable[[Ctx, PriceVersion], Any]] = {
    "item": _make_item,
    "days": _make_days,
    "end": _make_end,
    "submit": plain_form("submit", forms.PlainForm, "submit"),
    "publish": plain_form("publish", forms.PlainForm, "publish"),
    "return": plain_form("return", forms.PriceReasonForm, "return"),
    "drop": plain_form("drop", forms.PlainForm, "drop"),
}


@blueprint.post("/prices/versions/<int:record_id>/<action>")
@needs(life.SEE_PRICES)
def price_version_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    ctx = current_ctx()
    if action not in ACTIONS:
        abort(404)
    ctx.require(_right(action))

    def version() -> PriceVersion:
        return queries.get_version(ctx, record_id)

    form: Any = VERSION_MAKERS[action](ctx, version())
    return carry_out(
        form,
        lambda: ACTIONS[action](ctx, record_id, form),
        str,
        url_for("warranty.price_version_page", record_id=record_id, _anchor="rows" if action == "item" else None),
        lambda extra, status: _version_page(ctx, version(), failed=form, action=action, extra=extra, status=status),
        version,
    )


@blueprint.post("/prices/versions/<int:record_id>/rows/<int:item_id>/drop")
@needs(life.EDIT_PRICES)
def price_item_drop(record_id: int, item_id: int):
    """Take a row out of a draft."""
    ctx = current_ctx()
    row = queries.get_version(ctx, record_id)
    if queries.find_item(ctx, row.id, item_id) is None:
        abort(404)
    form = forms.PlainForm()
    try:
        services.drop_item(ctx, item_id, version=form.seen)
    except DomainError as error:
        extra = refused(form, error, lambda: queries.get_version(ctx, record_id))
        now = queries.get_version(ctx, record_id)
        return _version_page(ctx, now, failed=form, action="submit", extra=extra, status=error.status)
    flash_done(_("Price taken out"))
    return redirect(url_for("warranty.price_version_page", record_id=record_id, _anchor="rows"))


def _right(action: str) -> str:
    if action in ("item", "days"):
        return life.EDIT_PRICES
    return life.PUBLISH_PRICES if action == "end" else life.VERSIONS.transition(action).permission


def _item(ctx: Ctx, version_id: int, form: forms.ItemForm) -> str:
    data = PriceItemData(
        kind=form.kind.data,
        unit=form.unit.data,
        code=form.code.data or "",
        group=form.group.data or "",
        label=form.label.data or "",
        price=form.price.data,
        percent=form.percent.data if form.percent else None,
        from_quantity=form.from_quantity.data if form.from_quantity.data is not None else NOTHING,
        minimum=form.minimum.data,
    )
    services.put_item(ctx, version_id, data, item_id=record_id(form.item_id.data), version=form.seen)
    return _("Price saved")


def _days(ctx: Ctx, version_id: int, form: forms.VersionDaysForm) -> str:
    days = (form.valid_from.data, form.valid_to.data, form.reason.data or "")
    services.change_version(ctx, version_id, *days, version=form.seen)
    return _("Saved.")


def _submit(ctx: Ctx, version_id: int, form: Any) -> str:
    services.submit_version(ctx, version_id, version=form.seen)
    return _("Submitted; it is published next")


def _publish(ctx: Ctx, version_id: int, form: Any) -> str:
    row = services.publish_version(ctx, version_id, version=form.seen)
    return _("Published, valid from {day}", day=row.valid_from)


def _return(ctx: Ctx, version_id: int, form: Any) -> str:
    services.return_version(ctx, version_id, form.reason.data or "", version=form.seen)
    return _("Back to draft")


def _drop(ctx: Ctx, version_id: int, form: Any) -> str:
    services.drop_version(ctx, version_id, version=form.seen)
    return _("Dropped")


def _end(ctx: Ctx, version_id: int, form: Any) -> str:
    row = services.end_version(ctx, version_id, form.valid_to.data, version=form.seen)
    return _("Ends on {day}", day=row.valid_to)


ACTIONS: dict[str, Callable[[Ctx, int, Any], str]] = {
    "item": _item,
    "days": _days,
    "submit": _submit,
    "publish": _publish,
    "return": _return,
    "drop": _drop,
    "end": _end,
}
