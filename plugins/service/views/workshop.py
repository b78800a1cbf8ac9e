"""Pages of the workshop: reviewing an application, taking an item in, one item with its card, tests and hand-overs."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import (
    Ctx,
    DomainError,
    _,
    attach,
    label,
    timeline,
    transaction,
)
from core.web_api import (
    RecordForms,
    Step,
    clock_views,
    current_ctx,
    flash_done,
    form_token,
    moment,
    needs,
    panels_of,
    plain_form,
    refused,
    sent,
    timeline_items,
    typed,
)
from plugins.service import life
from plugins.service.forms import workshop as forms
from plugins.service.models import Item, Order
from plugins.service.queries import orders as order_queries
from plugins.service.queries import workshop as queries
from plugins.service.rules.workshop import MAY_GO_BACK, inspected, plain_number, repair_state
from plugins.service.services import workshop as services
from plugins.service.services.workshop import INSPECT, TAKE
from plugins.service.views.blueprint import blueprint
from plugins.service.workshop_contracts import (
    CUSTODY_ICONS,
    CUSTODY_WORDS,
    RECEIPT_WORDS,
    RETURN_WORDS,
    STATE_WORDS,
    TEST_WORDS,
    EntryData,
    ItemData,
    ReturnData,
    TestData,
)

ATTACH = "core.attachments.edit"
OPTIONS = {"check": ("ok", "not_ok"), "yes_no": ("yes", "no")}


# --- before it is here ------------------------------------------------------------------------------------------------


@blueprint.route("/<int:record_id>/application", methods=["GET", "POST"])
@needs(life.ACCEPT)
def application(record_id: int):
    """Review the application to send something in (REP-3.5)."""
    ctx = current_ctx()
    order = order_queries.get_order(ctx, record_id)
    form = forms.ApplicationForm(formdata=typed(), version=order.version)
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                services.review_application(
                    ctx, order.id, form.verdict.data, form.told_how.data, form.note.data or "", version=form.seen
                )
            except DomainError as error:
                extra, status = refused(form, error, lambda: order_queries.get_order(ctx, record_id)), error.status
            else:
                flash_done(_("The review is recorded"))
                return redirect(url_for("service.order_page", record_id=record_id))
    return render_template("service/application.html", order=order, form=form, extra=extra), status


@blueprint.route("/<int:record_id>/items/new", methods=["GET", "POST"])
@needs(TAKE)
def item_new(record_id: int):
    """Take something of the customer's in, with photos of how it looks."""
    ctx = current_ctx()
    order = order_queries.get_order(ctx, record_id)
    sent_now = request.method == "POST"
    product = order.product
    form = forms.TakeForm(
        formdata=request.form if sent_now else None, token=form_token(), from_name=order.person_name,
        name=" ".join(p for p in (product.name, product.model) if p) if product else "",
        serial=(order.device.serial if order.device else "") or order.serial_told,
    )  # fmt: skip
    extra: list[str] = []
    status = 200
    if sent_now:
        status = 422
        if form.validate():
            try:
                item = _take(ctx, order, form)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("{number} taken in. Print the receipt and the tag.", number=item.number))
                return redirect(url_for("service.item_page", record_id=item.id))
    if not ctx.can(ATTACH):
        del form.photos
    return render_template("service/item_new.html", order=order, form=form, extra=extra), status


def _take(ctx: Ctx, order: Order, form: Any) -> Item:
    data = ItemData(
        condition=form.condition.data or "", name=form.name.data or "", serial=form.serial.data or "",
        accessories=form.accessories.data or "", from_name=form.from_name.data or "", place=form.place.data or "",
        return_on=form.return_on.data, taken_at=form.taken_at.data,
        once=f"form:{form.token.data}" if form.token.data else "",
    )  # fmt: skip
    with transaction(ctx):
        known = queries.by_once(ctx, data.once)
        item = services.take_in(ctx, order.id, data)
        if known is None and ctx.can(ATTACH):
            for photo in request.files.getlist("photos"):
                if photo.filename:
                    attach(ctx, item, photo.filename, photo.stream)
        return item


# --- one item ---------------------------------------------------------------------------------------------------------


