"""What customers see, without an account: a card to answer by its link, once, until its last day."""

from __future__ import annotations

from typing import Any

from flask import current_app, make_response, redirect, render_template, request, url_for

from core.api import Conflict, Ctx, DomainError, _, get_locale, get_setting, n_, use_locale
from core.web_api import current_ctx, found_record, open_to_anybody, place_error, speak, too_often, typed
from plugins.base.queries import language_noted
from plugins.callback.forms.surveys import CardForm, card_form, given_by
from plugins.callback.models.surveys import Invitation
from plugins.callback.queries import surveys as queries
from plugins.callback.rules.surveys import in_language
from plugins.callback.services import survey_answers as services
from plugins.callback.views.blueprint import blueprint

LANGUAGES = ("zh", "en")
YEAR = 365 * 86400


@blueprint.route("/s/<token>", methods=["GET", "POST"])
@open_to_anybody(Invitation.token)
def survey_open(token: str):
    """The card. What was typed comes back whatever is wrong, in the other language when that is asked for."""
    ctx = current_ctx()
    row = queries.get_card(ctx, found_record().id)
    speak(language_noted(ctx, row.customer_id, email=row.email, name=row.person_name))
    why = services.why_closed(ctx, row, "link")
    language = request.form.get("lang", "")
    if why:
        return _in_language(lambda: _closed(ctx, row, why), language)
    if request.method == "GET":
        return _page(ctx, row, _form(row), 200)
    if language:
        return _in_language(lambda: _page(ctx, row, _form(row), 200), language)
    if request.form.get("website"):  # a field that people do not see
        return redirect(url_for("callback.survey_open", token=token))
    return _taken(ctx, row, _form(row))


def _taken(ctx: Ctx, row: Invitation, form: Any):
    if not form.validate():
        return _page(ctx, row, form, 422)
    wait = too_often("callback.survey", int(get_setting(ctx, "callback.survey_per_address")))
    if wait is not None:
        minutes = -(-wait // 60)
        told = n_(
            "Too much was sent from here. Wait {n} minute, then send it again.",
            "Too much was sent from here. Wait {n} minutes, then send it again.",
            minutes,
        )
        response = make_response(_page(ctx, row, form, 429, [told]))
        response.headers["Retry-After"] = str(wait)
        return response
    language = get_locale()
    try:
        services.answer(ctx, row.id, given_by(form, services.questions_of(row), "link", language))
    except Conflict as error:  # answered in another window meanwhile
        row = queries.get_card(ctx, row.id)
        return _closed(ctx, row, error.code, error.status)
    except DomainError as error:
        extra = place_error(form, error, (f"q_{error.field}",))
        return _page(ctx, queries.get_card(ctx, row.id), form, error.status, extra)
    return redirect(url_for("callback.survey_open", token=row.token))


def _in_language(draw: Any, language: str):
    """A page in the language asked for, which the browser keeps."""
    if language not in LANGUAGES:
        return draw()
    with use_locale(language):
        response = make_response(draw())
    response.set_cookie(
        "lang", language, max_age=YEAR, samesite="Lax", httponly=True, path="/",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
    return response


def _form(row: Invitation) -> Any:
    words = {code: _(text) for code, text in services.YES_NO.items()}
    return card_form(services.questions_of(row), get_locale(), words, CardForm, formdata=typed())


def _frame(ctx: Ctx, row: Invitation) -> dict[str, Any]:
    survey = row.version.survey
    return {
        "row": row,
        "title": in_language({"zh": survey.title_zh, "en": survey.title_en}, get_locale()),
        "intro": in_language({"zh": survey.intro_zh, "en": survey.intro_en}, get_locale()),
        "company": ctx.company,
        "contact": get_setting(ctx, "callback.survey_contact"),
    }


def _page(ctx: Ctx, row: Invitation, form: Any, status: int, extra: list[str] | None = None):
    questions = services.questions_of(row)
    told = list(extra or [])
    if getattr(form, "csrf_token", None) and form.csrf_token.errors:
        told.append(_("The page had been open for long. Nothing is lost: send it again."))
    page = render_template(
        "callback/survey_open.html", form=form, asked=[(form[f"q_{q['key']}"], q) for q in questions], extra=told,
        failed=any(f.errors for f in form) or bool(told), technician=_technician(ctx, row), **_frame(ctx, row),
    )  # fmt: skip
    return page, status


def _technician(ctx: Ctx, row: Invitation) -> str:
    """Who did the work: the customer rates a person whom he or she has met."""
    return queries.names_of(ctx, [row.technician_id]).get(row.technician_id or 0, "") if row.technician_id else ""


def _closed(ctx: Ctx, row: Invitation, why: str, status: int = 200):
    said = queries.response_of(ctx, row.id) if why == "answered_already" else None
    page = render_template("callback/survey_closed.html", why=why, said=said, **_frame(ctx, row))
    return page, status
