"""Pages of adverse events."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from core.api import Ctx, Invalid, RecordRef, _, decisions_on, gates, label, possible, role_name, timeline
from core.web_api import clock_view_of, current_ctx, needs, panels_of, record_id, timeline_items
from plugins.base import queries as base_queries
from plugins.base.contracts import CONTACT, CUSTOMER, PRODUCT, UNIT
from plugins.vigilance.contracts import (
    CAUSE_WORDS,
    DUTIES,
    DUTY_MARKS,
    DUTY_STATE_WORDS,
    DUTY_WORDS,
    Details,
    EventData,
)
from plugins.vigilance.forms import (
    ConcludeForm,
    DetailsForm,
    DutyForm,
    EventForm,
    LookForm,
    PatientForm,
    ReopenForm,
    VersionForm,
)
from plugins.vigilance.lists import harm_mark, state_mark
from plugins.vigilance.models import AdverseEvent, Duty
from plugins.vigilance.queries import events as queries
from plugins.vigilance.services import events as services
from plugins.vigilance.services.events import CLOSE, OPEN, PATIENT, TO_DO, VIEW, WORK, WORKFLOW
from plugins.vigilance.views.acting import carry_out, typed
from plugins.vigilance.views.blueprint import blueprint


@blueprint.route("/events/new", methods=["GET", "POST"])
@needs(OPEN)
def event_new():
    """Report an adverse event: of a unit, after a call, or by hand."""
    ctx = current_ctx()
    form = EventForm(formdata=typed(), **_told(ctx))

    def page(extra: list[str], status: int):
        return render_template("vigilance/event_form.html", form=form, extra=extra), status

    if request.method == "GET":
        return page([], 200)
    return carry_out(
        form, lambda: services.open_event(ctx, _data(ctx, form)), _("Reported"),
        lambda row: url_for("vigilance.event_page", record_id=row.id), page,
    )  # fmt: skip


def _told(ctx: Ctx) -> dict[str, Any]:
    """What is known from the unit or the call from which the form was opened."""
    device_id, contact_id = record_id(request.args.get("device_id")), record_id(request.args.get("contact_id"))
    known: dict[str, Any] = {}
    if contact_id is not None:
        contact = base_queries.get_contact(ctx, contact_id)
        device_id = device_id or contact.device_id
        known = {
            "contact_id": contact.id, "told_by": contact.caller_name, "told_phone": contact.phone_raw,
            "subject": contact.subject, "course": contact.text,
        }  # fmt: skip
        if contact.customer_id is not None:
            known["customer"] = base_queries.get_customer(ctx, contact.customer_id).number
    if device_id is not None:
        device = base_queries.get_unit(ctx, device_id)
        known |= {"serial": device.serial or "", "batch": device.batch}
        if device.customer_id is not None:
            known["customer"] = base_queries.get_customer(ctx, device.customer_id).number
    return known


def _data(ctx: Ctx, form: EventForm) -> EventData:
    serial, number = (form.serial.data or "").strip(), (form.customer.data or "").strip()
    device = base_queries.unit_by_serial(ctx, serial) if serial else None
    if serial and device is None:
        raise Invalid("unknown_serial", _("No unit, or more than one, has this serial number."), "serial")
    customer = base_queries.customer_by_number(ctx, number) if number else None
    if number and customer is None:
        raise Invalid("unknown_customer", _("There is no customer with this number."), "customer")
    contact_id = record_id(form.contact_id.data)
    return EventData(
        form.subject.data or "", form.harm.data, form.course.data or "", bool(form.several.data),
        bool(form.abroad.data), customer.id if customer else None, device.id if device else None, None,
        form.batch.data or "", form.told_by.data or "", form.told_phone.data or "", form.happened_on.data,
        RecordRef(CONTACT, contact_id) if contact_id is not None else None, form.patient.data or "",
    )  # fmt: skip


@blueprint.get("/events/<int:record_id>")
@needs(VIEW)
def event_page(record_id: int):
    """One adverse event: what is known, what it asks for by when, the cause, what lacks before it is closed."""
    return _page(current_ctx(), record_id)


def _page(
    ctx: Ctx, event_id: int, failed: str = "", form: Any = None, extra: list[str] | None = None, status: int = 200,
    patient: str | None = None,
):  # fmt: skip
    row = queries.get_event(ctx, event_id)
    ways = {t.name for t in possible(ctx, WORKFLOW, row)}
    may = {
        "work": ctx.can(WORK) and row.state != "closed", "conclude": "conclude" in ways, "close": "close" in ways,
        "reopen": "reopen" in ways, "patient": ctx.can(PATIENT),
    }  # fmt: skip
    forms: dict[str, Any] = {
        "details": DetailsForm(
            formdata=None, version=row.version, operation=row.operation, usage=row.usage, course=row.course,
            harm=row.harm, several=row.several, abroad=row.abroad,
        ),
        "conclude": ConcludeForm(
            formdata=None, version=row.version, cause=row.cause or None, finding=row.finding
        ),
        "close": VersionForm(formdata=None, version=row.version),
        "reopen": ReopenForm(formdata=None, version=row.version), "look": LookForm(formdata=None),
        "patient": PatientForm(formdata=None, version=row.version, patient=patient or ""),
    }  # fmt: skip
    duties = queries.duties_of(ctx, row.id)
    for duty in duties:
        forms[f"duty-{duty.kind}"] = DutyForm(
            formdata=None, version=duty.version, prefix=f"{duty.kind}-", note=duty.note, person=duty.person
        )
    if form is not None:
        forms[failed] = form
    clocks = queries.clocks_of(ctx, [duty.id for duty in duties])
    page = render_template(
        "vigilance/event.html", row=row, mark=state_mark(row), harm=harm_mark(row), cause=_(CAUSE_WORDS[row.cause]),
        names=_names(ctx, row), forms=forms, failed=failed, extra=extra or [], may=may,
        duties=[_duty_line(ctx, duty, clocks.get(duty.id)) for duty in duties],
        gates=gates(ctx, WORKFLOW.transition("close"), row) if row.state != "closed" else [],
        reasons=_reasons(ctx, row), patient=patient,
        panels=panels_of(ctx, row), history=timeline_items(ctx, timeline(ctx, row)),
    )  # fmt: skip
    return page, status


def _reasons(ctx: Ctx, row: AdverseEvent) -> list[tuple[str, str, str]]:
    """(what is asked for, which role is told, the row of the table and why it fits), as last decided."""
    made = next((d for d in decisions_on(ctx, row) if d.table_name == DUTIES), None)
    if made is None:
        return []
    found = []
    for out, line in zip(made.outputs, label(made.words).splitlines(), strict=True):
        duty, role = str(out.get("duty") or ""), str(out.get("role") or "")
        who = label(role_name(ctx, role)) if role else ""
        found.append((_(DUTY_WORDS[duty]) if duty else _("Tell"), who, line))
    return found


def _names(ctx: Ctx, row: AdverseEvent) -> list[tuple[str, str, str]]:
    """(what, words, link) of whom and what it is about."""
    found = []
    for what, kind, number in ((_("User of the device"), CUSTOMER, row.customer_id), (_("Unit"), UNIT, row.device_id),
                               (_("Product"), PRODUCT, row.product_id)):  # fmt: skip
        words = queries.names_of(ctx, kind, [number]).get(number or 0, "")
        if words:
            record = ctx.registry.kinds[kind]
            link = url_for(record.endpoint, record_id=number) if ctx.can(record.view) else ""
            found.append((what, words, link))
    return found


def _duty_line(ctx: Ctx, duty: Duty, clock: Any) -> dict[str, Any]:
    tone, icon = DUTY_MARKS[duty.state]
    return {
        "duty": duty, "words": _(DUTY_WORDS[duty.kind]), "state": _(DUTY_STATE_WORDS[duty.state]), "tone": tone,
        "icon": icon, "open": duty.state in TO_DO,
        "clock": clock_view_of(ctx, clock) if clock is not None and duty.state in TO_DO else None,
    }  # fmt: skip


def _act(event_id: int, name: str, form: Any, do: Any, done: str):
    anchor = name if name.startswith("duty-") else None
    return carry_out(
        form, do, done, lambda _row: url_for("vigilance.event_page", record_id=event_id, _anchor=anchor),
        lambda extra, status: _page(current_ctx(), event_id, name, form, extra, status),
    )  # fmt: skip


@blueprint.post("/events/<int:record_id>/details")
@needs(WORK)
def event_details(record_id: int):
    """Write down what was gathered."""
    form = DetailsForm(formdata=typed())

    def do():
        details = Details(
            form.operation.data or "", form.usage.data or "", form.course.data or "", form.harm.data,
            bool(form.several.data), bool(form.abroad.data),
        )  # fmt: skip
        return services.gather(current_ctx(), record_id, details, version=form.seen)

    return _act(record_id, "details", form, do, _("Saved"))


@blueprint.post("/events/<int:record_id>/patient/look")
@needs(PATIENT)
def event_patient_look(record_id: int):
    """Show what is known of the patient; the look is kept on record."""
    ctx = current_ctx()
    form = LookForm(formdata=typed())
    if not form.validate():
        return _page(ctx, record_id, "look", form, [], 422)
    return _page(ctx, record_id, patient=services.show_patient(ctx, record_id, form.reason.data or ""))


@blueprint.post("/events/<int:record_id>/patient")
@needs(PATIENT)
def event_patient(record_id: int):
    """Write down what is known of the patient."""
    form = PatientForm(formdata=typed())
    return _act(
        record_id, "patient", form,
        lambda: services.write_patient(current_ctx(), record_id, form.patient.data or "", version=form.seen),
        _("Saved"),
    )  # fmt: skip


@blueprint.post("/events/<int:record_id>/conclude")
@needs(WORK)
def event_conclude(record_id: int):
    """Write down the cause."""
    form = ConcludeForm(formdata=typed())
    return _act(
        record_id, "conclude", form,
        lambda: services.conclude(
            current_ctx(), record_id, form.cause.data, form.finding.data or "", version=form.seen
        ),
        _("Saved"),
    )  # fmt: skip


@blueprint.post("/events/<int:record_id>/close")
@needs(CLOSE)
def event_close(record_id: int):
    """Close it."""
    form = VersionForm(formdata=typed())
    return _act(
        record_id, "close", form, lambda: services.close(current_ctx(), record_id, version=form.seen), _("Closed")
    )


@blueprint.post("/events/<int:record_id>/reopen")
@needs(CLOSE)
def event_reopen(record_id: int):
    """Open it again."""
    form = ReopenForm(formdata=typed())
    return _act(
        record_id, "reopen", form,
        lambda: services.reopen(current_ctx(), record_id, form.reason.data or "", version=form.seen), _("Reopened"),
    )  # fmt: skip


@blueprint.post("/duties/<int:record_id>/done")
@needs(WORK)
def duty_done(record_id: int):
    """A stop-use notice was given; or what was to be done is done, or confirmed."""
    ctx = current_ctx()
    duty = queries.get_duty(ctx, record_id)
    form = DutyForm(formdata=typed(), prefix=f"{duty.kind}-")
    first = duty.kind == "stop" and duty.state == "open"

    def do():
        person, note = form.person.data or "", form.note.data or ""
        if first:
            return services.send_stop(ctx, record_id, person, note, version=form.seen)
        return services.finish(ctx, record_id, person, form.reference.data or "", note, version=form.seen)

    return _act(duty.event_id, f"duty-{duty.kind}", form, do, _("Told") if first else _("Done"))
