"""The company's list of skills, what people have of it, and telling in time when it ends (GS-5, IVD-3, AG-5)."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    _,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    people_with_role,
    transaction,
)
from plugins.workforce.contracts import CERTIFICATE, CertificateData, SkillData
from plugins.workforce.models import Certificate, Skill
from plugins.workforce.models.skills import SKILL_KINDS
from plugins.workforce.queries import people
from plugins.workforce.queries import skills as queries
from plugins.workforce.rules.skills import below, due_warning
from plugins.workforce.services.common import fitting, member, required

EDIT_SKILLS = "workforce.skill.edit"
EDIT = "workforce.certificate.edit"


# --- the list -------------------------------------------------------------------------------------------------------


def save_skill(ctx: Ctx, data: SkillData, *, version: int | None = None) -> Skill:
    """Add a skill to the list or change one; one that people have is made inactive, never removed."""
    ctx.require(EDIT_SKILLS)
    with transaction(ctx):
        code = required(data.code, "code", _("Give it a code."), 40)
        name = required(data.name, "name", _("Give it a name."), 120)
        if data.kind not in SKILL_KINDS:
            raise Invalid("bad_kind", _("Choose one of the values offered."), "kind")
        row = queries.get_skill(ctx, data.id) if data.id else None
        check_version(row, version)
        same = ctx.session.scalar(sa.select(Skill).where(Skill.code == code))
        if same is not None and same is not row:
            raise Invalid("code_taken", _("“{name}” has the code {code} already.", name=same.name, code=code), "code")
        parents = queries.tree(ctx).parents
        if data.parent_id is not None and data.parent_id not in parents:
            raise Invalid("unknown_skill", _("There is no such skill."), "parent_id")
        if row is not None and data.parent_id in below(parents, row.id):
            raise Invalid("circle", _("It can't stand below itself."), "parent_id")
        if data.valid_months is not None and data.valid_months < 1:
            raise Invalid("bad_months", _("A number of months from 1 on is needed."), "valid_months")
        if data.warn_days is not None and data.warn_days < 0:
            raise Invalid("bad_days", _("A number of days from 0 on is needed."), "warn_days")
        row = row or Skill(code=code)
        row.code, row.name, row.kind, row.parent_id = code, name, data.kind, data.parent_id
        row.valid_months, row.warn_days, row.active = data.valid_months, data.warn_days, data.active
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "workforce.skill_saved", row, code=code, name=name)
        return row


# --- what people have -----------------------------------------------------------------------------------------------


def give_certificate(ctx: Ctx, data: CertificateData, *, renews_id: int | None = None) -> Certificate:
    """Record that a person has a skill or certificate, from a day on."""
    ctx.require(EDIT)
    with transaction(ctx):
        return put_certificate(ctx, data, renews_id=renews_id)


def put_certificate(
    ctx: Ctx, data: CertificateData, *, renews_id: int | None = None, own: bool = False
) -> Certificate:
    """The same within a service that has asked for its own right. ``own``: the company issues it and numbers it."""
    holder = member(ctx, data.user_id)
    skill = queries.get_skill(ctx, data.skill_id)
    if not skill.active:
        raise Invalid("retired_skill", _("“{name}” is no longer given.", name=skill.name), "skill_id")
    row = Certificate(skill_id=skill.id, unit_id=holder.unit_id, assignee_id=holder.user_id, renews_id=renews_id)
    row.recorded_by = ctx.actor.name
    _fill(ctx, row, skill, data, own)
    row.number = row.number or next_number(ctx, CERTIFICATE, str(get_setting(ctx, "workforce.certificate_pattern")))
    ctx.session.add(row)
    ctx.session.flush()
    emit(
        ctx, "workforce.certificate_given", row, name=holder.user.name, skill=skill.name,
        begins=row.valid_from.isoformat(), user_id=holder.user_id,
    )
    return row


def change_certificate(
    ctx: Ctx, certificate_id: int, data: CertificateData, *, version: int | None = None
) -> Certificate:
    """Correct what was recorded: number, issuer, dates, note. Person and sort stay."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_certificate(ctx, certificate_id, lock=True)
        check_version(row, version)
        _require_valid(row)
        skill = queries.get_skill(ctx, row.skill_id)
        _fill(ctx, row, skill, data)
        row.warned_days = None
        ctx.session.flush()
        name = people.name_of(ctx, row.assignee_id)
        emit(ctx, "workforce.certificate_changed", row, name=name, skill=skill.name)
        return row


