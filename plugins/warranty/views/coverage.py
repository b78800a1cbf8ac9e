"""Decisions on coverage: deciding now, the page of a decision, deciding again, and what a person decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from sqlalchemy import orm

from core.api import (
    Conflict,
    Ctx,
    DomainError,
    FactError,
    Invalid,
    NotFound,
    RecordRef,
    Table,
    _,
    choose_table,
    compiled_in_force,
    find_task,
    possible,
    timeline,
)
from core.web_api import (
    clock_views,
    current_ctx,
    cursor_argument,
    day_of,
    decision_view_of,
    flash_done,
    flash_error,
    needs,
    own_ids,
    paged,
    pager_of,
    record_id,
    timeline_items,
    typed,
)
from plugins.base.queries import get_product, get_unit, unit_badges
from plugins.warranty import coverage_life as life
from plugins.warranty import coverage_words as words
from plugins.warranty.contracts import CoverageCase
from plugins.warranty.forms.coverage import (
    AgainForm,
    CaseForm,
    FactFields,
    ReasonForm,
    SettleForm,
    VersionForm,
    fields_of,
    given_of,
)
from plugins.warranty.models import CoverageDecision
from plugins.warranty.queries import coverage as queries
from plugins.warranty.rules import coverage as rules
from plugins.warranty.rules import rulesets
from plugins.warranty.services import coverage as services
from plugins.warranty.views.blueprint import blueprint

# --- decide now -------------------------------------------------------------------------------------------------------


@blueprint.route("/units/<int:unit_id>/decide", methods=["GET", "POST"])
@needs(life.DECIDE)
def decision_new(unit_id: int):
    """Decide what the warranty covers: facts are found by themselves, those that are missing are asked."""
    ctx = current_ctx()
    unit = get_unit(ctx, unit_id)
    form = CaseForm(
        formdata=typed(),
        problem=request.args.get("problem", ""),
        about_kind=request.args.get("about_kind", ""),
        about_id=request.args.get("about_id", ""),
    )
    asked = _Asked(ctx, _case(ctx, unit.id, form), request.form)
    status = 200
    if request.method == "POST":
        status = 422
        form_ok = form.validate()
        if asked.ready and form_ok and request.form.get("do") == "decide":
            try:
                made = services.decide(ctx, asked.case)
            except Invalid as error:
                asked.problems.append(error.message)
            else:
                flash_done(_("Decided: {number}", number=made.number))
                return redirect(url_for("warranty.decision_page", record_id=made.id))
        elif asked.ready and form_ok:
            status = 200
    page = render_template(
        "warranty/decide.html", unit=unit, form=form, asked=asked, words=words, extra=asked.problems,
        about=_about(ctx, form), earlier=queries.decisions_of(ctx, unit.id, 5),
    )  # fmt: skip
    return page, status


def _case(ctx: Ctx, unit_id: int, form: CaseForm) -> CoverageCase:
    about = record_id(form.about_id.data)
    ref = RecordRef(form.about_kind.data, about) if about and form.about_kind.data in ctx.registry.kinds else None
    return CoverageCase(unit_id, form.problem.data or "", ref, {}, day_of(request.form.get("handed_in")))


def _about(ctx: Ctx, form: CaseForm) -> Any:
    about = record_id(form.about_id.data)
    kind = ctx.registry.kinds.get(form.about_kind.data or "")
    if about is None or kind is None or not ctx.can(kind.view or life.SEE):
        return None
    model: Any = kind.model
    row = ctx.session.scalar(sa.select(model).where(model.id == about))
    return (kind.number(row), url_for(kind.endpoint, record_id=row.id)) if row is not None and kind.endpoint else None


class _Asked:
    """A case as entered so far: what was found, what is asked, and what would be decided now."""

    def __init__(self, ctx: Ctx, case: CoverageCase, args: Any, given: dict[str, Any] | None = None):
        self.problems: list[str] = []
        self.verdict: words.Verdict | None = None
        self.what_ifs: list[str] = []
        self.row: int | None = None
        self.clause = self.note = ""
        self.errors: dict[str, str] = {}
        self.case = CoverageCase(case.unit_id, case.problem, case.about, given or {}, case.handed_in)
        self.found = self._find(ctx)
        self.table, self.rule_set = self._table(ctx)
        said, self.errors = given_of(self.table, self.found, args)
        self.case = CoverageCase(
            case.unit_id, case.problem, case.about, {**(given or {}), **said}, case.handed_in
        )
        self.found = self._find(ctx)
        self.table, self.rule_set = self._table(ctx)
        wanted = self._try(ctx)
        self.fields: FactFields = fields_of(self.table, self.found, args, self.errors, wanted)

    @property
    def ready(self) -> bool:
        """Whether it can be decided now."""
        return not self.errors and not self.problems

    def _find(self, ctx: Ctx) -> queries.Facts:
        try:
            self.problems = []
            return queries.find_facts(ctx, self.case)
        except Invalid as error:
            self.problems = [error.message]
            found = queries.Facts()
            found.put("assumed", **queries.ASSUMED)
            found.put("given", **queries.typed_facts(self.case.given))
            self.missing = error.field or ""
            return found

    def _table(self, ctx: Ctx) -> tuple[Table, str]:
        try:
            name, _choice = choose_table(ctx, rulesets.KIND, self.found.values)
        except DomainError as error:
            self.problems = [*self.problems, error.message]
            name = rulesets.KIND
        return compiled_in_force(ctx, name, self._as_of(ctx, name)).table, rulesets.code_of(name)

    def _as_of(self, ctx: Ctx, name: str) -> dt.date:
        day = self.found.values.get(compiled_in_force(ctx, name).table.as_of)
        return day if isinstance(day, dt.date) else ctx.today

    def _try(self, ctx: Ctx) -> list[str]:
        """What would be decided now; answers the names of facts that are missing or would matter."""
        wanted = ["sold"] if self.problems else []
        if self.problems or self.errors:
            return wanted
        compiled = compiled_in_force(ctx, self.table.name, self._as_of(ctx, self.table.name))
        try:
            decision = compiled.decide(self.found.values)
        except FactError as error:
            self.errors |= {p.fact: p.text() for p in error.problems if compiled.table.input(p.fact)}
            return [p.fact for p in error.problems]
        self.row = decision.row_number
        fired = compiled.table.rows[decision.row_index] if decision.row_index >= 0 else None
        if fired is not None:
            self.clause, self.note = fired.clause, words.label(fired.note)
        self.verdict = words.verdict_of(decision.outputs)
        self.what_ifs = words.what_ifs(decision)
        return rules.worth_asking(decision)

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """(fact, value, source) of what was found and the rule set asks for."""
        return [
            (words.fact_label(c.name), words.fact_words(c.name, self.found.values[c.name]), words.source_words(
                self.found.sources[c.name]
            ))
            for c in self.table.inputs
            if c.name in self.found.values
        ]  # fmt: skip

    def rule_set_words(self, ctx: Ctx) -> str:
        """What the rule set is called."""
        return words.rule_set_words(ctx, self.rule_set)


# --- one decision -----------------------------------------------------------------------------------------------------


@blueprint.get("/decisions/<int:record_id>")
@needs(life.SEE)
def decision_page(record_id: int):
    """One decision: what holds, by which rule and facts, until when, what would change it, and what it replaced."""
    ctx = current_ctx()
    return _page(ctx, queries.get_decision(ctx, record_id))


def _page(ctx: Ctx, row: CoverageDecision, failed: str = "", form: Any = None, extra: tuple[str, ...] = ()):
    decision = queries.recalled(ctx, row)
    stored, choice = queries.ruling_of(ctx, row.ruling_id), queries.ruling_of(ctx, row.choice_id)
    verdict = words.verdict(ctx, row)
    view = None
    if stored is not None and decision is not None:
        view = decision_view_of(ctx, stored, verdict=verdict.words, kind=verdict.tone or "info")
        view = replace(view, alternatives=words.what_ifs(decision))
    forms = {"settle": SettleForm, "approve": VersionForm}
    forms |= {"redecide": AgainForm, **dict.fromkeys(("refuse", "refer", "ask_again"), ReasonForm)}
    shown = {name: make(formdata=None, version=row.version) for name, make in forms.items()}
    for key, one in shown.items():
        own_ids(key, one)
    if form is not None:
        shown[failed] = form
    asked = None
    if row.is_open and ctx.can(life.DECIDE):
        case = CoverageCase(row.device_id, row.problem, None, {}, row.handed_in)
        asked = _Asked(ctx, case, request.form if failed == "redecide" else {}, queries.typed_facts(row.given))
    fired = decision.compiled.table.rows[decision.row_index] if decision and decision.row_index >= 0 else None
    return render_template(
        "warranty/decision.html",
        row=row,
        badges_of=unit_badges(ctx, [row.device_id]),
        verdict=verdict,
        view=view,
        plain_view=replace(view, alternatives=()) if view is not None else None,
        choice=decision_view_of(ctx, choice) if choice is not None else None,
        fired=fired,
        former=queries.get_decision(ctx, row.former_id) if row.former_id else None,
        follower=queries.follower_of(ctx, row.id),
        about=_record_link(ctx, row),
        clocks=clock_views(ctx, row),
        loaner_due=services.loaner_is_due(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
        can={t.name for t in possible(ctx, life.DECISIONS, row)},
        forms=shown,
        failed=failed,
        extra=list(extra),
        asked=asked,
        words=words,
    )


def _record_link(ctx: Ctx, row: CoverageDecision) -> tuple[str, str] | None:
    kind = ctx.registry.kinds.get(row.about_kind)
    if kind is None or row.about_id is None or not ctx.can(kind.view or life.SEE) or not kind.endpoint:
        return None
    model: Any = kind.model
    found = ctx.session.scalar(sa.select(model).where(model.id == row.about_id))
    return (kind.number(found), url_for(kind.endpoint, record_id=found.id)) if found is not None else None


@blueprint.post("/decisions/<int:record_id>/again")
@needs(life.DECIDE)
def decision_again(record_id: int):
    """A fact has changed: decide anew."""
    ctx = current_ctx()
    row = queries.get_decision(ctx, record_id)
    form = AgainForm()
    handed_in = day_of(request.form.get("handed_in")) or row.handed_in
    case = CoverageCase(row.device_id, row.problem, None, {}, handed_in)
    asked = _Asked(ctx, case, request.form, queries.typed_facts(row.given))
    if not form.validate() or not asked.ready:
        ctx.session.refresh(row)
        return _page(ctx, row, "redecide", form, tuple(asked.problems)), 422
    return _do(row, "redecide", form, lambda: services.redecide(
        ctx, row.id, asked.case.given, form.reason.data or "", handed_in=case.handed_in, version=form.seen
    ), valid=True)


@blueprint.post("/decisions/<int:record_id>/settle")
@needs(life.SETTLE)
def decision_settle(record_id: int):
    """A person decides what the rules leave open."""
    ctx = current_ctx()
    form = SettleForm()

    def verb() -> CoverageDecision:
        outputs: dict[str, Any] = {"charge": form.charge.data, "price_list": form.price_list.data}
        if form.remedy.data:
            outputs[form.remedy.data] = 1
        return services.settle(ctx, record_id, outputs, form.reason.data or "", version=form.seen)

    return _do(queries.get_decision(ctx, record_id), "settle", form, verb)


@blueprint.post("/decisions/<int:record_id>/approve")
@needs(life.APPROVE)
def decision_approve(record_id: int):
    """Agree to a decision that needs it."""
    ctx = current_ctx()
    form = VersionForm()
    return _do(queries.get_decision(ctx, record_id), "approve", form, lambda: services.approve(
        ctx, record_id, version=form.seen
    ))


@blueprint.post("/decisions/<int:record_id>/refuse")
@needs(life.APPROVE)
def decision_refuse(record_id: int):
    """Do not agree to it, with a reason."""
    ctx = current_ctx()
    form = ReasonForm()
    return _do(queries.get_decision(ctx, record_id), "refuse", form, lambda: services.refuse(
        ctx, record_id, form.reason.data or "", version=form.seen
    ))


@blueprint.post("/decisions/<int:record_id>/refer")
@needs(life.DECIDE)
def decision_refer(record_id: int):
    """Leave it to a person who has the right."""
    ctx = current_ctx()
    form = ReasonForm()
    return _do(queries.get_decision(ctx, record_id), "refer", form, lambda: services.refer(
        ctx, record_id, form.reason.data or "", version=form.seen
    ))


@blueprint.post("/decisions/<int:record_id>/ask-again")
@needs(life.DECIDE)
def decision_ask_again(record_id: int):
    """Ask again for an approval that was refused."""
    ctx = current_ctx()
    form = ReasonForm()
    return _do(queries.get_decision(ctx, record_id), "ask_again", form, lambda: services.ask_again(
        ctx, record_id, form.reason.data or "", version=form.seen
    ))


@blueprint.post("/decisions/<int:record_id>/loaner")
@needs(life.DECIDE)
def decision_loaner(record_id: int):
    """The customer has got a loaner."""
    ctx = current_ctx()
    services.hand_out_loaner(ctx, record_id)
    flash_done(_("Loaner handed out"))
    return redirect(url_for("warranty.decision_page", record_id=record_id))


def _do(row: CoverageDecision, action: str, form: Any, verb: Callable[[], CoverageDecision], *, valid: bool = False):
    ctx = current_ctx()
    extra: list[str] = []
    status = 422
    if valid or form.validate():
        try:
            done = verb()
        except DomainError as error:
            if error.status in (403, 404):
                raise
            extra, status = form.refuse(error), error.status
        else:
            flash_done(_("Saved"))
            return redirect(url_for("warranty.decision_page", record_id=done.id))
    ctx.session.refresh(row)
    return _page(ctx, row, action, form, tuple(extra)), status


# --- all cases of a product again -------------------------------------------------------------------------------------


@blueprint.post("/products/<int:product_id>/again")
@needs(life.REDECIDE)
def product_again(product_id: int):
    """Have all cases of a product's units decided again, as work in the background."""
    ctx = current_ctx()
    product = get_product(ctx, product_id)
    reason = request.form.get("reason", "").strip()
    if not reason:
        flash_error(Conflict("reason_needed", _("Say why they are decided again; every new decision says it.")))
        return redirect(url_for("base.product_page", record_id=product.id))
    task = services.order_redecide(ctx, product.id, reason[:500])
    return redirect(url_for("tasks.task_page", record_id=task.id))


@blueprint.get("/decisions/again/<int:record_id>")
@needs(life.REDECIDE)
def redecided_page(record_id: int):
    """What such a piece of work has changed: before and after, paged."""
    ctx = current_ctx()
    task = find_task(ctx, record_id)
    if task.kind != services.REDECIDE_TASK:
        raise NotFound("unknown_task", _("There is no such background work."))
    query = sa.select(CoverageDecision).where(CoverageDecision.task_id == task.id)
    query = query.options(orm.joinedload(CoverageDecision.device), orm.joinedload(CoverageDecision.customer))
    page = paged(ctx, query, [CoverageDecision.id], cursor=cursor_argument())
    former = queries.by_ids(ctx, [r.former_id for r in page.rows])
    rows = [(row, *words.compared(ctx, former[row.former_id].outputs, row.outputs)) for row in page.rows]
    return render_template(
        "warranty/redecided.html", task=task, counts=task.result or task.cursor, rows=rows, pager=pager_of(page)
    )
