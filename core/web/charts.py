"""Charts drawn on the server as SVG: presentation attributes and classes only, so that a strict CSP lets them through.

Each follows the theme by its classes (``charts.css``), is drawn for a panel 352 px wide so that its text keeps its
size, is one image to a screen reader (title and all values in words), and says nothing by colour alone. The numbers
stand in a table beside it: the macro ``ui.chart`` puts both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core.i18n import _

WIDTH, HEIGHT = 352, 204
_KEY_WIDTH = 118
"""What the names beside lying bars may take."""


@dataclass(frozen=True)
class Bar:
    """One value with its name; ``before`` is the same for the period before, None where there is none."""

    label: str
    value: int
    before: int | None = None


@dataclass(frozen=True)
class Share:
    """Kept of all, with its name."""

    label: str
    kept: int
    total: int

    @property
    def percent(self) -> int:
        """Per cent kept, 100 when there was nothing to keep."""
        return round(100 * self.kept / self.total) if self.total else 100


@dataclass(frozen=True)
class ChartTable:
    """The numbers of a chart: heads, and rows whose first cell is the name; ``urls`` are where its rows lead."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    urls: Sequence[str] = ()


def lying_bars(title: str, bars: Sequence[Bar]) -> Markup:
    """Bars that lie one below the other, the value behind each; a mark shows the period before."""
    if not bars:
        return _drawn(title, "", "", HEIGHT)
    height = max(HEIGHT, 24 * len(bars) + 8)
    left, right = _KEY_WIDTH, WIDTH - 44
    most = max(max(b.value, b.before or 0) for b in bars) or 1
    step = min((height - 6) / len(bars), 36)
    parts = []
    for index, bar in enumerate(bars):
        middle = 3 + step * (index + 0.5)
        width = (right - left) * bar.value / most
        parts += [
            _text(left - 8, middle + 4, _cut(bar.label, left - 8), "end", "n"),
            _rect(left, middle - 6, right - left, 12, "bg"),
            _rect(left, middle - 6, max(width, 2) if bar.value else 0, 12, "b1", f"{bar.label}{_(': ')}{bar.value}"),
        ]
        if bar.before is not None:
            at = left + (right - left) * bar.before / most
            parts.append(_line(at, middle - 9, at, middle + 9, "min"))
        parts.append(_text(right + 8, middle + 4, bar.value, "start", "v"))
    return _drawn(title, _words(bars), Markup("").join(parts), height)


