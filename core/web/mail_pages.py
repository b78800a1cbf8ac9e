"""Mail that went out, waits, or needs a decision: a company's, and for the installation's administrators accounts'."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from core.errors import DomainError
from core.i18n import _
from core.mail.models import PARKED, STATE_WORDS, STATES, WAITING, AccountMail, Mail
from core.mail.services import AGAIN, ARRIVED, DROP, MANAGE, decide_account_mail, decide_mail, mail_ready
from core.paging import count_up_to, paged
from core.web.current import cursor_argument, pager_of
from core.web.database import db
from core.web.errors import say
from core.web.gate import INSTALLATION, needs
from core.web.ui import Tab

blueprint = Blueprint("mail", __name__)

ORDER = ("parked", "unsure", "queued", "sending", "sent", "dropped")


def _said(verdict: str) -> str:
    words = {
        AGAIN: _("Queued again; the worker sends it within seconds."),
        ARRIVED: _("Noted: it arrived."),
        DROP: _("Dropped; it is not sent."),
    }
    return words[verdict]


def _list(session, model, endpoint: str):
    """What the two lists show: one page of a state, tabs with counts of what is not over."""
    state = request.args.get("state", PARKED)
    if state not in STATES:
        abort(404)
    page = paged(session, sa.select(model).where(model.state == state), [(model.id, "desc")], cursor=cursor_argument())
    tabs = []
    for one in ORDER:
        waits = one in WAITING or one in ("queued", "sending")
        count = count_up_to(session, sa.select(model).where(model.state == one), model.id) if waits else None
        tabs.append(Tab(_(STATE_WORDS[one]), url_for(endpoint, state=one), count, one == state))
    return {"page": page, "pager": pager_of(page), "state": state, "tabs": tabs, "ready": mail_ready()}


@blueprint.get("/mail")
@needs(MANAGE)
def mail_list():
    """The company's mail by state; what was not sent is decided on here."""
    return render_template("mail/list.html", **_list(g.ctx.session, Mail, "mail.mail_list"))


@blueprint.get("/mail/<int:record_id>")
@needs(MANAGE)
def mail_page(record_id: int):
    """One mail: what it says and what became of it."""
    from core.web.shell import may_open

    row = g.ctx.session.get(Mail, record_id)
    if row is None:
        abort(404)
    kind = g.ctx.registry.kinds.get(row.record_kind)
    about = None
    if kind is not None and kind.endpoint and row.record_id and may_open(g.ctx, kind.endpoint):
        about = (_(kind.label), url_for(kind.endpoint, record_id=row.record_id))
    return render_template("mail/mail.html", row=row, about=about)


@blueprint.post("/mail/<int:mail_id>/decide")
@needs(MANAGE)
def mail_decide(mail_id: int):
    """Send it again, note that it arrived, or drop it."""
    verdict, back = request.form.get("verdict", ""), url_for("mail.mail_list", state=request.form.get("back", PARKED))
    try:
        decide_mail(g.ctx, mail_id, verdict)
    except DomainError as error:
        if error.status == 404:
            raise
        return say(error, back)
    flash(_said(verdict), "ok")
    return redirect(back)


@blueprint.get("/installation/mail")
@needs(INSTALLATION)
def account_mail_list():
    """Mail about accounts, which belongs to no company."""
    return render_template("installation/mail.html", **_list(db.session(), AccountMail, "mail.account_mail_list"))


@blueprint.post("/installation/mail/<int:mail_id>/decide")
@needs(INSTALLATION)
def account_mail_decide(mail_id: int):
    """Send it again, note that it arrived, or drop it."""
    back = url_for("mail.account_mail_list", state=request.form.get("back", PARKED))
    verdict = request.form.get("verdict", "")
    try:
        decide_account_mail(db.session(), mail_id, verdict, g.now)
    except DomainError as error:
        if error.status == 404:
            raise
        return say(error, back)
    flash(_said(verdict), "ok")
    return redirect(back)
