"""Pages of a company: its people, their roles, its organisation."""

from __future__ import annotations

import re

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from core.auth import forms, lockout, mail, queries, services
from core.auth.models import User
from core.auth.page_form import PageForm
from core.companies.models import Membership, OrgUnit
from core.companies.services import end_membership, open_work, save_membership, save_unit, unit_by_code
from core.companies.units import close_unit, reopen_unit
from core.db import transaction
from core.errors import DomainError, NotFound
from core.i18n import LOCALES, N_, _, label
from core.paging import paged
from core.web.conflict import VersionedForm
from core.web.current import cursor_argument, pager_of
from core.web.database import db
from core.web.errors import say
from core.web.gate import needs
from core.web.timeline import timeline_of

blueprint = Blueprint("people", __name__)
PEOPLE, UNITS = "core.users.manage", "core.units.manage"
UNIT_KINDS = {
    "headquarters": N_("Headquarters"),
    "centre": N_("Service centre"),
    "agent": N_("Agent"),
    "department": N_("Department"),
}


# --- people ---------------------------------------------------------------------------------------------------------


class PersonForm(VersionedForm, PageForm):
    """What a person does here: roles, organisation unit, how far he or she sees."""

    roles = SelectMultipleField(N_("Roles"), choices=[])
    unit = SelectField(N_("Organisation unit"), choices=[])
    scope = RadioField(
        N_("Sees"),
        default="company",
        choices=[("company", N_("the whole company")), ("units", N_("the own unit and those below it"))],
        description=N_("What is assigned to a person, he or she always sees."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.unit.choices = [("", _("none")), *queries.unit_choices(g.ctx)]
        self.found_roles = queries.roles(g.ctx)
        self.grantable = queries.grantable_roles(g.ctx, self.found_roles)
        self.roles.choices = [(r.code, label(r.name) or r.code) for r in self.found_roles]

    def shown(self, record: Membership) -> dict:
        """A membership as the form says it."""
        unit = g.ctx.session.get(OrgUnit, record.unit_id) if record.unit_id else None
        return {"roles": record.role_codes, "unit": unit.code if unit else "", "scope": record.data_scope}

    def chosen_roles(self, before: set[str]) -> set[str]:
        """The roles asked for; those that the actor may not touch stay as they were."""
        return (set(self.roles.data or ()) & self.grantable) | (before - self.grantable)


class NewPersonForm(PersonForm):
    """The same for somebody who is not here yet."""

    email = StringField(
        N_("E-mail"),
        [DataRequired(), Length(max=255)],
        description=N_("Whoever has an account already keeps name and password."),
    )
    name = StringField(N_("Full name"), [Length(max=120)], description=N_("Only needed for a new account."))
    locale = RadioField(N_("Language"), choices=[("zh", "中文"), ("en", "English")])


@blueprint.get("/people")
@needs(PEOPLE)
def people_list():
    """Who works here, by name."""
    search, role, unit_code = (request.args.get(k, "").strip()[:100] for k in ("q", "role", "unit"))
    gone = request.args.get("state") == "left"
    unit = unit_by_code(g.ctx, unit_code, required=False) if unit_code else None
    query = queries.people(search=search, role=role, unit_id=unit.id if unit else None, active=not gone)
    page = paged(g.ctx, query, [User.name, User.id], cursor=cursor_argument())
    return render_template(
        "people/list.html",
        page=page,
        pager=pager_of(page),
        search=search,
        role=role,
        unit=unit_code,
        gone=gone,
        roles={r.code: label(r.name) for r in queries.roles(g.ctx)},
        units=dict(queries.unit_choices(g.ctx)),
        unit_names={u.id: u.name for u in g.ctx.session.query(OrgUnit)},
        is_locked=lambda user: lockout.is_locked(user, g.now),
    )


@blueprint.route("/people/add", methods=["GET", "POST"])
@needs(PEOPLE)
def person_add():
    """Let somebody work here: by an account that exists, or by a new one."""
    form = NewPersonForm(locale=g.ctx.company.locale)
    if form.validate_on_submit():
        try:
            with transaction(g.ctx):
                added = services.add_person(
                    g.ctx,
                    form.email.data,
                    form.name.data or "",
                    form.chosen_roles(set()),
                    form.unit.data or None,
                    form.scope.data,
                    locale=form.locale.data if form.locale.data in LOCALES else "zh",
                    make_password=not mail.ready(),
                )
                if added.created and added.password is None:
                    send_link(added.user, "welcome", inviter=g.ctx.actor.name, company=g.ctx.company.name)
        except DomainError as error:
            form.refuse(error)
        else:
            return _welcome(added)
    return render_template("people/add.html", form=form, by_mail=mail.ready()), form.status


def _welcome(added: services.Added):
    """After adding: a link by mail, or the one-time password on this page and nowhere else."""
    if not added.created:
        flash(_("{name} had an account already and now works here too.", name=added.user.name), "ok")
        return redirect(url_for("people.person", user_id=added.user.id))
    if added.password is not None:
        return render_template("people/password.html", user=added.user, password=added.password, is_new=True)
    flash(
        _(
            "{name} was added. A link for choosing a password is on its way to {email}.",
            name=added.user.name,
            email=added.user.email,
        ),
        "ok",
    )
    return redirect(url_for("people.person", user_id=added.user.id))


def send_link(user: User, template: str, session: Session | None = None, **facts: str) -> None:
    """Send somebody a link for choosing a password, in the transaction that is open."""
    mail.send_link(user, template, generate_reset_password_token(user), forms.link_lasts(), session, **facts)


@blueprint.route("/people/<int:user_id>", methods=["GET", "POST"])
@needs(PEOPLE)
def person(user_id: int):
    """One person: what he or she does here, and the state of the account."""
    membership, user = _person(user_id)
    form = PersonForm(record=membership)
    if form.validate_on_submit():
        before = set(membership.role_codes) if membership.active else set()
        try:
            save_membership(
                g.ctx,
                user_id,
                form.chosen_roles(before),
                form.unit.data or None,
                form.scope.data,
                version=form.seen,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Saved. It holds from {name}'s next click on.", name=user.name), "ok")
            return redirect(url_for("people.person", user_id=user_id))
    return render_template(
        "people/person.html",
        form=form,
        user=user,
        membership=membership,
        by_mail=mail.ready(),
        given=set(form.roles.data or ()),
        locked=lockout.is_locked(user, g.now),
        events=timeline_of(g.ctx, membership),
        is_me=user_id == g.ctx.actor.user_id,
    ), form.status


def _person(user_id: int):
    membership = services.membership_of(g.ctx, user_id)
    if membership is None:
        raise NotFound("unknown_person", _("This person does not work here."))
    return membership, g.ctx.session.get(User, user_id)


@blueprint.post("/people/<int:user_id>/unlock")
@needs(PEOPLE)
def person_unlock(user_id: int):
    """Lift a lock before its time."""
    services.unlock(g.ctx, user_id)
    flash(_("The account is open again."), "ok")
    return redirect(url_for("people.person", user_id=user_id))


@blueprint.post("/people/<int:user_id>/password")
@needs(PEOPLE)
def person_password(user_id: int):
    """A new password for somebody: a link by mail, or where there is no mail server a one-time password shown once."""
    _membership, user = _person(user_id)
    back = url_for("people.person", user_id=user_id)
    if mail.ready():
        with transaction(g.ctx):
            send_link(user, "reset_instructions")
            services.note_link_sent(g.ctx, user_id)
        flash(_("The link is on its way to {email}.", email=user.email), "ok")
        return redirect(back)
    try:
        password = services.renew_password(g.ctx, user_id, db.engine)
    except DomainError as error:
        return say(error, back)
    return render_template("people/password.html", user=user, password=password, is_new=False)


@blueprint.post("/people/<int:user_id>/second-factor")
@needs(PEOPLE)
def person_second_factor(user_id: int):
    """Reset a colleague's lost second factor; the person is told by mail."""
    _person(user_id)
    back = url_for("people.person", user_id=user_id)
    try:
        with transaction(g.ctx):
            user = services.reset_second_factor(g.ctx, user_id, db.engine)
            mail.tell(user, "second_factor_reset", by=g.ctx.actor.name)
    except DomainError as error:
        return say(error, back)
    flash(_("The second factor is reset. {name} signs in by password until it is set up anew.", name=user.name), "ok")
    return redirect(back)


class LeaveForm(PageForm):
    """Who takes over what a leaver still holds."""

    hand_over_to = SelectField(N_("Takes over the open work"), coerce=lambda v: int(v) if v else None, choices=[])


@blueprint.route("/people/<int:user_id>/leave", methods=["GET", "POST"])
@needs(PEOPLE)
def person_leave(user_id: int):
    """Somebody leaves: what is still open is shown and goes to a colleague."""
    membership, user = _person(user_id)
    if not membership.active:
        abort(404)
    form = LeaveForm()
    form.hand_over_to.choices = [("", _("Choose a colleague")), *queries.colleagues(g.ctx, user_id)]
    if form.validate_on_submit():
        try:
            moved = end_membership(g.ctx, user_id, form.hand_over_to.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("{name} no longer works here. Handed over: {n}.", name=user.name, n=moved), "ok")
            return redirect(url_for("people.people_list"))
    work = open_work(g.ctx, user_id)
    return render_template(
        "people/leave.html", form=form, user=user, work=work, total=sum(w.count for w in work)
    ), form.status


# --- organisation ---------------------------------------------------------------------------------------------------


class UnitForm(VersionedForm, PageForm):
    """A part of the company."""

    name = StringField(N_("Name"), [DataRequired(), Length(max=200)])
    kind = RadioField(N_("Kind"), default="department", choices=list(UNIT_KINDS.items()))
    parent = SelectField(N_("Stands below"), choices=[])
    region = StringField(
        N_("Area"), [Length(max=200)], description=N_("The area that it serves: province, city, district.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.parent.choices = [("", _("nothing, it stands on top")), *queries.unit_choices(g.ctx)]

    def shown(self, record: OrgUnit) -> dict:
        """An organisation unit as the form says it."""
        parent = g.ctx.session.get(OrgUnit, record.parent_id) if record.parent_id else None
        given = {"name": record.name, "kind": record.kind, "region": record.region}
        return {**given, "parent": parent.code if parent else ""}


class NewUnitForm(UnitForm):
    """The same with the code by which rules and imports name it."""

    code = StringField(
        N_("Code"), [DataRequired(), Length(max=40)], description=N_("Letters, digits and hyphens; it never changes.")
    )

    def validate_code(self, field) -> None:
        """The code is new and can be written in a rule."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", field.data or ""):
            field.errors = [_("A code has letters, digits or hyphens, 40 at most, like “east-2”.")]
        elif unit_by_code(g.ctx, field.data, required=False) is not None:
            field.errors = [_("There is an organisation unit with this code already.")]


@blueprint.get("/units")
@needs(UNITS)
def units_list():
    """The organisation as a tree."""
    return render_template("people/units.html", tree=queries.unit_tree(g.ctx), kinds=UNIT_KINDS)


@blueprint.route("/units/new", methods=["GET", "POST"])
@needs(UNITS)
def unit_new():
    """A new organisation unit, below ``?below=<code>`` if that is said."""
    return _unit_page(NewUnitForm(parent=request.args.get("below", "")), None)


@blueprint.route("/units/<code>", methods=["GET", "POST"])
@needs(UNITS)
def unit_edit(code: str):
    """One organisation unit."""
    unit = unit_by_code(g.ctx, code)
    assert unit is not None
    return _unit_page(UnitForm(record=unit), unit)


@blueprint.post("/units/<code>/close")
@needs(UNITS)
def unit_close(code: str):
    """Close a unit that holds nothing any more."""
    return _turn_unit(close_unit, code, N_("“{name}” is closed and can't be chosen any more."))


@blueprint.post("/units/<code>/reopen")
@needs(UNITS)
def unit_reopen(code: str):
    """Let a closed unit be chosen again."""
    return _turn_unit(reopen_unit, code, N_("“{name}” is open again."))


def _turn_unit(turn, code: str, done: str):
    back = url_for("people.unit_edit", code=code)
    try:
        turn(g.ctx, code)
    except NotFound:
        raise
    except DomainError as error:
        return say(error, back)
    unit = unit_by_code(g.ctx, code)
    flash(_(done, name=unit.name if unit else code), "ok")
    return redirect(back)


def _unit_page(form: UnitForm, unit: OrgUnit | None):
    if form.validate_on_submit():
        try:
            save_unit(
                g.ctx,
                unit.code if unit else form.code.data,
                form.name.data,
                form.kind.data,
                form.parent.data or None,
                form.region.data or "",
                version=form.seen,
            )
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Saved."), "ok")
            return redirect(url_for("people.units_list"))
    events = timeline_of(g.ctx, unit) if unit else []
    return render_template("people/unit.html", form=form, unit=unit, events=events), form.status
