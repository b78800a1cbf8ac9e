"""Pages of inspection rounds: the round with its places, and one place point by point, on a phone."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from core.api import Ctx, DomainError, Invalid, _, label, timeline
from core.web_api import current_ctx, flash_done, flash_error, needs, panels_of, takes_files, timeline_items
from plugins.service import life
from plugins.service.forms import rounds as forms
from plugins.service.models import Round, RoundPlace
from plugins.service.panels.rounds import fault_rows, page_url
from plugins.service.queries import rounds as queries
from plugins.service.round_contracts import PLACE_ICONS, PLACE_WORDS, Answers, Point
from plugins.service.round_documents import shown_answer
from plugins.service.rules.rounds import points_of
from plugins.service.services import rounds as services
from plugins.service.services.photos import PHOTOGRAPH, add_place_photo
from plugins.service.views.blueprint import blueprint
from plugins.service.views.sending import answer, keep_photos, key, photo_list


@blueprint.post("/rounds/begin/<int:record_id>")
@needs(life.WORK)
def round_begin(record_id: int):
    """Put a checklist and places on an inspection that has none."""
    ctx = current_ctx()
    try:
        found = services.begin_round(ctx, record_id, request.form.get("checklist", ""), request.form.get("places", ""))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
        return redirect(url_for("service.order_page", record_id=record_id, _anchor="round"))
    return redirect(page_url(found))


@blueprint.get("/rounds/<int:record_id>")
@needs(life.VIEW)
def round_page(record_id: int):
    """One round: its places, what failed, the repairs."""
    ctx = current_ctx()
    found = queries.get_round(ctx, record_id)
    places = queries.places_of(ctx, found.id)
    rows = [
        (p, _(PLACE_WORDS[p.state]), PLACE_ICONS[p.state], sum(not said["ok"] for said in p.answers.values()))
        for p in places
    ]
    return render_template(
        "service/round.html",
        r=found,
        order=found.order,
        name=label(found.name),
        places=rows,
        seen=sum(p.state != "open" for p in places),
        next=next((p for p in places if p.state == "open"), None),
        faults=fault_rows(ctx, found),
        may=_may(ctx, found),
        panels=panels_of(ctx, found),
        history=timeline_items(ctx, timeline(ctx, found)),
    )


def _may(ctx: Ctx, found: Round) -> bool:
    return found.order.is_open and found.order.state not in ("done", "confirmed") and ctx.can(life.WORK)


@blueprint.route("/rounds/places/<int:record_id>", methods=["GET", "POST"])
@needs(life.WORK)
def round_place(record_id: int):
    """Look at one place, point by point; on to the next one."""
    ctx = current_ctx()
    place = queries.get_place(ctx, record_id)
    form = forms.PlaceForm(formdata=request.form if request.method == "POST" else None, version=place.version)
    if request.method == "GET":
        return _place_page(ctx, place, form)
    points = points_of(queries.get_round(ctx, place.round_id).points)
    given = {p.code: (request.form.get(f"p-{p.code}", ""), request.form.get(f"r-{p.code}", "")) for p in points}

    def act() -> str:
        if not form.validate():
            raise Invalid("form", _("Check what you entered."))
        seen = _number(form.version.data)
        faults = services.check_place(ctx, place.id, Answers(given), seen=seen, once=key())
        repairs = [f.repair.number for f in faults if f.repair is not None]
        if repairs:
            flash_done(_("{place} looked at. Repair: {orders}", place=place.name, orders=_(", ").join(repairs)))
        else:
            flash_done(_("{place} looked at", place=place.name))
        return _onward(ctx, place)

    def failed(error: DomainError):
        return _place_page(ctx, queries.get_place(ctx, record_id), form, error)

    return answer(ctx, act, failed, lambda: queries.get_place(ctx, record_id).version)


@blueprint.post("/rounds/places/<int:record_id>/skip")
@needs(life.WORK)
def round_skip(record_id: int):
    """Pass a place over, with the reason."""
    ctx = current_ctx()
    place = queries.get_place(ctx, record_id)
    form = forms.SkipForm()

    def act() -> str:
        if not form.validate():
            raise Invalid("reason_missing", _("Give a reason."), "reason")
        services.skip_place(ctx, place.id, form.reason.data or "", seen=_number(form.version.data), once=key())
        flash_done(_("{place} passed over", place=place.name))
        return _onward(ctx, place)

    def failed(error: DomainError):
        place = queries.get_place(ctx, record_id)
        return _place_page(ctx, place, forms.PlaceForm(formdata=None, version=place.version), error, skip=form)

    return answer(ctx, act, failed, lambda: queries.get_place(ctx, record_id).version)


@blueprint.post("/rounds/places/<int:record_id>/photos")
@needs(PHOTOGRAPH)
@takes_files("core.files.largest_mb")
def round_photo(record_id: int):
    """A photo taken at a place of a round; it hangs on the round."""
    ctx = current_ctx()
    url = url_for("service.round_place", record_id=queries.get_place(ctx, record_id).id, _anchor="photos")

    def keep(name: str, content: bytes, once: str) -> Round:
        return add_place_photo(ctx, record_id, name, content, once)

    return keep_photos(ctx, keep, url)


def _onward(ctx: Ctx, place: RoundPlace) -> str:
    """The next place nobody has looked at, else the round."""
    left = [p for p in queries.places_of(ctx, place.round_id) if p.state == "open"]
    after = next((p for p in left if p.n > place.n), left[0] if left else None)
    if after is not None:
        return url_for("service.round_place", record_id=after.id)
    return url_for("service.round_page", record_id=place.round_id)


def _place_page(ctx: Ctx, place: RoundPlace, form: Any, error: DomainError | None = None, *, skip: Any = None):
    found = queries.get_round(ctx, place.round_id)
    if error is not None:
        form.version.raw_data, form.version.data = None, place.version
    problems = error.details.get("problems", {}) if error is not None else {}
    page = render_template(
        "service/round_place.html",
        r=found,
        order=found.order,
        place=place,
        total=len(queries.places_of(ctx, found.id)),
        name=label(found.name),
        form=form,
        skip=skip or forms.SkipForm(formdata=None, version=place.version),
        error=error.message if error is not None else "",
        points=[_point(p, place, problems) for p in points_of(found.points)],
        faults={f.point: f for f in queries.faults_of(ctx, found.id) if f.place_id == place.id},
        may=_may(ctx, found),
        photo_list=photo_list(ctx, found),
    )
    return page, error.status if error is not None else 200


def _point(point: Point, place: RoundPlace, problems: dict[str, str]) -> dict[str, Any]:
    """A point as the form shows it, with what was typed, or answered before."""
    before = place.answers.get(point.code, {})
    typed = request.form if request.method == "POST" and f"r-{point.code}" in request.form else None
    return {
        "code": point.code, "text": label(dict(point.text)), "type": point.type, "unit": point.unit,
        "options": [(value, label(dict(words))) for value, words in point.options()], "required": point.required,
        "value": typed.get(f"p-{point.code}", "") if typed is not None else before.get("value", ""),
        "remark": typed.get(f"r-{point.code}", "") if typed is not None else before.get("remark", ""),
        "error": problems.get(point.code, ""), "shown": shown_answer(point, before.get("value", "")),
    }  # fmt: skip


def _number(text: Any) -> int | None:
    text = str(text or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
