"""What the templates' components are made of: plain values, and the words for times, durations and money.

The dataclasses are the arguments of the macros in ``sanbao/ui.html`` (see docs/reference/ui.md). Everything here is
pure: it reads no clock and no database; ``Formats`` carries the language, time zone and moment of the request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from flask import Flask
from markupsafe import Markup, escape

from core.context import SYSTEM
from core.i18n import N_, _, get_locale, use_locale
from core.message_templates import Amount

from .assets import init_assets
from .icons import icon

# --- durations, times, money ----------------------------------------------------------------------------------------

_DURATIONS = {
    "d h": N_("{d} d {h} h"),
    "d": N_("{d} d"),
    "h m": N_("{h} h {m} min"),
    "h": N_("{h} h"),
    "m": N_("{m} min"),
    "0": N_("under 1 min"),
}
"""Shape → message. A shape names the parts that are not zero; the script uses the same table."""


def duration_words(seconds: float, locale: str | None = None) -> str:
    """A length of time in words, its sign dropped: ``2 h 14 min``, ``1 天 3 小时``.

    From one day on, minutes are left out; parts that are zero are dropped; the rest is cut off, not rounded.
    ``locale`` is ``zh`` or ``en``; without it the language of the moment counts.
    """
    minutes = int(abs(seconds)) // 60
    d, h, m = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if d:
        shape = "d h" if h else "d"
    elif h:
        shape = "h m" if m else "h"
    else:
        shape = "m" if m else "0"
    with use_locale(locale or get_locale()):
        return _(_DURATIONS[shape], d=d, h=h, m=m)


def moment(value: datetime, now: datetime, tz: tzinfo, *, today: bool = False, seconds: bool = False) -> str:
    """A moment in the company's time zone: ``11-23 14:41``, with the year when it is not this year.

    With ``today``, moments of the current day read "Today 14:41". Naive datetimes are refused: happenings are UTC.
    """
    if value.tzinfo is None or now.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    local, current = value.astimezone(tz), now.astimezone(tz)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if today and local.date() == current.date():
        return _("Today {time}", time=clock)
    return f"{local:%m-%d} {clock}" if local.year == current.year else f"{local:%Y-%m-%d} {clock}"


def date_words(day: date) -> str:
    """A day, always with its year, as on documents: ``2026-04-12``."""
    return f"{day:%Y-%m-%d}"


_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$", "TWD": "NT$", "SGD": "S$"}
_WITHOUT_CENTS = {"JPY", "KRW", "VND"}


def money_words(amount: Decimal | int, currency: str = "CNY") -> str:
    """An amount of money: ``¥1,280.00``, ``−¥312.00`` (a true minus sign); unknown currencies by their code."""
    if isinstance(amount, float):
        raise TypeError("money is Decimal, never float")
    places = 0 if currency in _WITHOUT_CENTS else 2
    value = Decimal(amount).quantize(Decimal(1).scaleb(-places))
    sign = "−" if value < 0 else ""
    return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{abs(value):,.{places}f}"


def number_words(value: Decimal | int) -> str:
    """A figure with thousands separated and a true minus sign: ``1,280``, ``−3``."""
    return f"{value:,}".replace("-", "−")


@dataclass(frozen=True)
class Formats:
    """The language, time zone, moment and currency in which a page speaks."""

    locale: str = "zh"
    tz: tzinfo = UTC
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    currency: str = "CNY"


# --- clocks (time limits) -------------------------------------------------------------------------------------------

CLOCK_ICONS = {
    "over": "octagon-alert",
    "soon": "hourglass",
    "ok": "clock",
    "paused": "circle-pause",
    "met": "check",
    "late": "octagon-alert",
    "idle": "circle-dashed",
}
_CLOCK_WORDS = {
    "over": N_("Overdue {duration}"),
    "soon": N_("Left {duration}"),
    "ok": N_("Left {duration}"),
    "paused": N_("Paused, {duration} left"),
    "met": N_("Met in {duration}"),
    "late": N_("Done {duration} late"),
    "idle": N_("Not started, limit {duration}"),
}


@dataclass(frozen=True)
class ClockView:
    """One time limit of a record, as chip and bar show it.

    ``state`` is ``over``, ``soon``, ``ok``, ``paused``, ``met`` (stopped in time), ``late`` (stopped too late) or
    ``idle`` (not started). ``seconds`` belongs to the state: how long over, left, used, late, or the limit itself.
    ``share`` and ``warn_share`` are parts of the limit from 0 to 1. ``ticking`` lets the script re-word the chip: only
    where time left is plain time, not working time with closed hours ahead.
    """

    what: str
    state: str
    seconds: float
    due: datetime | None = None
    warn_at: datetime | None = None
    limit_seconds: float | None = None
    share: float = 0.0
    warn_share: float = 0.75
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    ticking: bool = False
    note: str = ""


def clock_view(
    what: str, *, now: datetime, limit_seconds: float, due: datetime | None = None, warn_at: datetime | None = None,
    started_at: datetime | None = None, stopped_at: datetime | None = None, paused: bool = False,
    left_seconds: float | None = None, used_seconds: float | None = None, warn_share: float = 0.75, note: str = "",
) -> ClockView:
    """The view of a clock from its moments.

    ``left_seconds`` is the time left by the clock's own calendar (negative when over); without it plain time to
    ``due`` counts. ``used_seconds`` likewise for what is used up (paused time left out).
    """
    if started_at is None or due is None:
        return ClockView(what, "idle", limit_seconds, limit_seconds=limit_seconds, warn_share=warn_share, note=note)
    end = stopped_at or now
    plain_left = (due - end).total_seconds()
    left = plain_left if left_seconds is None else left_seconds
    used = (end - started_at).total_seconds() if used_seconds is None else used_seconds
    if stopped_at is not None:
        state, seconds = ("met", used) if left >= 0 else ("late", -left)
    elif paused:
        state, seconds = "paused", max(left, 0.0)
    elif left < 0:
        state, seconds = "over", -left
    else:
        state, seconds = ("soon" if warn_at is not None and now >= warn_at else "ok"), left
    share = min(max(used / limit_seconds, 0.0), 1.0) if limit_seconds else 1.0
    return ClockView(
        what, state, seconds, due, warn_at, limit_seconds, share, warn_share, started_at, stopped_at,
        ticking=state in ("over", "soon", "ok") and abs(plain_left - left) < 60, note=note,
    )


def clock_words(clock: ClockView, locale: str | None = None) -> str:
    """The chip's words without its label: ``Left 24 min``, ``已超时 2 小时 14 分``."""
    with use_locale(locale or get_locale()):
        return _(_CLOCK_WORDS[clock.state], duration=duration_words(clock.seconds))