def columns(title: str, bars: Sequence[Bar]) -> Markup:
    """Columns along time, oldest first; every name is shown that has room."""
    left, right, top, bottom = 30, WIDTH - 4, 22, HEIGHT - 28
    most = max((b.value for b in bars), default=0) or 1
    ticks = _ticks(most)
    scale = (bottom - top) / max(most * 1.12, ticks[-1])
    parts = [_line(left, bottom - t * scale, right, bottom - t * scale, "g") for t in ticks]
    parts += [_text(left - 5, bottom - t * scale + 4, t, "end") for t in ticks]
    step = (right - left) / max(len(bars), 1)
    every = max(1, -(-len(bars) * 40 // (right - left)))
    for index, bar in enumerate(bars):
        x, tall = left + step * index, bar.value * scale
        if bar.value:
            parts += [
                _rect(x + step * 0.16, bottom - tall, step * 0.68, tall, "b1", f"{bar.label}{_(': ')}{bar.value}"),
                _text(x + step / 2, bottom - tall - 4, bar.value, "middle", "v"),
            ]
        if (len(bars) - 1 - index) % every == 0:
            parts.append(_text(x + step / 2, HEIGHT - 8, bar.label, "middle"))
    return _drawn(title, _words(bars), Markup("").join(parts), HEIGHT)


def pareto(title: str, bars: Sequence[Bar]) -> Markup:
    """Columns from the highest on, with the line of their share added up; those that make the first 80 % stand out.

    ``bars`` come sorted; of more than seven the last ones are put together.
    """
    shown = list(bars[:7]) if len(bars) <= 7 else [*bars[:6], Bar(_("others"), sum(b.value for b in bars[6:]))]
    total = sum(b.value for b in shown)
    if not total:
        return _drawn(title, "", "", HEIGHT)
    left, right, top, bottom = 8, WIDTH - 40, 22, HEIGHT - 44
    most = max(b.value for b in shown) * 1.12
    step = (right - left) / len(shown)

    def share(percent: float) -> float:
        return bottom - (bottom - top) * percent / 100

    parts = [_line(left, share(p), right, share(p), "g") for p in (0, 50, 80, 100)]
    parts += [_text(right + 5, share(p) + 4, f"{p}%") for p in (50, 80, 100)]
    summed, points = 0, []
    for index, bar in enumerate(shown):
        x, tall = left + step * index, (bottom - top) * bar.value / most
        kind = "b1" if summed / total < 0.8 else "b5"
        summed += bar.value
        parts += [
            _rect(x + 5, bottom - tall, step - 10, tall, kind, f"{bar.label}{_(': ')}{bar.value}"),
            _text(x + step / 2, bottom - tall - 4, bar.value, "middle", "v"),
        ]
        lines = _two_lines(bar.label, step - 2)
        parts += [_text(x + step / 2, bottom + 16 + 15 * n, line, "middle") for n, line in enumerate(lines)]
        points.append((x + step / 2, share(100 * summed / total)))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(Markup('<polyline class="l2" points="{}"/>').format(line))
    parts += [Markup('<circle class="p2" cx="{}" cy="{}" r="2.5"/>').format(f"{x:.1f}", f"{y:.1f}") for x, y in points]
    return _drawn(title, _words(shown), Markup("").join(parts), HEIGHT)


def shares(title: str, rows: Sequence[Share], target: int | None = None) -> Markup:
    """How much of each was kept, in per cent, with a line at the target; what misses it is hatched out in amber."""
    height = max(HEIGHT, 32 * len(rows) + 24)
    left, right = _KEY_WIDTH, WIDTH - 48
    step = min((height - 20) / max(len(rows), 1), 40)
    parts = []
    for index, row in enumerate(rows):
        middle = 4 + step * (index + 0.5)
        width = (right - left) * row.percent / 100
        kind = "b1" if target is None or row.percent >= target else "b2"
        parts += [
            _text(left - 8, middle + 4, _cut(row.label, left - 8), "end", "n"),
            _rect(left, middle - 7, right - left, 14, "bg"),
            _rect(left, middle - 7, width, 14, kind, f"{row.label}{_(': ')}{row.percent} %"),
            _text(right + 8, middle + 4, f"{row.percent}%", "start", "v"),
        ]
    if target is not None and rows:
        x = left + (right - left) * target / 100
        parts += [
            _line(x, 2, x, height - 14, "tgt"),
            _text(x, height - 3, _("target {percent} %", percent=target), "middle", "s"),
        ]
    words = _("; ").join(f"{r.label} {r.kept} / {r.total}" for r in rows)
    return _drawn(title, words, Markup("").join(parts), height)


def change_words(now: int, before: int) -> str:
    """How a number moved against the period before, in words: ``12 more than the period before``."""
    if now == before:
        return _("as many as in the period before")
    if now > before:
        return _("{n} more than in the period before", n=now - before)
    return _("{n} fewer than in the period before", n=before - now)


# --- drawing --------------------------------------------------------------------------------------------------------


def _drawn(title: str, words: str, body: Markup | str, height: float) -> Markup:
    return Markup(
        '<svg class="ch" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{title}">'
        "<desc>{words}</desc>{body}</svg>"
    ).format(w=WIDTH, h=round(height), title=title, words=words, body=Markup(body))


def _text(x: float, y: float, words: str | int, anchor: str = "start", kind: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>').format(
        f"{x:.1f}", f"{y:.1f}", anchor, kind, words
    )


def _rect(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> Markup:
    told = Markup("<title>{}</title>").format(title) if title else ""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" rx="2" class="{}">{}</rect>').format(
        f"{x:.1f}", f"{y:.1f}", f"{max(width, 0):.1f}", f"{max(height, 0):.1f}", kind, told
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(
        f"{x1:.1f}", f"{y1:.1f}", f"{x2:.1f}", f"{y2:.1f}", kind
    )


def _words(bars: Sequence[Bar]) -> str:
    return _("; ").join(f"{b.label} {b.value}" for b in bars)


def _breadth(letter: str) -> float:
    """About how wide a letter is at the size of the charts, in px."""
    return 12 if letter > "\u2e7f" else 6.4


def _cut(label: str, width: float) -> str:
    """The label as far as it fits, with an ellipsis when it does not."""
    if sum(map(_breadth, label)) <= width:
        return label
    used, kept = 8.0, ""
    for letter in label:
        used += _breadth(letter)
        if used > width:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def _two_lines(label: str, width: float) -> list[str]:
    """The label in at most two lines: at a blank where there is one, else in the middle."""
    if sum(map(_breadth, label)) <= width:
        return [label]
    first, _blank, rest = label.partition(" ")
    if not rest:
        half = next((n for n in range(len(label), 0, -1) if sum(map(_breadth, label[:n])) <= width), 1)
        first, rest = label[:half], label[half:]
    return [_cut(first, width), _cut(rest, width)]


def _ticks(most: int) -> list[int]:
    """Round values from 0 on, up to four steps, none beyond what is shown by more than a step."""
    step = 1
    while most / step > 4:
        step = step * 2 if str(step)[0] in "15" else step * 5 // 2
    return list(range(0, most + 1, step))
