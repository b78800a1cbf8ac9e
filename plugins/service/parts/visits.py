"""Visits: on site with a phone, parts, signature, rating."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ChecklistDef,
    ColumnWords,
    EventKind,
    RecordKind,
    RoleDef,
    SettingDef,
    read_data_file,
)
from plugins.service import life, models, visit_erasing, visit_life
from plugins.service.panels import visits as panels
from plugins.service.queries import visits as queries
from plugins.service.services.photos import PHOTOGRAPH
from plugins.service.visit_contracts import (
    CONTACTS_WORDS,
    DIFFERS_WORDS,
    FURTHER_WORDS,
    GRADE_WORDS,
    PART_SOURCE_WORDS,
    PART_WORDS,
    SIGNER_WORDS,
    VISIT,
    VISIT_OUTCOME_WORDS,
    VISIT_STATE_WORDS,
)

_LISTS = Path(__file__).parents[1] / "data" / "checklists"

PERMISSIONS = ()

SETTINGS = (
    SettingDef(
        "service.map_link",
        N_("Link that shows technicians the way"),
        default="geo:{latitude},{longitude}?q={address}",
        help=N_("Begins with https:// or geo:. {address}, {latitude} and {longitude} are filled in."),
    ),
    SettingDef(
        queries.KEPT_PHOTOS,
        N_("Photos that wait on a phone, in MB"),
        "int",
        200,
        help=N_("So much is kept on a technician's phone while there is no connection."),
    ),
)


def record_kinds():
    return [
        RecordKind(
            VISIT,
            models.Visit,
            N_("Visit"),
            lambda v: f"{v.order.number}-{v.number}",
            "service.visit_page",
            life.VIEW,
            sees=queries.sees,
            icon="map-pin",
            frozen=life.frozen,
        ),
    ]


def column_words():
    grades = {f"service_rating.{aspect}": GRADE_WORDS for aspect in models.ASPECTS}
    return [
        ColumnWords(
            {
                "again_at": N_("New time agreed"),
                "again_reason": N_("Why somebody comes again"),
                "agreed_from": N_("Agreed from"),
                "agreed_until": N_("Agreed until"),
                "arrival": N_("Arrival time"),
                "arrived_at": N_("Arrived at"),
                "attitude": N_("Attitude"),
                "by": N_("Who signed"),
                "by_name": N_("Recorded by"),
                "comment": N_("Comment"),
                "contact_phone": N_("Number noted"),
                "contact_who": N_("Person noted"),
                "contacts": N_("Contacts with the customer"),
                "contacts_why": N_("Why no contacts were exchanged"),
                "declined": N_("Why no rating"),
                "differs": N_("Compared with the report"),
                "differs_text": N_("What differs"),
                "done_text": N_("What was done"),
                "ended_at": N_("Ended at"),
                "ended_reason": N_("Why replaced"),
                "file_id": N_("Picture"),
                "further": N_("Further faults"),
                "further_text": N_("Further faults found"),
                "left_at": N_("Left at"),
                "once": N_("Key of what was sent"),
                "order_id": N_("Service order"),
                "packed_at": N_("Packed"),
                "planned": N_("To bring"),
                "promises": N_("Promises kept"),
                "readings": N_("Meters read"),
                "ref": N_("Key in stock"),
                "service_part.kind": N_("Kind"),
                "service_part.name": N_("Part or tool"),
                "service_part.number": N_("Part number"),
                "service_part.unit": N_("Counted in"),
                "service_visit.number": N_("Which visit"),
                "skill": N_("Technical skill"),
                "source": N_("Source"),
                "standing": N_("Counts"),
                "technician_id": N_("Technician"),
                "technician_name": N_("Technician"),
                "tested": N_("Trial run"),
                "travel_minutes": N_("Travel, minutes"),
                "used": N_("Used"),
                "visit_id": N_("Visit"),
                "what": N_("What was sent"),
                "who": N_("Name of who signed"),
                "work_minutes": N_("Work, minutes"),
            },
            {
                "by": SIGNER_WORDS,
                "contacts": CONTACTS_WORDS,
                "differs": DIFFERS_WORDS,
                "further": FURTHER_WORDS,
                "service_part.kind": PART_WORDS,
                "service_part.source": PART_SOURCE_WORDS,
                "service_visit.outcome": VISIT_OUTCOME_WORDS,
                "service_visit.state": VISIT_STATE_WORDS,
                **grades,
            },
        )
    ]


def workflows():
    return [visit_life.WORKFLOW]


def checklists():
    return [
        ChecklistDef("service.conduct", VISIT, lambda: read_data_file(_LISTS / "conduct.yaml"), put_by_module=True),
        ChecklistDef("service.vehicle", VISIT, lambda: read_data_file(_LISTS / "vehicle.yaml"), put_by_module=True),
    ]


def event_kinds():
    return [
        EventKind("service.arrived", N_("{name} is on site (visit {n})"), "map-pin"),
        EventKind("service.left", N_("Visit {n} ended: {outcome}"), "circle-check"),
        EventKind("service.visit_saved", N_("Findings of the visit saved"), "pencil"),
        EventKind("service.differs", N_("Differs from the report: {text}"), "git-compare"),
        EventKind("service.further_found", N_("Further fault: {text}"), "search-check"),
        EventKind("service.contacts_exchanged", N_("Contacts exchanged with {who}"), "contact"),
        EventKind("service.follow_up_agreed", N_("New time agreed with the customer: {at}"), "calendar-check"),
        EventKind("service.parts_saved", N_("Parts used on the visit saved"), "package"),
        EventKind("service.part_planned", N_("To bring: {part} × {quantity}"), "package-plus"),
        EventKind("service.part_dropped", N_("No longer to bring: {part}"), "package-minus"),
        EventKind("service.part_packed", N_("Packed: {part}"), "package-check"),
        EventKind("service.part_unpacked", N_("Unpacked: {part}"), "package"),
        EventKind("service.signed", N_("{who} signed ({how})"), "pen-line"),
        EventKind("service.not_signed", N_("Nobody signed: {reason}"), "pen-line"),
        EventKind("service.signature_replaced", N_("Signature replaced, the former is kept: {reason}"), "rotate-ccw"),
        EventKind(
            "service.rated", N_("Rated: attitude {attitude}, skill {skill}, arrival {arrival}, promises {promises}"),
            "star",
        ),
        EventKind("service.rating_declined", N_("The customer gave no rating: {reason}"), "star-off"),
    ]  # fmt: skip


def default_roles():
    see = ("base.unit.view", "base.product.view")
    return [RoleDef("technician", {"en": "Technician", "zh": "技师"}, (life.VIEW, life.WORK, PHOTOGRAPH, *see))]


def lists():
    from plugins.service.lists.visits import VISITS

    return [VISITS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("service", N_("My day"), "service.today", "calendar-check", 8),
        MenuItem("service", N_("Visits"), "service.visits_list", "map-pin", 14),
    ]


# --- while the system runs --------------------------------------------------------------------------------------------


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def technician_ratings(ctx, begins, ends):
    return queries.technician_ratings(ctx, begins, ends)


def home_panels(ctx):
    return panels.home_panels(ctx)


def check_transition(ctx, record, transition):
    return visit_life.gates_of_order(ctx, record, transition) if isinstance(record, models.Order) else []


def orders_next(ctx, orders):
    return panels.next_steps(ctx, orders)


def personal_data(ctx, ref):
    return visit_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    visit_erasing.erase(ctx, ref)
