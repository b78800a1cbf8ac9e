"""Hooks that this plugin offers to others, beside those of the core. Implement them with ``core.api.hookimpl``."""

from __future__ import annotations

from core.api import hookspec


@hookspec
def agent_duty(ctx, user_ids, roster, start, end):
    """Ask: who can work between two moments: a pair of mappings user id → list of (start, end), the duty on the roster
    of that code (None when ``roster`` is empty or not known), and the leave. Nobody answers: everybody works the
    opening hours of the working calendar.
    """


@hookspec
def call_questions(ctx, call, codes):
    """Ask: what is to be asked on ``call`` (a row), whose reasons name the questionnaires ``codes``: a list of
    ``plugins.callback.calling_contracts.Questions``. Nobody answers: the agent writes down what the customer says.
    """


@hookspec
def keep_answers(ctx, call, answers):
    """Ask: keep what a customer answered on ``call`` (a row): a mapping key of ``Questions`` → (field → values).
    Raises Invalid, naming the field as ``key.field``, for what can be no answer. Answers nothing.
    """
