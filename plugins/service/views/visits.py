"""Visits on a phone: today, what is found and done, parts, the customer's rating and signature.

Each form carries a key. The script sends it (``X-Requested-With``) and is answered as JSON; without the script the same
addresses answer pages.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for

from core.api import Ctx, DomainError, Invalid, _, gates
from core.web_api import clock_views, current_ctx, flash_done, flash_error, needs, panels_of, takes_files
from plugins.service import life, services, visit_life
from plugins.service.contracts import FAULTS
from plugins.service.forms import visits as forms
from plugins.service.labels import Words
from plugins.service.models import ASPECTS, Visit
from plugins.service.panels.visits import cards_of, in_time_words, new_key, shown
from plugins.service.queries import appointments, orders, visits
from plugins.service.queries.late import late_among
from plugins.service.services.photos import PHOTOGRAPH
from plugins.service.views.blueprint import blueprint
from plugins.service.views.sending import answer, keep_photos, key, photo_list
from plugins.service.visit_contracts import (
    ASPECT_WORDS,
    DIFFERS_WORDS,
    FURTHER_WORDS,
    GRADE_WORDS,
    EndData,
    PartData,
    RatingData,
    SignatureData,
    WorkData,
)

LARGEST_FILE = "core.files.largest_mb"
LARGEST_DRAWING = 400_000
"""Characters of a drawn signature, as it is sent."""


# --- today ------------------------------------------------------------------------------------------------------------


@blueprint.get("/today")
@needs(life.WORK)
def today():
    """Where this person goes today, and what to bring."""
    return _today(current_ctx())


def _today(ctx: Ctx, problem: str = "", at: int = 0, status: int = 200):
    here = visits.visits_today(ctx)
    cards = cards_of(ctx, here)
    bring = visits.to_bring(ctx, [c["order"].id for c in cards])
    page = render_template(
        "service/today.html", cards=cards, bring=bring, packed=sum(p.packed_at is not None for p in bring),
        ended=[v for v in here if v.state == "ended"], problem=problem, at=at, words=Words(ctx),
        more=len(cards) >= visits.MOST_TODAY, late=late_among(ctx, [c["order"].id for c in cards]),
    )  # fmt: skip
    return page, status


@blueprint.post("/visits/arrive/<int:record_id>")
@needs(life.WORK)
def visit_arrive(record_id: int):
    """Somebody is there: begin the visit."""
    ctx = current_ctx()
    form = forms.ArriveForm()
    order = orders.get_order(ctx, record_id)

    def act() -> str:
        if not form.validate():
            raise Invalid("bad_moment", " ".join(e for f in form for e in f.errors), "at")
        visit = services.arrive(ctx, record_id, key(), at=form.at.data)
        return url_for("service.visit_page", record_id=visit.id)

    return answer(ctx, act, lambda error: _today(ctx, error.message, order.id, error.status))


@blueprint.post("/visits/pack/<int:record_id>")
@needs(life.WORK)
def part_pack(record_id: int):
    """Tick something to bring, or not."""
    ctx = current_ctx()

    def act() -> str:
        services.pack(ctx, record_id, request.form.get("packed") == "1")
        return url_for("service.today")

    return answer(ctx, act, lambda error: _today(ctx, error.message, 0, error.status))


# --- the visit --------------------------------------------------------------------------------------------------------


@blueprint.get("/visits/<int:record_id>")
@needs(life.VIEW)
def visit_page(record_id: int):
    """A visit under way: check and judge. One that has ended: all that is known of it."""
    ctx = current_ctx()
    return _work_page(ctx, visits.get_visit(ctx, record_id))


def _frame(ctx: Ctx, visit: Visit, step: str) -> dict[str, Any]:
    order = visit.order
    clocks = [c for c in clock_views(ctx, order) if c.ticking]
    in_time, tone = in_time_words(visit, appointments.grace(ctx))
    return {
        "visit": visit,
        "order": order,
        "step": step,
        "clock": clocks[0] if clocks else None,
        "in_time": in_time,
        "in_time_tone": tone,
        "may": visit.state == "on_site" and ctx.can(life.WORK),
        "once": new_key(),
        "words": Words(ctx),
        "order_url": url_for("service.order_page", record_id=order.id),
    }


def _work_page(ctx: Ctx, visit: Visit, form: forms.WorkForm | None = None, extra: Any = (), status: int = 200):
    order = visit.order
    if visit.state != "on_site" or not ctx.can(life.WORK):
        return _ended_page(ctx, visit)
    if form is None:
        form = forms.WorkForm(
            formdata=None, version=visit.version, differs=visit.differs, differs_text=visit.differs_text,
            cause=order.cause, cause_text=order.cause_text, further=visit.further, further_text=visit.further_text,
            done_text=visit.done_text, tested=visit.tested, travel_minutes=visit.travel_minutes,
            work_minutes=visit.work_minutes, contacts=visit.contacts, contacts_why=visit.contacts_why,
            contact_who=visit.contact_who or order.person_name, contact_phone=visit.contact_phone or order.person_phone,
        )  # fmt: skip
    _keep_choices(form)
    verdict = services.verdict(ctx, order) if order.cause or order.work_kind else None
    taken = {r["code"]: r["value"] for r in visit.readings}
    page = render_template(
        "service/visit.html",
        **_frame(ctx, visit, "work"),
        form=form,
        extra=extra,
        fault=order.kind in FAULTS,
        verdict=verdict,
        consent=forms.OnSiteConsentForm(formdata=None, who=order.person_name) if verdict and verdict.consent else None,
        meters=visits.meters(ctx, order),
        taken=taken,
        panels=panels_of(ctx, visit),
        photo_list=photo_list(ctx, visit),
        contacts=visit_life.wants(order, "contacts"),
    )
    return page, status


def _ended_page(ctx: Ctx, visit: Visit, form: forms.SignForm | None = None, extra: Any = (), status: int = 200):
    one = next(s for s in shown(ctx, visit.order) if s.visit.id == visit.id)
    signature = visits.signature_on(ctx, visit.id)
    page = render_template(
        "service/visit_ended.html",
        **_frame(ctx, visit, ""),
        one=one,
        form=form or forms.SignForm(formdata=None, by="self", who=visit.order.person_name),
        extra=extra,
        failed=form is not None,
        signature=signature,
        may_sign=visit.order.is_open and ctx.can(life.WORK) and visit.state == "ended",
        grades=_grade_choices(),
        panels=panels_of(ctx, visit),
    )
    return page, status


@blueprint.post("/visits/<int:record_id>/work")
@needs(life.WORK)
def visit_work(record_id: int):
    """Keep what was found and done; on to the parts."""
    ctx = current_ctx()
    visit = visits.get_visit(ctx, record_id)
    form = forms.WorkForm()
    _keep_choices(form)

    def act() -> str:
        _require_valid(form)
        services.save_work(ctx, record_id, _work_data(form), key(), version=form.seen)
        return url_for("service.visit_parts", record_id=record_id)

    def version() -> int:
        return visits.get_visit(ctx, visit.id).version

    return answer(ctx, act, _again(_work_page, ctx, visit.id, form), version)


@blueprint.post("/visits/<int:record_id>/cause")
@needs(life.WORK)
def visit_cause(record_id: int):
    """The cause, as soon as it is chosen: answers who pays now."""
    ctx = current_ctx()
    try:
        found = services.judge(ctx, record_id, request.form.get("cause", ""), key())
    except DomainError as error:
        if error.status == 403:
            raise
        return jsonify({"error": error.message}), error.status
    order = visits.get_visit(ctx, record_id).order
    consent = forms.OnSiteConsentForm(formdata=None, who=order.person_name) if found.consent else None
    html = render_template(
        "service/_verdict.html", verdict=found, consent=consent, visit_id=record_id, once=new_key(),
        order_url=url_for("service.order_page", record_id=order.id),
    )
    return jsonify({"html": html})


@blueprint.post("/visits/<int:record_id>/consent")
@needs(life.WORK)
def visit_consent(record_id: int):
    """The customer agrees to pay, on site."""
    ctx = current_ctx()
    visit = visits.get_visit(ctx, record_id)
    form = forms.OnSiteConsentForm()

    def act() -> str:
        _require_valid(form)
        services.consent_on_site(ctx, visit.id, form.how.data, form.who.data or "", form.note.data or "", key())
        flash_done(_("Consent recorded"))
        return url_for("service.visit_page", record_id=record_id)

    def failed(error: DomainError):
        told = [error.message] if error.code != "form" else [e for f in form for e in f.errors]
        return _work_page(ctx, visits.get_visit(ctx, visit.id), None, told, error.status)

    return answer(ctx, act, failed)


@blueprint.post("/visits/<int:record_id>/photos")
@needs(PHOTOGRAPH)
@takes_files(LARGEST_FILE)
def visit_photo(record_id: int):
    """A photo taken on a visit."""
    ctx = current_ctx()
    url = url_for("service.visit_page", record_id=visits.get_visit(ctx, record_id).id, _anchor="photos")

    def keep(name: str, content: bytes, once: str) -> Visit:
        return services.add_photo(ctx, record_id, name, content, once)

    return keep_photos(ctx, keep, url)


# --- parts ------------------------------------------------------------------------------------------------------------


@blueprint.get("/visits/<int:record_id>/parts")
@needs(life.WORK)
def visit_parts(record_id: int):
    """The parts used on a visit."""
    ctx = current_ctx()
    return _parts_page(ctx, visits.get_visit(ctx, record_id))


def _parts_page(ctx: Ctx, visit: Visit, form: forms.AddedForm | None = None, extra: Any = (), status: int = 200):
    if visit.state != "on_site":
        return _ended_page(ctx, visit)
    rows = [r for r in visits.parts_of(ctx, visit.order_id) if r.visit_id in (None, visit.id) and r.kind == "part"]
    listed = {r.ref for r in rows if r.ref}
    offered = visits.offers(ctx, visit.order)
    typed = request.form if request.method == "POST" else {}
    lines = [
        {"key": str(r.id), "name": r.name, "number": r.number, "unit": r.unit, "planned": r.planned, "free": None,
         "quantity": typed.get(f"q-{r.id}", format(r.used.normalize(), "f"))}
        for r in rows
    ] + [
        {"key": f"stock:{o.ref}", "name": o.name, "number": o.number, "unit": o.unit, "planned": 0, "free": o.free,
         "quantity": typed.get(f"q-stock:{o.ref}", "0")}
        for o in offered or () if o.ref not in listed
    ]  # fmt: skip
    page = render_template(
        "service/visit_parts.html", **_frame(ctx, visit, "parts"), lines=lines, stocked=offered is not None,
        form=form or forms.AddedForm(formdata=None), extra=extra, loaner=visits.loaner_of(ctx, visit.order),
    )  # fmt: skip
    return page, status


@blueprint.post("/visits/<int:record_id>/parts")
@needs(life.WORK)
def visit_parts_save(record_id: int):
    """Keep the parts used; on to the signature, or back for one more."""
    ctx = current_ctx()
    visit = visits.get_visit(ctx, record_id)
    form = forms.AddedForm()

    def act() -> str:
        _require_valid(form)
        used = {k[2:]: _decimal(v) for k, v in request.form.items() if k.startswith("q-") and v.strip()}
        added = None
        if (form.name.data or "").strip():
            quantity = form.quantity.data if form.quantity.data is not None else Decimal(1)
            added = PartData(form.name.data or "", form.number.data or "", quantity, form.unit.data or "")
        services.save_parts(ctx, record_id, used, key(), added)
        more = added is not None and request.form.get("next") != "sign"
        return url_for("service.visit_parts" if more else "service.visit_sign", record_id=record_id)

    return answer(ctx, act, _again(_parts_page, ctx, visit.id, form))


@blueprint.post("/visits/plan/<int:record_id>")
@needs(life.WORK)
def part_plan(record_id: int):
    """Put a part or tool on the list of what to bring to an order."""
    ctx = current_ctx()
    order = orders.get_order(ctx, record_id)
    form = forms.PlanForm()
    form.ref.choices = [("", ""), *((o.ref, o.name) for o in visits.offers(ctx, order) or ())]
    url = url_for("service.order_page", record_id=record_id, _anchor="visits")

    def act() -> str:
        _require_valid(form)
        quantity = form.quantity.data if form.quantity.data is not None else Decimal(1)
        data = PartData(
            form.name.data or "", form.number.data or "", quantity, form.unit.data or "", form.kind.data,
            form.ref.data or "",
        )  # fmt: skip
        flash_done(_("To bring: {part}", part=services.plan_part(ctx, record_id, data).name))
        return url

    return answer(ctx, act, lambda error: _told(error, url))


@blueprint.post("/visits/unplan/<int:record_id>")
@needs(life.WORK)
def part_drop(record_id: int):
    """Take something off the list of what to bring."""
    ctx = current_ctx()
    url = url_for("service.order_page", record_id=visits.get_part(ctx, record_id).order_id, _anchor="visits")

    def act() -> str:
        services.drop_part(ctx, record_id)
        flash_done(_("Taken off the list"))
        return url

    return answer(ctx, act, lambda error: _told(error, url))


def _told(error: DomainError, url: str):
    """What is wrong, on the order's page."""
    flash_error(error)
    return redirect(url)


