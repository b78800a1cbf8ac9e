"""The page on which a company's people change what it says of itself."""

from __future__ import annotations

import json
import zoneinfo
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from core.auth.page_form import PageForm
from core.companies.company import CompanyFacts, change_company, facts_of
from core.companies.models import Company
from core.context import Ctx
from core.errors import DomainError
from core.i18n import N_, _
from core.web.conflict import ConflictView, differences_of, take_chosen
from core.web.current import current_ctx
from core.web.gate import needs
from core.web.timeline import timeline_of

blueprint = Blueprint("company", __name__)


class CompanyFactsForm(PageForm):
    """Name, time zone, currency, language, second factor."""

    name = StringField(N_("Name of the company"), [DataRequired(), Length(max=200)])
    locale = RadioField(
        N_("Language"),
        choices=[("zh", "中文"), ("en", "English")],
        description=N_("Of what the system writes by itself; each person reads the pages in his or her own."),
    )
    timezone = SelectField(N_("Time zone"), description=N_("Times are shown in it. Working calendars have their own."))
    currency = StringField(
        N_("Currency"),
        [DataRequired(), Length(max=3)],
        description=N_("Three letters, like CNY, EUR or USD. Amounts recorded before are not converted."),
    )
    second_factor_required = BooleanField(
        N_("Everybody needs a second factor"),
        description=N_("Whoever has none is led to set one up and reaches nothing else of the company before."),
    )

    was = HiddenField()
    """The facts that the person saw: a company has no version that could say whether they still stand."""
    conflict: ConflictView | None = None

    def __init__(self, company: Company, *, ctx: Ctx | None = None, **kwargs: Any):
        """``ctx``: who acts, where the address names no company."""
        self._company, self._ctx = company, ctx
        super().__init__(data=vars(facts_of(company)), **kwargs)
        self.timezone.choices = [(name, name) for name in sorted(zoneinfo.available_timezones())]
        if "formdata" in kwargs:
            return
        if self.is_submitted():
            take_chosen(self, self._as_opened_now())
        else:
            self.was.data = json.dumps(vars(facts_of(company)))

    def _as_opened_now(self) -> CompanyFactsForm:
        return CompanyFactsForm(self._company, formdata=None)

    @property
    def seen(self) -> CompanyFacts:
        """The facts that the form was opened with; empty ones, which no company has, for what is none."""
        try:
            return CompanyFacts(**json.loads(self.was.data or ""))
        except (TypeError, ValueError):
            return CompanyFacts("", "", "", "", second_factor_required=False)

    def refuse(self, error: DomainError) -> list[str]:
        """Facts that somebody else changed meanwhile become ``conflict``; the rest is shown as everywhere."""
        if error.code != "stale":
            return super().refuse(error)
        ctx, before = self._ctx or current_ctx(), vars(self.seen)
        self.conflict = ConflictView("", None, differences_of(ctx, self, self._as_opened_now(), before))
        self.was.raw_data, self.was.data = None, json.dumps(vars(facts_of(self._company)))
        return []

    @property
    def status(self) -> int:
        """409 with both versions on the page, else as of every form."""
        return 409 if self.conflict else super().status

    def facts(self, company: Company, *, may_factor: bool = True) -> CompanyFacts:
        """What was asked for; the second factor stays as it is for whoever may not decide it."""
        return CompanyFacts(
            name=self.name.data or "",
            timezone=self.timezone.data,
            currency=self.currency.data or "",
            locale=self.locale.data,
            second_factor_required=self.second_factor_required.data if may_factor else company.second_factor_required,
        )


@blueprint.route("/settings/company", methods=["GET", "POST"])
@needs("core.settings.edit")
def company_page():
    """What the company says of itself, and who changed it when."""
    ctx = g.ctx
    form, may_factor = CompanyFactsForm(ctx.company), ctx.can("core.users.manage")
    if form.validate_on_submit():
        try:
            changed = change_company(ctx, form.facts(ctx.company, may_factor=may_factor), form.seen)
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Saved.") if changed else _("Nothing was changed."), "ok")
            return redirect(url_for("company.company_page"))
    events = timeline_of(ctx, ctx.company)
    return render_template("people/company.html", form=form, may_factor=may_factor, events=events), form.status
