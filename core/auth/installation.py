"""Pages of the installation, for its administrators: companies and accounts. They open no company's data."""

from __future__ import annotations

import re
import zoneinfo

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from core.auth import lockout, mail, passwords, queries, services
from core.auth.company_pages import CompanyFactsForm
from core.auth.models import User
from core.auth.page_form import PageForm
from core.auth.people import send_link
from core.companies.company import change_company, close_company, reopen_company
from core.companies.models import Company, Membership
from core.companies.rights import ADMINISTRATOR
from core.companies.services import create_company, save_membership
from core.context import Actor, Ctx
from core.db import bind_company, open_session, system_session, transaction
from core.errors import DomainError
from core.i18n import N_, _, get_locale
from core.paging import paged
from core.web.current import cursor_argument, pager_of
from core.web.database import db
from core.web.errors import say
from core.web.gate import INSTALLATION, needs

blueprint = Blueprint("installation", __name__, url_prefix="/installation")


class CompanyForm(PageForm):
    """A new company and its first administrator."""

    name = StringField(N_("Name of the company"), [DataRequired(), Length(max=200)])
    code = StringField(
        N_("Code"),
        [DataRequired(), Length(max=40)],
        description=N_(
            "Stands in every address and never changes: 2 to 40 lower-case letters, digits or hyphens, like “hefeng”."
        ),
    )
    locale = RadioField(N_("Language"), choices=[("zh", "中文"), ("en", "English")], default="zh")
    timezone = SelectField(N_("Time zone"), default="Asia/Shanghai")
    currency = StringField(
        N_("Currency"), [DataRequired()], default="CNY", description=N_("Three letters, like CNY, EUR or USD.")
    )
    region = StringField(
        N_("Country"),
        [DataRequired()],
        default="CN",
        description=N_("Two letters; decides holidays and how phone numbers are read."),
    )
    email = StringField(N_("E-mail of its first administrator"), [DataRequired(), Length(max=255)])
    person = StringField(
        N_("Name of its first administrator"), [Length(max=120)], description=N_("Only needed for a new account.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.timezone.choices = [(name, name) for name in sorted(zoneinfo.available_timezones())]

    def validate_currency(self, field) -> None:
        """Three letters."""
        if not re.fullmatch(r"[A-Z]{3}", (field.data or "").upper()):
            field.errors = [_("A currency has three letters, like CNY.")]

    def validate_region(self, field) -> None:
        """Two letters."""
        if not re.fullmatch(r"[A-Z]{2}", (field.data or "").upper()):
            field.errors = [_("A country has two letters, like CN.")]


@blueprint.get("/")
@needs(INSTALLATION)
def companies_list():
    """Every company, by name, with how many people work there."""
    with system_session(db.engine, "installation administration: list companies") as session:
        people = (
            sa.select(sa.func.count())
            .where(Membership.company_id == Company.id, Membership.active.is_(True))
            .correlate(Company)
            .scalar_subquery()
        )
        page = paged(
            session, sa.select(Company, people.label("people")), [Company.name, Company.id], cursor=cursor_argument()
        )
        return render_template("installation/companies.html", page=page, pager=pager_of(page))


@blueprint.route("/companies/new", methods=["GET", "POST"])
@needs(INSTALLATION)
def company_new():
    """Create a company; its first administrator is told by mail, or by a one-time password shown once."""
    form = CompanyForm()
    if form.validate_on_submit():
        try:
            user, password = _create(form)
        except DomainError as error:
            form.refuse(error)
        else:
            return _tell_administrator(form, user, password)
    return render_template("installation/company.html", form=form, by_mail=mail.ready()), form.status


@blueprint.route("/companies/<code>", methods=["GET", "POST"])
@needs(INSTALLATION)
def company_edit(code: str):
    """What a company says of itself; its data stays shut."""
    ctx = _ctx_of(code)
    form = CompanyFactsForm(ctx.company, ctx=ctx)
    if form.validate_on_submit():
        try:
            change_company(ctx, form.facts(ctx.company), form.seen)
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Saved."), "ok")
            return redirect(url_for("installation.companies_list"))
    return render_template("installation/edit.html", form=form, company=ctx.company), form.status


class ClosingForm(PageForm):
    """Why a company is closed."""

    reason = StringField(
        N_("Reason"),
        [DataRequired(), Length(max=500)],
        description=N_("The people of the company are told it by mail."),
    )


@blueprint.route("/companies/<code>/close", methods=["GET", "POST"])
@needs(INSTALLATION)
def company_close(code: str):
    """Close a company; its people are told."""
    ctx, form = _ctx_of(code), ClosingForm()
    if form.validate_on_submit():
        try:
            with transaction(ctx):
                close_company(ctx, form.reason.data or "")
                mail.tell_all(_members(ctx), "company_closed", company=ctx.company.name, reason=form.reason.data)
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("{company} is closed. Its data is kept.", company=ctx.company.name), "ok")
            return redirect(url_for("installation.company_edit", code=code))
    people = len(_members(ctx))
    return render_template("installation/close.html", form=form, company=ctx.company, people=people), form.status


@blueprint.post("/companies/<code>/reopen")
@needs(INSTALLATION)
def company_reopen(code: str):
    """Open a closed company again; its people are told."""
    ctx, back = _ctx_of(code), url_for("installation.company_edit", code=code)
    try:
        with transaction(ctx):
            reopen_company(ctx)
            mail.tell_all(_members(ctx), "company_reopened", company=ctx.company.name, code=code)
    except DomainError as error:
        return say(error, back)
    flash(_("{company} is open again.", company=ctx.company.name), "ok")
    return redirect(back)


def _members(ctx: Ctx) -> list[User]:
    query = queries.people().where(User.active.is_(True)).order_by(User.id)
    return [user for _membership, user in ctx.session.execute(query)]


def _ctx_of(code: str) -> Ctx:
    """A Ctx in which the installation's administrator acts on a company, open or closed, in the request's session."""
    company_id = db.session.scalar(sa.select(Company.id).where(Company.code == code))
    if company_id is None:
        abort(404)
    return _ctx_in(company_id)


def _ctx_in(company_id: int) -> Ctx:
    registry = current_app.extensions["sanbao"]["registry"]
    actor = Actor(current_user.id, current_user.name, is_system=True)
    bind_company(db.session(), company_id)
    return Ctx(db.session(), company_id, actor, get_locale(), g.now, registry, g.request_id)


def _create(form: CompanyForm) -> tuple[User, str | None]:
    """Company, account and membership in one transaction; answers the account and its one-time password, if any."""
    registry = current_app.extensions["sanbao"]["registry"]
    actor = Actor(current_user.id, current_user.name, is_system=True)
    with open_session(db.engine) as session, transaction(session):
        ctx = create_company(
            lambda company_id: Ctx(session, company_id, actor, get_locale(), g.now, registry, g.request_id),
            session,
            code=(form.code.data or "").strip(),
            name=(form.name.data or "").strip(),
            now=g.now,
            timezone=form.timezone.data,
            currency=(form.currency.data or "").upper(),
            locale=form.locale.data,
            region=(form.region.data or "").upper(),
        )
        user, password = services.find_user(session, form.email.data or ""), None
        if user is None:
            password = None if mail.ready() else passwords.one_time_password()
            try:
                user = services.create_user(
                    session,
                    form.email.data or "",
                    form.person.data or "",
                    password,
                    locale=form.locale.data,
                    now=g.now,
                    must_change_password=password is not None,
                )
            except DomainError as error:
                error.field = {"name": "person"}.get(error.field or "", error.field)
                raise
        save_membership(ctx, user.id, [ADMINISTRATOR])
        if user.password is None and mail.ready():
            send_link(user, "welcome", session, inviter=current_user.name, company=form.name.data or "")
        session.expunge(user)
        return user, password


def _tell_administrator(form: CompanyForm, user: User, password: str | None):
    done = _("{company} was created; {name} is its administrator.", company=form.name.data, name=user.name)
    if password is not None:
        flash(done, "ok")
        return render_template("people/password.html", user=user, password=password, is_new=True)
    flash(done, "ok")
    return redirect(url_for("installation.companies_list"))


# --- accounts -------------------------------------------------------------------------------------------------------


@blueprint.get("/accounts")
@needs(INSTALLATION)
def accounts_list():
    """Every account, by name."""
    search = request.args.get("q", "").strip()[:100]
    query = sa.select(User)
    if search:
        query = query.where(
            sa.or_(User.name.icontains(search, autoescape=True), User.email.icontains(search, autoescape=True))
        )
    page = paged(db.session(), query, [User.name, User.id], cursor=cursor_argument())
    return render_template(
        "installation/accounts.html",
        page=page,
        pager=pager_of(page),
        search=search,
        is_locked=lambda user: lockout.is_locked(user, g.now),
    )


def _account(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        abort(404)
    return user


@blueprint.get("/accounts/<int:user_id>")
@needs(INSTALLATION)
def account(user_id: int):
    """One account and the companies in which it is used."""
    user = _account(user_id)
    with system_session(db.engine, "installation administration: where an account is used") as session:
        rows = session.execute(
            sa.select(Company.name, Company.code, Membership.active)
            .join(Membership, Membership.company_id == Company.id)
            .where(Membership.user_id == user_id)
            .order_by(Company.name)
        ).all()
    return render_template(
        "installation/account.html",
        user=user,
        companies=rows,
        locked=lockout.is_locked(user, g.now),
        by_mail=mail.ready(),
        is_me=user.id == current_user.id,
    )


@blueprint.post("/accounts/<int:user_id>/active")
@needs(INSTALLATION)
def account_active(user_id: int):
    """Close an account everywhere (its sessions end at their next click), or open it again."""
    user, wanted = _account(user_id), request.form.get("active") == "1"
    if user.id == current_user.id:
        flash(_("You can't close your own account."), "bad")
    else:
        with transaction(db.session()):
            services.set_active(db.session(), user, wanted)
        flash(
            _("The account of {name} is open again.", name=user.name)
            if wanted
            else _("The account of {name} is closed in every company.", name=user.name),
            "ok",
        )
    return redirect(url_for("installation.account", user_id=user_id))


@blueprint.post("/accounts/<int:user_id>/unlock")
@needs(INSTALLATION)
def account_unlock(user_id: int):
    """Lift a lock before its time."""
    user = _account(user_id)
    with transaction(db.session()):
        lockout.clear(user)
    flash(_("The account is open again."), "ok")
    return redirect(url_for("installation.account", user_id=user_id))


@blueprint.post("/accounts/<int:user_id>/second-factor")
@needs(INSTALLATION)
def account_second_factor(user_id: int):
    """Reset a lost second factor; recorded in every company in which the person works, who is told by mail."""
    user, back = _account(user_id), url_for("installation.account", user_id=user_id)
    if user.id == current_user.id:
        return redirect(url_for("auth.second_factor_page"))
    with system_session(db.engine, "installation administration: where a second factor is used") as session:
        used = sa.select(Membership.company_id).where(Membership.user_id == user_id, Membership.active.is_(True))
        company_ids = list(session.scalars(used.order_by(Membership.company_id)))
    try:
        with transaction(db.session()):
            services.drop_second_factor(user)
            mail.tell(user, "second_factor_reset", by=current_user.name)
        for company_id in company_ids:
            services.note_second_factor_reset(_ctx_in(company_id), user_id)
    except DomainError as error:
        return say(error, back)
    flash(_("The second factor is reset. {name} signs in by password until it is set up anew.", name=user.name), "ok")
    return redirect(back)


@blueprint.post("/accounts/<int:user_id>/password")
@needs(INSTALLATION)
def account_password(user_id: int):
    """A new password for an account: a link by mail, or a one-time password shown once."""
    user, back = _account(user_id), url_for("installation.account", user_id=user_id)
    if mail.ready():
        with transaction(db.session()):
            send_link(user, "reset_instructions")
        flash(_("The link is on its way to {email}.", email=user.email), "ok")
        return redirect(back)
    if user.id == current_user.id:
        return redirect(url_for("security.change_password"))
    password = passwords.one_time_password()
    with transaction(db.session()):
        services.set_password(db.session(), user, password, must_change=True)
    return render_template("people/password.html", user=user, password=password, is_new=False)
