"""Pages of the day book: a day of a unit, the vouchers of an order."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, Invalid, _
from core.web_api import Key, RecordForms, Stat, current_ctx, day_of, flash_done, needs, paged, record_id, sent, typed
from plugins.service import life
from plugins.service.daybook_contracts import BOOK_WORDS, ENTRY_TONES, ENTRY_WORDS, FilingData
from plugins.service.forms import daybook as forms
from plugins.service.labels import Words
from plugins.service.models import BookDay, Order
from plugins.service.queries import daybook as queries
from plugins.service.queries import orders as order_queries
from plugins.service.services import daybook as services
from plugins.service.services.daybook import CLOSE_DAY, FILE
from plugins.service.views.blueprint import blueprint

A_PAGE = 40
FURTHER = 50
"""So many vouchers without an entry stand on the page; the list has all."""


# --- a day ------------------------------------------------------------------------------------------------------------


@blueprint.get("/daybook")
@needs(life.VIEW)
def daybook():
    """A day of a unit's book: calls and letters, the vouchers drawn, who went, what is filed (VCH-3, VCH-4)."""
    return _book(current_ctx())


def _book(ctx: Ctx, form: Any = None, extra: Any = (), status: int = 200, shown: BookDay | None = None):
    on = shown.day if shown is not None else day_of(request.values.get("day")) or ctx.today
    asked = record_id(request.values.get("unit") or request.values.get("unit_id"))
    unit = queries.unit_of_book(ctx, shown.unit_id if shown is not None else asked)
    if unit is None:
        return render_template("service/daybook.html", unit=None, day=on), status
    model = queries.contact_model(ctx)
    page = paged(
        ctx, queries.entries(ctx, unit, on), [Key(model.received_at), Key(model.id)], size=A_PAGE,
        cursor=request.args.get("cursor"),
    )  # fmt: skip
    loose = list(ctx.session.scalars(queries.without_entry(ctx, unit, on).order_by(Order.received_at).limit(FURTHER)))
    closed = queries.closed_day(ctx, unit.id, on)
    now = queries.figures(ctx, unit, on)

    def at(**changed: Any) -> str:
        return url_for("service.daybook", **{"day": on.isoformat(), "unit": unit.id, **changed})

    def listed(tab: str) -> str:
        of_day = {"received_from": on.isoformat(), "received_to": on.isoformat()}
        days = {} if tab in ("not_filed", "carried") else of_day
        endpoint = "service.orders_list" if tab == "carried" else "service.vouchers_list"
        given: dict[str, Any] = {"tab": "to_dispatch" if tab == "carried" else tab, "unit": unit.id, **days}
        return url_for(endpoint, **given)

    counted = closed.figures if closed is not None else now
    page_of = render_template(
        "service/daybook.html",
        unit=unit,
        units=queries.units_of_book(ctx),
        day=on,
        lines=queries.lines(ctx, page.rows),
        loose=queries.order_lines(ctx, loose),
        pager=page.pager(lambda cursor: at(cursor=cursor)),
        words=Words(ctx),
        entry_words={k: _(w) for k, w in ENTRY_WORDS.items()},
        tones=ENTRY_TONES,
        figures=[_figure(key, counted.get(key, 0), listed(LISTED.get(key, key))) for key in BOOK_WORDS],
        differs=closed is not None and any(now[k] != closed.figures.get(k) for k in ("entries", "vouchers")),
        closed=closed,
        before=queries.closed_before(ctx, unit.id, on),
        may_close=closed is None and on <= ctx.today and ctx.can(CLOSE_DAY),
        form=form or forms.CloseDayForm(formdata=None, day=on.isoformat(), unit_id=unit.id),
        extra=list(extra),
        before_url=at(day=(on - dt.timedelta(days=1)).isoformat()),
        after_url=at(day=(on + dt.timedelta(days=1)).isoformat()) if on < ctx.today else "",
        today_url=at(day=ctx.today.isoformat()),
        export_url=listed("all"),
    )
    return page_of, status


