"""Cells as people type them into a grid or a spreadsheet, and back: ``≥ 10``, ``使用不当、保养不当``, ``not misuse``.

What ``cell_text`` writes in either language, ``parse_cell_text`` reads in both. Choices may be typed by value or by
label. Values that contain a separator, or read like an operator, stand in double quotation marks.
"""

from __future__ import annotations

import re

from core.decisions.cells import parse_cell
from core.decisions.formula_tree import Formula, formula_text
from core.decisions.formulas import is_formula, parse_output
from core.decisions.model import ORDERED_TYPES, Cell, Column, Problem, Value
from core.decisions.values import Unfit, decimal_text, parse_decimal, parse_value, show
from core.i18n import N_, get_locale

# The words are both written and read, in both languages whatever the language of the page: so they aren't messages.
_WORDS = {
    "any": {"en": "any", "zh": "不限"},
    "empty": {"en": "empty", "zh": "空"},
    "not_empty": {"en": "not empty", "zh": "非空"},
    "not": {"en": "not", "zh": "非"},
    "starts_with": {"en": "starts with", "zh": "开头是"},
    "contains": {"en": "contains", "zh": "包含"},
    "true": {"en": "yes", "zh": "是"},
    "false": {"en": "no", "zh": "否"},
}
_READ = {op: {words["en"], words["zh"]} for op, words in _WORDS.items()}
_NOTHING = {"-", "–", "—"}
_READ["any"] |= {"", "*", *_NOTHING}
_READ["not_empty"] |= {"not_empty", "given", "不空"}
_READ["true"] |= {"true", "y"}
_READ["false"] |= {"false", "n"}
_COMPARE = {"<": "lt", "≤": "le", "<=": "le", ">": "gt", "≥": "ge", ">=": "ge", "=": "equals", "＜": "lt", "＞": "gt"}
_SIGN = {"lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
_COMPARISON = re.compile(r"(<=|>=|[<>=≤≥＜＞])\s*(.+)", re.DOTALL)
_RANGE = re.compile(r"(.+?)\s*(?:\.\.+|…|–|—|~|～|至|\bto\b)\s*(.+)")
_NEGATION = re.compile(r"(?:not\b|!=|≠|非|不是)\s*(.+)", re.IGNORECASE | re.DOTALL)
_TEXT_OPERATOR = re.compile(r"(starts with|contains|开头是|包含)\s*(.+)", re.IGNORECASE | re.DOTALL)
_OPERATOR_FIRST = re.compile(r"not\b|!=|≠|非|不是|starts with|contains|开头是|包含", re.IGNORECASE)
_SEPARATORS = ",，、;；"
_QUOTES = {'"': '"', "“": "”"}


def cell_text(column: Column, cell: Cell, locale: str | None = None) -> str:
    """The condition as one would type it, with choices by their label; ``parse_cell_text`` reads it back."""
    locale = locale or get_locale()
    if cell.op in ("any", "empty", "not_empty"):
        return _WORDS[cell.op][locale]
    values = [_typed(column, value, locale) for value in cell.values]
    if cell.op in _SIGN:
        return f"{_SIGN[cell.op]} {values[0]}"
    if cell.op == "between":
        if cell.ends == "[]":
            return f"{values[0]}–{values[1]}"
        lower, upper = ("≥" if cell.ends[0] == "[" else ">"), ("≤" if cell.ends[1] == "]" else "<")
        return f"{lower} {values[0]}, {upper} {values[1]}"
    listed = ("、" if locale == "zh" else ", ").join(values)
    if cell.op in ("not", "not_in"):
        negated = f"{_WORDS['not'][locale]} {listed}"
        return f"≠ {listed}" if _is_choice(column, negated) else negated
    return f"{_WORDS[cell.op][locale]} {listed}" if cell.op in _WORDS else listed


def parse_cell_text(column: Column, text: str) -> Cell:
    """The condition that somebody typed, checked like one in a file; raises Unfit with what is wrong."""
    text = text.strip()
    word = text.lower()
    for op in ("any", "empty", "not_empty"):
        if word in _READ[op]:
            return parse_cell(column, [op])
    negated = None if _is_choice(column, text) else _NEGATION.fullmatch(text)
    if negated:
        return parse_cell(column, ["not_in", *_values(column, negated[1])])
    if column.type in ORDERED_TYPES:
        return parse_cell(column, _ordered(column, text))
    operator = _TEXT_OPERATOR.fullmatch(text) if column.type == "str" else None
    if operator:
        op = "starts_with" if operator[1].lower() in _READ["starts_with"] else "contains"
        return parse_cell(column, [op, *_values(column, operator[2])])
    return parse_cell(column, ["in", *_values(column, text)])


def value_text(column: Column, value: Value | Formula, locale: str | None = None) -> str:
    """An output as one would type it; blank when there is none."""
    if isinstance(value, Formula):
        return formula_text(value, locale)
    return "" if value is None else _typed(column, value, locale or get_locale(), quote=False)


def parse_output_text(column: Column, text: str, inputs: tuple[Column, ...]) -> Value | Formula:
    """The output that somebody typed, a formula where it begins with ``=``; None for a blank; raises Unfit."""
    if is_formula(text) and column.type not in ("str", "choice"):
        return parse_output(column, text.strip(), inputs)
    return parse_value_text(column, text)


def parse_value_text(column: Column, text: str) -> Value:
    """The value that somebody typed, None for a blank; raises Unfit with what is wrong."""
    if not text.strip():
        return None
    if column.type == "str" and not column.choices:
        return text
    text = text.strip()
    return None if text in _NOTHING and not _is_choice(column, text) else parse_value(column, _raw(column, text))


def _ordered(column: Column, text: str) -> list:
    """Canonical list form of a condition on a number or a date."""
    parts = _split(text)
    compared = [match for part in parts if (match := _COMPARISON.fullmatch(part))]
    if compared and len(compared) == len(parts):
        return _joined([(_COMPARE[match[1]], _raw(column, match[2])) for match in compared])
    between = _RANGE.fullmatch(text) if len(parts) == 1 else None
    if between:
        return ["between", _raw(column, between[1]), _raw(column, between[2])]
    return ["in", *_values(column, text)]


def _joined(compared: list[tuple[str, object]]) -> list:
    """One comparison, or two that make a range."""
    if len(compared) == 1:
        return list(compared[0])
    ends = dict(compared)
    lower = next((op for op in ("gt", "ge") if op in ends), None)
    upper = next((op for op in ("lt", "le") if op in ends), None)
    if len(compared) != 2 or lower is None or upper is None:
        message = N_("{operators} can't stand together. A range has one lower and one upper end.")
        raise Unfit(
            Problem(
                "operators_together", message, {"operators": ", ".join(_SIGN.get(op, "=") for op, _value in compared)}
            )
        )
    brackets = ("[" if lower == "ge" else "(") + ("]" if upper == "le" else ")")
    return ["between", ends[lower], ends[upper], brackets]


def _values(column: Column, text: str) -> list:
    """Raw values of a list that somebody typed."""
    text = text.strip()
    if _is_choice(column, text):
        return [_raw(column, text)]
    if column.type in ("int", "decimal") and re.search(r"\d,\d", text):
        message = N_("Write numbers without thousands separators, and a space after the comma in lists: {value}.")
        raise Unfit(Problem("separator", message, {"value": show(text)}))
    return [_raw(column, part) for part in _split(text)]


def _split(text: str) -> list[str]:
    """The parts of a list; a separator inside quotation marks doesn't separate, a doubled mark is a mark."""
    parts = [""]
    for char in text:
        if char in _SEPARATORS and not _is_open(parts[-1].lstrip()):
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


def _is_open(part: str) -> bool:
    if part.startswith('"'):
        return part.count('"') % 2 == 1
    return part.startswith("“") and not part.endswith("”")


def _raw(column: Column, text: str) -> object:
    """What somebody typed, as a table file would have it; text that doesn't fit is left for the column to refuse."""
    text = text.strip()
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].replace('""', '"')
    if column.choices:
        return _choice_value(column, text)
    if column.type == "bool":
        return next((word == "true" for word in ("true", "false") if text.lower() in _READ[word]), text)
    if column.type in ("int", "decimal"):
        return _number(column, text)
    return text


