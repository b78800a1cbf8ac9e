"""A training plan: one held with results, one ahead, one overdue."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

from core.api import Ctx
from plugins.workforce.contracts import AttendedData, SessionData, TrainingData
from plugins.workforce.demo.words import staff, words_of
from plugins.workforce.queries import training as queries
from plugins.workforce.queries.skills import tree
from plugins.workforce.services import training


def fill(ctx: Ctx, rng: random.Random) -> None:
    """Three trainings, the first with people who passed and one who did not."""
    crew = [m.user_id for m in staff(ctx)]
    if not crew:
        return
    papers = sorted((s for s in tree(ctx).by_id.values() if s.kind == "certificate" and s.active), key=lambda s: s.code)
    for place, (words, days) in enumerate(zip(words_of(ctx)["trainings"], (-20, 25, -3), strict=True)):
        then = ctx.at(ctx.now - dt.timedelta(days=40))
        paper = papers[place % len(papers)] if papers and place < 2 else None
        due = ctx.today + dt.timedelta(days=days)
        data = TrainingData(words["title"], due, words["need"], words["audience"], paper.id if paper else None, crew[0])
        row = training.save_training(then, data)
        if place == 2:
            continue
        begins = dt.datetime.combine(due - dt.timedelta(days=5), dt.time(9), ctx.tz).astimezone(dt.UTC)
        when = SessionData(begins, begins + dt.timedelta(hours=7), words["place"], words["trainer"])
        session = training.plan_session(then, row.id, when, crew[:4])
        if begins < ctx.now:
            after = ctx.at(begins + dt.timedelta(hours=8))
            _record(after, session.id, rng)
            training.save_training(after, replace(data, open=False), row.id)
    cancelled = training.plan_session(
        ctx, row.id, SessionData(ctx.now + dt.timedelta(days=3), ctx.now + dt.timedelta(days=3, hours=2)), crew[:1]
    )
    training.cancel_session(ctx, cancelled.id, words_of(ctx)["not_needed"])


def _record(ctx: Ctx, session_id: int, rng: random.Random) -> None:
    found = {}
    for place, row in enumerate(queries.attendance_of(ctx, session_id)):
        passed = AttendedData("present", "passed", str(80 + rng.randrange(18)))
        failed = AttendedData("present", "failed", "52")
        found[row.user_id] = (AttendedData("absent"), failed, passed, passed)[place % 4]
    training.record_attendance(ctx, session_id, found)