def clock_markup(clock: ClockView) -> Markup:
    """The chip's words with the duration in bold."""
    template = Markup(escape(_(_CLOCK_WORDS[clock.state])))
    return template.format(duration=Markup("<b>{}</b>").format(duration_words(clock.seconds)))


def ticking_words() -> str:
    """JSON for the script that re-words chips between page loads: the same messages the server uses."""
    words = {"over": _("Overdue {duration}"), "left": _("Left {duration}")}
    return json.dumps(words | {f"d:{shape}": _(text) for shape, text in _DURATIONS.items()}, ensure_ascii=False)


# --- what the other components are made of --------------------------------------------------------------------------


@dataclass(frozen=True)
class Action:
    """Something a person may do: a link (``url``), or a posting button (``post``) with an optional question first."""

    label: str
    url: str
    icon: str = ""
    kind: str = ""
    post: bool = False
    confirm: str = ""
    hotkey: str = ""


@dataclass(frozen=True)
class Fact:
    """A fact that a decision used: its name, its value in words, where it came from, and whether it counted."""

    label: str
    value: str
    source: str = ""
    used: bool = True


@dataclass(frozen=True)
class DecisionView:
    """An automatic decision and why: table, row, version, facts, and what would change it.

    ``kind`` (``ok``, ``warn``, ``bad``, ``info``) and ``icon`` carry the verdict; ``row`` is None when the table's
    default applied.
    """

    verdict: str
    table: str
    version: int | str
    row: int | None = None
    kind: str = "info"
    icon: str = "git-branch"
    summary: str = ""
    sentence: str = ""
    effective: date | None = None
    url: str = ""
    facts: Sequence[Fact] = ()
    alternatives: Sequence[str] = ()
    at: datetime | None = None
    misses: Sequence[tuple[int, str]] = ()
    """The other rows, nearest first, and why each did not decide."""
    more_misses: int = 0
    """How many rows more there are than ``misses`` tells."""


