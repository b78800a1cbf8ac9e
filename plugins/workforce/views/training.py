"""Pages of the training plan and its sessions. The list is declared."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, _, timeline
from core.web_api import carry_out, current_ctx, first_line, form_page, needs, panels_of, pressed, timeline_items, typed
from plugins.workforce.contracts import (
    ATTENDED_WORDS,
    RESULT_WORDS,
    SESSION_STATE_WORDS,
    AttendedData,
    SessionData,
    TrainingData,
)
from plugins.workforce.forms.common import ReasonForm, VersionForm
from plugins.workforce.forms.training import InviteForm, SessionForm, TrainingForm
from plugins.workforce.lists.training import EDIT, RECORD, SEE
from plugins.workforce.models import Training, TrainingSession
from plugins.workforce.queries import duty, people
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.queries import training as queries
from plugins.workforce.rules.duty import instant
from plugins.workforce.services import training as services
from plugins.workforce.views.blueprint import blueprint


@blueprint.get("/trainings/<int:record_id>")
@needs(SEE)
def training_page(record_id: int):
    """One training: why, for whom, its sessions."""
    ctx = current_ctx()
    return _training(ctx, queries.get_training(ctx, record_id))


def _training(ctx: Ctx, row: Training, form: SessionForm | None = None, extra: list[str] | None = None, status=200):
    sessions = queries.sessions_of(ctx, row.id)
    counts = queries.counts(ctx, [s.id for s in sessions])
    may_edit = ctx.can(EDIT) and row.open
    if form is None:
        day = max(ctx.today + dt.timedelta(days=7), ctx.today)
        needing = _needing(ctx, row)
        form = SessionForm(
            formdata=None, starts_at=instant(day, 9 * 60, ctx.tz), ends_at=instant(day, 17 * 60, ctx.tz),
            people=sorted(needing),
        )  # fmt: skip
    form.people.choices = people.people(ctx)
    shown = render_template(
        "workforce/training.html",
        training=row,
        skill=row.skill,
        name=people.name_of(ctx, row.assignee_id),
        unit=people.unit_names(ctx).get(row.unit_id or 0, ""),
        overdue=row.open and row.due_on < ctx.today,
        sessions=[
            (s, duty.span_words(ctx, s.starts_at, s.ends_at), _(SESSION_STATE_WORDS[s.state]),
             counts.get(s.id, (0, 0, 0)))
            for s in sessions
        ],
        form=form,
        extra=extra or [],
        may_edit=may_edit,
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return shown, status


def _needing(ctx: Ctx, row: Training) -> set[int]:
    """Who needs it first: whose certificate has ended, or ends while people are already warned of it."""
    if row.skill is None:
        return set()
    ahead = dt.timedelta(days=skill_queries.warn_days(ctx, row.skill))
    return queries.in_need(ctx, row.skill.id, ctx.today + ahead) & set(dict(people.people(ctx)))


@blueprint.route("/trainings/new", methods=["GET", "POST"])
@needs(EDIT)
def training_new():
    """Put a training into the plan."""
    ctx = current_ctx()
    due = ctx.today + dt.timedelta(days=30)
    return _training_form(ctx, TrainingForm(formdata=typed(), version="", due_on=due), None)


@blueprint.route("/trainings/<int:record_id>/edit", methods=["GET", "POST"])
@needs(EDIT)
def training_edit(record_id: int):
    """Change a training of the plan, or close it."""
    ctx = current_ctx()
    row = queries.get_training(ctx, record_id)
    form = TrainingForm(
        formdata=typed(), title=row.title, due_on=row.due_on, audience=row.audience, need=row.need, open=row.open,
        skill_id=row.skill_id or 0, user_id=row.assignee_id or 0, unit_id=row.unit_id or 0, version=row.version,
    )  # fmt: skip
    return _training_form(ctx, form, row)


def _training_form(ctx: Ctx, form: TrainingForm, row: Training | None):
    form.skill_id.choices = first_line(
        _("no certificate"), skill_queries.offered(ctx, keep=row.skill_id if row else None)
    )
    form.user_id.choices = first_line(_("nobody in particular"), people.people(ctx))
    form.unit_id.choices = first_line(_("the whole company"), people.units(ctx))

    def save() -> Training:
        due = form.due_on.data
        assert due is not None
        data = TrainingData(
            form.title.data or "", due, form.need.data or "", form.audience.data or "", form.skill_id.data or None,
            form.user_id.data or None, form.unit_id.data or None, bool(form.open.data),
        )  # fmt: skip
        return services.save_training(ctx, data, row.id if row else None, version=form.seen if row else None)

    return form_page(
        form, save, "workforce/training_form.html",
        lambda saved: url_for("workforce.training_page", record_id=saved.id), training=row,
    )  # fmt: skip


@blueprint.post("/trainings/<int:record_id>/sessions")
@needs(EDIT)
def session_plan(record_id: int):
    """Set a time for a training and invite people."""
    ctx = current_ctx()
    row = queries.get_training(ctx, record_id)
    form = SessionForm(formdata=request.form)
    form.people.choices = people.people(ctx)
    made: list[TrainingSession] = []

    def save() -> None:
        begins, ends = form.starts_at.data, form.ends_at.data
        assert begins is not None
        assert ends is not None
        data = SessionData(begins, ends, form.place.data or "", form.trainer.data or "")
        made.append(services.plan_session(ctx, row.id, data, form.people.data or []))

    return carry_out(
        form, save, _("Planned"), url_for("workforce.training_page", record_id=record_id),
        lambda extra, status: _training(ctx, queries.get_training(ctx, record_id), form, extra, status),
    )


@blueprint.get("/sessions/<int:record_id>")
@needs(SEE)
def session_page(record_id: int):
    """One session: who is invited, who was there, who passed."""
    ctx = current_ctx()
    return _session(ctx, queries.get_session(ctx, record_id))


def _session(ctx: Ctx, row: TrainingSession, failed: Any = None, extra: list[str] | None = None, status: int = 200):
    training = queries.get_training(ctx, row.training_id)
    rows = queries.attendance_of(ctx, row.id)
    names = people.names_of(ctx, [a.user_id for a in rows])
    there = {a.user_id for a in rows}
    invite = InviteForm(formdata=None)
    invite.people.choices = [p for p in people.people(ctx) if p[0] not in there]
    typed_in = request.form if isinstance(failed, VersionForm) and not isinstance(failed, ReasonForm) else {}
    shown = render_template(
        "workforce/session.html",
        session=row,
        training=training,
        when=duty.span_words(ctx, row.starts_at, row.ends_at),
        state=_(SESSION_STATE_WORDS[row.state]),
        rows=[
            (a, names.get(a.user_id, ""), typed_in.get(f"state-{a.id}", a.state),
             typed_in.get(f"result-{a.id}", a.result), typed_in.get(f"score-{a.id}", a.score))
            for a in rows
        ],
        states={code: _(words) for code, words in ATTENDED_WORDS.items()},
        results={code: _(words) for code, words in RESULT_WORDS.items()},
        record_form=failed if typed_in else VersionForm(formdata=None, version=row.version),
        cancel_form=failed if isinstance(failed, ReasonForm) else ReasonForm(formdata=None, version=row.version),
        invite_form=invite,
        recording=bool(typed_in),
        extra=extra or [],
        may={
            "record": ctx.can(RECORD) and row.state != "cancelled" and row.starts_at <= ctx.now and bool(rows),
            "invite": ctx.can(EDIT) and row.state != "cancelled" and bool(invite.people.choices),
            "cancel": ctx.can(EDIT) and row.state == "planned",
        },
        panels=panels_of(ctx, row),
        history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return shown, status


@blueprint.post("/sessions/<int:record_id>/attendance")
@needs(RECORD)
def session_record(record_id: int):
    """Write down who was there and who passed."""
    ctx = current_ctx()
    row = queries.get_session(ctx, record_id)
    form = VersionForm(formdata=request.form)
    found = {
        a.user_id: AttendedData(
            request.form.get(f"state-{a.id}", a.state)[:10],
            request.form.get(f"result-{a.id}", a.result)[:10],
            request.form.get(f"score-{a.id}", a.score)[:40],
        )
        for a in queries.attendance_of(ctx, row.id)
    }
    return carry_out(
        form,
        lambda: services.record_attendance(ctx, row.id, found, version=form.seen),
        _("Recorded"),
        url_for("workforce.session_page", record_id=record_id),
        lambda extra, status: _session(ctx, queries.get_session(ctx, record_id), form, extra, status),
    )


@blueprint.post("/sessions/<int:record_id>/invite")
@needs(EDIT)
def session_invite(record_id: int):
    """Invite further people."""
    ctx = current_ctx()
    row = queries.get_session(ctx, record_id)
    ids = [int(text) for text in request.form.getlist("people") if text.isascii() and text.isdigit() and len(text) < 18]
    back = url_for("workforce.session_page", record_id=record_id)
    return pressed(lambda: services.invite(ctx, row.id, ids), _("Invited"), back)


@blueprint.post("/sessions/<int:record_id>/cancel")
@needs(EDIT)
def session_cancel(record_id: int):
    """It is not held, with a reason."""
    ctx = current_ctx()
    row = queries.get_session(ctx, record_id)
    form = ReasonForm(formdata=request.form)
    return carry_out(
        form,
        lambda: services.cancel_session(ctx, row.id, form.reason.data or "", version=form.seen),
        _("Cancelled"),
        url_for("workforce.session_page", record_id=record_id),
        lambda extra, status: _session(ctx, queries.get_session(ctx, record_id), form, extra, status),
    )
