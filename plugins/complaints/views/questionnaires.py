"""Questionnaires for staff: the page of one, adding, changing, and the sheet that lies beside the product."""

from __future__ import annotations

import segno
from flask import current_app, redirect, render_template, request, url_for
from markupsafe import Markup

from core.api import N_, Ctx, DomainError, _, get_locale, get_setting, label, timeline, use_locale
from core.web_api import current_ctx, flash_done, needs, timeline_items, typed
from plugins.base import queries as base_queries
from plugins.complaints import following, forms, life, queries, rules, services
from plugins.complaints.contracts import MATTER_WORDS, QuestionnaireData
from plugins.complaints.labels import Words
from plugins.complaints.models import Questionnaire
from plugins.complaints.questionnaire_list import EDIT, VIEW
from plugins.complaints.views.blueprint import blueprint

NEWEST = 20
LONGEST_SERIAL = 120


@blueprint.get("/questionnaires/<int:record_id>")
@needs(VIEW)
def questionnaire_page(record_id: int):
    """One questionnaire: its address and code, what it asks, what came in by it."""
    ctx = current_ctx()
    row = following.get_questionnaire(ctx, record_id)
    address = address_of(row)
    return render_template(
        "complaints/questionnaire.html",
        q=row,
        title=following.title_of(row, get_locale()),
        is_open=following.is_open(ctx, row),
        product=base_queries.get_product(ctx, row.product_id) if row.product_id else None,
        words=Words(ctx),
        matters=MATTER_WORDS,
        address=address,
        code=_code(address),
        count=following.count_answers(ctx, [row.id]).get(row.id, 0),
        answers=following.newest_answers(ctx, row.id, NEWEST) if ctx.can(life.VIEW) else [],
        may_edit=ctx.can(EDIT),
        history=timeline_items(ctx, timeline(ctx, row)),
    )


@blueprint.get("/questionnaires/<int:record_id>/sheet")
@needs(VIEW)
def questionnaire_sheet(record_id: int):
    """A sheet of A4 with the code, to lay beside the product; with a serial number the page is filled in with it."""
    ctx = current_ctx()
    row = following.get_questionnaire(ctx, record_id)
    serial = request.args.get("serial", "").strip()[:LONGEST_SERIAL]
    address = address_of(row, serial)
    return render_template(
        "complaints/questionnaire_sheet.html",
        q=row,
        title=following.title_of(row, get_locale()),
        product=base_queries.get_product(ctx, row.product_id) if row.product_id else None,
        serial=serial,
        address=address,
        code=_code(address),
        scan=_in_both(N_("Scan it with your phone and tell us")),
        contact=get_setting(ctx, "complaints.questionnaire_contact"),
    )


def address_of(row: Questionnaire, serial: str = "") -> str:
    """The whole address for customers, below PUBLIC_URL where the installation has one."""
    path = url_for("complaints.questionnaire_open", token=row.token, s=serial or None)
    return (current_app.config.get("PUBLIC_URL") or request.host_url.rstrip("/")) + path


def _in_both(message: str) -> dict[str, str]:
    """A sentence for a sheet that is read in either language."""
    found = {}
    for language in ("zh", "en"):
        with use_locale(language):
            found[language] = _(message)
    return found


def _code(address: str) -> Markup:
    return Markup(segno.make(address, error="m").svg_inline(omitsize=True))


@blueprint.route("/questionnaires/new", methods=["GET", "POST"])
@needs(EDIT)
def questionnaire_new():
    """Add a questionnaire."""
    return _edit(current_ctx(), None)


@blueprint.route("/questionnaires/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def questionnaire_edit(record_id: int):
    """Change a questionnaire."""
    ctx = current_ctx()
    return _edit(ctx, following.get_questionnaire(ctx, record_id))


def _edit(ctx: Ctx, row: Questionnaire | None):
    values = {} if row is None else {
        "title_zh": row.title_zh, "title_en": row.title_en, "intro_zh": row.intro_zh, "intro_en": row.intro_en,
        "questions": rules.write_questions(row.questions), "category": row.category, "active": row.active,
        "product_code": base_queries.get_product(ctx, row.product_id).code if row.product_id else "",
        "valid_until": row.valid_until, "version": row.version,
    }
    form = forms.QuestionnaireForm(formdata=typed(), **values)
    offered = [(c.value, label(c.label)) for c in queries.choices(ctx, "complaints.routing", "category")]
    form.category.choices = [("", _("Somebody classifies what comes in")), *offered]
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                saved = services.save_questionnaire(ctx, _data(form, row), version=form.seen if row else None)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Questionnaire {title} saved", title=following.title_of(saved, get_locale())))
                return redirect(url_for("complaints.questionnaire_page", record_id=saved.id))
    return render_template("complaints/questionnaire_edit.html", form=form, extra=extra, q=row), status


def _data(form: forms.QuestionnaireForm, row: Questionnaire | None) -> QuestionnaireData:
    return QuestionnaireData(
        form.title_zh.data or "",
        form.title_en.data or "",
        form.intro_zh.data or "",
        form.intro_en.data or "",
        form.questions.data or "",
        form.product_code.data or "",
        form.category.data or "",
        form.valid_until.data,
        bool(form.active.data),
        row.id if row else None,
    )
