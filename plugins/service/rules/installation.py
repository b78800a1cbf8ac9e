"""What an installation consists of, and what it still lacks. No database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from plugins.service.install_contracts import Line, Progress

MAY = {
    "do": ("open", "objected"), "accept": ("done",), "object": ("done",), "drop": ("open", "objected"),
    "restore": ("dropped",),
}  # fmt: skip
"""From which states of a step each act leads."""


def lines_of(outputs: Iterable[Mapping[str, Any]]) -> list[Line]:
    """The lines of an installation: of several rows with one code the first counts, ``apply`` no takes it out; by
    position, else as the rows stand.
    """
    found: dict[str, tuple[int, int, Line | None]] = {}
    for row, out in enumerate(outputs):
        code = str(out["code"])
        if code in found:
            continue
        text = {"en": str(out["text_en"]), "zh": str(out["text_zh"])}
        line = Line(str(out["part"]), code, text, str(out.get("mode") or "us"), str(out.get("edition") or ""))
        position = out.get("position")
        kept = None if out.get("apply") is False else line
        found[code] = (int(position) if position is not None else 1000 + row, row, kept)
    return [line for _position, _row, line in sorted(found.values(), key=lambda f: f[:2]) if line is not None]


def renewed(
    rows: Sequence[Any], lines: Sequence[Line], touched: Callable[[Any], bool]
) -> tuple[list[Any], list[Any], list[Any]]:
    """Rows (steps, or papers) after the table says other ``lines``: those that come in their order (for each line the
    row with its code, or the line where it is new, then those added by hand), those that only stay on record because
    something was done on them, and those that go.
    """
    known = {row.code: row for row in rows if row.code}
    order = [known.pop(line.code, line) for line in lines]
    order += [row for row in rows if not row.code]
    left = [row for row in rows if row.code in known]
    return order, [r for r in left if touched(r)], [r for r in left if not touched(r)]


def progress(steps: Sequence[Any], papers: Sequence[Any], *, final: bool) -> Progress:
    """How far an installation is."""
    counted = [s for s in steps if s.state != "dropped"]
    wanted = [p for p in papers if not p.dropped_reason]
    return Progress(
        len(counted), sum(s.state in ("done", "accepted") for s in counted),
        sum(s.state == "accepted" for s in counted), len(wanted), sum(p.handed_at is not None for p in wanted), final,
    )  # fmt: skip


def next_step(steps: Sequence[Any]) -> Any:
    """The step that comes next: what the customer objected to, else the first that is open; None when none is left."""
    left = sorted((s for s in steps if s.state in ("objected", "open")), key=lambda s: (s.state != "objected", s.n))
    return left[0] if left else None


def stage_of(order: Any, steps: Sequence[Any], *, final: bool) -> str:
    """Where the whole stands (a code of ``STAGE_WORDS``): what keeps it from being accepted comes first."""
    states = {s.state for s in steps if s.state != "dropped"}
    if final:
        return "accepted"
    if not order.is_open:
        return "cancelled" if order.state == "cancelled" else "ended"
    if "objected" in states:
        return "objected"
    if "done" in states:
        return "to_accept"
    if "open" in states:
        return "working" if order.started_at is not None else "waiting"
    return "final"


def trained(trainees: Sequence[Any]) -> bool:
    """Whether somebody masters it and nobody's last training asks for another (the newest of a name counts)."""
    newest = {t.name: t.result for t in trainees}
    return "mastered" in newest.values() and "again" not in newest.values()
