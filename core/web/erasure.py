"""Erasing a person's data: first what goes and what stays, then, with a reason, it is done."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired, Length

from core.erasure import KEPT_BY_LAW, RIGHT, erase_person, must_stay_until, what_is_held
from core.errors import DomainError, NotFound
from core.events import RecordRef
from core.i18n import N_, _, n_
from core.settings import get_setting
from core.web.forms import SanbaoForm
from core.web.gate import needs

blueprint = Blueprint("erasure", __name__)


class EraseForm(SanbaoForm):
    """Why, and that it is meant."""

    reason = TextAreaField(
        N_("Reason"),
        [InputRequired(), Length(max=400)],
        description=N_("It stays on record: do not name the person here."),
        render_kw={"rows": 2},
    )
    sure = BooleanField(N_("I have read what goes. It can't be brought back."), [InputRequired()])


@blueprint.route("/erase/<kind>/<int:record_id>", methods=["GET", "POST"])
@needs(RIGHT)
def erase_page(kind: str, record_id: int):
    """What is held about a person, what of it goes and what stays; with a reason it goes."""
    ctx = g.ctx
    known, record = _record(kind, record_id)
    ref = RecordRef(kind, record_id)
    held = what_is_held(ctx, ref)
    number = known.number(record)
    form, extra, status = EraseForm(), [], 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                emptied = erase_person(ctx, ref, form.reason.data or "")
            except DomainError as error:
                extra, status = form.refuse(error), error.status
            else:
                words = n_("Erased. {n} event was emptied.", "Erased. {n} events were emptied.", emptied)
                flash(words, "ok")
                back = url_for(known.endpoint, record_id=record_id) if known.endpoint else url_for("audit.events_list")
                return redirect(back)
    page = render_template(
        "web/erase.html",
        form=form,
        extra=extra,
        held=held,
        kind=_(known.label),
        number=number,
        back=url_for(known.endpoint, record_id=record_id) if known.endpoint else "",
        until=must_stay_until(ctx, held),
        law=str(get_setting(ctx, KEPT_BY_LAW) or "").strip(),
    )
    return page, status


def _record(kind: str, record_id: int):
    known = g.ctx.registry.kinds.get(kind)
    owner = g.ctx.registry.owner_of("kinds", kind) if known else ""
    if known is None or (owner != "core" and owner not in g.ctx.enabled):
        raise NotFound("unknown_kind", _("There is no such record in this company."))
    if known.view:
        g.ctx.require(known.view)
    record = g.ctx.session.get(known.model, record_id)
    if record is None:
        raise NotFound("unknown_record", _("There is no such record in this company."))
    return known, record
