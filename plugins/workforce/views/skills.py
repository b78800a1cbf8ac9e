"""Pages of skills, of certificates, and of what a person has. The lists are declared."""

from __future__ import annotations

import datetime as dt

from flask import render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import (
    carry_out,
    current_ctx,
    first_line,
    form_page,
    needs,
    panels_of,
    record_id,
    timeline_items,
    typed,
)
from plugins.workforce.contracts import SKILL_KIND_WORDS, CertificateData, SkillData
from plugins.workforce.forms.common import ReasonForm
from plugins.workforce.forms.skills import CertificateForm, SkillForm
from plugins.workforce.lists.skills import (
    EDIT_CERTIFICATES,
    EDIT_SKILLS,
    SEE_CERTIFICATES,
    SEE_SKILLS,
    state_mark,
)
from plugins.workforce.models import Certificate, Skill
from plugins.workforce.queries import people
from plugins.workforce.queries import skills as queries
from plugins.workforce.rules.skills import months_later
from plugins.workforce.services import skills as services
from plugins.workforce.views.blueprint import blueprint

HOLDERS = 100
"""So many of those who have a skill are named on its page; the list has all."""


# --- skills ---------------------------------------------------------------------------------------------------------


@blueprint.get("/skills/tree")
@needs(SEE_SKILLS)
def skills_tree():
    """The whole list, each below the one it belongs to."""
    ctx = current_ctx()
    return render_template(
        "workforce/skills.html", rows=queries.tree(ctx).in_order(), kinds=_words(SKILL_KIND_WORDS)
    )


@blueprint.get("/skills/<int:record_id>")
@needs(SEE_SKILLS)
def skill_page(record_id: int):
    """One skill: who has it, what work asks for it, what stands below it."""
    ctx = current_ctx()
    skill = queries.get_skill(ctx, record_id)
    tree = queries.tree(ctx)
    rows = queries.certificates_for(ctx, skill.id, HOLDERS) if ctx.can(SEE_CERTIFICATES) else []
    names = people.names_of(ctx, [row.assignee_id for row in rows])
    states = queries.states_of(ctx, rows)
    return render_template(
        "workforce/skill.html",
        skill=skill,
        kind=_(SKILL_KIND_WORDS[skill.kind]),
        path=tree.path(skill.parent_id),
        below=tree.children(skill.id),
        asked_by=queries.rows_about(ctx, skill.code),
        holders=[(row, names.get(row.assignee_id or 0, ""), state_mark(states[row.id])) for row in rows],
        may={
            "edit": ctx.can(EDIT_SKILLS),
            "see": ctx.can(SEE_CERTIFICATES),
            "give": ctx.can(EDIT_CERTIFICATES) and skill.active,
            "rules": ctx.can("core.rules.view"),
        },
        panels=panels_of(ctx, skill),
        history=timeline_items(ctx, timeline(ctx, skill)),
    )


@blueprint.route("/skills/new", methods=["GET", "POST"])
@needs(EDIT_SKILLS)
def skill_new():
    """Add a skill or certificate to the list."""
    ctx = current_ctx()
    form = SkillForm(formdata=typed(), version="", parent_id=record_id(request.args.get("below")) or 0)
    return _skill_form(ctx, form, None)


