"""The list and the board of passes: declared, nothing else."""

from __future__ import annotations

from core.api import (
    N_,
    BulkAction,
    ChoiceFilter,
    DaysFilter,
    ListBoard,
    ListColumn,
    ListDef,
    ListTab,
    Mark,
    NewRecord,
    _,
    n_,
)
from sitepass import services
from sitepass.models import LENT, RETURNED, WANTED, WORKFLOW, Pass

VIEW, EDIT = "sitepass.pass.view", "sitepass.pass.edit"


def _state(row):
    state = WORKFLOW.state(row.state)
    return Mark(_(state.label), icon=state.icon)


PASSES = ListDef(
    "sitepass.passes",
    N_("Site passes"),
    Pass,
    VIEW,
    (
        ListColumn("number", N_("Number"), kind="id", place="id", sort=Pass.number, fixed=True),
        ListColumn("holder", N_("Carried by"), kind="main", place="main"),
        ListColumn("state", N_("State"), _state, "mark", "right"),
        ListColumn("back_by", N_("Back by"), kind="date", place="left", sort=Pass.back_by),
    ),
    "/site-passes/",
    icon="id-card",
    search=lambda ctx, text: Pass.number.istartswith(text, autoescape=True) | Pass.holder.icontains(text),
    search_words=N_("Number, carried by"),
    filters=(
        ChoiceFilter("state", N_("State"), Pass.state, lambda ctx: [(s.name, _(s.label)) for s in WORKFLOW.states]),
        DaysFilter("back_by", N_("Back by"), Pass.back_by),
    ),
    tabs=(
        ListTab("late", N_("Kept too long"), lambda ctx: (Pass.state == LENT) & (Pass.back_by < ctx.today)),
        ListTab("all", N_("All")),
    ),
    first=("late", "all"),
    order=((Pass.back_by, False),),
    actions=(
        BulkAction(
            "return",
            N_("Give back"),
            EDIT,
            lambda n, _choice: n_("{n} pass given back", "{n} passes given back", n),
            each=lambda ctx, pass_id, _choice: services.give_back(ctx, pass_id),
            question=N_("Were the selected passes ({n}) given back?"),
            icon="undo-2",
        ),
    ),
    board=ListBoard(
        WORKFLOW,
        Pass.state,
        (WANTED, LENT, RETURNED),
        moves={"return": lambda ctx, pass_id, _reason: services.give_back(ctx, pass_id)},
        forms={"lend": "lend"},
    ),
    new=NewRecord(N_("New site pass"), "sitepass_passes.create_view", EDIT),
    export=VIEW,
)
