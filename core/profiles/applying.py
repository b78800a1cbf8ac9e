"""What applying a profile would do, and doing it: the company's own changes are kept, conflicts are shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.auth.models import User
from core.companies.acting import member_actor
from core.companies.models import Membership
from core.context import Ctx
from core.db import transaction
from core.events import emit
from core.i18n import _, get_locale, use_locale
from core.profiles.folder import Profile
from core.profiles.models import ProfileItem
from core.profiles.sections import Section, sections_of

ADD, CHANGE, SAME, KEPT, CONFLICT = "add", "change", "same", "kept", "conflict"


@dataclass(frozen=True)
class Step:
    """What becomes of one thing: ``add``, ``change`` (as before, the company's own was untouched), ``same``, ``kept``
    (the company changed it, the profile did not), ``conflict`` (both did; the company's own stays unless it is taken).
    """

    section: str
    code: str
    title: str
    state: str
    mine: Any = None
    theirs: Any = None

    @property
    def key(self) -> str:
        """``tables/complaints.limits``: how a conflict is named."""
        return f"{self.section}/{self.code}"


@dataclass(frozen=True)
class Outcome:
    """What was done: every step, and which conflicts were decided for the profile."""

    steps: tuple[Step, ...]
    taken: frozenset[str]

    @property
    def changed(self) -> int:
        """How many things were added or changed."""
        return sum(step.state in (ADD, CHANGE) or step.key in self.taken for step in self.steps)


def plan(ctx: Ctx, profile: Profile) -> list[Step]:
    """Everything that applying ``profile`` would add, change, leave or find in conflict. Changes nothing."""
    reader = get_locale()
    with use_locale(ctx.company.locale):  # names of units are the company's, whoever looks
        applied = _applied(ctx)
        sections = sections_of(ctx, profile.items["modules"])
        found = [(section, step) for section in sections for step in _steps(ctx, profile, section, applied)]
    with use_locale(reader):
        return [replace(step, title=section.title(ctx, step.code, step.theirs)) for section, step in found]


def _applied(ctx: Ctx) -> dict[tuple[str, str], Any]:
    query = sa.select(ProfileItem.section, ProfileItem.code, ProfileItem.body)
    return {(section, code): body["value"] for section, code, body in ctx.session.execute(query)}


def _steps(ctx: Ctx, profile: Profile, section: Section, applied: dict[tuple[str, str], Any]) -> list[Step]:
    steps = []
    for code, entry in profile.items.get(section.name, {}).items():
        theirs = section.wanted(ctx, code, entry)
        mine = section.current(ctx, code)
        state = _state(ctx, section, code, mine, theirs, applied)
        steps.append(Step(section.name, code, section.title(ctx, code, theirs), state, mine, theirs))
    return steps


def _state(ctx: Ctx, section: Section, code: str, mine: Any, theirs: Any, applied: dict) -> str:
    if mine == theirs:
        return SAME
    before = applied.get((section.name, code))
    if mine is None:
        return ADD if before is None else KEPT if before == theirs else CONFLICT
    if before is None:
        return CHANGE if mine == section.untouched(ctx, code) else CONFLICT
    if mine == before:
        return CHANGE
    return KEPT if before == theirs else CONFLICT


def apply_profile(ctx: Ctx, profile: Profile, *, take: Collection[str] = ()) -> Outcome:
    """Apply a profile in one transaction. ``take`` names conflicts (``tables/complaints.limits``) decided for it.

    Applying it twice changes nothing the second time. Each thing is written by its own service, so the actor needs the
    rights for what is changed, and the audit trail says so. Raises Conflict when a rule table has a draft.
    """
    taken = frozenset(take)
    done: list[Step] = []
    reason = _("Profile “{profile}”, version {version}", profile=profile.title, version=profile.version)
    with transaction(ctx), use_locale(ctx.company.locale):
        applied = _applied(ctx)
        sections = sections_of(ctx, profile.items["modules"])
        for section in sections:  # one after the other: modules bring what the later ones compare with
            for step in _steps(ctx, profile, section, applied):
                done.append(step)
                if step.state in (ADD, CHANGE) or step.key in taken:
                    section.put(ctx, step.code, step.theirs, reason)
                if step.state != KEPT and (step.state != CONFLICT or step.key in taken):
                    _remember(ctx, profile, step)
            if section.name in ("modules", "roles"):
                ctx = _with_rights_of_now(ctx)
        if ctx.company.profile != profile.name:
            ctx.company.profile = profile.name
        ctx.session.flush()
        outcome = Outcome(tuple(done), taken)
        emit(
            ctx,
            "core.profile_applied",
            profile=dict(profile.label),
            version=profile.version,
            changed=outcome.changed,
            conflicts=sum(s.state == CONFLICT and s.key not in taken for s in done),
        )
    return outcome


def _with_rights_of_now(ctx: Ctx) -> Ctx:
    """The same person after modules were switched on, which give his or her roles further rights."""
    membership = ctx.session.scalar(sa.select(Membership).where(Membership.user_id == ctx.actor.user_id))
    person = ctx.session.get(User, ctx.actor.user_id) if ctx.actor.user_id is not None else None
    if membership is None or person is None:
        return ctx
    return ctx.as_actor(member_actor(ctx.session, ctx.registry, membership, person, ctx.enabled))


def _remember(ctx: Ctx, profile: Profile, step: Step) -> None:
    query = sa.select(ProfileItem).where(ProfileItem.section == step.section, ProfileItem.code == step.code)
    row = ctx.session.scalar(query)
    if row is None:
        row = ProfileItem(section=step.section, code=step.code)
        ctx.session.add(row)
    row.profile, row.body, row.applied_at = profile.name, {"value": step.theirs}, ctx.now
