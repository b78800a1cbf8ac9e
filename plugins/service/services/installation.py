"""Installations: steps that are done and accepted by the customer one by one, papers, training, final acceptance
(DST-4.4, INS-1). Every verb locks the installation, so that two phones don't do the same step twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    RecordRef,
    _,
    both,
    check_version,
    decisions_on,
    emit,
    n_,
    plain,
    rule,
    transaction,
)
from plugins.base import services as base_services
from plugins.service.contracts import INSTALLATION, ORDER
from plugins.service.install_contracts import (
    MODE_WORDS,
    PART_WORDS,
    TABLE,
    TRAINED_WORDS,
    AcceptData,
    ArrangementData,
    Line,
    TraineeData,
)
from plugins.service.life import WORK
from plugins.service.models import (
    Installation,
    InstallPaper,
    InstallStep,
    InstallVerdict,
    Order,
    PartLine,
    Trainee,
)
from plugins.service.queries import installation as queries
from plugins.service.queries import orders as order_queries
from plugins.service.queries import visits as visit_queries
from plugins.service.rules.installation import MAY, lines_of, renewed, trained
from plugins.service.services.common import chosen, links_of, lock, require_open, required
from plugins.service.services.sending import remember_on
from plugins.service.services.signing import keep_picture

MOST_STEPS = 200


# --- what it consists of ----------------------------------------------------------------------------------------------


def prepare(ctx: Ctx, order: Order) -> Installation | None:
    """Put on an order of kind installation what the company's table says, unless it has something already.

    Inside the transaction of whoever calls. Answers None for orders of other kinds, and where no row fits.
    """
    if order.kind != INSTALLATION:
        return None
    known = queries.installation_of(ctx, order.id)
    if known is not None:
        return known
    facts = queries.facts_of(order)
    lines = lines_of(rule(ctx, TABLE, facts).decision.all_outputs)
    if not lines:
        return None
    found = Installation(order_id=order.id)
    ctx.session.add(found)
    rule(ctx, TABLE, facts, record=order)
    numbers = {"step": 0, "paper": 0}
    for line in lines:
        if line.part == "tool":
            ctx.session.add(_new_tool(order, _tool_name(ctx, line)))
            continue
        make, sort = (_new_paper, "paper") if line.part == "paper" else (_new_step, "step")
        numbers[sort] += 1
        ctx.session.add(make(order, line, numbers[sort]))
    ctx.session.flush()
    _emit(ctx, "service.install_prepared", found, order, steps=numbers["step"], papers=numbers["paper"])
    return found


def renew(ctx: Ctx, order: Order) -> None:
    """The order is about another product or of another kind of work: what the table says then, as long as the customer
    has accepted nothing. What was done stays on record; steps added by hand stay.

    Inside the transaction of whoever calls; nothing happens where the table was asked the same before.
    """
    if order.kind != INSTALLATION:
        return
    found = queries.installation_of(ctx, order.id)
    if found is None:
        prepare(ctx, order)
        return
    facts = queries.facts_of(order)
    before = next((d for d in decisions_on(ctx, order) if d.table_name == TABLE), None)
    if before is not None and _given(before.facts) == _given(facts):
        return
    lock(ctx, found)
    steps, papers = queries.steps_of(ctx, order.id), queries.papers_of(ctx, order.id)
    if found.accepted_on is not None or any(s.state == "accepted" for s in steps):
        _emit(ctx, "service.install_kept", found, order)
        return
    lines = lines_of(rule(ctx, TABLE, facts, record=order).decision.all_outputs)
    at_work = [line for line in lines if line.part not in ("tool", "paper")]
    on_paper = [line for line in lines if line.part == "paper"]
    said = {v.step_id for v in queries.verdicts_of(ctx, order.id)}
    new_steps = renewed(steps, at_work, lambda s: s.state in ("done", "objected") or s.id in said)
    for step in new_steps[1]:
        step.state, step.reason = "dropped", _("Not for this product")
    _put_rows(ctx, order, new_steps, at_work, _new_step)
    _put_rows(ctx, order, renewed(papers, on_paper, lambda p: p.handed_at is not None), on_paper, _new_paper)
    _put_tools(ctx, order, lines_of(before.outputs) if before is not None else [], lines)
    far = queries.progress_of(ctx, order.id)
    if far is not None:
        product = order.product.name if order.product is not None else both(N_("no product"))
        _emit(ctx, "service.install_renewed", found, order, product=product, steps=far.steps, papers=far.papers)


def _given(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _put_rows(
    ctx: Ctx, order: Order, after: tuple[list[Any], list[Any], list[Any]], lines: Sequence[Line],
    make: Callable[[Order, Line, int], Any],
) -> None:  # fmt: skip
    """Put the rows in their new order; their numbers are unique, so they go out of the way first."""
    shown, stay, gone = after
    for row in gone:
        ctx.session.delete(row)
    kept = [row for row in (*shown, *stay) if not isinstance(row, Line)]
    numbers = {id(row): n for n, row in enumerate((*shown, *stay), 1)}
    if any(row.n != numbers[id(row)] for row in kept):
        for row in kept:
            row.n += len(kept) + len(gone) + len(lines)
    ctx.session.flush()
    said = {line.code: line for line in lines}
    for row in kept:
        row.n = numbers[id(row)]
        if row.code in said and _is_untouched(row):
            row.text = plain(said[row.code].text)
            if isinstance(row, InstallPaper):
                row.edition = said[row.code].edition[:80]
            else:
                row.part, row.mode = said[row.code].part, said[row.code].mode
    ctx.session.add_all([make(order, row, numbers[id(row)]) for row in shown if isinstance(row, Line)])
    ctx.session.flush()


def _is_untouched(row: InstallStep | InstallPaper) -> bool:
    return row.handed_at is None if isinstance(row, InstallPaper) else row.state == "open"


def _put_tools(ctx: Ctx, order: Order, before: Sequence[Line], lines: Sequence[Line]) -> None:
    """Tools to bring for the other product; those of the former one go unless they are packed or written by hand."""
    wanted, former = ([_tool_name(ctx, line) for line in some if line.part == "tool"] for some in (lines, before))
    there = [p for p in visit_queries.parts_of(ctx, order.id) if p.kind == "tool"]
    for part in there:
        if part.name in former and part.name not in wanted and part.packed_at is None and part.visit_id is None:
            ctx.session.delete(part)
    names = {part.name for part in there}
    ctx.session.add_all([_new_tool(order, name) for name in wanted if name not in names])
    ctx.session.flush()


def _tool_name(ctx: Ctx, line: Line) -> str:
    return (line.text.get(ctx.company.locale) or line.text["en"])[:200]


def _new_tool(order: Order, name: str) -> PartLine:
    return PartLine(order_id=order.id, kind="tool", name=name, planned=Decimal(1))


def _new_paper(order: Order, line: Line, n: int) -> InstallPaper:
    return InstallPaper(order_id=order.id, n=n, code=line.code[:40], text=plain(line.text), edition=line.edition[:80])


def _new_step(order: Order, line: Line, n: int) -> InstallStep:
    return InstallStep(
        order_id=order.id, n=n, code=line.code[:40], part=line.part, text=plain(line.text), mode=line.mode, state="open"
    )


def begin(ctx: Ctx, order_id: int) -> Installation:
    """Put its steps on an installation that has none: it came in before the table had rows for it."""
    ctx.require(WORK)
    with transaction(ctx):
        order = order_queries.get_order(ctx, order_id)
        require_open(order)
        found = prepare(ctx, order)
        if found is None:
            text = _("The rule table “What installations consist of” has nothing for {number}.", number=order.number)
            raise Conflict("no_steps", text)
        return found


def add_step(ctx: Ctx, installation_id: int, text: str, part: str = "step", mode: str = "us") -> InstallStep:
    """A further step, as the contract asks for it; it comes last."""
    with transaction(ctx):
        found, order = _to_change(ctx, installation_id)
        words = required(text, "text", _("Say what is done."), 200)
        chosen(part, tuple(PART_WORDS), "part")
        chosen(mode, tuple(MODE_WORDS), "mode")
        steps = queries.steps_of(ctx, order.id)
        if len(steps) >= MOST_STEPS:
            raise Conflict("too_many", _("At most {n} steps.", n=MOST_STEPS))
        if found.accepted_on is not None:
            raise Conflict("accepted_already", _("The whole is accepted already."))
        step = InstallStep(
            order_id=order.id, n=len(steps) + 1, part=part, text={"en": words, "zh": words}, mode=mode, state="open"
        )
        ctx.session.add(step)
        ctx.session.flush()
        _emit(ctx, "service.install_step_added", found, order, step=step.text)
        return step


def drop_step(ctx: Ctx, installation_id: int, step_id: int, reason: str) -> InstallStep:
    """Leave a step out: the contract does not ask for it, say."""
    with transaction(ctx):
        found, order, step = _step(ctx, installation_id, step_id, "drop")
        step.reason = required(reason, "reason", _("Give a reason."), 400)
        step.state = "dropped"
        _emit(ctx, "service.install_step_dropped", found, order, step=step.text, reason=step.reason)
        return step


def restore_step(ctx: Ctx, installation_id: int, step_id: int) -> InstallStep:
    """A step that was left out is to be done after all."""
    with transaction(ctx):
        found, order, step = _step(ctx, installation_id, step_id, "restore")
        step.state, step.reason = "open", ""
        _emit(ctx, "service.install_step_restored", found, order, step=step.text)
        return step


def arrange(
    ctx: Ctx, installation_id: int, data: ArrangementData, *, version: int | None = None
) -> Installation:
    """What is agreed about access to the site, evenings and weekends, and the customer's equipment (DST-4.4)."""
    with transaction(ctx):
        found, order = _to_change(ctx, installation_id, version)
        found.access, found.equipment = data.access.strip()[:2000], data.equipment.strip()[:2000]
        found.evenings, found.weekends = data.evenings, data.weekends
        found.hours_note = data.hours_note.strip()[:400]
        _emit(ctx, "service.install_arranged", found, order)
        return found


