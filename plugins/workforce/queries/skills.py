"""Reading skills, certificates, and what work needs."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, Membership, NotFound, _, compiled_in_force, get_setting, rule, rule_choices
from plugins.workforce.contracts import Wanted
from plugins.workforce.models import Certificate, Skill
from plugins.workforce.queries.people import NOBODY
from plugins.workforce.rules.skills import Kept, Known, counts_for, ladder_of, path_of, state_of

NEEDS = "workforce.needs"


# --- the tree -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tree:
    """The company's skills and certificates, read once."""

    by_id: Mapping[int, Skill]

    @property
    def parents(self) -> dict[int, int | None]:
        """Skill → the one above it."""
        return {s.id: s.parent_id for s in self.by_id.values()}

    @property
    def known(self) -> dict[int, Known]:
        """What rules need of it."""
        return {s.id: Known(s.id, s.code, s.name, s.kind, s.parent_id) for s in self.by_id.values()}

    def path(self, skill_id: int | None) -> list[Skill]:
        """A skill and all above it, the topmost first."""
        return [self.by_id[i] for i in path_of(self.parents, skill_id) if i in self.by_id]

    def path_words(self, skill_id: int | None) -> str:
        """The names on the way to a skill."""
        return " / ".join(s.name for s in self.path(skill_id))

    def children(self, skill_id: int | None) -> list[Skill]:
        """What stands right below a skill, by code."""
        return sorted((s for s in self.by_id.values() if s.parent_id == skill_id), key=lambda s: s.code)

    def in_order(self, *, active_only: bool = False) -> list[tuple[int, Skill]]:
        """(depth, skill), each below the one it belongs to."""
        found: list[tuple[int, Skill]] = []

        def walk(above: int | None, depth: int) -> None:
            for skill in self.children(above):
                if skill.active or not active_only:
                    found.append((depth, skill))
                walk(skill.id, depth + 1)

        walk(None, 0)
        return found


def tree(ctx: Ctx) -> Tree:
    """All skills of the company, in one statement."""
    return Tree({s.id: s for s in ctx.session.scalars(sa.select(Skill))})


def get_skill(ctx: Ctx, skill_id: int) -> Skill:
    """One skill. Raises NotFound."""
    row = ctx.session.get(Skill, skill_id)
    if row is None:
        raise NotFound("unknown_skill", _("There is no such skill."))
    return row


def offered(ctx: Ctx, *, keep: int | None = None, kind: str = "") -> list[tuple[int, str]]:
    """(id, path in words) of the skills that can be given, and ``keep``, which was given before."""
    own = tree(ctx)
    return [
        (s.id, own.path_words(s.id))
        for _depth, s in own.in_order()
        if (s.active or s.id == keep) and (not kind or s.kind == kind)
    ]


# --- what people have -----------------------------------------------------------------------------------------------


