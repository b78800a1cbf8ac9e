"""One's own account: name, language, single-key shortcuts, the way to a new password."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_login import current_user
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import DataRequired, Length

from core.auth import services
from core.auth.page_form import PageForm
from core.db import transaction
from core.errors import DomainError
from core.i18n import N_, _, set_locale
from core.web.database import db
from core.web.gate import SIGNED_IN, needs

blueprint = Blueprint("auth", __name__)


class AccountForm(PageForm):
    """What a person may say of himself or herself."""

    name = StringField(N_("Full name"), [DataRequired(), Length(max=120)])
    locale = RadioField(N_("Language"), choices=[("zh", "中文"), ("en", "English")])
    keys = BooleanField(
        N_("Single-key shortcuts"), description=N_("N, J, K, X and others; never while you type in a field.")
    )


@blueprint.route("/account", methods=["GET", "POST"])
@needs(SIGNED_IN)
def account():
    """The page under one's own name."""
    user = current_user
    form = AccountForm(name=user.name, locale=user.locale, keys=(user.preferences or {}).get("keys", "on") != "off")
    if form.validate_on_submit():
        try:
            with transaction(db.session()):
                services.update_own_account(
                    db.session(),
                    user._get_current_object(),
                    name=form.name.data,
                    locale=form.locale.data,
                    keys=form.keys.data,
                )
        except DomainError as error:
            form.refuse(error)
        else:
            set_locale(user.locale)
            flash(_("Saved."), "ok")
            return redirect(url_for("auth.account"))
    return render_template("security/account.html", form=form), form.status