def _fill(ctx: Ctx, row: Certificate, skill: Skill, data: CertificateData, own: bool = False) -> None:
    if data.valid_until is not None and data.valid_until < data.valid_from:
        raise Invalid("bad_dates", _("It can't end before it begins."), "valid_until")
    number = fitting(data.number, "number", 80)
    if skill.kind == "certificate" and not number and not own:
        raise Invalid("number_needed", _("A certificate has a number: write it as it stands on the paper."), "number")
    query = sa.select(Certificate).where(Certificate.skill_id == skill.id, Certificate.number == number)
    with ctx.session.no_autoflush:
        same = ctx.session.scalar(query)
    if number and same is not None and same is not row:
        words = _("“{skill}” with the number {number} is recorded already.", skill=skill.name, number=number)
        raise Invalid("number_taken", words, "number")
    row.number = number or row.number or ""
    row.issuer = fitting(data.issuer, "issuer", 120)
    row.valid_from, row.valid_until, row.note = data.valid_from, data.valid_until, data.note.strip()


def renew_certificate(ctx: Ctx, certificate_id: int, data: CertificateData) -> Certificate:
    """The person has it again, for a later time: a record of its own, the old one stays as it was."""
    ctx.require(EDIT)
    with transaction(ctx):
        old = queries.get_certificate(ctx, certificate_id, lock=True)
        _require_valid(old)
        if (data.user_id, data.skill_id) != (old.assignee_id, old.skill_id):
            raise Invalid("another", _("A renewal is for the same person and the same certificate."), "user_id")
        if old.valid_until is None:
            raise Conflict("endless", _("It has no end; there is nothing to renew."))
        if data.valid_until is not None and data.valid_until <= old.valid_until:
            words = _("The renewal must end later than {day}, when the old one does.", day=old.valid_until.isoformat())
            raise Invalid("not_later", words, "valid_until")
        return put_certificate(ctx, data, renews_id=old.id)


def revoke_certificate(ctx: Ctx, certificate_id: int, reason: str, *, version: int | None = None) -> Certificate:
    """Withdraw it: from today on nobody is sent because of it. Needs a reason."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_certificate(ctx, certificate_id, lock=True)
        check_version(row, version)
        _require_valid(row)
        row.revoke_reason = required(reason, "reason", _("Give a reason."), 2000)
        row.state, row.revoked_on = "revoked", ctx.today
        ctx.session.flush()
        skill, name = queries.get_skill(ctx, row.skill_id), people.name_of(ctx, row.assignee_id)
        emit(ctx, "workforce.certificate_revoked", row, name=name, skill=skill.name, reason=row.revoke_reason)
        return row


def _require_valid(row: Certificate) -> None:
    if row.state != "valid":
        raise Conflict("revoked", _("It was withdrawn; record a new one instead."))


# --- in time --------------------------------------------------------------------------------------------------------


def warn_of_ends(ctx: Ctx) -> int:
    """Scheduled: tell the person and whoever plans what is about to end or has ended, once per step; answers how many.

    The steps are days before the end (setting), of a sort with days of its own these; the last is the end itself.
    """
    usual = queries.ladder(ctx)
    with transaction(ctx):
        own = [s.warn_days for s in queries.tree(ctx).by_id.values() if s.warn_days is not None]
        farthest = ctx.today + dt.timedelta(days=max([*usual, *own, 0]))
        planners = people_with_role(ctx, str(get_setting(ctx, "workforce.planner_role")))
        due = []
        for row in queries.ending(ctx, farthest):
            steps = [row.skill.warn_days] if row.skill.warn_days is not None else usual
            left = (row.valid_until - ctx.today).days if row.valid_until else 0
            step = due_warning(left, [*steps, -1], row.warned_days)
            if step is not None:
                due.append((row, step))
        names = people.names_of(ctx, [row.assignee_id for row, _step in due])
        for row, step in due:
            _warn(ctx, row, step, names.get(row.assignee_id or 0, ""), planners)
        return len(due)


def _warn(ctx: Ctx, row: Certificate, step: int, name: str, planners: list[int]) -> None:
    day = row.valid_until.isoformat() if row.valid_until else ""
    over = step < 0
    row.warned_days = step
    ctx.session.flush()
    event = "workforce.certificate_expired" if over else "workforce.certificate_ends"
    emit(ctx, event, row, name=name, skill=row.skill.name, day=day, user_id=row.assignee_id)
    text = N_("“{skill}” of {name} expired on {day}") if over else N_("“{skill}” of {name} expires on {day}")
    told = {u for u in (row.assignee_id, *planners) if u is not None}
    once = f"certificate {row.id} {day} {step}"
    notify(ctx, sorted(told), text, record=row, once=once, skill=row.skill.name, name=name, day=day)
