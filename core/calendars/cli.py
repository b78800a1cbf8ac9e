"""The command ``calendar``: working-time questions answered from a calendar file, line by line, without a database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import click

from core.calendars.definition import CalendarError, Problem
from core.calendars.engine import Calendar
from core.calendars.files import read_file
from core.errors import DomainError, Invalid
from core.i18n import _, use_locale

_MICROSECOND = dt.timedelta(microseconds=1)
_MAX_SECONDS = 300 * 366 * 86_400


@click.command("calendar")
@click.argument("calendar_file", metavar="CAL.yaml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--cases", type=click.File("r", encoding="utf-8-sig", errors="replace"), default="-",
              show_default="standard input", help="Cases, one JSON object per line.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of messages.")
@click.pass_context
def calendar(context: click.Context, calendar_file: Path, cases: TextIO, lang: str) -> None:
    """Answer working-time cases by the calendar file CAL.yaml.

    Operations: add (start, seconds), between (start, end), add_days (start, days, count_start_day). One JSON line
    per case: {"id", "result"}, or {"id", "error"}. Status 0: all answered; 1: a case failed; 2: the file is wrong.
    """
    with use_locale(lang):
        try:
            ready = Calendar(read_file(calendar_file))
        except CalendarError as error:
            for problem in error.problems:
                click.echo(_problem_line(calendar_file, problem), err=True)
            context.exit(2)
        failed = False
        for answer in answers(ready, cases):
            failed = failed or "error" in answer
            click.echo(json.dumps(answer, ensure_ascii=False, default=_number))
        context.exit(1 if failed else 0)


def answers(calendar: Calendar, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One answer per non-empty line; one that can't be answered is told with its number and doesn't stop the rest."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        case: Any = None
        try:
            case = _parse(line)
            yield {"id": case.get("id"), "result": _answer(calendar, case)}
        except DomainError as error:
            told: dict[str, Any] = {"code": error.code, "message": error.message, "line": number}
            if error.field:
                told["field"] = error.field
            yield {"id": case.get("id") if isinstance(case, dict) else None, "error": told}


def _answer(calendar: Calendar, case: dict[str, Any]) -> Any:
    operations: dict[str, Callable[[Calendar, dict[str, Any]], Any]] = {
        "add": _add, "between": _between, "add_days": _add_days,
    }
    name = case.get("op")
    if not isinstance(name, str) or name not in operations:
        known = ", ".join(operations)
        raise Invalid("unknown_op", _("“{op}” is no operation. Operations: {known}.", op=name, known=known), field="op")
    return operations[name](calendar, case)


def _add(calendar: Calendar, case: dict[str, Any]) -> str:
    start, seconds = _time(case, "start"), _seconds(case)
    return _text(calendar, calendar.add(start, seconds))


def _between(calendar: Calendar, case: dict[str, Any]) -> int | Decimal:
    micro = calendar.between(_time(case, "start"), _time(case, "end")) // _MICROSECOND
    return micro // 1_000_000 if micro % 1_000_000 == 0 else Decimal(micro) / 1_000_000


def _add_days(calendar: Calendar, case: dict[str, Any]) -> str:
    days = _given(case, "days")
    if not isinstance(days, int) or isinstance(days, bool):
        raise Invalid("not_a_number", _("The field {field} must be a whole number.", field="days"), field="days")
    count = case.get("count_start_day", False)
    if not isinstance(count, bool):
        message = _("The field {field} must be true or false.", field="count_start_day")
        raise Invalid("not_a_flag", message, field="count_start_day")
    return _text(calendar, calendar.add_days(_time(case, "start"), days, count))


def _parse(line: str) -> dict[str, Any]:
    try:
        case = json.loads(line, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Invalid("bad_json", _("This line is not JSON: {reason}.", reason=error)) from None
    if not isinstance(case, dict):
        raise Invalid("bad_json", _("Each line must be a JSON object."))
    return case


def _refuse(name: str) -> None:
    raise ValueError(name)


def _given(case: dict[str, Any], field: str) -> Any:
    if case.get(field) is None:
        raise Invalid("missing", _("The field {field} is missing.", field=field), field=field)
    return case[field]


def _time(case: dict[str, Any], field: str) -> dt.datetime:
    text = _given(case, field)
    try:
        moment = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        message = _("“{value}” is no date-time. Write it as 2026-10-01T12:00:00+08:00.", value=text)
        raise Invalid("not_a_time", message, field=field) from None
    if moment.tzinfo is None:
        message = _("The time {time} lacks its offset to UTC. Write it as 2026-10-01T12:00:00+08:00.", time=text)
        raise Invalid("no_offset", message, field=field)
    return moment


def _seconds(case: dict[str, Any]) -> dt.timedelta:
    value = _given(case, "seconds")
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _not_seconds()
    if not -_MAX_SECONDS <= value <= _MAX_SECONDS:
        raise Invalid("out_of_range", _("That is longer than any calendar."), field="seconds")
    micro = Decimal(value) * 1_000_000
    if micro != int(micro):
        raise _not_seconds()
    return dt.timedelta(microseconds=int(micro))


def _not_seconds() -> Invalid:
    message = _("The field {field} must be a number with at most six decimals.", field="seconds")
    return Invalid("not_a_number", message, field="seconds")


def _text(calendar: Calendar, moment: dt.datetime) -> str:
    return moment.astimezone(calendar.zone).isoformat()


def _number(value: Decimal) -> float:
    """For json: a fraction of a second, exact to the microsecond."""
    return float(value)


def _problem_line(path: Path, problem: Problem) -> str:
    place = f"{path}:{problem.line}" if problem.line else str(path)
    return ": ".join(part for part in (place, problem.key, problem.message) if part)