LISTED = {"entries": "all", "vouchers": "drawn"}
"""Figure of a day → the tab of the list that shows its rows, where that is called otherwise."""
ICONS = {
    "entries": "phone-incoming", "vouchers": "file-check", "filed": "folder-check", "no_voucher": "file-x",
    "no_entry": "file-x", "not_filed": "inbox", "carried": "user-check",
}  # fmt: skip
WRONG = ("no_voucher", "no_entry", "not_filed", "carried")


def _figure(key: str, value: int, url: str) -> Stat:
    return Stat(_(BOOK_WORDS[key]), value, url, ICONS[key], "warn" if value and key in WRONG else "")


@blueprint.post("/daybook/close")
@needs(CLOSE_DAY)
def daybook_close():
    """The head closes the day."""
    ctx = current_ctx()
    form = forms.CloseDayForm(formdata=typed())
    if not form.validate():
        return _book(ctx, form, status=422)
    on = day_of(form.day.data)
    unit_id = record_id(form.unit_id.data)
    try:
        if on is None or unit_id is None:
            raise Invalid("bad_day", _("Choose a day."))
        services.close_day(ctx, unit_id, on, form.note.data or "")
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _book(ctx, form, form.refuse(error), error.status)
    flash_done(_("The day is closed"))
    return redirect(url_for("service.daybook", day=on.isoformat(), unit=unit_id))


@blueprint.get("/daybook/days/<int:record_id>")
@needs(life.VIEW)
def book_day_page(record_id: int):
    """A closed day: its page of the book."""
    ctx = current_ctx()
    return _book(ctx, shown=queries.get_day(ctx, record_id))


# --- the vouchers of an order -----------------------------------------------------------------------------------------


@blueprint.get("/<int:record_id>/vouchers")
@needs(life.VIEW)
def voucher_page(record_id: int):
    """The vouchers of an order: drawn, filed where, taken out why."""
    ctx = current_ctx()
    return _vouchers(ctx, order_queries.get_order(ctx, record_id))


def _vouchers(ctx: Ctx, order: Order, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    page = render_template(
        "service/vouchers.html",
        order=order,
        vouchers=queries.vouchers_of(ctx, [order.id]).get(order.id, []),
        taken_out=[f for f in queries.filings_of(ctx, order.id) if not f.standing],
        may={
            "file": services.may_file(order) and ctx.can(FILE),
            "out": order.state != "archived" and ctx.can(FILE),
            "draw": order.state not in ("archived", "cancelled"),
        },
        forms=VOUCHER_ACTS.forms(ctx, order, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/<int:record_id>/vouchers/<action>")
@needs(life.VIEW)
def voucher_act(record_id: int, action: str):
    """Carry one action out; the service asks for its right."""
    return VOUCHER_ACTS.run(record_id, action)


def _do(ctx: Ctx, order_id: int, name: str, form: Any) -> str:
    row_id = record_id(form.row_id.data) or 0
    if name == "out":
        services.take_out(ctx, order_id, row_id, form.reason.data)
        return _("Taken out, with the reason")
    scan = request.files.get("scan")
    content = scan.read() if scan is not None and scan.filename else b""
    data = FilingData(
        form.place.data or "", form.signed_on.data, form.note.data or "", (scan.filename or "") if scan else "", content
    )
    return _("{number} is filed", number=services.file_voucher(ctx, order_id, row_id, data).number)


VOUCHER_ACTS = RecordForms(
    makers={
        "file": lambda ctx, order: forms.FilingForm(formdata=sent(ctx, order, "file")),
        "out": lambda ctx, order: forms.TakeOutForm(formdata=sent(ctx, order, "out")),
    },
    rights={"file": FILE, "out": FILE},
    find=order_queries.get_order,
    page=_vouchers,
    do=_do,
    back=lambda order_id: url_for("service.voucher_page", record_id=order_id),
)
