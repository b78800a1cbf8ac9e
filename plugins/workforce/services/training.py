"""The training plan, sessions, who was there, and the certificates that come of it (GS-5, GS-22, INS-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.api import (
    N_,
    Conflict,
    Ctx,
    Invalid,
    OrgUnit,
    _,
    check_version,
    emit,
    get_setting,
    next_number,
    notify,
    transaction,
)
from plugins.workforce.contracts import TRAINING, AttendedData, CertificateData, SessionData, TrainingData
from plugins.workforce.models import Attendance, Training, TrainingSession
from plugins.workforce.models.training import ATTENDED, RESULTS
from plugins.workforce.queries import duty, people
from plugins.workforce.queries import skills as skill_queries
from plugins.workforce.queries import training as queries
from plugins.workforce.rules.skills import months_later
from plugins.workforce.services.common import fitting, member, required
from plugins.workforce.services.skills import put_certificate

EDIT, RECORD = "workforce.training.edit", "workforce.training.record"


def save_training(
    ctx: Ctx, data: TrainingData, training_id: int | None = None, *, version: int | None = None
) -> Training:
    """Put a training into the plan or change it."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_training(ctx, training_id, lock=True) if training_id is not None else None
        check_version(row, version)
        title = required(data.title, "title", _("Say what is trained."), 200)
        if data.skill_id is not None:
            skill_queries.get_skill(ctx, data.skill_id)
        if data.user_id is not None:
            member(ctx, data.user_id)
        if data.unit_id is not None and ctx.session.get(OrgUnit, data.unit_id) is None:
            raise Invalid("unknown_unit", _("Choose one of the organisation units."), "unit_id")
        row = row or Training(number=next_number(ctx, TRAINING, str(get_setting(ctx, "workforce.training_pattern"))))
        row.title, row.need, row.due_on, row.open = title, data.need.strip()[:2000], data.due_on, data.open
        row.audience = fitting(data.audience, "audience", 200)
        row.skill_id, row.assignee_id, row.unit_id = data.skill_id, data.user_id, data.unit_id
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "workforce.training_saved", row, number=row.number, title=title, due=row.due_on.isoformat())
        return row


def plan_session(ctx: Ctx, training_id: int, data: SessionData, user_ids: Sequence[int] = ()) -> TrainingSession:
    """Set a time for a training and invite people."""
    ctx.require(EDIT)
    with transaction(ctx):
        training = queries.get_training(ctx, training_id, lock=True)
        if not training.open:
            raise Conflict("closed", _("This training is closed; open it again first."))
        if data.ends_at <= data.starts_at:
            raise Invalid("bad_times", _("The end must be later than the beginning."), "ends_at")
        row = TrainingSession(
            training_id=training.id,
            starts_at=data.starts_at,
            ends_at=data.ends_at,
            place=fitting(data.place, "place", 120),
            trainer=fitting(data.trainer, "trainer", 120),
            note=data.note.strip()[:2000],
        )
        ctx.session.add(row)
        ctx.session.flush()
        emit(
            ctx, "workforce.session_planned", row, title=training.title,
            when=duty.plain_span(ctx, row.starts_at, row.ends_at),
        )  # fmt: skip
        _invite(ctx, training, row, user_ids)
        return row