def _number(column: Column, text: str) -> object:
    units = [column.unit] if isinstance(column.unit, str) else list(column.unit.values())
    for unit in sorted(filter(None, units), key=len, reverse=True):
        text = text.removesuffix(unit).strip()
    number = parse_decimal(text.replace("−", "-"))
    if number is None or column.type == "decimal":
        return text if number is None else number
    short = abs(number.adjusted()) < 50
    return int(number) if short and number == number.to_integral_value() else text


def _is_choice(column: Column, text: str) -> bool:
    return bool(column.choices) and column.choice(_choice_value(column, text)) is not None


def _choice_value(column: Column, text: str) -> str:
    """The choice meant by a value or, where no value is written so, by a label in either language."""
    if column.choice(text):
        return text
    found = [choice.value for choice in column.choices if text in _labels(choice.label)]
    return found[0] if len(found) == 1 else text


def _labels(words: object) -> list[str]:
    return [words] if isinstance(words, str) else list(words.values()) if isinstance(words, dict) else []


def _typed(column: Column, value: Value, locale: str, quote: bool = True) -> str:
    if isinstance(value, bool):
        return _WORDS["true" if value else "false"][locale]
    if column.choices:
        return _choice_text(column, str(value), locale, quote)
    if column.type in ORDERED_TYPES:
        return decimal_text(value) if column.type == "decimal" else str(value)  # type: ignore[arg-type]
    return _quoted(str(value)) if quote else str(value)


def _choice_text(column: Column, value: str, locale: str, quote: bool) -> str:
    choice = column.choice(value)
    words = choice.label if choice else value
    text = words if isinstance(words, str) else words.get(locale) or words.get("en") or words.get("zh") or value
    if _choice_value(column, text) != value:
        text = value
    return _quoted(text) if quote else text


def _quoted(text: str) -> str:
    """The text, in quotation marks where it would otherwise be read as something else."""
    words = set().union(*(_READ[op] for op in ("any", "empty", "not_empty")))
    odd = text != text.strip() or text.lower() in words or _OPERATOR_FIRST.match(text)
    if odd or any(char in text for char in _SEPARATORS) or text[0] in _QUOTES:
        return '"' + text.replace('"', '""') + '"'
    return text