@blueprint.get("/items/<int:record_id>")
@needs(life.VIEW)
def item_page(record_id: int):
    """Everything about one item of a customer's."""
    ctx = current_ctx()
    return _page(ctx, queries.get_item(ctx, record_id))


def _page(ctx: Ctx, item: Item, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    order = item.order
    entries = queries.entries_of(ctx, item.id, struck=True)
    counted = [e for e in entries if e.struck_at is None]
    tests = queries.tests_of(ctx, item.id)
    state = repair_state(counted, tests)
    here, working = item.state == "here", item.state == "here" and order.is_open
    _code, points = queries.test_points(ctx, order) if working else ("", [])
    page = render_template(
        "service/item.html",
        item=item,
        order=order,
        here=here,
        working=working and order.state not in MAY_GO_BACK,
        may_return=here and order.state in MAY_GO_BACK,
        state=state,
        state_words=_(TEST_WORDS[state]),
        item_state=_(STATE_WORDS[item.state]),
        receipt=_(RECEIPT_WORDS[item.receipt]),
        how=_(RETURN_WORDS[item.returned_how]) if item.returned_how else "",
        steps=_steps(ctx, item, counted, tests, state),
        clocks=clock_views(ctx, order) if working else [],
        custody=[(c, _(CUSTODY_WORDS[c.what]), CUSTODY_ICONS[c.what]) for c in queries.custody_of(ctx, item.id)],
        holder=order_queries.names_of(ctx, [item.holder_id]).get(item.holder_id or 0, ""),
        entries=entries,
        plain_number=plain_number,
        minutes=sum(e.minutes or 0 for e in counted),
        tests=[(t, [_shown(p) for p in t.points]) for t in reversed(tests)],
        points=[_point(p) for p in points],
        inspected=inspected(item, counted, tests),
        panels=panels_of(ctx, item),
        history=timeline_items(ctx, timeline(ctx, item)),
        forms=ACTS.forms(ctx, item, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


def _point(point: Any) -> dict[str, Any]:
    """A point of the test as the form shows it, with what was typed."""
    options = [(code, label(words) if isinstance(words, dict) else _(words)) for code, words in point.options()]
    span = ""
    if point.type == "number":
        low, high = point.minimum, point.maximum
        if low is not None and high is not None:
            span = _("{low} to {high}", low=f"{low:g}", high=f"{high:g}")
        elif low is not None:
            span = _("at least {n}", n=f"{low:g}")
        elif high is not None:
            span = _("at most {n}", n=f"{high:g}")
    typed = request.form if request.method == "POST" and (request.view_args or {}).get("action") == "test" else {}
    return {
        "code": point.code, "text": label(dict(point.text)), "type": point.type, "options": options,
        "unit": point.unit, "span": span, "value": typed.get(f"p-{point.code}", ""),
        "remark": typed.get(f"r-{point.code}", ""), "required": point.required and point.type != "photo",
    }  # fmt: skip


def _shown(point: dict[str, Any]) -> tuple[str, str, bool, str]:
    """(point, answer, good, remark) of a test that was made."""
    words = {"ok": _("OK"), "not_ok": _("Not OK"), "yes": _("Yes"), "no": _("No")}
    return label(point["text"]), words.get(point["value"], point["value"]), bool(point["ok"]), point["remark"]


def _steps(ctx: Ctx, item: Item, entries: list, tests: list, state: str) -> list[Step]:
    """Taken in, on the bench, tested, inspected, handed back."""
    steps = item.order.steps
    begun = entries[0].at if entries else None
    done = [(_("Item taken in"), True, item.taken_at), (_("Work on the bench"), bool(entries), begun)]
    if "test" in steps:
        done.append((_("Test passed"), state == "passed", tests[-1].at if state == "passed" else None))
    if "inspection" in steps:
        good = inspected(item, entries, tests)
        done.append((_("Inspected"), good, item.inspected_at if good else None))
    done.append((_("Back with the customer"), item.state == "returned", item.returned_at))
    current = next((i for i, (_words, is_done, _at) in enumerate(done) if not is_done), -1)
    return [
        Step(words, "done" if is_done else "cur" if i == current else "",
             moment(at, ctx.now, ctx.tz, today=True) if at else "")
        for i, (words, is_done, at) in enumerate(done)
    ]  # fmt: skip


@blueprint.post("/items/<int:record_id>/<action>")
@needs(life.VIEW)
def item_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)


def _pass_form(ctx: Ctx, item: Item) -> forms.PassForm:
    form = forms.PassForm(
        formdata=sent(ctx, item, "pass"), version=item.version, user_id=item.holder_id, place=item.place
    )
    form.user_id.choices = queries.keepers(ctx)
    return form


def _promise_form(ctx: Ctx, item: Item) -> forms.PromiseForm:
    return forms.PromiseForm(formdata=sent(ctx, item, "promise"), version=item.version, return_on=item.return_on)


def _return_form(ctx: Ctx, item: Item) -> forms.ReturnForm:
    return forms.ReturnForm(formdata=sent(ctx, item, "back"), version=item.version, to=item.order.person_name)


def _do(ctx: Ctx, item_id: int, name: str, form: Any) -> str:
    return DOERS[name](ctx, item_id, form)


def _pass(ctx: Ctx, item_id: int, form: Any) -> str:
    services.pass_on(
        ctx, item_id, form.user_id.data, form.place.data or "", form.note.data or "", version=form.seen
    )
    return _("Handed over, recorded")


def _promise(ctx: Ctx, item_id: int, form: Any) -> str:
    services.set_return_day(ctx, item_id, form.return_on.data, version=form.seen)
    return _("The day is recorded")


def _work(ctx: Ctx, item_id: int, form: Any) -> str:
    services.add_entry(ctx, item_id, EntryData("work", form.what.data, minutes=form.minutes.data))
    return _("On the card")


def _part(ctx: Ctx, item_id: int, form: Any) -> str:
    data = EntryData("part", form.what.data, code=form.code.data or "", quantity=form.quantity.data)
    services.add_entry(ctx, item_id, data)
    return _("On the card")


def _strike(ctx: Ctx, item_id: int, form: Any) -> str:
    text = str(form.entry_id.data)
    entry_id = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    services.strike_entry(ctx, item_id, entry_id, form.reason.data)
    return _("Struck out")


def _test(ctx: Ctx, item_id: int, form: Any) -> str:
    names = {k.partition("-")[2] for k in request.form if k.startswith(("p-", "r-"))}
    answers = {n: (request.form.get(f"p-{n}", ""), request.form.get(f"r-{n}", "")) for n in names}
    done = services.record_test(ctx, item_id, TestData(answers, form.note.data or ""), version=form.seen)
    return _("Test passed") if done.passed else _("Test failed: back to the bench")


def _inspect(ctx: Ctx, item_id: int, form: Any) -> str:
    services.inspect(ctx, item_id, form.note.data or "", version=form.seen)
    return _("Inspection recorded")


def _back(ctx: Ctx, item_id: int, form: Any) -> str:
    data = ReturnData(
        form.how.data, form.to.data or "", form.tracking.data or "", form.signed_by.data or "",
        form.unsigned_reason.data or "", bool(form.receipt_back.data), form.receipt_reason.data or "",
    )
    return _("{number} handed back", number=services.hand_back(ctx, item_id, data, version=form.seen).number)


DOERS = {
    "pass": _pass, "promise": _promise, "work": _work, "part": _part, "strike": _strike, "test": _test,
    "inspect": _inspect, "back": _back,
}

ACTS = RecordForms(
    makers={
        "pass": _pass_form,
        "promise": _promise_form,
        "work": plain_form("work", forms.WorkForm),
        "part": plain_form("part", forms.PartForm),
        "strike": plain_form("strike", forms.StrikeForm),
        "test": plain_form("test", forms.TestForm),
        "inspect": plain_form("inspect", forms.InspectForm),
        "back": _return_form,
    },
    rights={
        "pass": TAKE, "promise": TAKE, "work": life.WORK, "part": life.WORK, "strike": life.WORK, "test": life.WORK,
        "inspect": INSPECT, "back": TAKE,
    },
    find=queries.get_item,
    page=_page,
    do=_do,
    back=lambda record_id: url_for("service.item_page", record_id=record_id),
)