def invite(ctx: Ctx, session_id: int, user_ids: Sequence[int]) -> int:
    """Invite people to a session; who is invited already stays so. Answers how many were added."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_session(ctx, session_id, lock=True)
        if row.state == "cancelled":
            raise Conflict("cancelled", _("It was cancelled already."))
        return _invite(ctx, queries.get_training(ctx, row.training_id), row, user_ids)


def _invite(ctx: Ctx, training: Training, row: TrainingSession, user_ids: Sequence[int]) -> int:
    there = {a.user_id for a in queries.attendance_of(ctx, row.id)}
    known = dict(people.people(ctx))
    new = [user_id for user_id in dict.fromkeys(user_ids) if user_id not in there]
    if any(user_id not in known for user_id in new):
        raise Invalid("unknown_person", _("Choose somebody who works here."), "people")
    ctx.session.add_all([Attendance(session_id=row.id, user_id=user_id) for user_id in new])
    ctx.session.flush()
    if new:
        names = ", ".join(known[user_id] for user_id in new)
        emit(ctx, "workforce.session_invited", row, title=training.title, names=names, count=len(new))
    if new and row.starts_at > ctx.now:
        when = duty.plain_span(ctx, row.starts_at, row.ends_at)
        notify(ctx, new, N_("You are invited to the training “{title}”, {when}"), record=row, once=f"session {row.id}",
               title=training.title, when=when)  # fmt: skip
    return len(new)


def record_attendance(
    ctx: Ctx, session_id: int, found: Mapping[int, AttendedData], *, version: int | None = None
) -> TrainingSession:
    """Write down who was there and who passed; whoever passes gets the certificate, numbered by us, once.

    ``found`` maps people to what became of them. It may be corrected as long as no certificate came of it.
    """
    ctx.require(RECORD)
    with transaction(ctx):
        row = queries.get_session(ctx, session_id, lock=True)
        check_version(row, version)
        if row.state == "cancelled":
            raise Conflict("cancelled", _("It was cancelled already."))
        if row.starts_at > ctx.now:
            raise Conflict("not_begun", _("It has not begun yet; attendance is recorded afterwards."))
        training = queries.get_training(ctx, row.training_id)
        rows = {a.user_id: a for a in queries.attendance_of(ctx, row.id)}
        names = people.names_of(ctx, rows)
        row.state = "held"
        issued = 0
        for user_id, data in found.items():
            if user_id not in rows:
                raise Invalid("not_invited", _("Somebody was not invited; invite him or her first."), "people")
            issued += _attended(ctx, training, row, rows[user_id], data, names.get(user_id, ""))
        ctx.session.flush()
        were_there = sum(a.state == "present" for a in rows.values())
        emit(
            ctx, "workforce.session_held", row, title=training.title, present=were_there, invited=len(rows),
            issued=issued,
        )  # fmt: skip
        return row


def _attended(
    ctx: Ctx, training: Training, row: TrainingSession, attendance: Attendance, data: AttendedData, name: str
) -> bool:
    """Write one person down; answers whether a certificate came of it."""
    if data.state not in ATTENDED or data.result not in RESULTS:
        raise Invalid("bad_value", _("Choose one of the values offered."), "people")
    if data.result and data.state != "present":
        raise Invalid("was_not_there", _("{name} has a result but was not there.", name=name), "people")
    if attendance.certificate_id is not None:
        if (data.state, data.result) != ("present", "passed"):
            words = _("{name} got the certificate already; withdraw that instead.", name=name)
            raise Conflict("issued", words, "people")
        attendance.score = fitting(data.score, "people", 20)
        return False
    attendance.state, attendance.result = data.state, data.result
    attendance.score = fitting(data.score, "people", 20)
    if data.result != "passed" or training.skill_id is None:
        return False
    begins = row.ends_at.astimezone(ctx.tz).date()
    months = skill_queries.get_skill(ctx, training.skill_id).valid_months
    certificate = put_certificate(
        ctx,
        CertificateData(
            attendance.user_id, training.skill_id, begins, months_later(begins, months) if months else None, "",
            ctx.company.name[:120], f"{training.number} {training.title}",
        ),
        own=True,
    )  # fmt: skip
    attendance.certificate_id = certificate.id
    return True


def cancel_session(ctx: Ctx, session_id: int, reason: str, *, version: int | None = None) -> TrainingSession:
    """It is not held, with a reason; those invited are told."""
    ctx.require(EDIT)
    with transaction(ctx):
        row = queries.get_session(ctx, session_id, lock=True)
        check_version(row, version)
        if row.state != "planned":
            raise Conflict("not_planned", _("Only a planned session can be cancelled."))
        reason = required(reason, "reason", _("Give a reason."), 2000)
        row.state = "cancelled"
        ctx.session.flush()
        training = queries.get_training(ctx, row.training_id)
        emit(ctx, "workforce.session_cancelled", row, title=training.title, reason=reason)
        invited = [a.user_id for a in queries.attendance_of(ctx, row.id)]
        if row.starts_at > ctx.now and invited:
            text = N_("The training “{title}” was cancelled: {reason}")
            notify(ctx, invited, text, record=row, once=f"session {row.id} cancelled", title=training.title,
                   reason=reason)  # fmt: skip
        return row
