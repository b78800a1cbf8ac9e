"""What certificates add to the page "My work": what ends, what has ended, what the rules ask for in vain."""

from __future__ import annotations

from flask import url_for

from core.api import Ctx, Figure, Notice, WorkItem, _, n_
from plugins.workforce.lists.skills import EDIT_CERTIFICATES, EDIT_SKILLS, SEE_CERTIFICATES
from plugins.workforce.models import Skill
from plugins.workforce.queries import skills as queries


def figures(ctx: Ctx) -> list[Figure]:
    """How many certificates end soon, for whoever looks after them."""
    if not ctx.can(EDIT_CERTIFICATES):
        return []
    count = queries.count_certificates(ctx, "expiring")
    if not count:
        return []
    url = url_for("workforce.certificates_list", tab="expiring")
    return [Figure(_("Certificates about to expire"), count, url, "warn", icon="badge-alert")]


def notices(ctx: Ctx) -> list[Notice]:
    """What nobody has though work needs it; certificates that have expired; skills that nobody can have."""
    found = []
    lacking = queries.held_by_nobody(ctx) if ctx.can(EDIT_CERTIFICATES) else []
    if lacking:
        title = _("Nobody has what work needs")
        text = _("Nobody can be sent to it until it is recorded who has: {names}.", names=_names(lacking))
        url = url_for("workforce.certificate_new", skill=lacking[0].id)
        found.append(Notice(title, text, url, _("Record a certificate"), "bad", "badge-alert"))
    if ctx.can(EDIT_CERTIFICATES):
        count = queries.count_certificates(ctx, "expired")
        if count:
            title = n_("{n} certificate has expired", "{n} certificates have expired", count)
            text = _("Work that needs it can't be given to these people.")
            url = url_for("workforce.certificates_list", tab="expired")
            found.append(Notice(title, text, url, _("Look at them"), "warn", "badge-alert"))
    if ctx.can(EDIT_SKILLS):
        unknown = queries.unknown_codes(ctx)
        if unknown:
            title = _("The rules ask for skills that are not on the list")
            text = _("Nobody can be sent to this work: {names}.", names=_(", ").join(unknown))
            found.append(Notice(title, text, url_for("workforce.skills_list"), _("Add them"), "bad", "award"))
    return found


def effects(ctx: Ctx) -> list[str]:
    """What switching the module on changes right now: from then on nobody is sent without what work needs (GS-5)."""
    if "workforce" in ctx.enabled:
        return []
    lacking = queries.held_by_nobody(ctx)
    if lacking:
        names = _names(lacking)
        return [_("Nobody can be dispatched to work that needs {names} until it is recorded who has it", names=names)]
    return [_("People are dispatched only to work for which the certificates that the rules ask for are recorded")]


def _names(skills: list[Skill]) -> str:
    return _(", ").join(skill.name for skill in skills)


def work(ctx: Ctx) -> list[WorkItem]:
    """One's own certificates that have ended or are about to."""
    user_id = ctx.actor.user_id
    if user_id is None or not ctx.can(SEE_CERTIFICATES):
        return []
    rows = queries.certificates_of(ctx, [user_id]).get(user_id, [])
    states = queries.states_of(ctx, rows)
    return [
        WorkItem(
            title=_("“{skill}” expires on {day}", skill=row.skill.name, day=row.valid_until.isoformat()),
            url=url_for("workforce.certificate_page", record_id=row.id),
            number=row.number,
            kind=_("Certificate"),
            icon="badge-alert",
            detail=row.issuer,
            next_step=_("Look"),
        )
        for row in rows
        if states[row.id] in ("expiring", "expired") and row.valid_until is not None
    ]
