"""The page on which a company's people change what it says of itself."""

from __future__ import annotations

import zoneinfo

from flask import Blueprint, flash, g, redirect, render_template, url_for
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from core.auth.page_form import PageForm
from core.companies.company import CompanyFacts, change_company, facts_of
from core.companies.models import Company
from core.errors import DomainError
from core.i18n import N_, _
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

    def __init__(self, company: Company):
        super().__init__(data=vars(facts_of(company)))
        self.timezone.choices = [(name, name) for name in sorted(zoneinfo.available_timezones())]

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
            changed = change_company(ctx, form.facts(ctx.company, may_factor=may_factor))
        except DomainError as error:
            form.refuse(error)
        else:
            flash(_("Saved.") if changed else _("Nothing was changed."), "ok")
            return redirect(url_for("company.company_page"))
    events = timeline_of(ctx, ctx.company)
    return render_template("people/company.html", form=form, may_factor=may_factor, events=events), form.status
