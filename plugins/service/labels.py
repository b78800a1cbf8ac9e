"""Codes in words, for templates and timelines."""

from __future__ import annotations

from core.api import Ctx, _
from plugins.service import contracts as c
from plugins.service.models import Order

URGENCY_TONES = {"urgent": "bad", "normal": "", "low": ""}


class Words:
    """The words for codes of orders."""

    def __init__(self, ctx: Ctx):
        self.ctx = ctx

    @staticmethod
    def kind(code: str) -> str:
        return _(c.KIND_WORDS[code])

    @staticmethod
    def kind_icon(code: str) -> str:
        return c.KIND_ICONS[code]

    @staticmethod
    def state(code: str) -> str:
        return _(c.STATE_WORDS[code])

    @staticmethod
    def state_icon(code: str) -> str:
        return c.STATE_ICONS[code]

    @staticmethod
    def work_kind(code: str) -> str:
        return _(c.WORK_KIND_WORDS[code])

    @staticmethod
    def work_kind_tone(code: str) -> str:
        return c.WORK_KIND_TONES[code]

    @staticmethod
    def work_kind_icon(code: str) -> str:
        return c.WORK_KIND_ICONS[code]

    @staticmethod
    def urgency(code: str) -> str:
        return _(c.URGENCY_WORDS[code])

    @staticmethod
    def urgency_tone(code: str) -> str:
        return URGENCY_TONES[code]

    @staticmethod
    def channel(code: str) -> str:
        return _(c.CHANNEL_WORDS.get(code, code))

    @staticmethod
    def source(code: str) -> str:
        """An outside system is called as it called itself when it sent the order."""
        return _(c.SOURCE_WORDS[code]) if code in c.SOURCE_WORDS else code

    @staticmethod
    def zone(code: str) -> str:
        return _(c.ZONE_WORDS[code]) if code else ""

    @staticmethod
    def cause(code: str) -> str:
        return _(c.CAUSE_WORDS.get(code, code))

    @staticmethod
    def outcome(code: str) -> str:
        return _(c.OUTCOME_WORDS[code]) if code else ""

    @staticmethod
    def waiting(code: str) -> str:
        return _(c.WAITING_WORDS[code])

    @staticmethod
    def guidance(code: str) -> str:
        return _(c.GUIDANCE_WORDS[code])

    @staticmethod
    def guidance_result(code: str) -> str:
        return _(c.GUIDANCE_RESULT_WORDS[code])

    @staticmethod
    def consent(code: str) -> str:
        return _(c.CONSENT_WORDS[code]) if code else ""

    @staticmethod
    def distance(order: Order) -> str:
        """The distance with where it comes from; empty when it is not known."""
        if order.distance_km is None:
            return ""
        source = _(c.DISTANCE_WORDS[order.distance_source]).lower()
        return _("{n} km ({source})", n=f"{order.distance_km.normalize():f}", source=source)
