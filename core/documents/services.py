"""Issuing, copying and cancelling numbered documents.

A number is taken last, in the transaction that keeps the document: what is rolled back leaves no gap. What the
document says is kept as plain data, written as its language writes it; later changes of the record don't touch it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.context import Ctx
from core.db import plain, transaction
from core.documents.models import Document
from core.errors import Conflict, Invalid, NotFound
from core.events import RecordRef, emit, ref_of
from core.files import may_see_record, require_not_frozen
from core.i18n import LOCALES, _, both, use_locale
from core.message_templates import Amount, written
from core.registry import Registry
from core.sequences import next_number
from core.settings import get_setting


@dataclass(frozen=True)
class DocumentKind:
    """A sort of numbered document, declared by ``document_kinds()``; ``label`` is a message id.

    ``template`` is a Jinja file of the plugin, given the ``facts``; ``facts(ctx, record)`` answers a plain mapping of
    texts, numbers, dates, moments, ``Amount`` and lists of them, or raises Conflict while the document can't be issued.
    ``permission`` is needed to issue, copy and cancel; ``pattern_setting`` is the key of the setting that holds the
    pattern of its numbers. ``signed`` False: no lines for signature and date below, because the template has its own or
    nobody signs. ``paper`` is ``a4`` or ``label``, a card of A6 with a large code. ``ready(record)`` False: it is not
    offered yet, or no more; ``facts`` says why. ``language(ctx, record)`` answers the language of whom it is for, empty
    where none is known: it is proposed, and taken where nobody chooses.
    """

    code: str
    label: str
    record_kind: str
    template: str
    facts: Callable[[Ctx, Any], Mapping[str, Any]]
    permission: str
    pattern_setting: str
    signed: bool = True
    paper: str = "a4"
    ready: Callable[[Any], bool] = lambda _record: True
    language: Callable[[Ctx, Any], str] = lambda _ctx, _record: ""


PAPERS = ("a4", "label")


def check_declared(registry: Registry) -> list[str]:
    """What is wrong with the declared kinds, in words."""
    wrong = []
    for code, kind in registry.document_kinds.items():
        plugin = registry.owner_of("document_kinds", code)
        setting = registry.settings.get(kind.pattern_setting)
        if not code.startswith(f"{plugin}."):
            wrong.append(f"document {code!r}: its code must begin with {plugin + '.'!r}")
        if kind.record_kind not in registry.kinds:
            wrong.append(f"document {code!r}: nobody declares the record kind {kind.record_kind!r}")
        if kind.paper not in PAPERS:
            wrong.append(f"document {code!r}: no paper is called {kind.paper!r}")
        if kind.permission not in registry.permissions:
            wrong.append(f"document {code!r}: nobody declares the right {kind.permission!r}")
        if setting is None or setting.type != "str":
            wrong.append(f"document {code!r}: no setting of type str is called {kind.pattern_setting!r}")
    return wrong


def kinds_for(ctx: Ctx, record_kind: str) -> list[DocumentKind]:
    """The sorts of documents that records of a kind may have here: those of modules that are on."""
    return [
        kind
        for code, kind in ctx.registry.document_kinds.items()
        if kind.record_kind == record_kind and ctx.registry.owner_of("document_kinds", code) in ctx.enabled
    ]


def kind_of(ctx: Ctx, code: str) -> DocumentKind:
    """A sort of documents by its code. Raises NotFound when there is none or its module is off."""
    kind = ctx.registry.document_kinds.get(code)
    if kind is None or ctx.registry.owner_of("document_kinds", code) not in ctx.enabled:
        raise NotFound("unknown_document", _("There is no such document."))
    return kind


def documents_of(
    ctx: Ctx, ref: RecordRef, *, before_id: int | None = None, limit: int | None = None
) -> list[Document]:
    """The documents issued on a record, newest first, of modules that are on. Checks no right.

    ``before_id`` leaves out that document and all newer ones, ``limit`` all but so many.
    """
    codes = [kind.code for kind in kinds_for(ctx, ref.kind)]
    query = sa.select(Document).where(
        Document.record_kind == ref.kind, Document.record_id == ref.id, Document.kind.in_(codes)
    )
    if before_id is not None:
        query = query.where(Document.id < before_id)
    return list(ctx.session.scalars(query.order_by(Document.id.desc()).limit(limit)))


def find_document(ctx: Ctx, document_id: int) -> Document:
    """A document on a record that the actor may see. Raises NotFound otherwise, and while its module is off."""
    row = ctx.session.scalar(sa.select(Document).where(Document.id == document_id))
    if row is None or not may_see_record(ctx, _ref(row)):
        raise NotFound("unknown_document", _("There is no such document."))
    kind_of(ctx, row.kind)
    return row


def issue_document(ctx: Ctx, code: str, record, locale: str = "") -> Document:
    """Issue a document on a record, in a language. Needs the right of its kind.

    Empty: the language of whom it is for (see ``DocumentKind.language``), else that of the moment.

    Raises NotFound for a record out of reach, Conflict when what it must say is not there yet or the record is frozen,
    Invalid when the pattern of its numbers is no good.
    """
    kind = kind_of(ctx, code)
    ctx.require(kind.permission)
    ref = ref_of(ctx, record)
    if ref.kind != kind.record_kind or not may_see_record(ctx, ref):
        raise NotFound("unknown_record", _("There is no such record."))
    require_not_frozen(ctx, ref)
    if locale not in ("", *LOCALES):
        raise Invalid("unknown_language", _("Choose a language."), "locale")
    with transaction(ctx):
        row: Any = ctx.session.get_one(ctx.registry.kinds[ref.kind].model, ref.id)
        locale = locale or kind.language(ctx, row) or ctx.locale
        with use_locale(locale):
            facts = {name: _said(ctx, value, locale) for name, value in kind.facts(ctx, row).items()}
        document = Document(
            kind=code,
            number=_number(ctx, kind),
            record_kind=ref.kind,
            record_id=ref.id,
            locale=locale,
            facts=facts,
            issued_at=ctx.now,
            issued_by=ctx.actor.name,
        )
        ctx.session.add(document)
        ctx.session.flush()
        emit(ctx, "core.document_issued", ref, document=both(kind.label), number=document.number)
        return document


def _said(ctx: Ctx, value: Any, locale: str) -> Any:
    """A fact as plain data, worded as the language words it."""
    if isinstance(value, Mapping):
        return {str(name): _said(ctx, one, locale) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_said(ctx, one, locale) for one in value]
    if isinstance(value, dt.datetime):
        value = value.astimezone(ctx.tz)
    return written(value, locale) if isinstance(value, dt.date | Decimal | Amount) else plain(value)


def _number(ctx: Ctx, kind: DocumentKind) -> str:
    pattern = get_setting(ctx, kind.pattern_setting)
    try:
        if "{n" not in pattern:
            raise KeyError("n")
        number = next_number(ctx, kind.code, pattern)
    except (KeyError, IndexError, ValueError):
        text = _("The pattern of numbers “{pattern}” is no good: see the setting “{key}”.", pattern=pattern,
                 key=kind.pattern_setting)  # fmt: skip
        raise Invalid("bad_pattern", text) from None
    taken = sa.select(Document.id).where(Document.kind == kind.code, Document.number == number)
    if len(number) > Document.number.type.length or ctx.session.scalar(taken) is not None:
        text = _("The number {number} can't be given (again): see the setting “{key}”.", number=number,
                 key=kind.pattern_setting)  # fmt: skip
        raise Conflict("number_taken", text)
    return number


def cancel_document(ctx: Ctx, document_id: int, reason: str) -> Document:
    """Cancel a document, with a reason: its number stays, and the sheet says so. Needs the right of its kind."""
    reason = reason.strip()
    with transaction(ctx):
        row = _locked(ctx, document_id)
        kind = kind_of(ctx, row.kind)
        ctx.require(kind.permission)
        require_not_frozen(ctx, _ref(row))
        if not reason:
            raise Invalid("reason_missing", _("Give a reason."), "reason")
        if row.cancelled_at is not None:
            raise Conflict("cancelled_already", _("It is cancelled already."))
        row.cancelled_at, row.cancelled_by, row.cancel_reason = ctx.now, ctx.actor.name, reason
        label = both(kind.label)
        emit(ctx, "core.document_cancelled", _ref(row), document=label, number=row.number, reason=reason)
        return row


def copy_document(ctx: Ctx, document_id: int) -> int:
    """Count another copy of a document; answers which one it is. Needs the right of its kind."""
    with transaction(ctx):
        row = _locked(ctx, document_id)
        kind = kind_of(ctx, row.kind)
        ctx.require(kind.permission)
        row.copies += 1
        label = both(kind.label)
        emit(ctx, "core.document_copied", _ref(row), document=label, number=row.number, copy=row.copies)
        return row.copies


def _locked(ctx: Ctx, document_id: int) -> Document:
    row = find_document(ctx, document_id)
    ctx.session.refresh(row, with_for_update=True)
    return row


def _ref(row: Document) -> RecordRef:
    return RecordRef(row.record_kind, row.record_id)


def record_of(ctx: Ctx, row: Document) -> Any:
    """The record on which a document was issued."""
    return ctx.session.get_one(ctx.registry.kinds[row.record_kind].model, row.record_id)


def empty_documents(ctx: Ctx, record_kind: str, record_id: int) -> None:
    """For erasing a person: what documents of a record say goes; number, day and who issued them stay."""
    query = sa.select(Document).where(Document.record_kind == record_kind, Document.record_id == record_id)
    for row in ctx.session.scalars(query):
        row.facts, row.cancel_reason = {}, ""