def get_certificate(ctx: Ctx, certificate_id: int, *, lock: bool = False) -> Certificate:
    """One certificate. Raises NotFound."""
    row = ctx.session.get(Certificate, certificate_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_certificate", _("There is no such certificate."))
    return row


def ladder(ctx: Ctx) -> list[int]:
    """The days before the end of a certificate on which people are told, the farthest first."""
    return ladder_of(str(get_setting(ctx, "workforce.warn_days")))


def warn_days(ctx: Ctx, skill: Skill) -> int:
    """From how many days before its end a certificate of this sort is told to end soon."""
    return skill.warn_days if skill.warn_days is not None else max(ladder(ctx), default=0)


def kept_of(row: Certificate) -> Kept:
    """What rules need of a certificate."""
    return Kept(row.skill_id, row.valid_from, row.valid_until, row.state == "revoked")


def certificates_of(ctx: Ctx, user_ids: Iterable[int]) -> dict[int, list[Certificate]]:
    """Person → what he or she has, the one that ends last first; one statement."""
    query = sa.select(Certificate).options(orm.joinedload(Certificate.skill))
    query = query.where(Certificate.assignee_id.in_(sorted(set(user_ids)) or NOBODY))
    found: dict[int, list[Certificate]] = defaultdict(list)
    for row in ctx.session.scalars(query.order_by(Certificate.valid_from.desc(), Certificate.id.desc())):
        found[row.assignee_id or 0].append(row)
    return found


def renewed_condition() -> Any:
    """Whether the same person has a later one of the same sort, that was not withdrawn."""
    later = orm.aliased(Certificate)
    return (
        sa.select(later.id)
        .where(
            later.company_id == Certificate.company_id,
            later.assignee_id == Certificate.assignee_id,
            later.skill_id == Certificate.skill_id,
            later.id != Certificate.id,
            later.state == "valid",
            sa.or_(later.valid_until.is_(None), later.valid_until > Certificate.valid_until),
        )
        .exists()
    )


def renewed(ctx: Ctx, rows: Sequence[Certificate]) -> set[int]:
    """Which of these certificates have a later one; one statement, however many there are."""
    ids = [row.id for row in rows] or NOBODY
    return set(ctx.session.scalars(sa.select(Certificate.id).where(Certificate.id.in_(ids), renewed_condition())))


def states_of(ctx: Ctx, rows: Sequence[Certificate]) -> dict[int, str]:
    """How each of these certificates stands today."""
    later = renewed(ctx, rows)
    usual = max(ladder(ctx), default=0)
    return {
        row.id: state_of(
            kept_of(row),
            ctx.today,
            row.skill.warn_days if row.skill.warn_days is not None else usual,
            renewed=row.id in later,
        )
        for row in rows
    }


def state_condition(ctx: Ctx, state: str) -> Any:
    """The certificates that stand so today, as a condition on ``Certificate``."""
    valid = Certificate.state == "valid"
    ends = Certificate.valid_until
    if state == "revoked":
        return Certificate.state == "revoked"
    if state == "expired":
        return sa.and_(valid, ends < ctx.today, ~renewed_condition())
    if state == "expiring":
        return sa.and_(valid, ends >= ctx.today, ends < _soon(ctx), ~renewed_condition())
    if state == "valid":
        begun = Certificate.valid_from <= ctx.today
        return sa.and_(valid, begun, sa.or_(ends.is_(None), ends >= ctx.today))
    raise ValueError(state)


def _soon(ctx: Ctx) -> Any:
    """The day before which the end of a certificate is near, by its own sort's days or the company's."""
    usual = max(ladder(ctx), default=0)
    own = {s.id: s.warn_days for s in tree(ctx).by_id.values() if s.warn_days is not None and s.warn_days != usual}
    days = {days: ctx.today + dt.timedelta(days=days) for days in {usual, *own.values()}}
    if not own:
        return days[usual]
    cases = [(Certificate.skill_id == skill_id, days[warn]) for skill_id, warn in own.items()]
    return sa.case(*cases, else_=days[usual])


def count_certificates(ctx: Ctx, state: str) -> int:
    """How many certificates stand so today, of people who still work here."""
    query = sa.select(sa.func.count()).select_from(Certificate).where(state_condition(ctx, state))
    return ctx.session.scalar(query.where(Certificate.assignee_id.in_(_working()))) or 0


def _working() -> sa.Select:
    return sa.select(Membership.user_id).where(Membership.active.is_(True))


def ending(ctx: Ctx, farthest: dt.date) -> list[Certificate]:
    """Valid certificates of people who work here that end by ``farthest``, not renewed, in the order of their ids."""
    query = sa.select(Certificate).options(orm.joinedload(Certificate.skill)).where(
        Certificate.state == "valid",
        Certificate.valid_until <= farthest,
        Certificate.assignee_id.in_(_working()),
        ~renewed_condition(),
    )
    return list(ctx.session.scalars(query.order_by(Certificate.id)))


# --- what work needs ------------------------------------------------------------------------------------------------


def needs_of(ctx: Ctx, facts: Mapping[str, Any]) -> list[Wanted]:
    """What the company's table asks of people for such work; facts that the table does not ask for are left out."""
    compiled = compiled_in_force(ctx, NEEDS)
    asked = {column.name for column in compiled.table.inputs}
    known = {name: value for name, value in facts.items() if name in asked and value not in (None, "")}
    return wanted_in(rule(ctx, NEEDS, known).decision.all_outputs)


def wanted_in(rows: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """The needs that rows of the table name."""
    return [Wanted(str(row["skill"]), bool(row.get("must"))) for row in rows if row.get("skill")]


def rows_about(ctx: Ctx, code: str) -> list[int]:
    """The numbers of the rows of the table in force that ask for a skill, from 1."""
    rows = compiled_in_force(ctx, NEEDS).table.rows
    return [number for number, row in enumerate(rows, start=1) if row.then.get("skill") == code]


def unknown_codes(ctx: Ctx) -> list[str]:
    """What the table in force asks for and the company's list of skills does not have."""
    known = set(ctx.session.scalars(sa.select(Skill.code)))
    asked = {str(row.then["skill"]) for row in compiled_in_force(ctx, NEEDS).table.rows if row.then.get("skill")}
    return sorted(asked - known)


def held_by_nobody(ctx: Ctx) -> list[Skill]:
    """What the table in force makes a must and the list of skills has, but nobody who works here has today, by code.

    Nobody can be sent to such work (GS-5). Empty while the company has no such table: before the module is switched on.
    """
    try:
        rows = compiled_in_force(ctx, NEEDS).table.rows
    except NotFound:
        return []
    codes = {str(row.then["skill"]) for row in rows if row.then.get("skill") and row.then.get("must")}
    if not codes:
        return []
    own = tree(ctx)
    working = Certificate.assignee_id.in_(_working())
    held = set(ctx.session.scalars(sa.select(Certificate.skill_id).where(state_condition(ctx, "valid"), working)))
    asked = [skill for _depth, skill in own.in_order() if skill.code in codes]
    return [skill for skill in asked if not held & counts_for(own.known, skill.id)]


def kinds_of_work(ctx: Ctx) -> list[tuple[str, Any]]:
    """(code, label) of the kinds of work that the table tells apart."""
    return rule_choices(ctx, NEEDS, "kind")


def certificates_for(ctx: Ctx, skill_id: int, limit: int) -> list[Certificate]:
    """Who has a skill: the newest first."""
    query = sa.select(Certificate).options(orm.joinedload(Certificate.skill)).where(Certificate.skill_id == skill_id)
    return list(ctx.session.scalars(query.order_by(Certificate.id.desc()).limit(limit)))


def renewals_of(ctx: Ctx, certificate_id: int) -> list[Certificate]:
    """The certificates that renew this one."""
    query = sa.select(Certificate).where(Certificate.renews_id == certificate_id).order_by(Certificate.id)
    return list(ctx.session.scalars(query))


def holders(ctx: Ctx, skill_ids: Sequence[int]) -> dict[int, int]:
    """Skill → how many people have it today; one statement."""
    query = sa.select(Certificate.skill_id, sa.func.count(sa.distinct(Certificate.assignee_id)))
    query = query.where(Certificate.skill_id.in_(skill_ids), state_condition(ctx, "valid"))
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(Certificate.skill_id))}
