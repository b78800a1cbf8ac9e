"""Working time: calendars kept as data, arithmetic on them, and the deadlines of clocks. No database, no Flask."""

from core.calendars.deadlines import Limit, Pause, Progress, Unit, due, progress, share_of, used, warn_at
from core.calendars.definition import CalendarDefinition, CalendarError, Problem, Span, from_data, to_data
from core.calendars.engine import Calendar, CalendarWarning, calendar_for
from core.calendars.files import load_shipped, parse_yaml, read_file, shipped_names

__all__ = [
    "Calendar",
    "CalendarDefinition",
    "CalendarError",
    "CalendarWarning",
    "Limit",
    "Pause",
    "Problem",
    "Progress",
    "Span",
    "Unit",
    "calendar_for",
    "due",
    "from_data",
    "load_shipped",
    "parse_yaml",
    "progress",
    "read_file",
    "share_of",
    "shipped_names",
    "to_data",
    "used",
    "warn_at",
]