# --- step by step -----------------------------------------------------------------------------------------------------


def do_step(
    ctx: Ctx, installation_id: int, step_id: int, note: str = "", mode: str = "", *, at: dt.datetime | None = None
) -> InstallStep:
    """A step is done, by us or under our eyes; the customer has the word now. Training is done when somebody masters it
    and nobody is to be trained again (INS-1e).
    """
    with transaction(ctx):
        found, order, step = _step(ctx, installation_id, step_id, "do")
        if order.started_at is None:
            text = _("Nobody is on site yet: begin the work on {number} first.", number=order.number)
            raise Conflict("not_begun", text)
        moment = at or ctx.now
        if not order.started_at <= moment <= ctx.now:
            raise Invalid("bad_moment", _("It was done after the work began, and not later than now."), "at")
        if step.part == "training" and not trained(queries.trainees_of(ctx, order.id)):
            text = _("Write down who was trained: at least one masters it, and nobody is to be trained again.")
            raise Conflict("not_trained", text)
        step.mode = chosen(mode, tuple(MODE_WORDS), "mode") if mode else step.mode
        step.state, step.done_at, step.reason = "done", moment, ""
        step.done_by_id, step.done_by = ctx.actor.user_id, ctx.actor.name
        step.done_note = note.strip()[:2000]
        _emit(ctx, "service.install_step_done", found, order, step=step.text, mode=both(MODE_WORDS[step.mode]))
        return step


