"""Codes in words, for templates and timelines."""

from __future__ import annotations

from core.api import Ctx, _, label
from plugins.complaints import queries
from plugins.complaints.contracts import (
    ACTION_KIND_WORDS,
    ACTION_STATE_ICONS,
    ACTION_STATE_WORDS,
    CHANNEL_WORDS,
    DUTY_WORDS,
    KIND_WORDS,
    MEETING_WORDS,
    REPORT_STATE_WORDS,
    REWARD_STATE_WORDS,
    STATE_ICONS,
    STATE_WORDS,
    STEP_WORDS,
    VERB_WORDS,
)
from plugins.complaints.models import Complaint

SEVERITY_TONES = {"minor": "", "serious": "warn", "critical": "bad"}
"""The colour of a severity's tag; a company's own severities are amber."""


class Words:
    """The company's words for categories, severities and outcomes, read once per page."""

    def __init__(self, ctx: Ctx):
        self.categories = {c.value: label(c.label) for c in queries.choices(ctx, "complaints.routing", "category")}
        self.severities = {c.value: label(c.label) for c in queries.choices(ctx, "complaints.severity", "severity")}
        self.outcomes = {c.value: label(c.label) for c in queries.outcomes(ctx)}

    def category(self, code: str) -> str:
        return self.categories.get(code, code) if code else _("not classified")

    def severity(self, code: str) -> str:
        return self.severities.get(code, code)

    def outcome(self, code: str) -> str:
        return self.outcomes.get(code, code)

    @staticmethod
    def tone(code: str) -> str:
        return SEVERITY_TONES.get(code, "warn")

    @staticmethod
    def state(complaint: Complaint) -> str:
        if complaint.routing == "missing" and complaint.is_open:
            return _("Not routed: department “{code}” is missing", code=complaint.routing_note)
        return _(STATE_WORDS[complaint.state])

    @staticmethod
    def state_words(code: str) -> str:
        return _(STATE_WORDS[code])

    @staticmethod
    def state_icon(code: str) -> str:
        return STATE_ICONS[code]

    @staticmethod
    def channel(code: str) -> str:
        return _(CHANNEL_WORDS.get(code, code))

    @staticmethod
    def kind(code: str) -> str:
        return _(KIND_WORDS[code])

    @staticmethod
    def action_state(code: str) -> str:
        return _(ACTION_STATE_WORDS[code])

    @staticmethod
    def action_icon(code: str) -> str:
        return ACTION_STATE_ICONS[code]

    @staticmethod
    def action_kind(code: str) -> str:
        return _(ACTION_KIND_WORDS[code])

    @staticmethod
    def reward_state(code: str) -> str:
        return _(REWARD_STATE_WORDS[code])

    @staticmethod
    def report_state(code: str) -> str:
        return _(REPORT_STATE_WORDS[code])

    @staticmethod
    def meeting(code: str) -> str:
        return _(MEETING_WORDS.get(code, code))

    @staticmethod
    def duty(code: str) -> str:
        return _(DUTY_WORDS.get(code, code))

    @staticmethod
    def step(code: str) -> str:
        return _(STEP_WORDS.get(code, code))

    @staticmethod
    def verb(code: str) -> str:
        return _(VERB_WORDS[code])
