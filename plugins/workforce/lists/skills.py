"""The lists of skills and of certificates, declared."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import (
    N_,
    ChoiceFilter,
    Ctx,
    DaysFilter,
    ListColumn,
    ListDef,
    ListLink,
    ListTab,
    Mark,
    NewRecord,
    PersonFilter,
    UnitFilter,
    _,
)
from plugins.workforce.contracts import CERTIFICATE_STATE_WORDS, SKILL_KIND_WORDS
from plugins.workforce.models import Certificate, Skill
from plugins.workforce.queries import people
from plugins.workforce.queries import skills as queries

SEE_SKILLS, EDIT_SKILLS = "workforce.skill.view", "workforce.skill.edit"
SEE_CERTIFICATES, EDIT_CERTIFICATES = "workforce.certificate.view", "workforce.certificate.edit"

_STATE_MARKS = {
    "valid": ("ok", "circle-check"),
    "coming": ("info", "clock"),
    "expiring": ("warn", "hourglass"),
    "expired": ("bad", "octagon-alert"),
    "renewed": ("", "refresh-cw"),
    "revoked": ("", "ban"),
}


def state_mark(state: str) -> Mark:
    """How a certificate stands, in words with its colour."""
    tone, icon = _STATE_MARKS[state]
    return Mark(_(CERTIFICATE_STATE_WORDS[state]), tone, icon)


# --- skills ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SkillRow:
    """A skill with what its columns say beside what it holds."""

    skill: Skill
    above: str
    holders: int


def _skills(ctx: Ctx, rows: list[Skill]) -> list[SkillRow]:
    tree = queries.tree(ctx)
    counts = queries.holders(ctx, [s.id for s in rows])
    return [SkillRow(s, tree.path_words(s.parent_id), counts.get(s.id, 0)) for s in rows]


def _given(row: SkillRow) -> Mark:
    return Mark(_("Can be given"), "ok", "circle-check") if row.skill.active else Mark(_("Retired"), "", "circle-x")


SKILLS = ListDef(
    "workforce.skills",
    N_("Skills and certificates"),
    Skill,
    SEE_SKILLS,
    (
        ListColumn("code", N_("Code"), lambda r: r.skill.code, "id", "id", Skill.code, fixed=True),
        ListColumn("name", N_("Name"), lambda r: r.skill.name, "main", "main"),
        ListColumn("kind", N_("Kind"), lambda r: _(SKILL_KIND_WORDS[r.skill.kind]), place="tag"),
        ListColumn("above", N_("Below"), lambda r: r.above, place="left"),
        ListColumn("valid_months", N_("Usually valid for (months)"), lambda r: r.skill.valid_months, "number"),
        ListColumn("holders", N_("People who have it"), lambda r: r.holders, "number"),
        ListColumn("state", N_("State"), _given, "mark", "right"),
    ),
    "/workforce/skills/",
    icon="award",
    prepare=_skills,
    search=lambda _ctx, text: sa.or_(
        Skill.code.istartswith(text, autoescape=True), Skill.name.icontains(text, autoescape=True)
    ),
    search_words=N_("Code, name"),
    filters=(
        ChoiceFilter(
            "kind", N_("Kind"), Skill.kind, lambda _ctx: [(code, _(words)) for code, words in SKILL_KIND_WORDS.items()]
        ),
    ),
    tabs=(
        ListTab("active", N_("Can be given"), lambda _ctx: Skill.active.is_(True)),
        ListTab("retired", N_("Retired"), lambda _ctx: Skill.active.is_(False)),
        ListTab("all", N_("All"), counted=False),
    ),
    order=((Skill.code, False),),
    new=NewRecord(N_("Add a skill"), "workforce.skill_new", EDIT_SKILLS),
    links=(ListLink(N_("As a tree"), "workforce.skills_tree", SEE_SKILLS, "list-tree"),),
    export=SEE_SKILLS,
    empty=N_("No skills here"),
    empty_hint=N_("A profile brings some; others are added here."),
)


# --- certificates ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CertificateRow:
    """A certificate with the name of its holder and how it stands."""

    certificate: Certificate
    name: str
    unit: str
    state: str


def _certificates(ctx: Ctx, rows: list[Certificate]) -> list[CertificateRow]:
    names = people.names_of(ctx, [row.assignee_id for row in rows])
    units = people.unit_names(ctx)
    states = queries.states_of(ctx, rows)
    return [
        CertificateRow(row, names.get(row.assignee_id or 0, ""), units.get(row.unit_id or 0, ""), states[row.id])
        for row in rows
    ]


def _rows(_ctx: Ctx) -> sa.Select:
    return sa.select(Certificate).options(orm.joinedload(Certificate.skill))


def _tab(state: str) -> ListTab:
    return ListTab(state, CERTIFICATE_STATE_WORDS[state], lambda ctx: queries.state_condition(ctx, state))


CERTIFICATES = ListDef(
    "workforce.certificates",
    N_("Certificates of people"),
    Certificate,
    SEE_CERTIFICATES,
    (
        ListColumn("number", N_("Number"), lambda r: r.certificate.number, "id", "id", fixed=True),
        ListColumn("skill", N_("Skill or certificate"), lambda r: r.certificate.skill.name, "main", "main"),
        ListColumn("person", N_("Person"), lambda r: r.name, "person", "left"),
        ListColumn("unit", N_("Organisation unit"), lambda r: r.unit),
        ListColumn("issuer", N_("Issued by"), lambda r: r.certificate.issuer, shown=False),
        ListColumn("valid_from", N_("Valid from"), lambda r: r.certificate.valid_from, "date"),
        ListColumn(
            "valid_until", N_("Valid until"), lambda r: r.certificate.valid_until, "date", "tag",
            Certificate.valid_until,
        ),
        ListColumn("state", N_("State"), lambda r: state_mark(r.state), "mark", "right"),
        ListColumn("note", N_("Note"), lambda r: r.certificate.note, shown=False),
    ),
    "/workforce/certificates/",
    icon="badge-check",
    query=_rows,
    prepare=_certificates,
    search=lambda _ctx, text: sa.or_(
        Certificate.number.istartswith(text, autoescape=True), Certificate.assignee_id.in_(people.named(text))
    ),
    search_words=N_("Number, person"),
    filters=(
        PersonFilter("person", N_("Person"), Certificate.assignee_id),
        ChoiceFilter(
            "skill",
            N_("Skill or certificate"),
            None,
            lambda ctx: [(str(s.id), s.name) for _depth, s in queries.tree(ctx).in_order()],
            lambda _ctx, skill: Certificate.skill_id == int(skill),
        ),
        UnitFilter("unit", N_("Organisation unit"), Certificate.unit_id),
        DaysFilter("ends", N_("Valid until"), Certificate.valid_until),
    ),
    tabs=(_tab("expiring"), _tab("expired"), _tab("valid"), _tab("revoked"), ListTab("all", N_("All"), counted=False)),
    first=("expired", "expiring", "all"),
    order=((Certificate.valid_until, False),),
    new=NewRecord(N_("Record a certificate"), "workforce.certificate_new", EDIT_CERTIFICATES),
    links=(ListLink(N_("Skills and certificates"), "workforce.skills_list", SEE_SKILLS, "award"),),
    export=SEE_CERTIFICATES,
    empty=N_("No certificates here"),
    empty_hint=N_("They are recorded here, imported from a file, or issued after a training."),
)
