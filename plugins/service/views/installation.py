"""Pages of installations: the steps at the desk and on site, and what the customer accepts and signs."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for

from core.api import Ctx, DomainError, Invalid, _, label, timeline
from core.web_api import (
    RecordForms,
    current_ctx,
    flash_done,
    flash_error,
    needs,
    panels_of,
    sent,
    timeline_items,
)
from plugins.service import life
from plugins.service.forms import installation as forms
from plugins.service.install_contracts import (
    INSTALL_VERDICT_WORDS,
    MODE_WORDS,
    PART_ICONS,
    PART_WORDS,
    STEP_ICONS,
    STEP_STATE_WORDS,
    STEP_TONES,
    TRAINED_WORDS,
    AcceptData,
    ArrangementData,
    TraineeData,
)
from plugins.service.models import Installation
from plugins.service.panels.visits import new_key
from plugins.service.queries import installation as queries
from plugins.service.rules.installation import next_step
from plugins.service.services import installation as services
from plugins.service.views.blueprint import blueprint

LARGEST_DRAWING = 400_000
"""Characters of a drawn signature, as it is sent."""


@blueprint.post("/installations/begin/<int:record_id>")
@needs(life.WORK)
def installation_begin(record_id: int):
    """Put the steps of the company's table on an order that has none yet."""
    ctx = current_ctx()
    try:
        found = services.begin(ctx, record_id)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        flash_error(error)
        return redirect(url_for("service.order_page", record_id=record_id))
    return redirect(url_for("service.installation_page", record_id=found.id))


@blueprint.get("/installations/<int:record_id>")
@needs(life.VIEW)
def installation_page(record_id: int):
    """One installation: steps, papers, training, acceptance."""
    ctx = current_ctx()
    return _page(ctx, queries.get_installation(ctx, record_id))


def _page(ctx: Ctx, found: Installation, *, failed: Any = None, name: str = "", extra: Any = (), status: int = 200):
    order = found.order
    verdicts = queries.verdicts_of(ctx, order.id)
    rows = queries.steps_of(ctx, order.id)
    upcoming = next_step(rows)
    steps = [
        {
            "s": s, "text": label(s.text), "state": _(STEP_STATE_WORDS[s.state]), "icon": STEP_ICONS[s.state],
            "tone": STEP_TONES[s.state], "part": _(PART_WORDS[s.part]), "part_icon": PART_ICONS[s.part],
            "mode": _(MODE_WORDS[s.mode]),
            "said": [(v, _(INSTALL_VERDICT_WORDS[v.verdict])) for v in verdicts if v.step_id == s.id],
        }
        for s in rows
    ]  # fmt: skip
    page = render_template(
        "service/installation.html",
        i=found,
        order=order,
        far=queries.progress_of(ctx, order.id),
        steps=steps,
        next_id=upcoming.id if upcoming is not None else None,
        whole=[(v, _(INSTALL_VERDICT_WORDS[v.verdict])) for v in verdicts if v.step_id is None],
        papers=[(p, label(p.text)) for p in queries.papers_of(ctx, order.id)],
        trainees=[(t, _(TRAINED_WORDS[t.result])) for t in reversed(queries.trainees_of(ctx, order.id))],
        modes=list(MODE_WORDS.items()),
        may=order.is_open and ctx.can(life.WORK),
        begun=order.started_at is not None,
        panels=panels_of(ctx, found),
        history=timeline_items(ctx, timeline(ctx, found)),
        forms=ACTS.forms(ctx, found, failed, name),
        failed=name,
        extra=list(extra),
    )
    return page, status


@blueprint.post("/installations/<int:record_id>/<action>")
@needs(life.WORK)
def installation_act(record_id: int, action: str):
    """Carry one action out. On an error the page comes back with what was typed."""
    return ACTS.run(record_id, action)


def _form(name: str, kind: type) -> Any:
    def make(ctx: Ctx, found: Any) -> Any:
        return kind(formdata=sent(ctx, found, name))

    return make


def _arrange_form(ctx: Ctx, i: Installation) -> forms.ArrangeForm:
    return forms.ArrangeForm(
        formdata=sent(ctx, i, "arrange"), version=i.version, access=i.access,
        equipment=i.equipment, evenings=i.evenings, weekends=i.weekends, hours_note=i.hours_note,
    )  # fmt: skip


def _id(text: Any) -> int:
    text = str(text)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _do(ctx: Ctx, record_id: int, name: str, form: Any) -> str:
    return DOERS[name](ctx, record_id, form)


def _arrange(ctx: Ctx, i: int, form: Any) -> str:
    data = ArrangementData(
        form.access.data or "", form.equipment.data or "", bool(form.evenings.data), bool(form.weekends.data),
        form.hours_note.data or "",
    )  # fmt: skip
    services.arrange(ctx, i, data, version=form.seen)
    return _("Recorded")


def _step_done(ctx: Ctx, i: int, form: Any) -> str:
    note, mode = form.note.data or "", form.mode.data or ""
    services.do_step(ctx, i, _id(form.line_id.data), note, mode, at=form.at.data)
    return _("The step is done; the customer accepts it now")


def _step_objected(ctx: Ctx, i: int, form: Any) -> str:
    services.object_to_step(ctx, i, _id(form.line_id.data), form.who.data, form.reason.data)
    return _("Recorded: the step is done anew")


def _step_dropped(ctx: Ctx, i: int, form: Any) -> str:
    services.drop_step(ctx, i, _id(form.line_id.data), form.reason.data)
    return _("The step is left out")