@blueprint.route("/skills/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT_SKILLS)
def skill_edit(record_id: int):
    """Change a skill."""
    ctx = current_ctx()
    skill = queries.get_skill(ctx, record_id)
    values = {"parent_id": skill.parent_id or 0, "version": skill.version}
    return _skill_form(ctx, SkillForm(formdata=typed(), obj=skill, **values), skill)


def _skill_form(ctx: Ctx, form: SkillForm, skill: Skill | None):
    offered = queries.offered(ctx, keep=skill.parent_id if skill else None)
    own = skill.id if skill else 0
    form.parent_id.choices = first_line(_("nothing: topmost"), [c for c in offered if c[0] != own])

    def save() -> Skill:
        data = SkillData(
            form.code.data or "",
            form.name.data or "",
            form.kind.data,
            skill.id if skill else None,
            form.parent_id.data or None,
            form.valid_months.data,
            form.warn_days.data,
            bool(form.active.data),
        )
        return services.save_skill(ctx, data, version=form.seen if skill else None)

    return form_page(
        form, save, "workforce/skill_form.html", lambda row: url_for("workforce.skill_page", record_id=row.id),
        skill=skill,
    )


# --- certificates ---------------------------------------------------------------------------------------------------


@blueprint.get("/certificates/<int:record_id>")
@needs(SEE_CERTIFICATES)
def certificate_page(record_id: int):
    """One certificate of a person: until when, its paper, what became of it."""
    ctx = current_ctx()
    return _certificate(ctx, queries.get_certificate(ctx, record_id))


def _certificate(
    ctx: Ctx, row: Certificate, form: ReasonForm | None = None, extra: list[str] | None = None, status: int = 200
):
    state = queries.states_of(ctx, [row])[row.id]
    renewals = queries.renewals_of(ctx, row.id)
    shown = render_template(
        "workforce/certificate.html",
        certificate=row,
        skill=row.skill,
        name=people.name_of(ctx, row.assignee_id),
        unit=people.unit_names(ctx).get(row.unit_id or 0, ""),
        state=state,
        mark=state_mark(state),
        renews=queries.get_certificate(ctx, row.renews_id) if row.renews_id else None,
        renewals=renewals,
        form=form or ReasonForm(formdata=None, version=row.version),
        extra=extra or [],
        may={"edit": ctx.can(EDIT_CERTIFICATES) and row.state == "valid"},
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return shown, status


@blueprint.route("/certificates/new", methods=["GET", "POST"])
@needs(EDIT_CERTIFICATES)
def certificate_new():
    """Record that somebody has a skill or certificate."""
    ctx = current_ctx()
    given = {"user_id": record_id(request.args.get("person")), "skill_id": record_id(request.args.get("skill"))}
    form = CertificateForm(formdata=typed(), version="", valid_from=ctx.today, **given)
    form.user_id.choices = people.people(ctx)
    form.skill_id.choices = queries.offered(ctx)
    heading = _("Record a certificate")
    return _certificate_form(ctx, form, None, heading, lambda data: services.give_certificate(ctx, data))


@blueprint.route("/certificates/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT_CERTIFICATES)
def certificate_edit(record_id: int):
    """Correct what was recorded."""
    ctx = current_ctx()
    row = queries.get_certificate(ctx, record_id)
    values = {"user_id": row.assignee_id, "version": row.version, "for_good": row.valid_until is None}
    form = CertificateForm(formdata=typed(), obj=row, **values)
    _fixed(ctx, form, row)

    def save(data: CertificateData) -> Certificate:
        return services.change_certificate(ctx, row.id, data, version=form.seen)

    return _certificate_form(ctx, form, row, _("Correct"), save)


@blueprint.route("/certificates/<int:record_id>/renew", methods=["GET", "POST"])
@needs(EDIT_CERTIFICATES)
def certificate_renew(record_id: int):
    """The person has it for a further time."""
    ctx = current_ctx()
    row = queries.get_certificate(ctx, record_id)
    begins = max(row.valid_until + dt.timedelta(days=1), row.valid_from) if row.valid_until else ctx.today
    form = CertificateForm(
        formdata=typed(), user_id=row.assignee_id, skill_id=row.skill_id, issuer=row.issuer, valid_from=begins,
        version="",
    )
    _fixed(ctx, form, row)
    return _certificate_form(
        ctx, form, row, _("Renew the certificate"), lambda data: services.renew_certificate(ctx, row.id, data)
    )


def _fixed(ctx: Ctx, form: CertificateForm, row: Certificate) -> None:
    """Person and sort are those of the certificate."""
    form.user_id.choices = [(row.assignee_id or 0, people.name_of(ctx, row.assignee_id))]
    form.skill_id.choices = [(row.skill_id, row.skill.name)]


def _certificate_form(ctx: Ctx, form: CertificateForm, row: Certificate | None, heading: str, save):
    def send() -> Certificate:
        begins = form.valid_from.data
        assert begins is not None
        data = CertificateData(
            form.user_id.data,
            form.skill_id.data,
            begins,
            _end(ctx, form, begins),
            form.number.data or "",
            form.issuer.data or "",
            form.note.data or "",
        )
        return save(data)

    return form_page(
        form, send, "workforce/certificate_form.html",
        lambda saved: url_for("workforce.certificate_page", record_id=saved.id), certificate=row, heading=heading,
    )


def _end(ctx: Ctx, form: CertificateForm, begins: dt.date) -> dt.date | None:
    """The day that was entered; else the usual length of this sort."""
    if form.for_good.data:
        return None
    if form.valid_until.data is not None:
        return form.valid_until.data
    months = queries.get_skill(ctx, form.skill_id.data).valid_months
    return months_later(begins, months) if months else None


@blueprint.post("/certificates/<int:record_id>/revoke")
@needs(EDIT_CERTIFICATES)
def certificate_revoke(record_id: int):
    """Withdraw it, with a reason."""
    ctx = current_ctx()
    row = queries.get_certificate(ctx, record_id)
    form = ReasonForm(formdata=request.form)
    return carry_out(
        form,
        lambda: services.revoke_certificate(ctx, record_id, form.reason.data or "", version=form.seen),
        _("Withdrawn"),
        url_for("workforce.certificate_page", record_id=record_id),
        lambda extra, status: _certificate(ctx, queries.get_certificate(ctx, row.id), form, extra, status),
    )


def _words(words: dict[str, str]) -> dict[str, str]:
    return {code: _(text) for code, text in words.items()}


