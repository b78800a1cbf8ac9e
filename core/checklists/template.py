"""What a checklist asks: read from data, with every mistake told; and whether an answer satisfies it. No database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import Invalid
from core.i18n import N_, _

YES_NO, CHECK, CHOICE, NUMBER, TEXT, PHOTO = "yes_no", "check", "choice", "number", "text", "photo"
TYPES = (YES_NO, CHECK, CHOICE, NUMBER, TEXT, PHOTO)
TYPE_WORDS = {
    YES_NO: N_("yes or no"),
    CHECK: N_("OK or not OK"),
    CHOICE: N_("choice"),
    NUMBER: N_("number"),
    TEXT: N_("text"),
    PHOTO: N_("photo"),
}
OPTIONS = {
    YES_NO: (("yes", N_("Yes")), ("no", N_("No"))),
    CHECK: (("ok", N_("OK")), ("not_ok", N_("Not OK"))),
}
NOT_OK = ("no", "not_ok")
LONGEST = 4000
_CODE = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
MOST_ITEMS = 200


@dataclass(frozen=True)
class Item:
    """One question. ``remark`` means: what is not OK (no, not OK, out of range) needs a remark."""

    code: str
    text: Mapping[str, str]
    type: str
    required: bool = True
    help: Mapping[str, str] | None = None
    choices: tuple[tuple[str, Mapping[str, str]], ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    unit: str = ""
    remark: bool = False

    def options(self) -> list[tuple[str, Any]]:
        """(value, label) to choose from; empty for what is typed. Labels are message ids or bilingual."""
        return list(self.choices) if self.type == CHOICE else list(OPTIONS.get(self.type, ()))


@dataclass(frozen=True)
class Template:
    """A checklist. ``gates`` names the transitions that wait for its required items."""

    name: Mapping[str, str]
    items: tuple[Item, ...]
    gates: tuple[str, ...] = ()

    def item(self, code: str) -> Item | None:
        """The item of that code, if there is one."""
        return next((i for i in self.items if i.code == code), None)


def read_template(data: Mapping[str, Any], transitions: Iterable[str] = ()) -> Template:
    """The checklist that ``data`` describes; Invalid with every mistake in ``details["problems"]``, by place."""
    problems: dict[str, str] = {}
    name = _words(data.get("name"))
    if not name:
        problems["name"] = _("Give it a name.")
    gates = tuple(str(g) for g in data.get("gates") or ())
    unknown = [g for g in gates if g not in set(transitions)]
    if unknown:
        problems["gates"] = _("There is no transition “{name}”.", name=unknown[0])
    raw = list(data.get("items") or ())
    if not raw or len(raw) > MOST_ITEMS:
        problems["items"] = _("A checklist has 1 to {n} items.", n=MOST_ITEMS)
    items = [_item(one, f"items.{number}", problems) for number, one in enumerate(raw[:MOST_ITEMS])]
    seen: set[str] = set()
    for number, item in enumerate(items):
        if item.code in seen:
            problems.setdefault(f"items.{number}.code", _("This code is used twice."))
        seen.add(item.code)
    if problems:
        raise Invalid("checklist", next(iter(problems.values())), problems=problems)
    return Template(name, tuple(items), gates)


def _words(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = {"en": value, "zh": value}
    if not isinstance(value, Mapping):
        return {}
    return {locale: str(value[locale]).strip() for locale in ("en", "zh") if str(value.get(locale) or "").strip()}


def _item(raw: Mapping[str, Any], place: str, problems: dict[str, str]) -> Item:
    code, kind, text = str(raw.get("code") or ""), str(raw.get("type") or ""), _words(raw.get("text"))
    if not _CODE.match(code):
        problems[f"{place}.code"] = _("A code has lower-case letters, digits and _ only, and begins with a letter.")
    if not text:
        problems[f"{place}.text"] = _("Say what is asked.")
    if kind not in TYPES:
        problems[f"{place}.type"] = _("Choose how it is answered.")
    choices = tuple((str(c.get("value") or ""), _words(c.get("label"))) for c in raw.get("choices") or ())
    if kind == CHOICE and (len(choices) < 2 or not all(v and w for v, w in choices)):
        problems[f"{place}.choices"] = _("Give at least two choices.")
    low, high = (_number(raw.get(name), f"{place}.{name}", problems) for name in ("minimum", "maximum"))
    if low is not None and high is not None and low > high:
        problems[f"{place}.maximum"] = _("The largest value is below the smallest.")
    return Item(
        code=code,
        text=text,
        type=kind,
        required=bool(raw.get("required", True)),
        help=_words(raw.get("help")) or None,
        choices=choices if kind == CHOICE else (),
        minimum=low if kind == NUMBER else None,
        maximum=high if kind == NUMBER else None,
        unit=str(raw.get("unit") or "").strip() if kind == NUMBER else "",
        remark=bool(raw.get("remark", False)) and kind in (YES_NO, CHECK, NUMBER),
    )


def _number(value: Any, place: str, problems: dict[str, str]) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        problems[place] = _("“{text}” is not a number. Write it like 12.", text=value)
        return None
    return number


def to_data(template: Template) -> dict[str, Any]:
    """Plain data; ``read_template`` gives the same back."""
    items = []
    for item in template.items:
        data: dict[str, Any] = {"code": item.code, "text": dict(item.text), "type": item.type}
        data["required"] = item.required
        if item.help:
            data["help"] = dict(item.help)
        if item.choices:
            data["choices"] = [{"value": value, "label": dict(words)} for value, words in item.choices]
        for name in ("minimum", "maximum"):
            if getattr(item, name) is not None:
                data[name] = format(getattr(item, name), "f")
        if item.unit:
            data["unit"] = item.unit
        if item.remark:
            data["remark"] = True
        items.append(data)
    return {"name": dict(template.name), "gates": list(template.gates), "items": items}


# --- answers --------------------------------------------------------------------------------------------------------


def clean(item: Item, value: str) -> str:
    """What was entered, as it is kept; empty takes an answer back. Raises Invalid at the item's code."""
    value = value.strip()
    if not value or item.type == PHOTO:
        return ""
    if item.options():
        if value not in {v for v, _label in item.options()}:
            raise Invalid("bad_choice", _("“{text}” is not one of the choices.", text=value), item.code)
        return value
    if item.type == NUMBER:
        problems: dict[str, str] = {}
        number = _number(value.replace(",", "."), item.code, problems)
        if number is None or len(value) > 40:
            raise Invalid("bad_number", _("“{text}” is not a number. Write it like 12.", text=value[:40]), item.code)
        return format(number, "f")
    if len(value) > LONGEST:
        text = _("At most {n} characters; this has {length}.", n=LONGEST, length=len(value))
        raise Invalid("too_long", text, item.code)
    return value


def is_ok(item: Item, value: str) -> bool:
    """Whether an answer is as it should be: not "no", not "not OK", within the range."""
    if item.type == NUMBER and value:
        number = Decimal(value)
        too_low = item.minimum is not None and number < item.minimum
        return not too_low and not (item.maximum is not None and number > item.maximum)
    return value not in NOT_OK or item.type not in OPTIONS


def missing(item: Item, value: str, remark: str, photos: int) -> str:
    """What an item still lacks, in words; empty when it lacks nothing. Items that are not required may stay empty."""
    if item.type == PHOTO:
        return _("A photo is missing") if item.required and not photos else ""
    if not value:
        return _("Not answered yet") if item.required else ""
    if item.remark and not is_ok(item, value) and not remark.strip():
        return _("A remark is missing")
    return ""
