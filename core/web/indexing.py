"""What a person has just saved is found at once: indexed by the web process, right after its answer was sent.

The marks that the change left stay the truth. What is not indexed here, because the process was killed, the database
was busy, or it was too much, the worker indexes within seconds.
"""

from __future__ import annotations

import functools

import sqlalchemy as sa
import structlog
from flask import Flask, current_app, g

from core.db import open_session, transaction
from core.i18n import use_locale
from core.search import index_marks, take_fresh
from core.web.database import db

log = structlog.get_logger("sanbao.search")
MOST = 20
"""Marks of one request that are dealt with so; a bulk action leaves more to the worker."""


def init_app(app: Flask) -> None:
    """Look after each request whether it left marks."""
    app.after_request(_index_after_the_answer)


def _index_after_the_answer(response):
    ctx = g.get("ctx")
    fresh = take_fresh(ctx.session) if ctx is not None else []
    if fresh and len(fresh) <= MOST:
        registry = current_app.extensions["sanbao"]["registry"]
        response.call_on_close(functools.partial(_index, db.engine, registry, ctx.company_id, ctx.now, fresh))
    return response


def _index(engine: sa.Engine, registry, company_id: int, now, fresh: list[int]) -> None:
    from core.worker import company_ctx

    try:
        with open_session(engine) as session, transaction(session):
            ctx = company_ctx(session, company_id, registry, now=now)
            with use_locale(ctx.locale):
                index_marks(ctx, fresh)
    except Exception:  # the answer is out, and the worker does what is left
        log.exception("indexing after an answer failed", company=company_id)
