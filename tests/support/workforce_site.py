"""A company with skills, people and what they have, for tests of workforce."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.auth.models import User
from core.companies.services import save_unit
from core.testing import Installation, Office, moment
from plugins.workforce.contracts import CertificateData, SkillData
from plugins.workforce.services import skills

NOW = moment("2026-03-02 09:00")
"""A Monday."""


def day(text: str) -> dt.date:
    """A day."""
    return dt.date.fromisoformat(text)


def furnish(installation: Installation) -> None:
    """Five people in two units; a tree of skills; a permit and an electrician's certificate."""
    office = installation.company("acme", modules=("workforce",), locale="en")
    ctx = office.system(moment("2026-01-05 09:00"))
    north = save_unit(ctx, "north", "North centre", "centre", "hq")
    agent = save_unit(ctx, "agent", "Xinhe agents", "agent", "hq")
    for mailbox, name, role, unit in (
        ("boss", "Sun Wei", "manager", None),
        ("li", "Li Hai", "technician", north.id),
        ("wang", "Wang Zhi", "technician", north.id),
        ("chen", "Chen Mei", "technician", agent.id),
        ("worker", "Gao Feng", "technician", None),
    ):
        office.person(f"{mailbox}@acme.example", role, name=name, unit_id=unit)
    people = ids(office)
    tree = {}
    for code, name, kind, under in (
        ("mechanics", "Mechanics", "skill", ""),
        ("harvesters", "Harvesters", "skill", "mechanics"),
        ("permit", "Service permit", "certificate", ""),
        ("electrician", "Electrician", "certificate", ""),
    ):
        months = 24 if kind == "certificate" else None
        data = SkillData(code, name, kind, parent_id=tree.get(under), valid_months=months)
        tree[code] = skills.save_skill(ctx, data).id
    for person, code, begins, ends, number in (
        ("li", "permit", "2025-01-01", "2026-12-31", "P-1"),
        ("li", "mechanics", "2024-01-01", None, ""),
        ("wang", "permit", "2024-03-01", "2026-02-28", "P-2"),
        ("chen", "permit", "2025-06-01", "2026-03-20", "P-3"),
    ):
        until = day(ends) if ends else None
        skills.give_certificate(ctx, CertificateData(people[person], tree[code], day(begins), until, number, "City"))


def ids(office: Office) -> dict[str, int]:
    """Mailbox → account of everybody."""
    return {u.email.partition("@")[0]: u.id for u in office.system().session.scalars(sa.select(User))}


def codes(office: Office) -> dict[str, int]:
    """Code → skill."""
    from plugins.workforce.models import Skill

    return {s.code: s.id for s in office.system().session.scalars(sa.select(Skill))}
