"""What customers see, without an account: a questionnaire, and the thanks for answering it (GS-21)."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, current_app, make_response, redirect, render_template, request, url_for
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from core.api import (
    N_,
    Ctx,
    DomainError,
    _,
    get_locale,
    get_setting,
    n_,
    use_locale,
)
from core.web_api import SanbaoForm, current_ctx, found_record, open_to_anybody, too_often, typed
from plugins.complaints import following, queries, services
from plugins.complaints.contracts import GRADES, MATTER_WORDS, AnswerData
from plugins.complaints.models import Questionnaire
from plugins.complaints.services.questionnaires import LONGEST_ANSWER, LONGEST_TEXT
from plugins.complaints.views.blueprint import blueprint

LANGUAGES = ("zh", "en")
YEAR = 365 * 86400


class AnswerForm(SanbaoForm):
    """What every questionnaire asks; its own questions are added for the request."""

    matter = RadioField(
        N_("What is it"), [InputRequired()], choices=list(MATTER_WORDS.items()), default="opinion"
    )
    text = TextAreaField(N_("What would you like to tell"), [Length(max=LONGEST_TEXT)], render_kw={"rows": 5})
    serial = StringField(N_("Serial number"), [Length(max=120)], description=N_("It stands on the type plate."))
    person_name = StringField(N_("Your name"), [Length(max=120)], render_kw={"autocomplete": "name"})
    person_phone = StringField(
        N_("Phone"), [Length(max=60)], render_kw={"inputmode": "tel", "autocomplete": "tel"},
        description=N_("For asking back and answering. Not needed."),
    )
    key = HiddenField()


@blueprint.route("/q/<token>", methods=["GET", "POST"])
@open_to_anybody(Questionnaire.token)
def questionnaire_open(token: str):
    """The questionnaire. What was typed comes back whatever is wrong, in the other language when that is asked for."""
    ctx, row = current_ctx(), _opened()
    if request.method == "GET":
        form = _form_of(row, key=secrets.token_hex(12), serial=request.args.get("s", "")[:120])
        return _page(ctx, row, form, 200)
    language = request.form.get("lang", "")
    if language in LANGUAGES:
        return _in_language(ctx, row, language)
    if request.form.get("website"):  # a field that people do not see
        return redirect(url_for("complaints.questionnaire_thanks", token=token, key="0" * 24))
    form = _form_of(row)
    if not form.validate():
        return _page(ctx, row, form, 422)
    wait = too_often("complaints.questionnaire", int(get_setting(ctx, "complaints.questionnaire_per_address")))
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
    try:
        answer = services.receive_answer(ctx, row.id, _data(row, form))
    except DomainError as error:
        if error.status == 404:
            abort(404)
        return _page(ctx, row, form, error.status, form.refuse(error))
    return redirect(url_for("complaints.questionnaire_thanks", token=token, key=answer.key))


@blueprint.get("/q/<token>/thanks/<key>")
@open_to_anybody(Questionnaire.token)
def questionnaire_thanks(token: str, key: str):
    """Thanks, with the number for whoever sent it: the key was drawn for that one sending."""
    ctx, row = current_ctx(), _opened()
    answer = following.answer_by_key(ctx, key)
    number = ""
    if answer is not None and answer.questionnaire_id == row.id:
        number = queries.get_complaint(ctx, answer.complaint_id).number
    return render_template("complaints/open_thanks.html", number=number, **_frame(ctx, row))


def _opened() -> Questionnaire:
    """The questionnaire of the address, if it is open; otherwise there is no such page."""
    row = found_record()
    if not following.is_open(current_ctx(), row):
        abort(404)
    return row


def _in_language(ctx: Ctx, row: Questionnaire, language: str):
    """The page with what was typed so far, in the language asked for, which the browser keeps."""
    with use_locale(language):
        response = make_response(_page(ctx, row, _form_of(row), 200))
    response.set_cookie(
        "lang", language, max_age=YEAR, samesite="Lax", httponly=True, path="/",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
    return response


def _form_of(row: Questionnaire, **values: Any) -> Any:
    """The form with the questions of this questionnaire, in their order."""
    fields = {f"q{number}": _field_of(question) for number, question in enumerate(row.questions)}
    form_class: Any = type("FilledAnswerForm", (AnswerForm,), fields)
    return form_class(formdata=typed(), **values)


def _field_of(question: dict) -> Any:
    words = _words(question)
    needed = [InputRequired()] if question["required"] else [Optional()]
    if question["kind"] == "choice":
        return RadioField(words, needed, choices=[(str(n), _words(c)) for n, c in enumerate(question["choices"])])
    if question["kind"] == "grade":
        return RadioField(words, needed, choices=[(str(g), str(g)) for g in GRADES])
    return TextAreaField(words, [*needed, Length(max=LONGEST_ANSWER)], render_kw={"rows": 2})


def _words(words: dict) -> str:
    return (words["en"] if get_locale() == "en" else "") or words["zh"]


def _data(row: Questionnaire, form: Any) -> AnswerData:
    return AnswerData(
        form.key.data or "",
        form.matter.data,
        form.text.data or "",
        tuple(form[f"q{number}"].data or "" for number in range(len(row.questions))),
        form.person_name.data or "",
        form.person_phone.data or "",
        form.serial.data or "",
    )


def _frame(ctx: Ctx, row: Questionnaire) -> dict[str, Any]:
    return {
        "q": row,
        "title": following.title_of(row, get_locale()),
        "intro": (row.intro_en if get_locale() == "en" else "") or row.intro_zh,
        "company": ctx.company,
        "contact": get_setting(ctx, "complaints.questionnaire_contact"),
    }


def _page(ctx: Ctx, row: Questionnaire, form: Any, status: int, extra: list[str] | None = None):
    asked = [(form[f"q{number}"], question["kind"]) for number, question in enumerate(row.questions)]
    told = list(extra or [])
    if getattr(form, "csrf_token", None) and form.csrf_token.errors:
        told.append(_("The page had been open for long. Nothing is lost: send it again."))
    page = render_template(
        "complaints/open.html", form=form, asked=asked, extra=told, needed=_needed(row), grades=GRADES,
        failed=any(f.errors for f in form) or bool(told), **_frame(ctx, row),
    )
    return page, status


def _needed(row: Questionnaire) -> set[str]:
    return {f"q{number}" for number, question in enumerate(row.questions) if question["required"]}