# --- signature and end ------------------------------------------------------------------------------------------------


@blueprint.get("/visits/<int:record_id>/sign")
@needs(life.WORK)
def visit_sign(record_id: int):
    """What the customer looks at, rates and signs; then the visit ends."""
    ctx = current_ctx()
    return _sign_page(ctx, visits.get_visit(ctx, record_id))


def _grade_choices() -> dict[str, Any]:
    return {
        "aspects": [(code, _(word)) for code, word in ASPECT_WORDS.items()],
        "grades": [(code, _(word)) for code, word in GRADE_WORDS.items()],
        "given": {a: request.form.get(f"grade-{a}", "") for a in ASPECTS} if request.method == "POST" else {},
    }


def _sign_page(ctx: Ctx, visit: Visit, form: forms.SignForm | None = None, extra: Any = (), status: int = 200):
    if visit.state != "on_site":
        return _ended_page(ctx, visit)
    order = visit.order
    if form is None:
        form = forms.SignForm(formdata=None, outcome="solved", by="self", who=order.person_name)
    used = [p for p in visits.parts_of(ctx, order.id) if p.visit_id == visit.id]
    page = render_template(
        "service/visit_sign.html",
        **_frame(ctx, visit, "sign"),
        form=form,
        extra=extra,
        used=used,
        differs=_(DIFFERS_WORDS[visit.differs]) if visit.differs else "",
        further=_(FURTHER_WORDS[visit.further]) if visit.further else "",
        grades=_grade_choices(),
        wants={step: visit_life.wants(order, step) for step in ("signature", "rating")},
        missing=[g for g in gates(ctx, visit_life.WORKFLOW.transition("end"), visit) if g.open
                 and g.key != "service.signature"],
    )  # fmt: skip
    return page, status


