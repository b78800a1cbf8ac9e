"""Pages of loaners: the pool, reserving, handing out, taking back, making ready. The lists are declared."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import (
    Ctx,
    Invalid,
    NotFound,
    RecordRef,
    _,
    drawn_signature,
    files_of,
    gates,
    mail_ready,
    possible,
    timeline,
)
from core.web_api import (
    carry_out,
    clock_view_of,
    current_ctx,
    day_of,
    form_page,
    money_words,
    needs,
    own_ids,
    panels_of,
    pressed,
    record_id,
    takes_files,
    timeline_items,
    typed,
)
from plugins.base.queries import search_products
from plugins.inventory.forms.common import ReasonForm, VersionForm
from plugins.inventory.forms.loaners import (
    ExtendForm,
    HandOutForm,
    LoanerForm,
    NewLoanerForm,
    ReserveForm,
    RetireForm,
    SettleLoanForm,
    TakeBackForm,
)
from plugins.inventory.lists.loaners import loan_mark, loaner_rows, status_mark
from plugins.inventory.loaner_contracts import (
    GRADE_WORDS,
    SIGNATURES,
    HandOutData,
    LoanerData,
    ReserveData,
    TakeBackData,
)
from plugins.inventory.models import Loan, Loaner
from plugins.inventory.models.places import PICKED
from plugins.inventory.queries import loaners as queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places, records
from plugins.inventory.queries import quality as quality_queries
from plugins.inventory.rules.loaners import worse
from plugins.inventory.services import lending, loan_papers
from plugins.inventory.services import loaners as pool
from plugins.inventory.services.common import fitting
from plugins.inventory.services.loaners import EDIT, LEND, RESERVE, VIEW, WRITE_OFF
from plugins.inventory.views.blueprint import blueprint
from plugins.inventory.views.catalogue import part_of, record_link

SHOWN = 20
PRODUCTS = 200
LARGEST_FILE = "core.files.largest_mb"
PHOTOS = 6


# --- the pool -------------------------------------------------------------------------------------------------------


@blueprint.route("/loaners/new", methods=["GET", "POST"])
@needs(EDIT)
def loaner_new():
    """Put a piece that is in stock into the pool."""
    ctx = current_ctx()
    form = NewLoanerForm(formdata=typed(), part=request.args.get("part", ""), serial=request.args.get("serial", ""))
    _choices(ctx, form)

    def save() -> Loaner:
        part_id, number = part_of(ctx, form.part.data), (form.serial.data or "").strip()
        serial = quality_queries.serial_of(ctx, part_id, number)
        if serial is None:
            words = _("There is no serial number {number} of this part.", number=number)
            raise Invalid("unknown_serial", words, "serial")
        return pool.add(ctx, serial.id, _data(form))

    return form_page(
        form, save, "inventory/loaner_form.html", lambda row: url_for("inventory.loaner_page", record_id=row.id),
        row=None, known=part_queries.offered_parts(ctx),
    )  # fmt: skip


@blueprint.route("/loaners/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def loaner_edit(record_id: int):
    """Change a loaner."""
    ctx = current_ctx()
    row = queries.get_loaner(ctx, record_id)
    form = LoanerForm(
        formdata=typed(), version=row.version, products=queries.products_of(ctx, [row.id]).get(row.id, []),
        home_id=row.home_id, accessories=row.accessories, note=row.note,
    )  # fmt: skip
    _choices(ctx, form)
    return form_page(
        form, lambda: pool.change(ctx, row.id, _data(form), version=form.seen), "inventory/loaner_form.html",
        lambda saved: url_for("inventory.loaner_page", record_id=saved.id), row=row, known=[],
    )  # fmt: skip


def _choices(ctx: Ctx, form: Any) -> None:
    found = {p.id: f"{p.code} {p.name}" for p in search_products(ctx, "", PRODUCTS)}
    ids = [i for i in (form.products.data or []) if i not in found]
    found |= queries.product_names(ctx, ids)
    form.products.choices = list(found.items())
    known = [(place.id, f"{place.code} {place.name}") for place in queries.stores(ctx)]
    form.home_id.choices = known or [(0, _("The pool of loaners, made now"))]


def _data(form: Any) -> LoanerData:
    return LoanerData(
        tuple(form.products.data or ()), form.home_id.data or None, form.accessories.data or "", form.note.data or ""
    )


@blueprint.get("/loaners/<int:record_id>")
@needs(VIEW)
def loaner_page(record_id: int):
    """One loaner: how it stands, who has it, who had it, how it was used."""
    return _loaner(current_ctx(), record_id)


def _loaner(ctx: Ctx, loaner_id: int, form: Any = None, extra: list[str] | None = None, status: int = 200):
    row = queries.get_loaner(ctx, loaner_id)
    shown = loaner_rows(ctx, [row])[0]
    form = form or RetireForm(formdata=None, version=row.version)
    form.to_id.choices = [(0, _("Stays where it is")), *places.offered(ctx, PICKED)]
    loans = queries.loans_of(ctx, row.id, SHOWN + 1)
    page = render_template(
        "inventory/loaner.html", row=row, shown=shown, mark=status_mark(shown.stands.status), part=row.serial.part,
        since=queries.use_since(ctx), loans=[(loan, loan_mark(loan, ctx.today)) for loan in loans[:SHOWN]],
        more=len(loans) > SHOWN, form=form, extra=extra or [],
        may={"edit": ctx.can(EDIT), "lend": ctx.can(LEND)}, panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


@blueprint.post("/loaners/<int:record_id>/retire")
@needs(EDIT)
def loaner_retire(record_id: int):
    """Take it out of the pool."""
    ctx = current_ctx()
    form = RetireForm(formdata=request.form)
    form.to_id.choices = [(0, ""), *places.offered(ctx, PICKED)]
    return carry_out(
        form,
        lambda: pool.retire(ctx, record_id, form.reason.data or "", form.to_id.data or None, version=form.seen),
        _("Out of the pool"), url_for("inventory.loaner_page", record_id=record_id),
        lambda extra, status: _loaner(ctx, record_id, form, extra, status),
        lambda: queries.get_loaner(ctx, record_id),
    )  # fmt: skip


# --- reserving ------------------------------------------------------------------------------------------------------


@blueprint.route("/loans/new", methods=["GET", "POST"])
@needs(RESERVE)
def loan_new():
    """Choose a loaner for an order or a customer, and from when to when. Without one its number is asked for."""
    ctx = current_ctx()
    number, chosen = request.values.get("number", "").strip()[:40], record_id(request.values.get("loaner"))
    if not number and "record" not in request.values:
        return _number_asked(ctx, chosen)
    try:
        about = loan_papers.about_on_paper(ctx, number) if number else queries.about_of(ctx, _asked())
    except Invalid as error:
        return _number_asked(ctx, chosen, number, error.message)
    since = day_of(request.values.get("from_on")) or ctx.today
    known = queries.offers(ctx, about.product_id, since, since)
    code = next((o for o in known if not o.why), None)
    first = queries.get_loaner(ctx, code.loaner_id) if code is not None else None
    due = queries.proposed_due(ctx, first.serial.part.code if first is not None else "", about.ref.kind, since)
    until = day_of(request.values.get("due_on")) or due or since
    known = queries.offers(ctx, about.product_id, since, max(since, until))
    form = ReserveForm(formdata=typed(), from_on=since, due_on=until, site_id=about.site_id or 0)
    form.loaner_id.choices = [
        (o.loaner_id, f"{o.number} {o.words}" + (f" – {o.why}" if o.why else "")) for o in known
    ]  # fmt: skip
    if request.method == "GET" and known:
        free = [o.loaner_id for o in known if not o.why]
        form.loaner_id.data = chosen if chosen in free else next(iter(free), known[0].loaner_id)
    sites = queries.sites_offered(ctx, about.customer_id) if about.customer_id is not None else []
    form.site_id.choices = [(0, _("not said")), *sites]

    def save() -> Loan:
        data = ReserveData(
            about.ref, form.loaner_id.data, form.from_on.data or since, form.due_on.data or until,
            form.site_id.data or None, number,
        )  # fmt: skip
        return lending.reserve(ctx, data)

    def then(row: Loan) -> str:
        at_once = "hand" in request.form and ctx.can(LEND)
        return url_for("inventory.loan_hand" if at_once else "inventory.loan_page", record_id=row.id)

    names = queries.customer_names(ctx, [about.customer_id or 0])
    link = url_for(about.endpoint, record_id=about.ref.id) if about.endpoint else ""
    return form_page(
        form, save, "inventory/loan_form.html", then, about=about, link=link,
        customer=names.get(about.customer_id or 0, ""), offers=known, since=since, until=until,
        may={"lend": ctx.can(LEND)}, number=number,
    )  # fmt: skip


@blueprint.get("/loaners/<int:record_id>/lend")
@needs(LEND)
def loaner_lend(record_id: int):
    """Lend this loaner: it was scanned, the order's number comes next."""
    loaner = queries.get_loaner(current_ctx(), record_id)
    return redirect(url_for("inventory.loan_new", loaner=loaner.id))


