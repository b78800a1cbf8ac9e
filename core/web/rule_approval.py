"""Approval of rule tables on their page: submit, approve, send back, withdraw; and whether a table needs it at all."""

from __future__ import annotations

import datetime as dt

from flask import flash, g, redirect, request, url_for

from core.decisions import approving
from core.errors import DomainError, Forbidden, Invalid
from core.i18n import _
from core.web.gate import needs
from core.web.rule_base import VIEW, blueprint, editable, table_of


def submitted(name: str):
    """Submit the draft that was just saved, and show the table."""
    draft = approving.submit(g.ctx, name)
    flash(_("Version {number} is submitted. Somebody else has to approve it.", number=draft.number), "ok")
    return redirect(url_for("rules.table", name=name))


@blueprint.post("/rules/<name>/approve")
@needs(approving.APPROVE)
def approve(name: str):
    """Approve the submitted draft: it is published, in force from the date in the form."""
    table_of(name)

    def do() -> str:
        version = approving.approve(g.ctx, name, _date(request.form.get("effective_from", "")))
        day = version.effective_from.isoformat() if version.effective_from else ""
        return _("Version {number} is published and in force from {day}.", number=version.number, day=day)

    return _done(name, do)


@blueprint.post("/rules/<name>/send-back")
@needs(approving.APPROVE)
def send_back(name: str):
    """Give the submitted draft back with a reason."""
    table_of(name)

    def do() -> str:
        version = approving.send_back(g.ctx, name, request.form.get("sent_back_reason", ""))
        return _("Version {number} is sent back to be changed.", number=version.number)

    return _done(name, do)


@blueprint.post("/rules/<name>/withdraw")
@needs(VIEW)
def withdraw(name: str):
    """Take the submitted draft back to go on with it."""
    editable(name)

    def do() -> str:
        approving.withdraw(g.ctx, name)
        return _("The draft is yours again. It is not submitted any more.")

    return _done(name, do)


@blueprint.post("/rules/<name>/approval-setting")
@needs("core.settings.edit")
def approval_setting(name: str):
    """Whether new versions of this table need another person's approval."""
    table_of(name)
    needed = request.form.get("needed") == "yes"

    def do() -> str:
        approving.set_needs_approval(g.ctx, name, needed)
        if needed:
            return _("From now on somebody else has to approve new versions.")
        return _("New versions need no approval any more.")

    return _done(name, do)


def _done(name: str, do):
    """Do it and say so on the page of the table; a refusal is said there, too, and nothing is changed."""
    try:
        flash(do(), "ok")
    except Forbidden:
        raise
    except DomainError as error:
        flash(error.message, "bad")
    return redirect(url_for("rules.table", name=name))


def _date(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        words = _("“{text}” is not a date. Write it like 2026-11-23.", text=text)
        raise Invalid("bad_date", words, "effective_from") from None