def object_to_step(ctx: Ctx, installation_id: int, step_id: int, who: str, reason: str) -> InstallStep:
    """The customer objects: the step is done anew. What was said stays."""
    with transaction(ctx):
        found, order, step = _step(ctx, installation_id, step_id, "object")
        step.reason = required(reason, "reason", _("What does the customer object to?"), 400)
        step.state = "objected"
        _say(ctx, order, "objected", who, step=step, reason=step.reason)
        _emit(ctx, "service.install_step_objected", found, order, step=step.text, reason=step.reason)
        return step


def accept(ctx: Ctx, installation_id: int, step_ids: Sequence[int], data: AcceptData, once: str) -> Installation:
    """The customer accepts steps that are done, with one signature or the reason for none; with ``final_on`` the whole,
    once every step is accepted. The same ``once`` again changes nothing.
    """
    with transaction(ctx):
        found, order = _to_change(ctx, installation_id)
        if visit_queries.sent_before(ctx, once) is not None:
            return found
        steps = [queries.get_step(ctx, order.id, step_id) for step_id in dict.fromkeys(step_ids)]
        if not steps and data.final_on is None:
            raise Invalid("nothing_chosen", _("Choose the steps that the customer accepts."), "steps")
        for step in steps:
            _require(step, "accept")
        who = required(data.who, "who", _("Who accepts it for the customer?"), 120)
        why, file = "", None
        if data.content:
            file = keep_picture(ctx, found, data.name, data.content)
        else:
            why = required(data.reason, "reason", _("Have it signed, or say why nobody signs."), 400)
        remember_on(ctx, once, "acceptance", order)
        for step in steps:
            step.state = "accepted"
            _say(ctx, order, "accepted", who, step=step, reason=why, file=file)
            _emit(ctx, "service.install_step_accepted", found, order, step=step.text, who=who)
        if data.final_on is not None:
            _accept_whole(ctx, found, order, who, data.final_on)
            _say(ctx, order, "accepted", who, reason=why, file=file)
            _emit(
                ctx, "service.installation_accepted", found, order, on=data.final_on.isoformat(), who=who,
                device_id=order.device_id, order_id=order.id,
            )  # fmt: skip
        return found


