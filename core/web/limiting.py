"""How often one address may do something: the counts of ``core.auth.limits``, for pages that are open to anybody."""

from __future__ import annotations

import datetime as dt

from flask import current_app, g, request

from core.auth import limits
from core.web.database import db


def too_often(what: str, limit: int) -> int | None:
    """Count one attempt of the caller's address at ``what`` in this company; None while there are at most ``limit``
    in the installation's window (RATE_LIMIT_MINUTES), else the seconds to wait. Call it before writing anything.
    """
    window = dt.timedelta(minutes=current_app.config["RATE_LIMIT_MINUTES"])
    whom = f"{g.ctx.company_id} {limits.network_of(request.remote_addr)}"
    return limits.hit(db.engine, what[:80], whom, limit, window, g.now)