@dataclass(frozen=True)
class TimelineItem:
    """One happening on a record: who did what when; ``kind`` colours the icon (``ok``, ``out``, ``bad``)."""

    who: str
    text: str
    at: datetime
    icon: str = "circle-dot"
    kind: str = ""
    changes: Sequence[tuple[str, str, str]] = ()
    """Label, from, to."""


@dataclass(frozen=True)
class Step:
    """A stage of a record's life: ``state`` is ``done``, ``cur`` or empty (still ahead)."""

    label: str
    state: str = ""
    note: str = ""


@dataclass(frozen=True)
class Tab:
    """A saved filter or a section: label, address, how many, whether shown now."""

    label: str
    url: str
    count: int | str | None = None
    current: bool = False


@dataclass(frozen=True)
class Chip:
    """A filter in force: what it filters, the value in words, and the address without it."""

    label: str
    value: str
    remove_url: str


@dataclass(frozen=True)
class Stat:
    """A linked count on the first page: ``kind`` is ``bad``, ``warn`` or empty."""

    label: str
    value: int | str
    url: str
    icon: str = "circle"
    kind: str = ""
    note: str = ""


# --- small words ----------------------------------------------------------------------------------------------------


def initials(name: str) -> str:
    """What an avatar shows: the last character of a Chinese name, else the first letters of the outer two words."""
    name = name.strip()
    if not name:
        return "?"
    if name[-1] > "\u2e7f":
        return name[-1]
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def html_lang(locale: str) -> str:
    """The value of ``<html lang>`` for our short name."""
    return {"zh": "zh-CN"}.get(locale, locale)


def yes_no(value: bool) -> Markup:
    """A truth value in a list: a check with "yes", or a quiet "no"."""
    if value:
        return Markup('<span class="st c-ok">{}{}</span>').format(icon("check", "i-14"), _("yes"))
    return Markup('<span class="t3">{}</span>').format(_("no"))


# --- templates ------------------------------------------------------------------------------------------------------


def visible_errors(form: Any) -> list[tuple[Any, str]]:
    """Fields with an error of their own and its first sentence, in the form's order (for the error summary)."""
    found = []
    for item in form:
        texts = [e for e in (item.errors or []) if isinstance(e, str)]
        if texts:
            found.append((item, texts[0]))
    return found


def is_required(item: Any) -> bool:
    """Whether a WTForms field must be filled in."""
    return bool(getattr(item.flags, "required", False)) or any(
        getattr(v, "field_flags", {}).get("required") for v in item.validators
    )


def acted_by(name: str) -> str:
    """Who did something, as it is kept with a version or an event: the system by its name in the reader's language."""
    return _("The system") if name == SYSTEM.name else name


def init_ui(app: Flask, formats: Callable[[], Formats] | None = None, root: str = "") -> None:
    """Give templates the icons, words and assets of this module.

    ``formats`` answers the language, time zone and moment of the current request; ``root`` is the path below which
    the product is reached (see ``assets``).
    """
    current = formats or (lambda: Formats(locale=get_locale()))
    init_assets(app, root)

    def moment_there(value: datetime | None, today: bool = False) -> str:
        f = current()
        return "" if value is None else moment(value, f.now, f.tz, today=today)

    def money(amount: Decimal | Amount | None, currency: str | None = None) -> str:
        if isinstance(amount, Amount):
            return money_words(amount.value, amount.currency)
        return "" if amount is None else money_words(amount, currency or current().currency)

    def iso(value: datetime | None) -> str:
        return "" if value is None else value.astimezone(UTC).isoformat()

    def has_endpoint(name: str) -> bool:
        return name in app.view_functions

    app.jinja_env.filters.update(
        acted_by=acted_by,
        moment=moment_there,
        dt=moment_there,
        day=lambda d: "" if d is None else date_words(d),
        money=money,
        iso=iso,
        initials=initials,
        duration=lambda s: "" if s is None else duration_words(s.total_seconds() if isinstance(s, timedelta) else s),
        number=lambda n: "" if n is None else number_words(n),
    )
    app.jinja_env.globals.update(
        icon=icon, clock_icons=CLOCK_ICONS, clock_markup=clock_markup, clock_words=clock_words, formats=current,
        yes_no=yes_no, ticking_words=ticking_words, visible_errors=visible_errors, is_required=is_required,
        html_lang=html_lang, ui_locale=get_locale, has_endpoint=has_endpoint,
    )
