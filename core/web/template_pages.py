"""Message templates of a company: what there are, and changing one with a preview."""

from __future__ import annotations

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for

from core.errors import DomainError, Invalid
from core.i18n import LOCALES, _, label
from core.message_templates import (
    EDIT,
    Text,
    check_text,
    example_of,
    reset_template,
    save_template,
    template_of,
    templates_of,
    text_in_force,
    versions_of,
    written,
)
from core.web.errors import say
from core.web.gate import needs

blueprint = Blueprint("templates", __name__)
LANGUAGES = {"zh": "中文", "en": "English"}


@blueprint.get("/templates")
@needs(EDIT)
def templates_list():
    """The templates of the modules that are on; which of them were changed here."""
    ctx = g.ctx
    rows = []
    for template in templates_of(ctx):
        owner = ctx.registry.owner_of("message_templates", template.code)
        rows.append((template, text_in_force(ctx, template.code), ctx.registry.plugin_label(owner)))
    return render_template("templates/list.html", rows=rows)


def _typed() -> dict[str, dict[str, str]]:
    return {
        what: {loc: request.form.get(f"{what}_{loc}", "").replace("\r\n", "\n") for loc in LOCALES}
        for what in ("subject", "body")
    }


def _page(code: str, text: Text, seen: int, error: DomainError | None = None):
    template = template_of(g.ctx, code)
    return render_template(
        "templates/edit.html",
        template=template,
        text=text,
        seen=seen,
        error=error,
        languages=LANGUAGES,
        examples={p.name: {loc: written(p.example, loc) for loc in LOCALES} for p in template.placeholders},
        previews={loc: _preview(template, text, loc) for loc in LOCALES},
        versions=versions_of(g.ctx, code),
    ), error.status if error is not None else 200


def _preview(template, text: Text, locale: str) -> dict[str, str]:
    try:
        for what, words in (("subject", text.subject), ("body", text.body)):
            check_text(template, words[locale].strip(), f"{what}_{locale}")
        subject, body = example_of(template, text, locale)
    except Invalid as error:
        return {"error": error.message}
    return {"subject": subject, "body": body}


@blueprint.get("/templates/<code>")
@needs(EDIT)
def template_page(code: str):
    """One template in both languages, with its placeholders, a preview and who changed it when."""
    text = text_in_force(g.ctx, code)
    return _page(code, text, text.number)


@blueprint.post("/templates/<code>")
@needs(EDIT)
def template_save(code: str):
    """Save another text."""
    typed, seen = _typed(), request.form.get("seen", type=int) or 0
    try:
        save_template(g.ctx, code, typed["subject"], typed["body"], seen=seen)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        newest = text_in_force(g.ctx, code).number
        return _page(code, Text(typed["subject"], typed["body"]), newest, error)
    flash(_("Saved. It counts from the next message on."), "ok")
    return redirect(url_for("templates.template_page", code=code))


@blueprint.post("/templates/<code>/preview")
@needs(EDIT)
def template_preview(code: str):
    """What a text would say with the examples: asked while somebody types."""
    template, typed = template_of(g.ctx, code), _typed()
    text = Text(typed["subject"], typed["body"])
    return jsonify({loc: _preview(template, text, loc) for loc in LOCALES})


@blueprint.post("/templates/<code>/reset")
@needs(EDIT)
def template_reset(code: str):
    """Back to the text that the module ships."""
    back = url_for("templates.template_page", code=code)
    try:
        reset_template(g.ctx, code, seen=request.form.get("seen", type=int) or 0)
    except DomainError as error:
        if error.status == 404:
            raise
        return say(error, back)
    flash(_("“{name}” is as shipped again.", name=label(dict(template_of(g.ctx, code).label))), "ok")
    return redirect(back)
