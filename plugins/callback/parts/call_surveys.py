"""Questions of planned calls, asked by survey forms."""

from __future__ import annotations

from plugins.callback.services import call_surveys


def call_questions(ctx, call, codes):
    return call_surveys.questions_for(ctx, call, codes)


def keep_answers(ctx, call, answers):
    call_surveys.keep(ctx, call, answers)
