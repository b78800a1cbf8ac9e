"""One's own second factor: set it up, see how many recovery codes are left, make new ones, remove it."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_login import login_user as go_on_as
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from core.auth import forms, mail, passwords, second_factor
from core.auth.account import blueprint
from core.auth.models import User
from core.auth.page_form import PageForm
from core.i18n import N_, _
from core.web.database import db
from core.web.gate import SIGNED_IN, needs
from core.web.views import local_target

_STARTED = "second_factor_secret"


class ConfirmForm(PageForm):
    """Whoever changes how one signs in shows once more that it is oneself: by password and by code."""

    password = PasswordField(N_("Your password"), [DataRequired(), Length(max=200)])
    code = StringField(N_("Code from the app"), [DataRequired(), Length(max=40)])

    def confirmed(self, take: Any, wrong: str) -> bool:
        """Whether password and code are right; counted and locked like signing in. Then the transaction is open."""
        if not self.validate_on_submit():
            return False
        user: Any = current_user._get_current_object()
        problems: list[str] = []

        def both(user: User, code: str) -> bool:
            return passwords.verify_password(self.password.data or "", user.password) and take(user, code)

        if forms.take_code(user, self.code, problems, both, wrong):
            return True
        self.form_errors.extend(problems)
        return False


def _wrong() -> str:
    return _("The password or the code is not right. A code works only once: wait for the next one.")


@blueprint.get("/account/second-factor")
@needs(SIGNED_IN)
def second_factor_page():
    """Set the second factor up, or see how it stands."""
    return _page(ConfirmForm())


def _page(form: ConfirmForm, asked: str = ""):
    codes = forms.second_factor()
    facts: dict[str, Any] = {"said": form.form_errors, "asked": asked, "next": _next()}
    for purpose in ("renew", "remove") if current_user.has_second_factor else ("",):
        shown = facts[f"{purpose or 'first'}_form"] = form if purpose == asked else ConfirmForm(formdata=None)
        for field in (shown.code, shown.password):
            field.id = f"{field.name}-{purpose}" if purpose else field.name
    if not current_user.has_second_factor:
        secret = session.setdefault(_STARTED, codes.new_secret())
        facts |= {"picture": codes.picture(secret, current_user.email), "secret": codes.readable(secret)}
    return render_template("security/second_factor.html", **facts), form.status


def _next() -> str:
    """Where the person wanted to go before being led here; empty when nowhere."""
    target = local_target(request.values.get("next"))
    return "" if target == "/" else target


@blueprint.post("/account/second-factor/set-up")
@needs(SIGNED_IN)
def second_factor_set_up():
    """Take the first code: from now on signing in asks for one. The recovery codes are shown in the answer, once."""
    form, secret = ConfirmForm(), session.get(_STARTED)
    if current_user.has_second_factor or secret is None:
        return redirect(url_for("auth.second_factor_page"))
    codes, shown = forms.second_factor(), []

    def take(user: User, code: str) -> bool:
        step = codes.take_first(secret, code, g.now)
        if step is None or user.has_second_factor:
            return False
        shown.extend(codes.set_up(user, secret, step))
        return True

    if not form.confirmed(take, _wrong()):
        return _page(form)
    session.pop(_STARTED, None)
    return _changed("second_factor_on", shown)


@blueprint.post("/account/second-factor/recovery-codes")
@needs(SIGNED_IN)
def recovery_codes_renew():
    """New recovery codes; the old ones stop working."""
    form, codes, shown = ConfirmForm(), forms.second_factor(), []

    def take(user: User, code: str) -> bool:
        if not codes.take(user, code, g.now):
            return False
        shown.extend(codes.renew_recovery_codes(user))
        return True

    return _changed(None, shown) if form.confirmed(take, _wrong()) else _page(form, "renew")


@blueprint.post("/account/second-factor/remove")
@needs(SIGNED_IN)
def second_factor_remove():
    """Sign in by password alone again; a recovery code does instead of one from the app."""
    form, codes = ConfirmForm(), forms.second_factor()

    def take(user: User, code: str) -> bool:
        if not (codes.take(user, code, g.now) or codes.take_recovery_code(user, code)):
            return False
        second_factor.remove(user)
        return True

    if not form.confirmed(take, _wrong()):
        return _page(form, "remove")
    _changed("second_factor_off", [])
    flash(_("Your second factor is removed. Signing in asks for your password only."), "ok")
    return redirect(url_for("auth.account"))


def _changed(notice: str | None, shown: list[str]):
    """Keep the change, stay signed in here (all other sessions have ended), tell the person, show the codes."""
    user: Any = current_user._get_current_object()
    if notice:
        mail.tell(user, notice)
    db.session.commit()
    go_on_as(user, remember="remember_token" in request.cookies)
    answer = render_template("security/recovery_codes.html", codes=shown, first=notice is not None, next=_next())
    return answer, 200, {"Cache-Control": "no-store"}


@blueprint.post("/account/second-factor/recovery-codes.txt")
@needs(SIGNED_IN)
def recovery_codes_file():
    """The codes that were just shown, as a file: they come with the request, since only their digests are kept."""
    shown = request.form.getlist("code")[: second_factor.RECOVERY_CODES]
    if not forms.second_factor().are_recovery_codes(current_user._get_current_object(), shown):
        abort(404)
    head = _("Recovery codes of {email} for Sanbao. Each works once.", email=current_user.email)
    text = "\r\n".join([head, "", *shown, ""])
    name = {"Content-Disposition": 'attachment; filename="sanbao-recovery-codes.txt"', "Cache-Control": "no-store"}
    return Response(text, mimetype="text/plain", headers=name)
