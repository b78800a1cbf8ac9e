"""Skills of the company and who has which: most valid, one about to expire, one expired, one withdrawn."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

from core.api import Ctx
from plugins.workforce.contracts import CertificateData, SkillData
from plugins.workforce.demo.words import staff, words_of
from plugins.workforce.models import Skill
from plugins.workforce.queries.skills import tree
from plugins.workforce.rules.skills import months_later
from plugins.workforce.services import skills as services

PERMIT = "service"
"""Everybody has it, or had it: without it nobody is sent."""
ENDS_IN = (None, 400, 21, 700, -6, 250)
"""Days until certificates end, in the order in which they are given; None: as is usual for its sort."""


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Give everybody who works in service a skill and a certificate or two, with those that these renewed."""
    words = words_of(ctx)
    if not tree(ctx).by_id:
        _add(ctx, words["skills"])
    own = sorted((s for s in tree(ctx).by_id.values() if s.active), key=lambda s: s.code)
    papers = [s for s in own if s.kind == "certificate"]
    able = [s for s in own if s.kind == "skill"]
    permits, others = [s for s in papers if s.code == PERMIT], [s for s in papers if s.code != PERMIT]
    given = 0
    for place, person in enumerate(staff(ctx)):
        chosen = [able[place % len(able)]] if able else []
        chosen += permits + ([others[place % len(others)]] if others else [])
        for skill in chosen:
            _give(ctx, rng, words, person.user_id, skill, ENDS_IN[given % len(ENDS_IN)], given)
            given += skill.kind == "certificate"


def _add(ctx: Ctx, skills: list[dict]) -> None:
    ids: dict[str, int] = {}
    for entry in skills:
        data = SkillData(
            entry["code"], entry["name"], entry.get("kind", "skill"), parent_id=ids.get(entry.get("under", "")),
            valid_months=entry.get("months"),
        )
        ids[entry["code"]] = services.save_skill(ctx, data).id


def _give(
    ctx: Ctx, rng: random.Random, words: dict, user_id: int, skill: Skill, ends_in: int | None, count: int
) -> None:
    months = skill.valid_months
    begins = ctx.today - dt.timedelta(days=rng.randrange(30, 300))
    ends = months_later(begins, months) if months else None
    number = ""
    if skill.kind == "certificate":
        number = f"{begins.year}-{4100 + 37 * count:05d}"
        if ends_in is not None:
            ends = ctx.today + dt.timedelta(days=ends_in)
            begins = min(begins, ends - dt.timedelta(days=365))
    issuer = words["issuers"].get(skill.code, "")
    data = CertificateData(user_id, skill.id, begins, ends, number, issuer)
    row = services.give_certificate(ctx, data)
    for _earlier in range(2 if months and number else 0):
        ends, number = data.valid_from - dt.timedelta(days=1), f"{int(data.number[:4]) - 2}{data.number[4:]}"
        data = replace(data, valid_from=ends - dt.timedelta(days=730), valid_until=ends, number=number)
        services.give_certificate(ctx, data)
    if count == 5:
        services.revoke_certificate(ctx, row.id, words["revoked"])
