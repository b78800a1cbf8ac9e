"""Industry profiles in the browser: what each holds, what applying it would do here, and applying it."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for

from core.errors import DomainError, NotFound
from core.i18n import N_, _, label
from core.profiles import Profile, ProfileError, apply_profile, available, find_profile, plan
from core.profiles.sections import sections_of
from core.profiles.words import differences
from core.web.current import flash_error
from core.web.gate import needs

blueprint = Blueprint("profiles", __name__)
SWITCH = "core.modules.switch"

STATES = {
    "add": (N_("new"), "plus", "info"),
    "change": (N_("changes"), "pencil", "info"),
    "conflict": (N_("changed on both sides"), "triangle-alert", "warn"),
    "kept": (N_("your own, stays"), "shield-check", "ok"),
    "same": (N_("as it is"), "check", ""),
}


def cards(ctx) -> list[dict]:
    """The profiles as cards of the Modules page."""
    return [
        {
            "name": profile.name,
            "label": label(profile.label),
            "summary": label(profile.summary),
            "icon": profile.icon,
            "in_use": ctx.company.profile == profile.name,
        }
        for profile in available(ctx.registry)
    ]


def _profile(name: str) -> Profile:
    """One of the profiles that are offered; never a folder named in an address."""
    if name not in {profile.name for profile in available(g.ctx.registry)}:
        raise NotFound("unknown_profile", _("There is no such profile."))
    return find_profile(name, g.ctx.registry)


@blueprint.get("/profiles/<name>")
@needs(SWITCH)
def profile_page(name: str):
    """What a profile holds and what applying it would do in this company."""
    profile = _profile(name)
    steps = plan(g.ctx, profile)
    sections = sections_of(g.ctx, profile.items["modules"])
    groups = [(_(s.label), [step for step in steps if step.section == s.name]) for s in sections]
    return render_template(
        "web/profile.html",
        profile=profile,
        groups=[(title, found) for title, found in groups if found],
        differences={step.key: differences(g.ctx, step) for step in steps},
        counts={state: sum(step.state == state for step in steps) for state in STATES},
        states={key: (_(words), icon, kind) for key, (words, icon, kind) in STATES.items()},
        in_use=g.ctx.company.profile == profile.name,
    )


@blueprint.post("/profiles/<name>")
@needs(SWITCH)
def profile_apply(name: str):
    """Apply it; conflicts that were ticked are decided for the profile."""
    back = redirect(url_for("profiles.profile_page", name=name))
    try:
        outcome = apply_profile(g.ctx, _profile(name), take=request.form.getlist("take"))
    except ProfileError as error:
        flash_error(error)
        return back
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
        return back
    flash(_("Profile “{profile}” applied: {n} things added or changed.", profile=label(_profile(name).label),
            n=outcome.changed), "ok")
    return back