@blueprint.post("/visits/<int:record_id>/sign")
@needs(life.WORK)
@takes_files(LARGEST_FILE)
def visit_end(record_id: int):
    """End the visit, with rating and signature."""
    ctx = current_ctx()
    visit = visits.get_visit(ctx, record_id)
    form = forms.SignForm()

    def act() -> str:
        _require_valid(form)
        data = EndData(
            form.outcome.data or "", form.left_at.data, form.again_reason.data or "", form.again_at.data,
            _signature(form), _rating(form),
        )  # fmt: skip
        done = services.end_visit(ctx, record_id, data, key())
        flash_done(_("The visit has ended: {number}", number=done.order.number))
        return url_for("service.today")

    return answer(ctx, act, _again(_sign_page, ctx, visit.id, form))


@blueprint.post("/visits/<int:record_id>/signature")
@needs(life.WORK)
@takes_files(LARGEST_FILE)
def visit_signature(record_id: int):
    """A signature or rating after the visit, or a signature in the place of another; both are kept."""
    ctx = current_ctx()
    visit = visits.get_visit(ctx, record_id)
    form = forms.SignForm()

    def act() -> str:
        _require_valid(form)
        signature = _signature(form) or SignatureData(form.by.data or "self")
        services.sign(ctx, record_id, signature, key(), form.replace_reason.data or "", _rating(form))
        flash_done(_("Signature recorded"))
        return url_for("service.visit_page", record_id=record_id)

    return answer(ctx, act, _again(_ended_page, ctx, visit.id, form))


