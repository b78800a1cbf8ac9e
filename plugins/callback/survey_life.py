"""The lives of campaigns and of tasks from surveys: states, ways between them, the rights that they need."""

from __future__ import annotations

from core.api import N_, State, Transition, Workflow
from plugins.callback.survey_contracts import CAMPAIGN, CAMPAIGN_STATE_WORDS, TASK, TASK_STATE_WORDS

VIEW = "callback.survey.view"
ANSWER = "callback.survey.answer"
EDIT = "callback.survey.edit"
RUN = "callback.survey.run"
WORK = "callback.survey_task.work"
RATINGS = "callback.rating.view"
EDIT_RULES = "callback.survey_rules.edit"

CAMPAIGNS = Workflow(
    CAMPAIGN,
    (
        State("draft", CAMPAIGN_STATE_WORDS["draft"], "pencil"),
        State("running", CAMPAIGN_STATE_WORDS["running"], "circle-play"),
        State("closed", CAMPAIGN_STATE_WORDS["closed"], "circle-check", final=True),
    ),
    (
        Transition("start", N_("Start the campaign"), ("draft",), "running", RUN),
        Transition("close", N_("Close the campaign"), ("running",), "closed", RUN),
    ),
    facts=lambda _ctx, row, _transition: {"title": row.title},
)
TASKS = Workflow(
    TASK,
    (
        State("open", TASK_STATE_WORDS["open"], "circle-dot"),
        State("done", TASK_STATE_WORDS["done"], "circle-check", final=True),
        State("cancelled", TASK_STATE_WORDS["cancelled"], "circle-x", final=True),
    ),
    (
        Transition("finish", N_("Report it done"), ("open",), "done", WORK),
        Transition("cancel", N_("Give it up"), ("open",), "cancelled", WORK, True),
    ),
    facts=lambda _ctx, row, _transition: {"title": row.title},
)
