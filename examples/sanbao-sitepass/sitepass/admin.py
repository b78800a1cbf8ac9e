"""The form for a new pass. The list that people use is declared in ``lists``."""

from __future__ import annotations

from core.api import N_, Invalid, _
from core.web_api import CompanyModelView
from sitepass import services
from sitepass.models import Pass


class PassView(CompanyModelView):
    """All passes; a new one is wanted for a customer that the rule table says so of."""

    model = Pass
    endpoint = "sitepass_passes"
    url = "site-passes"
    title = N_("Site passes")
    noun = N_("site pass")
    icon = "id-card"
    view_permission = "sitepass.pass.view"
    create_permission = "sitepass.pass.edit"
    export_permission = "sitepass.pass.view"
    column_list = ("number", "state", "holder", "back_by")
    column_labels = {
        "number": N_("Number"), "state": N_("State"), "holder": N_("Carried by"), "back_by": N_("Back by"),
        "customer_id": N_("Customer"),
    }
    column_choices = {
        "state": [("wanted", N_("Wanted")), ("lent", N_("With us")), ("returned", N_("Back with the customer"))]
    }
    column_sortable_list = ("back_by",)
    column_filters = ("state", "back_by")
    search_prefix = ("number",)
    search_contains = ("holder",)
    form_columns = ("customer_id",)
    form_ajax_refs = {"customer_id": ("name",)}

    def create_with(self, ctx, data):
        """A pass that is wanted; refused where the rule table says that none is needed."""
        made = services.want_pass(ctx, data["customer_id"])
        if made is None:
            raise Invalid("none_needed", _("This customer lends no passes, says the rule table."), "customer_id")
        return made