def _step_restored(ctx: Ctx, i: int, form: Any) -> str:
    services.restore_step(ctx, i, _id(form.line_id.data))
    return _("The step is to be done")


def _step_added(ctx: Ctx, i: int, form: Any) -> str:
    services.add_step(ctx, i, form.text.data, form.part.data, form.mode.data)
    return _("Step added")


def _handed(ctx: Ctx, i: int, form: Any) -> str:
    services.hand_paper(ctx, i, _id(form.line_id.data), form.received_by.data, form.edition.data or "")
    return _("Handed over, recorded")


def _not_handed(ctx: Ctx, i: int, form: Any) -> str:
    services.drop_paper(ctx, i, _id(form.line_id.data), form.reason.data)
    return _("Recorded")


def _trained(ctx: Ctx, i: int, form: Any) -> str:
    data = TraineeData(form.name.data, form.result.data, form.job.data or "", form.note.data or "")
    return _("{name} is on the list", name=services.train(ctx, i, data).name)


def _refused(ctx: Ctx, i: int, form: Any) -> str:
    services.refuse_whole(ctx, i, form.who.data, form.reason.data)
    return _("Recorded")


DOERS = {
    "arrange": _arrange, "done": _step_done, "objected": _step_objected, "drop": _step_dropped,
    "restore": _step_restored, "add": _step_added, "hand": _handed, "drop_paper": _not_handed, "train": _trained,
    "refuse": _refused,
}  # fmt: skip

ACTS = RecordForms(
    makers={
        "arrange": _arrange_form,
        "done": _form("done", forms.DoForm),
        "objected": _form("objected", forms.ObjectStepForm),
        "drop": _form("drop", forms.LineReasonForm),
        "restore": _form("restore", forms.LineForm),
        "add": _form("add", forms.AddStepForm),
        "hand": _form("hand", forms.HandForm),
        "drop_paper": _form("drop_paper", forms.LineReasonForm),
        "train": _form("train", forms.TraineeForm),
        "refuse": _form("refuse", forms.RefuseForm),
    },
    rights=dict.fromkeys(DOERS, life.WORK),
    find=queries.get_installation,
    page=_page,
    do=_do,
    back=lambda record_id: url_for("service.installation_page", record_id=record_id),
)


# --- what the customer accepts ----------------------------------------------------------------------------------------


@blueprint.route("/installations/<int:record_id>/acceptance", methods=["GET", "POST"])
@needs(life.WORK)
def installation_accept(record_id: int):
    """What the customer looks at and signs: the steps that are done, and the whole."""
    ctx = current_ctx()
    found = queries.get_installation(ctx, record_id)
    sent_now = request.method == "POST"
    form = forms.AcceptForm(
        formdata=request.form if sent_now else None, who=found.order.person_name, final_on=ctx.today
    )
    if not sent_now:
        return _accept_page(ctx, found, form)
    try:
        if not form.validate():
            raise Invalid("form", _("Check what you entered."))
        content, name = _signature(form.by.data)
        ids = [_id(text) for text in request.form.getlist("step")]
        on = (form.final_on.data or ctx.today) if form.final.data else None
        data = AcceptData(form.who.data, content, name, form.reason.data or "", on)
        services.accept(ctx, record_id, ids, data, request.form.get("once", "").strip())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        ctx.session.expire_all()
        if request.headers.get("X-Requested-With") == "fetch":
            return jsonify({"error": error.message, "field": error.field or ""}), error.status
        extra = form.refuse(error) if error.code != "form" else []
        return _accept_page(ctx, queries.get_installation(ctx, record_id), form, extra, error.status)
    url = url_for("service.installation_page", record_id=record_id)
    flash_done(_("Accepted by {who}", who=form.who.data))
    return jsonify({"next": url}) if request.headers.get("X-Requested-With") == "fetch" else redirect(url)


def _accept_page(ctx: Ctx, found: Installation, form: Any, extra: Any = (), status: int = 200):
    order = found.order
    steps = queries.steps_of(ctx, order.id)
    chosen = set(request.form.getlist("step")) if request.method == "POST" else {str(s.id) for s in steps}
    page = render_template(
        "service/installation_accept.html",
        i=found,
        order=order,
        form=form,
        extra=list(extra),
        once=new_key(),
        done=[(s, label(s.text), str(s.id) in chosen) for s in steps if s.state == "done"],
        left=sum(s.state in ("open", "objected") for s in steps),
        papers=[(p, label(p.text)) for p in queries.papers_of(ctx, order.id) if p.handed_at],
        may=order.is_open,
    )
    return page, status


def _signature(by: str) -> tuple[bytes, str]:
    """What was signed: the photo of a sheet before the drawing; nothing where nobody signs."""
    photo = request.files.get("photo")
    if by == "none":
        return b"", ""
    if photo is not None and photo.filename:
        return photo.read(), photo.filename
    drawn = request.form.get("signature", "")
    if not drawn:
        return b"", ""
    if len(drawn) > LARGEST_DRAWING or not drawn.startswith("data:image/png;base64,"):
        raise Invalid("no_picture", _("That is no drawn signature. Draw it again."), "signature")
    try:
        return base64.b64decode(drawn.partition(",")[2], validate=True), "signature.png"
    except (binascii.Error, ValueError) as error:
        raise Invalid("no_picture", _("That is no drawn signature. Draw it again."), "signature") from error