def _number_asked(ctx: Ctx, chosen: int | None, number: str = "", wrong: str = ""):
    """Ask for the number of the order, typed or scanned."""
    ctx.require(LEND)
    loaner = queries.get_loaner(ctx, chosen) if chosen is not None else None
    page = render_template("inventory/loan_number.html", loaner=loaner, number=number, wrong=wrong)
    return page, 422 if wrong else 200


def _asked() -> RecordRef:
    found = record_id(request.values.get("record"))
    if found is None:
        raise NotFound("unknown_record", _("There is no such record."))
    return RecordRef(request.values.get("kind", "")[:80], found)


# --- one loan -------------------------------------------------------------------------------------------------------


@blueprint.get("/loans/<int:record_id>")
@needs(VIEW)
def loan_page(record_id: int):
    """One loan: what is lent for what, in which condition it went and came back, what it waits for."""
    return _loan(current_ctx(), record_id)


_FORMS: dict[str, Any] = {"extend": ExtendForm, "cancel": ReasonForm, "write_off": ReasonForm, "settle": SettleLoanForm}


def _loan(ctx: Ctx, loan_id: int, failed: tuple[str, Any, list[str]] | None = None, status: int = 200):
    row = queries.get_loan(ctx, loan_id)
    ways = {t.name: t for t in possible(ctx, lending.WORKFLOW, row)}
    ref = queries.ref_of_loan(row)
    clock = queries.clocks_of(ctx, [row.id]).get(row.id)
    forms = {name: own_ids(name, kind(formdata=None, version=row.version)) for name, kind in _FORMS.items()}
    if failed is not None:
        forms[failed[0]] = own_ids(failed[0], failed[1])
    points = queries.point_words(ctx, {**row.out_grades, **row.back_grades})
    grades = [
        (points[code], _word(row.out_grades.get(code)), _word(row.back_grades.get(code)),
         code in worse(row.out_grades, row.back_grades))
        for code in points
    ]  # fmt: skip
    amount = money_words(row.damage_amount, ctx.company.currency) if row.damage_amount is not None else ""
    sites = dict(queries.sites_offered(ctx, row.customer_id))
    page = render_template(
        "inventory/loan.html", row=row, loaner=row.loaner, mark=loan_mark(row, ctx.today), ways=ways,
        about=record_link(records.words_of(ctx, [ref]).get(ref)),
        customer=record_link(records.words_of(ctx, [RecordRef(queries.CUSTOMER, row.customer_id)]).get(
            RecordRef(queries.CUSTOMER, row.customer_id))),
        site=sites.get(row.site_id or 0, ""), clock=clock_view_of(ctx, clock) if clock is not None else None,
        grades=grades, amount=amount, signed=_signed(ctx, row), forms=forms, failed=failed[0] if failed else "",
        extra=failed[2] if failed else [], gates=gates(ctx, ways["clear"], row) if "clear" in ways else [],
        may={
            "lend": ctx.can(LEND), "settle": ctx.can(LEND) and bool(row.damage) and row.settled_at is None,
            "charge": lending.may_charge(ctx, row),
            "mail": ctx.can(LEND) and row.state == "out" and row.due_on < ctx.today and mail_ready()
            and bool(queries.address_of(ctx, row.customer_id)[1]),
        },
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


def _signed(ctx: Ctx, row: Loan) -> list[tuple[str, int]]:
    """(when, file) of each signature."""
    words = {"out": _("Signature when handed out"), "back": _("Signature when taken back")}
    found = {file.purpose: file.id for file in files_of(ctx, row)}
    return [(text, found[SIGNATURES[when]]) for when, text in words.items() if SIGNATURES[when] in found]


def _word(grade: str | None) -> str:
    return _(GRADE_WORDS[grade]) if grade in GRADE_WORDS else ""


@blueprint.route("/loans/<int:record_id>/hand", methods=["GET", "POST"])
@needs(LEND)
@takes_files(LARGEST_FILE, PHOTOS)
def loan_hand(record_id: int):
    """Hand the loaner out."""
    ctx = current_ctx()
    row = queries.get_loan(ctx, record_id)
    takers = loan_papers.takers(ctx, row)
    form = HandOutForm(
        formdata=typed(), version=row.version, person=next(iter(takers), ""),
        due_on=max(row.due_on, ctx.today), site_id=row.site_id or 0, accessories=row.loaner.accessories,
    )  # fmt: skip
    form.site_id.choices = [(0, _("not said")), *queries.sites_offered(ctx, row.customer_id)]

    def save() -> Loan:
        data = HandOutData(
            form.person.data or "", form.due_on.data or row.due_on, _grades(), form.note.data or "",
            tuple(fitting(form.accessories.data or "", "accessories", 2000).splitlines()), form.site_id.data or None,
            _photos(), drawn_signature(request.form.get("signature", "")),
        )  # fmt: skip
        return lending.hand_out(ctx, record_id, data, version=form.seen)

    return form_page(
        form, save, "inventory/loan_hand.html", lambda done: url_for("inventory.loan_page", record_id=done.id),
        row=row, loaner=row.loaner, points=_points(ctx, {}), grades=_grade_options(), may_photo=_may_photo(ctx),
        scanned="scanned" in request.args, takers=takers,
    )  # fmt: skip


@blueprint.route("/loans/<int:record_id>/back", methods=["GET", "POST"])
@needs(LEND)
@takes_files(LARGEST_FILE, PHOTOS)
def loan_back(record_id: int):
    """Take the loaner back."""
    ctx = current_ctx()
    row = queries.get_loan(ctx, record_id)
    form = TakeBackForm(formdata=typed(), version=row.version)
    there = set(request.form.getlist("there")) if request.method == "POST" else set(row.accessories)

    def save() -> Loan:
        data = TakeBackData(
            _grades(), form.note.data or "", tuple(name for name in row.accessories if name not in there),
            bool(form.faulty.data), form.damage.data or "", form.damage_amount.data, _photos(),
            drawn_signature(request.form.get("signature", "")),
        )  # fmt: skip
        return lending.take_back(ctx, record_id, data, version=form.seen)

    return form_page(
        form, save, "inventory/loan_back.html", lambda done: url_for("inventory.loan_page", record_id=done.id),
        row=row, loaner=row.loaner, points=_points(ctx, row.out_grades), grades=_grade_options(), there=there,
        may_photo=_may_photo(ctx), scanned="scanned" in request.args,
    )  # fmt: skip


def _points(ctx: Ctx, before: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """(code, words, grade chosen, grade before in words) of each point."""
    words = queries.point_words(ctx, queries.points(ctx))
    sent = request.form if request.method == "POST" else None
    return [
        (code, text, sent.get(f"grade-{code}", "") if sent is not None else before.get(code, "good"),
         _word(before.get(code)))
        for code, text in words.items()
    ]  # fmt: skip


def _grade_options() -> list[tuple[str, str]]:
    return [(code, _(words)) for code, words in GRADE_WORDS.items()]


def _grades() -> dict[str, str]:
    return {name[6:]: value for name, value in request.form.items() if name.startswith("grade-")}


def _photos() -> tuple[tuple[str, bytes], ...]:
    return tuple((f.filename or "", f.read()) for f in request.files.getlist("photo")[:PHOTOS] if f.filename)


def _may_photo(ctx: Ctx) -> bool:
    return ctx.can("core.attachments.edit")


def _act(loan_id: int, name: str, do: Any, done: str):
    ctx = current_ctx()
    form = own_ids(name, _FORMS[name](formdata=request.form))
    return carry_out(
        form, lambda: do(ctx, form), done, url_for("inventory.loan_page", record_id=loan_id),
        lambda extra, status: _loan(ctx, loan_id, (name, form, extra), status),
        lambda: queries.get_loan(ctx, loan_id),
    )  # fmt: skip


@blueprint.post("/loans/<int:record_id>/extend")
@needs(LEND)
def loan_extend(record_id: int):
    """Give the customer more time."""
    return _act(
        record_id, "extend",
        lambda ctx, f: lending.extend(ctx, record_id, f.due_on.data, f.reason.data or "", version=f.seen),
        _("The customer may keep it longer"),
    )  # fmt: skip


@blueprint.post("/loans/<int:record_id>/cancel")
@needs(RESERVE)
def loan_cancel(record_id: int):
    """It is not needed after all."""
    return _act(
        record_id, "cancel", lambda ctx, f: lending.cancel(ctx, record_id, f.reason.data or "", version=f.seen),
        _("The loaner is free again"),
    )  # fmt: skip


@blueprint.post("/loans/<int:record_id>/write-off")
@needs(WRITE_OFF)
def loan_write_off(record_id: int):
    """It is lost."""
    return _act(
        record_id, "write_off", lambda ctx, f: lending.write_off(ctx, record_id, f.reason.data or "", version=f.seen),
        _("The loaner is written off"),
    )  # fmt: skip


@blueprint.post("/loans/<int:record_id>/settle")
@needs(LEND)
def loan_settle(record_id: int):
    """Say how a damage was settled."""
    return _act(
        record_id, "settle",
        lambda ctx, f: lending.settle(
            ctx, record_id, f.note.data or "", charge=bool(f.charge.data), version=f.seen
        ),
        _("The damage is settled"),
    )  # fmt: skip


@blueprint.post("/loans/<int:record_id>/clear")
@needs(LEND)
def loan_clear(record_id: int):
    """It is ready again."""
    ctx = current_ctx()
    form = VersionForm(formdata=request.form)
    return pressed(
        lambda: lending.clear(ctx, record_id, version=form.seen), _("It may go out again"),
        url_for("inventory.loan_page", record_id=record_id),
    )  # fmt: skip


@blueprint.post("/loans/<int:record_id>/remind")
@needs(LEND)
def loan_remind(record_id: int):
    """Write to the customer."""
    ctx = current_ctx()
    return pressed(
        lambda: lending.remind(ctx, record_id), _("The customer is written to"),
        url_for("inventory.loan_page", record_id=record_id),
    )  # fmt: skip