def refuse_whole(ctx: Ctx, installation_id: int, who: str, reason: str) -> Installation:
    """The customer does not accept the whole: what is missing is kept; further steps may be added for it."""
    with transaction(ctx):
        found, order = _to_change(ctx, installation_id)
        if found.accepted_on is not None:
            raise Conflict("accepted_already", _("The whole is accepted already."))
        why = required(reason, "reason", _("What does the customer object to?"), 400)
        _say(ctx, order, "objected", who, reason=why)
        _emit(ctx, "service.install_refused", found, order, reason=why)
        return found


def _accept_whole(ctx: Ctx, found: Installation, order: Order, who: str, on: dt.date) -> None:
    """Final acceptance: from its day a warranty may count (INS-1d), so it is put on the unit."""
    ctx.session.flush()
    if found.accepted_on is not None:
        raise Conflict("accepted_already", _("The whole is accepted already."))
    counted = [s for s in queries.steps_of(ctx, order.id) if s.state != "dropped"]
    left = [s for s in counted if s.state != "accepted"]
    if left:
        text = n_("{n} step is not accepted yet.", "{n} steps are not accepted yet.", len(left))
        raise Conflict("steps_open", text, "final_on")
    done = [s.done_at.astimezone(ctx.tz).date() for s in counted if s.done_at is not None]
    if on > ctx.today or (done and on < max(done)):
        text = _("It is accepted on the day of the last step or later, and not later than today.")
        raise Invalid("bad_day", text, "final_on")
    found.accepted_on, found.accepted_at, found.accepted_by = on, ctx.now, who
    if order.device_id is not None:
        installed = min(max(done, default=on), on)
        dated = base_services.date_unit(ctx, order.device_id, installed_on=installed, accepted_on=on)
        found.dated_on = on if dated else None