def _signature(form: forms.SignForm) -> SignatureData | None:
    """What was signed: the photo of a sheet before the drawing; None when neither, nor a reason, was given."""
    by = form.by.data or ""
    photo = request.files.get("photo")
    if by == "none":
        return SignatureData(by, reason=form.reason.data or "") if (form.reason.data or "").strip() else None
    if photo is not None and photo.filename:
        return SignatureData(by or "self", form.who.data or "", "", photo.filename, photo.read())
    drawn = request.form.get("signature", "")
    if not drawn:
        return None
    if len(drawn) > LARGEST_DRAWING or not drawn.startswith("data:image/png;base64,"):
        raise Invalid("no_picture", _("That is no drawn signature. Draw it again."), "signature")
    try:
        content = base64.b64decode(drawn.partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("no_picture", _("That is no drawn signature. Draw it again."), "signature") from error
    return SignatureData(by or "self", form.who.data or "", content=content)


def _rating(form: forms.SignForm) -> RatingData | None:
    grades = {a: request.form.get(f"grade-{a}", "") for a in ASPECTS}
    if not any(grades.values()) and not (form.declined.data or "").strip():
        return None
    return RatingData(grades, form.comment.data or "", form.declined.data or "")


# --- shared -----------------------------------------------------------------------------------------------------------


def _again(page: Callable[..., Any], ctx: Ctx, visit_id: int, form: Any) -> Callable[[DomainError], Any]:
    """Shows a page of a visit with what was typed; what ``_require_valid`` found stands beside its field already."""

    def failed(error: DomainError):
        extra = form.refuse(error) if error.code != "form" else []
        visit = visits.get_visit(ctx, visit_id)
        if "version" in form:
            form.version.raw_data, form.version.data = None, visit.version
        return page(ctx, visit, form, extra, error.status)

    return failed


def _require_valid(form: Any) -> None:
    """Invalid with the first thing that is wrong in the form."""
    if form.validate():
        return
    for field in form:
        for error in field.errors or ():
            raise Invalid("form", f"{field.label.text}{_(': ')}{error}", field.short_name)
    raise Invalid("form", _("Check what you entered."))


def _keep_choices(form: forms.WorkForm) -> None:
    """Nothing chosen is no mistake: what has to be there is asked when the visit ends."""
    for field in (form.differs, form.cause, form.further, form.contacts):
        if not field.data or field.data == "None":
            field.data, field.validate_choice = "", False


def _work_data(form: forms.WorkForm) -> WorkData:
    readings = {
        k.removeprefix("meter-"): _decimal(v)
        for k, v in request.form.items() if k.startswith("meter-") and v.strip()
    }  # fmt: skip
    return WorkData(
        form.differs.data or "", form.differs_text.data or "", form.further.data or "", form.further_text.data or "",
        form.cause.data or "", form.cause_text.data or "", form.done_text.data or "", form.tested.data or "",
        form.travel_minutes.data, form.work_minutes.data, readings, form.contacts.data or "",
        form.contact_who.data or "", form.contact_phone.data or "", form.contacts_why.data or "",
    )  # fmt: skip


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise Invalid("bad_number", _("“{text}” is not a number.", text=text.strip()[:40]))
    return value

