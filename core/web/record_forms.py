"""Pages with forms: what was typed is never lost, what is refused is told where it was typed, ids never clash."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request
from sqlalchemy.exc import StatementError
from wtforms import HiddenField

from core.context import Ctx
from core.db import in_words
from core.errors import DomainError
from core.events import changed_since
from core.i18n import _
from core.web.conflict import version_of
from core.web.current import current_ctx, flash_done, flash_error
from core.web.entered import kept_form
from core.web.forms import SanbaoForm
from core.web.timeline import timeline_items
from core.web.ui import moment

FormMaker = Callable[[Ctx, Any], Any]


@dataclass(frozen=True)
class RecordForms:
    """The forms on the page of a record, by the action that each sends to ``…/<record_id>/<action>``.

    ``makers`` makes each (``make(ctx, record)``), ``rights`` says who may, ``do(ctx, id, action, form)`` carries one
    out and answers the sentence that is shown afterwards. ``find(ctx, id)`` answers the record,
    ``page(ctx, record, failed=form, name=action, extra=…, status=…)`` draws its page, ``back(id)`` is its address.
    """

    makers: Mapping[str, FormMaker]
    rights: Mapping[str, str]
    find: Callable[[Ctx, int], Any]
    page: Callable[..., Any]
    do: Callable[[Ctx, int, str, Any], str]
    back: Callable[[int], str]

    def run(self, record_id: int, action: str) -> Any:
        """Carry one action out. What is refused comes back on the page, with what was typed."""
        ctx = current_ctx()
        if action not in self.makers:
            abort(404)
        ctx.require(self.rights[action])
        record = self.find(ctx, record_id)
        form = self.makers[action](ctx, record)

        def page(extra: list[str], status: int) -> Any:
            now = self.find(ctx, record_id)
            return self.page(ctx, now, failed=form, name=action, extra=extra, status=status)

        return carry_out(
            form,
            lambda: self.do(ctx, record_id, action, form),
            str,
            lambda _said: self.back(record_id),
            page,
            lambda: self.find(ctx, record_id),
        )

    def forms(self, ctx: Ctx, record: Any, failed: Any = None, name: str = "") -> dict[str, Any]:
        """Every form that this person may use, with ids of its own; the one that failed as it was sent."""
        shown = {a: make(ctx, record) for a, make in self.makers.items() if a != name and ctx.can(self.rights[a])}
        return {a: own_ids(a, form) for a, form in (shown | ({name: failed} if name else {})).items()}


class VersionForm(SanbaoForm):
    """One of several forms on the page of a record: it carries the version that was shown, for the service to compare.

    Who was overtaken is told in sentences by whom (``carry_out``); a form on a page of its own, where both versions are
    to stand side by side, is a ``VersionedForm``.
    """

    version = HiddenField()

    @property
    def seen(self) -> int | None:
        """The version of the record that was on the page; None where there was none."""
        return version_of(self.version.data) if self.version.data not in (None, "") else None


def own_ids(name: str, form: Any) -> Any:
    """The form, with ids of its own for its fields: several forms stand on one page."""
    for field in form:
        field.id = f"{name}-{field.short_name}"
        field.label.field_id = field.id
    return form


def carry_out(
    form: Any,
    do: Callable[[], Any],
    done: str | Callable[[Any], str],
    back: str | Callable[[Any], str],
    page: Callable[[list[str], int], Any],
    find: Callable[[], Any] | None = None,
) -> Any:
    """Carry out what a form on the page of a record asks for; what is refused comes back with what was typed.

    ``done`` is said afterwards and ``back`` is gone to; either may be a function of what ``do()`` answered, such as
    ``str`` where that is the sentence to say.
    ``page(extra, status)`` draws the page with the form as it was sent. With ``find()``, which answers the record as it
    is now, somebody who was overtaken is told by whom, and what they did.
    """
    if not form.validate():
        return page([], 422)
    try:
        answer = _spoken(do)
    except DomainError as error:
        return page(refused(form, error, find), error.status)
    flash_done(done if isinstance(done, str) else done(answer))
    return redirect(back if isinstance(back, str) else back(answer))


def _spoken(do: Callable[[], Any]) -> Any:
    """What ``do`` answers; what the database refuses is raised as a refusal in words."""
    try:
        return do()
    except (StatementError, OverflowError) as error:
        told = in_words(error)
        if told is None:
            raise
        raise told from error


def refused(form: Any, error: DomainError, find: Callable[[], Any] | None = None) -> list[str]:
    """Put what a service refused beside the form's fields; answers what stands beside none. ``find`` as in
    ``carry_out``. Raises ``error`` again where the page can't be shown either: forbidden, or not there.
    """
    if error.status in (403, 404):
        raise error
    ctx = current_ctx()
    ctx.session.expire_all()
    extra = form.refuse(error)
    if error.code == "stale" and "version" in form:
        now = error.details.get("current", {}).get("version", form.version.data)
        if find is not None:
            record = find()
            extra += _meanwhile(ctx, record, form.seen or 0)
            now = record.version
        form.version.raw_data, form.version.data = None, now
    return extra


def _meanwhile(ctx: Ctx, record: Any, seen: int) -> list[str]:
    """What the others did to a record since this person opened it, the newest first."""
    return [
        _("{name}, {time}: {what}", name=item.who, time=moment(item.at, ctx.now, ctx.tz, today=True), what=item.text)
        for item in timeline_items(ctx, changed_since(ctx, record, seen))
    ]


def form_page(form: Any, save: Callable[[], Any], template: str, back: Callable[[Any], str], **shown: Any) -> Any:
    """A form on a page of its own: shown, sent, and shown again with what was typed where ``save()`` refuses it."""
    extra: list[str] = []
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                saved = _spoken(save)
            except DomainError as error:
                if error.status in (403, 404):
                    raise
                extra, status = form.refuse(error), error.status
            else:
                flash_done(_("Saved"))
                return redirect(back(saved))
    return render_template(template, form=form, extra=extra, **shown), status


def pressed(do: Callable[[], Any], done: str, back: str) -> Any:
    """Carry out what a button without a form asks for, and go back; what is refused is told there."""
    try:
        _spoken(do)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
    else:
        flash_done(done)
    return redirect(back)


def typed() -> Any:
    """What this request sends, where it sends a form: for ``formdata``."""
    return request.form if request.method == "POST" else None


def is_sent(action: str) -> bool:
    """Whether this request sends the form of that action."""
    return request.method == "POST" and (request.view_args or {}).get("action") == action


def sent(ctx: Ctx, record: Any, action: str, transition: str = "") -> Any:
    """What the form of an action was sent with, or filled in with before an approval of ``transition`` was asked for;
    else None.
    """
    if is_sent(action):
        return request.form
    return kept_form(ctx, record, transition) if transition else None


def plain_form(action: str, kind: type, transition: str = "") -> FormMaker:
    """A maker of a form that needs nothing but the record's version."""

    def make(ctx: Ctx, record: Any) -> Any:
        return kind(formdata=sent(ctx, record, action, transition), version=record.version)

    return make


def form_token() -> str:
    """A key for a form that must not count twice when it is sent twice."""
    return secrets.token_hex(12)


def chosen(value: int | None) -> int | None:
    """The id chosen in a list whose first line, 0, means none."""
    return value or None


def first_line(words: str, rest: Iterable[tuple[int, str]]) -> Sequence[tuple[int, str]]:
    """Choices with a first line that means none."""
    return [(0, words), *rest]
