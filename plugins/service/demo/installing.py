"""How an installation of the demonstration is carried out: papers, training, steps, the customer's acceptance."""

from __future__ import annotations

from core.api import Ctx
from plugins.service.install_contracts import AcceptData, TraineeData
from plugins.service.models import Order
from plugins.service.queries import installation as queries
from plugins.service.services import installation

ON_PAPER = {"en": "Signed on paper, filed", "zh": "已在纸质验收单上签字，存档"}


def install(ctx: Ctx, order: Order) -> None:
    """All of it, up to final acceptance."""
    found = queries.installation_of(ctx, order.id)
    if found is None:
        return
    who = order.person_name
    for paper in queries.papers_of(ctx, order.id):
        installation.hand_paper(ctx, found.id, paper.id, who)
    installation.train(ctx, found.id, TraineeData(who, "mastered"))
    steps = [s.id for s in queries.steps_of(ctx, order.id)]
    for step_id in steps:
        installation.do_step(ctx, found.id, step_id)
    accepted = AcceptData(who, reason=ON_PAPER[ctx.company.locale], final_on=ctx.today)
    installation.accept(ctx, found.id, steps, accepted, f"demo-{order.id}-accepted")
