"""Calling: the next call, its page, what came of it; who calls whom; promises. The list of promises is declared."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, session, url_for
from werkzeug.datastructures import MultiDict

from core.api import Ctx, DomainError, Offer, _, ask, collect, get_locale, timeline, use_locale
from core.web_api import (
    Key,
    carry_out,
    clock_views,
    current_ctx,
    cursor_argument,
    first_line,
    flash_done,
    flash_error,
    form_token,
    needs,
    paged,
    panels_of,
    pressed,
    timeline_items,
)
from plugins.base.contracts import CONTACT, LANGUAGE_WORDS
from plugins.base.queries import (
    contacts_of,
    customer_summary,
    get_customer,
    number_words,
    persons_of,
    phones_of,
    unit_badges,
    units_of,
)
from plugins.callback.calling_contracts import PROMISE_KIND_WORDS, TRY_RESULTS, Questions, ResultData
from plugins.callback.contracts import PART_WORDS, RESULT_WORDS
from plugins.callback.forms.calling import CallResultForm, GiveForm, HandOverForm, PromiseForm
from plugins.callback.lists.promises import mark_of
from plugins.callback.models import Call, Promise
from plugins.callback.queries import calling as queries
from plugins.callback.queries import calls
from plugins.callback.queries.words import wishes_words
from plugins.callback.services import calling as services
from plugins.callback.services import promises
from plugins.callback.services.calling import LEAD, MAKE
from plugins.callback.services.promises import WORK
from plugins.callback.views.blueprint import blueprint
from plugins.callback.views.calls import call_page

SEE = "callback.call.view"
_DONE = "calls_done"
"""In the session: drafts on this device whose result the server has."""
_ANSWER = "q."
"""Fields of questions begin with it."""
_PERSON = "person"
"""The argument that says which contact person is on the phone."""


# --- the desk of one caller -----------------------------------------------------------------------------------------


@blueprint.get("/calling/")
@needs(MAKE)
def calling_page():
    """What is due for this person, and the button for the next call."""
    ctx = current_ctx()
    rows = queries.next_few(ctx)
    return render_template(
        "callback/calling.html",
        waiting=queries.waiting(ctx),
        held=queries.held_call(ctx, ctx.actor.user_id),
        rows=rows,
        why=calls.reasons_of(ctx, [row.id for row in rows]),
        names=calls.names_of(ctx, [row.assignee_id for row in rows]),
        parts=PART_WORDS,
        today=queries.done_today(ctx, [ctx.actor.user_id]).get(ctx.actor.user_id or 0, (0, 0)),
        done=_drafts_done(),
    )


def _drafts_done() -> list[str]:
    return session.pop(_DONE, [])


@blueprint.post("/calling/next")
@needs(MAKE)
def calling_next():
    """Hand out the next call and go to its page."""
    return _next(current_ctx())


def _next(ctx: Ctx) -> Any:
    row = services.next_call(ctx)
    if row is None:
        flash_done(_("No call is due now."))
        return redirect(url_for("callback.calling_page"))
    return redirect(url_for("callback.calling_call", record_id=row.id))


@blueprint.post("/calls/<int:record_id>/take")
@needs(MAKE)
def calling_take(record_id: int):
    """Take this very call."""
    ctx = current_ctx()
    try:
        services.take_call(ctx, record_id)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
        return redirect(url_for("callback.call_page", record_id=record_id))
    return redirect(url_for("callback.calling_call", record_id=record_id))


# --- one call -------------------------------------------------------------------------------------------------------


@blueprint.get("/calling/<int:record_id>")
@needs(MAKE)
def calling_call(record_id: int):
    """The page of a call in progress; with what was typed on it before."""
    ctx = current_ctx()
    row = calls.get_call(ctx, record_id)
    draft = queries.draft_of(ctx, row.id, ctx.actor.user_id)
    form = CallResultForm(formdata=None, token=form_token())
    fields = draft.fields if draft is not None else {}
    _offer(ctx, form, row)
    form.promise_for.data = ctx.actor.user_id or 0
    if fields:
        _fill(form, fields)
    answers = {k: tuple(v) for k, v in fields.items() if k.startswith(_ANSWER)}
    return _call(ctx, row, form, answers, typed=bool(fields))


def _fill(form: CallResultForm, fields: dict[str, list[str]]) -> None:
    """Put a draft back into the form, as if it had just been typed; its key stays, so that it still counts once."""
    typed = MultiDict([(k, v) for k, values in fields.items() for v in values if not k.startswith(_ANSWER)])
    for field in form:
        if field.short_name not in ("csrf_token", "version"):
            field.process(typed)


def _offer(ctx: Ctx, form: CallResultForm, row: Call) -> None:
    phones = phones_of(ctx, row.customer_id)
    form.phone.choices = [(n, number_words(ctx, n)) for n in [p.number for p in phones] or [row.phone] if n]
    form.result.choices = [(code, _(RESULT_WORDS[code])) for code in TRY_RESULTS]
    form.promise_for.choices = _people(ctx)
    if not form.phone.data and form.phone.choices:
        form.phone.data = row.phone if row.phone in dict(form.phone.choices) else form.phone.choices[0][0]


def _people(ctx: Ctx) -> list[tuple[int, str]]:
    """Who makes calls, and this person."""
    found = dict(calls.agent_choices(ctx))
    if ctx.actor.user_id is not None:
        found.setdefault(ctx.actor.user_id, ctx.actor.name)
    return sorted(found.items(), key=lambda pair: (pair[1], pair[0]))


def _questions(ctx: Ctx, row: Call, needs_: list) -> list[Questions]:
    codes = sorted({need.questionnaire for need in needs_ if need.questionnaire})
    return (ask(ctx, "call_questions", call=row, codes=codes) or []) if codes else []


def _fault_offers(ctx: Ctx, row: Call, contact_id: int | None = None) -> list[Offer]:
    """What a fault on this call can become in other modules: the same as on the intake page."""
    model: Any = ctx.registry.kinds[CONTACT].model
    contact = model(
        id=contact_id, company_id=ctx.company_id, channel="phone", direction="out", received_at=ctx.now,
        customer_id=row.customer_id, matter="fault", state="open",
    )  # fmt: skip
    answers = collect(ctx, "contact_offers", contact=contact)
    return [o for a in answers if not a.error for o in a.value if o.primary]


def _call(
    ctx: Ctx, row: Call, form: CallResultForm, answers: dict, *, typed: bool, error: DomainError | None = None,
    status: int = 200,
):  # fmt: skip
    extra = form.refuse(error) if error is not None else []
    form.token.data = form.token.data or form_token()  # a draft may have come without
    customer = get_customer(ctx, row.customer_id)
    needs_ = calls.needs_of(ctx, [row.id]).get(row.id, [])
    units = units_of(ctx, customer.id)
    concerned = {need.device_id for need in needs_ if need.device_id is not None}
    summary = customer_summary(ctx, customer)
    persons = persons_of(ctx, customer.id)
    spoken_to = next((p for p in persons if str(p.id) == request.args.get(_PERSON)), None)
    noted = (spoken_to.language if spoken_to is not None else "") or customer.language
    with use_locale(noted or get_locale()):  # what is read out to the customer
        script, questions = queries.script(ctx), _questions(ctx, row, needs_)
    page = render_template(
        "callback/calling_call.html",
        call=row,
        customer=customer,
        form=form,
        extra=extra,
        wrong=f"{_ANSWER}{error.field}" if error is not None and extra else "",
        open=typed or row.state in ("released", "calling"),
        mine=row.state == "calling" and row.locked_by == ctx.actor.user_id,
        holder=calls.names_of(ctx, [row.locked_by]).get(row.locked_by or 0, "") if queries.is_held(ctx, row) else "",
        phones=phones_of(ctx, customer.id),
        persons=persons,
        spoken_to=spoken_to,
        languages={code: _(words) for code, words in LANGUAGE_WORDS.items() if code},
        needs=[(need, calls.reason_words(ctx, need.reason)) for need in needs_],
        units=sorted(units, key=lambda u: (u.id not in concerned, -u.id)),
        concerned=concerned,
        badges=unit_badges(ctx, [u.id for u in units]),
        summary=summary,
        figures=[(figure.label, figure.value) for figure in summary.figures],
        contacts=contacts_of(ctx, customer.id, limit=5),
        wishes=wishes_words(calls.preference_of(ctx, customer.id)),
        script=script,
        questions=questions,
        speaks=_(LANGUAGE_WORDS[noted]) if noted and noted != get_locale() else "",
        codes=sorted({need.questionnaire for need in needs_ if need.questionnaire}),
        answers=answers,
        offers=_fault_offers(ctx, row),
        tries=[(one, _(RESULT_WORDS[one.result])) for one in queries.tries_of(ctx, row.id)],
        panels=panels_of(ctx, customer, acting=False),
        draft_key=_draft_key(ctx, row.id),
        done=_drafts_done(),
    )
    return page, status


def _draft_key(ctx: Ctx, call_id: int) -> str:
    return f"call-{ctx.company.code}-{ctx.actor.user_id}-{call_id}"


@blueprint.post("/calling/<int:record_id>")
@needs(MAKE)
def calling_result(record_id: int):
    """Keep the result, then go on: to the next call, to what a fault becomes, or back to the desk."""
    ctx = current_ctx()
    row = calls.get_call(ctx, record_id)
    form = CallResultForm(formdata=request.form)
    _offer(ctx, form, row)
    answers = {k: tuple(request.form.getlist(k)) for k in request.form if k.startswith(_ANSWER)}
    if not form.validate():
        return _call(ctx, row, form, answers, typed=True, status=422)
    offer = next(iter(_fault_offers(ctx, row)), None) if form.fault.data else None
    try:
        came = services.record_result(ctx, row.id, _data(form, answers, goes_on=offer is not None))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _call(ctx, row, form, answers, typed=True, error=error, status=error.status)
    session[_DONE] = [*session.get(_DONE, []), _draft_key(ctx, row.id)][-20:]
    flash_done(_("{name}: {result}", name=row.customer.name, result=_(RESULT_WORDS[form.result.data])))
    if offer is not None and came.contact_id is not None and not came.again:
        return redirect(_with_contact(_fault_offers(ctx, row, came.contact_id), offer.key))
    return _next(ctx) if request.form.get("step") != "stop" else redirect(url_for("callback.calling_page"))


def _with_contact(offers: list[Offer], key: str) -> str:
    return next((o.url for o in offers if o.key == key), url_for("callback.calling_page"))


def _data(form: CallResultForm, answers: dict[str, tuple[str, ...]], *, goes_on: bool) -> ResultData:
    return ResultData(
        key=form.token.data or "",
        result=form.result.data or "",
        note=form.note.data or "",
        phone=form.phone.data or "",
        promise=form.promise.data or "",
        promise_until=form.promise_until.data,
        promise_for=form.promise_for.data or None,
        complaint=bool(form.complaint.data),
        fault=bool(form.fault.data),
        fault_goes_on=goes_on,
        answers={name.removeprefix(_ANSWER): values for name, values in answers.items() if any(values)},
    )


@blueprint.post("/calling/<int:record_id>/draft")
@needs(MAKE)
def calling_draft(record_id: int):
    """Keep what is typed while the call goes on."""
    fields = {k: request.form.getlist(k) for k in request.form if k not in ("csrf_token", "version", "step")}
    services.save_draft(current_ctx(), record_id, fields)
    return "", 204


@blueprint.post("/calling/<int:record_id>/back")
@needs(MAKE)
def calling_back(record_id: int):
    """Give the call back; whoever leads frees those of others."""
    ctx = current_ctx()
    own = calls.get_call(ctx, record_id).locked_by == ctx.actor.user_id
    back = url_for("callback.calling_page" if own else "callback.calling_now")
    return pressed(lambda: services.free_call(ctx, record_id), _("Call given back"), back)


# --- who calls whom -------------------------------------------------------------------------------------------------


@blueprint.get("/calling/now")
@needs(LEAD)
def calling_now():
    """Who calls whom now, what everybody has to call today, and giving calls to somebody else."""
    return _now(current_ctx())


def _now(ctx: Ctx, form: HandOverForm | None = None, extra: list[str] | None = None, status: int = 200):
    page = paged(ctx, queries.under_way(ctx), [Key(Call.locked_at, nullable=False), Call.id], cursor=cursor_argument())
    rows = [(row, bool(is_kept)) for row, is_kept in page.rows]
    loads = queries.loads(ctx)
    people = [*(row.locked_by for row, _kept in rows), *(who for who, _due, _late in loads)]
    form = form or HandOverForm(formdata=None, version="")
    _offer_people(ctx, form)
    shown = render_template(
        "callback/calling_now.html",
        rows=rows,
        pager=page.pager(lambda cursor: url_for("callback.calling_now", cursor=cursor)),
        loads=loads,
        names=calls.names_of(ctx, people),
        today=queries.done_today(ctx, people),
        form=form,
        extra=extra or [],
    )
    return shown, status


def _offer_people(ctx: Ctx, form: HandOverForm) -> None:
    people = _people(ctx)
    form.from_id.choices = first_line(_("choose"), people)
    form.to_id.choices = first_line(_("whoever is free"), people)


@blueprint.post("/calling/hand-over")
@needs(LEAD)
def calling_hand_over():
    """Give the calls ahead of somebody who is away to another person."""
    ctx = current_ctx()
    form = HandOverForm(formdata=request.form)
    _offer_people(ctx, form)
    return carry_out(
        form,
        lambda: services.give_calls(ctx, form.from_id.data, form.to_id.data or None, form.until.data),
        lambda count: _("Calls handed over: {n}", n=count),
        url_for("callback.calling_now"),
        lambda extra, status: _now(ctx, form, extra, status),
    )


# --- attempts and promises ------------------------------------------------------------------------------------------


@blueprint.get("/tries/<int:record_id>")
@needs(SEE)
def try_page(record_id: int):
    """An attempt stands on the page of its call."""
    return call_page(queries.get_try(current_ctx(), record_id).call_id)


@blueprint.get("/promises/<int:record_id>")
@needs(SEE)
def promise_page(record_id: int):
    """One promise, or a task from a call."""
    ctx = current_ctx()
    return _promise(ctx, queries.get_promise(ctx, record_id))


def _promise(ctx: Ctx, row: Promise, failed: Any = None, extra: list[str] | None = None, status: int = 200):
    form = failed if isinstance(failed, PromiseForm) else PromiseForm(formdata=None, version=row.version)
    give = failed if isinstance(failed, GiveForm) else GiveForm(formdata=None, version=row.version)
    give.user_id.choices = _people(ctx)
    if not isinstance(failed, GiveForm):
        give.user_id.data = row.assignee_id
    names = calls.names_of(ctx, [row.assignee_id])
    page = render_template(
        "callback/promise.html",
        row=row,
        mark=mark_of(row),
        kind=_(PROMISE_KIND_WORDS[row.kind]),
        person=names.get(row.assignee_id or 0, ""),
        clocks=clock_views(ctx, row),
        may_work=ctx.can(WORK) and row.state == "open",
        form=form,
        give=give,
        failed=failed,
        extra=extra or [],
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )
    return page, status


@blueprint.post("/promises/<int:record_id>/end")
@needs(WORK)
def promise_end(record_id: int):
    """It is done, or given up (``step`` give_up)."""
    ctx = current_ctx()
    form = PromiseForm(formdata=request.form)
    queries.get_promise(ctx, record_id)
    end = promises.give_up_promise if request.form.get("step") == "give_up" else promises.keep_promise
    return carry_out(
        form,
        lambda: end(ctx, record_id, form.result.data or "", version=form.seen),
        _("Saved"),
        url_for("callback.promise_page", record_id=record_id),
        lambda extra, status: _promise(ctx, queries.get_promise(ctx, record_id), form, extra, status),
    )


@blueprint.post("/promises/<int:record_id>/give")
@needs(WORK)
def promise_give(record_id: int):
    """Somebody else does it."""
    ctx = current_ctx()
    form = GiveForm(formdata=request.form)
    form.user_id.choices = _people(ctx)
    queries.get_promise(ctx, record_id)
    return carry_out(
        form,
        lambda: promises.give_promise(ctx, record_id, form.user_id.data, version=form.seen),
        _("Saved"),
        url_for("callback.promise_page", record_id=record_id),
        lambda extra, status: _promise(ctx, queries.get_promise(ctx, record_id), form, extra, status),
    )
