"""Templates of messages: declared by modules as data, changed by each company in the browser, filled in with facts.

A text holds ``{placeholders}`` and nothing else: no code, no conditions. What a template may speak of is declared with
it, so an unknown placeholder is refused when it is saved, and a fact that is missing when it is used is named.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from sqlalchemy.orm import Mapped, mapped_column

from core.context import Ctx
from core.db import Base, BigId, CompanyOwned, Id, JsonType, transaction
from core.errors import Conflict, Invalid, NotFound
from core.events import emit
from core.i18n import LOCALES, _, label, use_locale
from core.registry import Registry
from core.shipped import read_data_file

EDIT = "core.templates.edit"
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BRACES = re.compile(r"[{}]")
_DATES = {"zh": "zh_Hans_CN", "en": "en_GB"}
"""Day before month in English as well."""
SHIPPED = 0
"""The version number of the text that a module ships."""


@dataclass(frozen=True)
class Placeholder:
    """A fact that a template may speak of. ``label`` is bilingual, ``example`` a value for the preview.

    Values are texts, numbers, dates, moments or ``Amount``; each is written as the language writes it.
    """

    name: str
    label: Mapping[str, str]
    example: Any


@dataclass(frozen=True)
class Amount:
    """Money in a currency."""

    value: Decimal
    currency: str


@dataclass(frozen=True)
class MessageTemplate:
    """A message that a module sends or prints, declared by ``message_templates()``.

    ``label``, ``purpose``, ``subject`` and ``body`` are ``{"en": …, "zh": …}``.
    ``group`` names those among which a person chooses at one place, such as ``complaints.reply``.
    """

    code: str
    label: Mapping[str, str]
    purpose: Mapping[str, str]
    placeholders: tuple[Placeholder, ...]
    subject: Mapping[str, str]
    body: Mapping[str, str]
    group: str = ""

    def problems(self) -> list[str]:
        """What is wrong with the declaration, in English, for whoever writes the module."""
        wrong = []
        for what, text in (("subject", self.subject), ("body", self.body)):
            if set(text) != set(LOCALES) or not all(text.values()):
                wrong.append(f"needs its {what} in English and in Chinese")
                continue
            names = {locale: set(PLACEHOLDER.findall(text[locale])) for locale in LOCALES}
            unknown = sorted(set().union(*names.values()) - {p.name for p in self.placeholders})
            wrong += [f"its {what} names {{{name}}}, which it does not declare" for name in unknown]
            wrong += [f"its {what} has a stray brace" for locale in LOCALES if _stray(text[locale])]
        return wrong


@dataclass(frozen=True)
class Text:
    """Subject and body in both languages, as they stand in a version."""

    subject: Mapping[str, str]
    body: Mapping[str, str]
    number: int = SHIPPED
    by_name: str = ""
    at: dt.datetime | None = None


class TemplateVersion(Base, CompanyOwned):
    """A company's own text of a template; the highest number counts. Never changed."""

    __tablename__ = "core_template_version"
    __table_args__ = (sa.UniqueConstraint("company_id", "code", "number"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(sa.String(80))
    number: Mapped[int]
    subject: Mapped[dict] = mapped_column(JsonType)
    body: Mapped[dict] = mapped_column(JsonType)
    shipped: Mapped[bool] = mapped_column(default=False)
    """Back to what the module ships, also when a later release changes it."""
    by_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("core_user.id"))
    by_name: Mapped[str] = mapped_column(sa.String(120))
    created_at: Mapped[dt.datetime]


def template_of(ctx: Ctx, code: str) -> MessageTemplate:
    """A template of a module that is on. Raises NotFound for any other."""
    found = ctx.registry.message_templates.get(code)
    if found is None or not _is_on(ctx, code):
        raise NotFound("unknown_template", _("There is no such template."))
    return found


def templates_of(ctx: Ctx, group: str | None = None) -> list[MessageTemplate]:
    """The templates of the modules that are on, in the order of their declaration; of one group or all."""
    found = ctx.registry.message_templates.items()
    return [t for code, t in found if _is_on(ctx, code) and (group is None or t.group == group)]


def _is_on(ctx: Ctx, code: str) -> bool:
    owner = ctx.registry.owner_of("message_templates", code)
    return owner == "core" or owner in ctx.enabled


def text_in_force(ctx: Ctx, code: str) -> Text:
    """What a template says in this company now."""
    newest = _newest(ctx, code)
    return _text(template_of(ctx, code), newest)


def _newest(ctx: Ctx, code: str) -> TemplateVersion | None:
    query = sa.select(TemplateVersion).where(TemplateVersion.code == code).order_by(TemplateVersion.number.desc())
    return ctx.session.scalar(query.limit(1))


def _text(template: MessageTemplate, version: TemplateVersion | None) -> Text:
    if version is None:
        return Text(template.subject, template.body)
    if version.shipped:
        return Text(template.subject, template.body, version.number, version.by_name, version.created_at)
    return Text(version.subject, version.body, version.number, version.by_name, version.created_at)


def versions_of(ctx: Ctx, code: str, limit: int = 20) -> list[TemplateVersion]:
    """Who changed a template when, newest first."""
    query = sa.select(TemplateVersion).where(TemplateVersion.code == code)
    return list(ctx.session.scalars(query.order_by(TemplateVersion.number.desc()).limit(limit)))


def save_template(
    ctx: Ctx, code: str, subject: Mapping[str, str], body: Mapping[str, str], *, seen: int | None = None
) -> int:
    """Give a template another text; answers the new version's number. Needs ``core.templates.edit``.

    Raises Invalid for a text that is empty or names a placeholder that there is not, and Conflict when somebody else
    saved it after version ``seen``.
    """
    ctx.require(EDIT)
    template = template_of(ctx, code)
    texts = {"subject": subject, "body": body}
    words = {f"{what}_{locale}": text[locale].strip() for what, text in texts.items() for locale in LOCALES}
    for field, text in words.items():
        check_text(template, text, field)
    values = {
        what: {locale: words[f"{what}_{locale}"].replace("\r\n", "\n") for locale in LOCALES}
        for what in ("subject", "body")
    }
    return _add(ctx, template, seen, shipped=False, **values)


def reset_template(ctx: Ctx, code: str, *, seen: int | None = None) -> int:
    """Take up again what the module ships; answers the new version's number."""
    ctx.require(EDIT)
    return _add(ctx, template_of(ctx, code), seen, shipped=True, subject={}, body={})


def _add(ctx: Ctx, template: MessageTemplate, seen: int | None, **values: Any) -> int:
    with transaction(ctx):
        newest = _newest(ctx, template.code)
        number = newest.number if newest is not None else SHIPPED
        if seen is not None and seen != number:
            name = newest.by_name if newest is not None else ""
            told = _("{name} has changed this template meanwhile. Compare, then save again.", name=name)
            raise Conflict("stale", told)
        ctx.session.add(
            TemplateVersion(
                code=template.code,
                number=number + 1,
                by_id=ctx.actor.user_id,
                by_name=ctx.actor.name,
                created_at=ctx.now,
                **values,
            )
        )
        ctx.session.flush()
        emit(ctx, "core.template_saved", template=template.label, number=number + 1)
        return number + 1


def _stray(text: str) -> bool:
    return bool(_BRACES.search(PLACEHOLDER.sub("", text)))


def check_text(template: MessageTemplate, text: str, field: str) -> None:
    """Raise Invalid for a text that is empty, names a placeholder that there is not, or has a stray brace."""
    if not text:
        raise Invalid("empty_template", _("Fill this in."), field)
    if field.startswith("subject") and "\n" in text:
        raise Invalid("long_subject", _("A subject is one line."), field)
    known = {p.name for p in template.placeholders}
    for name in PLACEHOLDER.findall(text):
        if name not in known:
            words = _("There is no placeholder {name} here. Choose one from the list.", name=f"{{{name}}}")
            raise Invalid("unknown_placeholder", words, field)
    if _stray(text):
        raise Invalid("stray_brace", _("Braces only stand around a placeholder, like {name}.", name="{number}"), field)


def fill_in(ctx: Ctx, code: str, facts: Mapping[str, Any], locale: str) -> tuple[str, str]:
    """Subject and body of a template in a language, with these facts.

    Raises Invalid that names a fact which the text needs and which is missing.
    """
    template, text = template_of(ctx, code), text_in_force(ctx, code)
    return (
        _filled(template, text.subject[locale], facts, locale),
        _filled(template, text.body[locale], facts, locale),
    )


def example_of(template: MessageTemplate, text: Text, locale: str) -> tuple[str, str]:
    """Subject and body with the declared examples."""
    facts = {p.name: p.example for p in template.placeholders}
    return (
        _filled(template, text.subject[locale], facts, locale),
        _filled(template, text.body[locale], facts, locale),
    )


def _filled(template: MessageTemplate, text: str, facts: Mapping[str, Any], locale: str) -> str:
    labels = {p.name: p.label for p in template.placeholders}

    def value(match: re.Match) -> str:
        found = facts.get(match[1])
        if found is None or found == "":
            words = _(
                "“{template}” needs “{fact}”, which is missing here. Fill it in first, or choose another template.",
                template=label(template.label),
                fact=label(labels.get(match[1], match[1])),
            )
            raise Invalid("missing_placeholder", words, match[1])
        return written(found, locale)

    return PLACEHOLDER.sub(value, text)


def written(value: Any, locale: str) -> str:
    """A value as a language writes it."""
    name = LOCALES[locale]
    if isinstance(value, Amount):
        return format_currency(value.value, value.currency, locale=name)
    if isinstance(value, dict):
        with use_locale(locale):
            return label(value)
    if isinstance(value, Decimal):
        return format_decimal(value, locale=name)
    if isinstance(value, dt.datetime):
        return f"{format_date(value.date(), 'long', locale=_DATES[locale])} {value:%H:%M}"
    if isinstance(value, dt.date):
        return format_date(value, "long", locale=_DATES[locale])
    return str(value)


def check_declared(registry: Registry) -> list[str]:
    """Everything wrong with the templates that modules declare."""
    return [
        f"plugin {registry.owner_of('message_templates', code)!r}: message template {code!r} {problem}"
        for code, template in registry.message_templates.items()
        for problem in template.problems()
    ]


def read_templates(path: Path | str) -> list[MessageTemplate]:
    """The message templates in a YAML file of a module: a list of mappings with the fields of ``MessageTemplate``."""
    found = []
    for item in read_data_file(path):
        places = tuple(Placeholder(**one) for one in item.pop("placeholders"))
        found.append(MessageTemplate(placeholders=places, **item))
    return found
