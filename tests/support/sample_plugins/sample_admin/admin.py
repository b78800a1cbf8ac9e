"""The lists and forms, as a plugin declares them."""

from __future__ import annotations

from core.api import N_
from core.web_api import CompanyModelView, bulk_action
from sample_admin import services
from sample_admin.models import Category, Gadget


class GadgetView(CompanyModelView):
    """Everything that a view can declare."""

    model = Gadget
    endpoint = "sample_admin_gadgets"
    url = "gadgets"
    title = N_("Gadgets")
    noun = N_("gadget")
    view_permission = "sample_admin.gadget.view"
    create_permission = edit_permission = "sample_admin.gadget.edit"
    delete_permission = "sample_admin.gadget.delete"
    export_permission = "sample_admin.gadget.export"
    column_list = ("code", "name", "kind", "category", "home.name", "price", "rank", "sold_on", "seen_at", "active")
    column_labels = {"name": N_("Name"), "seen_at": N_("Last seen"), "home.name": N_("Home")}
    column_choices = {"kind": [("plain", N_("Plain")), ("fancy", N_("Fancy"))]}
    column_sortable_list = ("code", "rank", "seen_at")
    column_editable_list = ("name", "kind")
    column_filters = ("name", "kind", "category", "home.name", "price", "rank", "sold_on", "seen_at", "active")
    search_prefix = ("code",)
    search_contains = ("name", "category.name")
    form_columns = (
        "code",
        "name",
        "kind",
        "category",
        "home",
        "price",
        "rank",
        "sold_on",
        "seen_at",
        "active",
        "notes",
    )
    form_ajax_refs = {"home": ("name",)}

    def create_with(self, ctx, data):
        return services.save_gadget(ctx, None, data)

    def update_with(self, ctx, record, data):
        return services.save_gadget(ctx, record, data)

    def delete_with(self, ctx, record):
        return services.drop_gadget(ctx, record)

    def row_can(self, ctx, record, action):
        return record.name != "locked"

    @bulk_action(
        "switch_off",
        N_("Switch off"),
        "sample_admin.gadget.edit",
        confirm=N_("Switch off the selected ones?"),
        done=N_("{n} switched off."),
    )
    def switch_off(self, ctx, records):
        services.switch_gadgets(ctx, records, False)


class CategoryView(CompanyModelView):
    """A list to look at: it gives no services, so nothing is offered."""

    model = Category
    endpoint = "sample_admin_categories"
    view_permission = "sample_admin.gadget.view"
    create_permission = edit_permission = delete_permission = "sample_admin.gadget.edit"
    column_list = ("name",)
    form_columns = ("name",)
