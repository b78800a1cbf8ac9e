"""Working calendars of a company: the shipped ones as a start, its own holidays and hours on top."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.calendars import Calendar, calendar_for, from_data, load_shipped, to_data
from core.context import Ctx
from core.db import Base, CompanyOwned, Id, JsonType, Versioned, check_version, transaction
from core.errors import NotFound
from core.events import emit, emit_if_changed
from core.i18n import _, label
from core.standing import standing

ALWAYS = "always"
"""The calendar that is always open; every company has it."""
OFFICE = "office"
"""The calendar of the company's office hours; every company has it."""


class WorkingCalendar(Base, CompanyOwned, Versioned):
    """A calendar by code, such as ``office``; ``body`` is the data of ``core.calendars``."""

    __tablename__ = "core_calendar"
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(60))
    body: Mapped[dict] = mapped_column(JsonType)

    @property
    def name(self) -> str:
        """Its label in the language of the moment, or its code."""
        return label(self.body.get("label")) or self.code


def load_shipped_calendars(ctx: Ctx) -> None:
    """Give a new company ``office`` and ``always``, in its own time zone and with its region's public holidays."""
    shipped = {"CN": "cn_office", "US": "us_office", "GB": "uk_office"}.get(ctx.company.region, "cn_office")
    bodies = {OFFICE: to_data(load_shipped(shipped)), ALWAYS: to_data(load_shipped("always"))}
    for code, body in bodies.items():
        body = {**body, "timezone": ctx.company.timezone}
        if code == OFFICE and ctx.company.region:
            body["holidays_country"] = ctx.company.region
        if ctx.session.scalar(sa.select(WorkingCalendar.id).where(WorkingCalendar.code == code)) is None:
            ctx.session.add(WorkingCalendar(code=code, body=to_data(from_data(body))))
            ctx.session.flush()
            emit_if_changed(ctx, "core.calendar_saved", name=label(body.get("label")) or code)


def calendar(ctx: Ctx, code: str) -> Calendar:
    """The company's calendar ``code``, ready for arithmetic. All calendars of a company are read once per Ctx."""
    known = standing(ctx, "calendars")
    if code not in known:
        raise NotFound("unknown_calendar", _("This company has no working calendar “{code}”.", code=code), "calendar")
    body = known[code]
    if not isinstance(body, Calendar):
        body = known[code] = calendar_for(from_data(body))
    return body


def calendar_names(ctx: Ctx) -> list[tuple[str, str]]:
    """(code, name) of the company's calendars, to choose one of."""
    rows = ctx.session.scalars(sa.select(WorkingCalendar).order_by(WorkingCalendar.code))
    return [(row.code, row.name) for row in rows]


def save_calendar(ctx: Ctx, code: str, body: dict, *, version: int | None = None) -> WorkingCalendar:
    """Create or change a calendar. Raises CalendarError with every mistake by key, and Conflict when it is no longer
    the ``version`` that was shown.
    """
    ctx.require("core.calendars.edit")
    definition = from_data(body)
    with transaction(ctx):
        row = ctx.session.scalar(sa.select(WorkingCalendar).where(WorkingCalendar.code == code))
        if row is None:
            row = WorkingCalendar(code=code)
            ctx.session.add(row)
        check_version(row, version)
        row.body = to_data(definition)
        ctx.session.flush()
        ctx.memo.pop("calendars", None)
        emit(ctx, "core.calendar_saved", row, name=row.name, code=code)
        return row