# --- papers and training ----------------------------------------------------------------------------------------------


def hand_paper(
    ctx: Ctx, installation_id: int, paper_id: int, received_by: str, edition: str = ""
) -> InstallPaper:
    """A paper was handed over: which edition, and to whom."""
    with transaction(ctx):
        found, order = _to_change(ctx, installation_id)
        paper = queries.get_paper(ctx, order.id, paper_id)
        if paper.handed_at is not None:
            raise Conflict("handed_already", _("{name} has it already.", name=paper.received_by))
        paper.received_by = required(received_by, "received_by", _("Who got it?"), 120)
        paper.edition = edition.strip()[:80] or paper.edition
        paper.handed_at, paper.handed_by, paper.dropped_reason = ctx.now, ctx.actor.name, ""
        _emit(
            ctx, "service.paper_handed", found, order, paper=paper.text, edition=paper.edition, who=paper.received_by
        )
        return paper


def drop_paper(ctx: Ctx, installation_id: int, paper_id: int, reason: str) -> InstallPaper:
    """The customer gets no such paper, with the reason."""
    with transaction(ctx):
        found, order = _to_change(ctx, installation_id)
        paper = queries.get_paper(ctx, order.id, paper_id)
        if paper.handed_at is not None:
            raise Conflict("handed_already", _("{name} has it already.", name=paper.received_by))
        paper.dropped_reason = required(reason, "reason", _("Give a reason."), 400)
        _emit(ctx, "service.paper_dropped", found, order, paper=paper.text, reason=paper.dropped_reason)
        return paper


def train(ctx: Ctx, installation_id: int, data: TraineeData) -> Trainee:
    """An operator was trained; who masters it was told so. The same name again is a further training."""
    with transaction(ctx):
        found, order = _to_change(ctx, installation_id)
        row = Trainee(
            order_id=order.id, name=required(data.name, "name", _("Who was trained?"), 120),
            job=data.job.strip()[:120], result=chosen(data.result, tuple(TRAINED_WORDS), "result"),
            note=data.note.strip()[:400], at=ctx.now, trainer_id=ctx.actor.user_id, trainer=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        _emit(ctx, "service.operator_trained", found, order, name=row.name, result=both(TRAINED_WORDS[row.result]))
        return row


# --- shared -----------------------------------------------------------------------------------------------------------


def _to_change(ctx: Ctx, installation_id: int, version: int | None = None) -> tuple[Installation, Order]:
    ctx.require(WORK)
    found = queries.get_installation(ctx, installation_id)
    lock(ctx, found)
    check_version(found, version)
    order = found.order
    require_open(order)
    return found, order


def _step(ctx: Ctx, installation_id: int, step_id: int, act: str) -> tuple[Installation, Order, InstallStep]:
    found, order = _to_change(ctx, installation_id)
    step = queries.get_step(ctx, order.id, step_id)
    ctx.session.refresh(step)
    _require(step, act)
    return found, order, step


def _require(step: InstallStep, act: str) -> None:
    if step.state not in MAY[act]:
        raise Conflict("step_changed", _("This step has changed meanwhile. Look at it again."))


def _say(
    ctx: Ctx, order: Order, verdict: str, who: str, *, step: InstallStep | None = None, reason: str = "",
    file: Any = None,
) -> None:  # fmt: skip
    row = InstallVerdict(
        order_id=order.id, step_id=step.id if step is not None else None, at=ctx.now, verdict=verdict,
        who=required(who, "who", _("Who says so for the customer?"), 120), reason=reason,
        file_id=file.id if file is not None else None, by_id=ctx.actor.user_id, by_name=ctx.actor.name,
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()


def _emit(ctx: Ctx, event: str, found: Installation, order: Order, /, **facts: Any) -> None:
    links = [RecordRef(ORDER, order.id), *links_of(order)]
    emit(ctx, event, found, links=links, number=order.number, **facts)
