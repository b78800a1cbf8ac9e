"""Suppliers of the demonstration are evaluated; one is due again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.api import Ctx
from plugins.inventory.evaluation_contracts import EvaluationData
from plugins.inventory.services import evaluating

_SCORES = ({"service": 2, "price": 3, "papers": 3}, {"service": 5, "price": 4, "papers": 5})


def fill(ctx: Ctx, words: dict[str, Any], sellers: list[int]) -> None:
    """The first was watched half a year ago and is due by now, the second is approved."""
    for seller, scores, ago in zip(sellers, _SCORES, (185, 5), strict=True):
        then = ctx.at(ctx.now - dt.timedelta(days=ago))
        since = then.today - dt.timedelta(days=180)
        evaluating.evaluate(then, EvaluationData(seller, since, then.today, scores, words["evaluated"]))
