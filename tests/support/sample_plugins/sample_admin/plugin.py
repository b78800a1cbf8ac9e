"""Declares the sample plugin."""

from __future__ import annotations

from core.api import N_, EventKind, Manifest, Permission, RecordKind, hookimpl
from sample_admin.models import Category, Gadget

MANIFEST = Manifest(
    name="sample_admin",
    label={"en": "Gadgets", "zh": "小物件"},
    summary={"en": "Gadgets for tests", "zh": "测试用小物件"},
    version="0.1.0",
    table_prefix="sample_",
    permissions=tuple(
        Permission(f"sample_admin.gadget.{verb}", N_("Gadgets")) for verb in ("view", "edit", "delete", "export")
    ),
)


@hookimpl
def record_kinds():
    """Gadgets are known by their code; categories are not registered."""
    return [RecordKind("sample_admin.gadget", Gadget, N_("Gadget"), lambda g: f"#{g.code}")]


@hookimpl
def event_kinds():
    """What happens to gadgets."""
    return [
        EventKind("sample_admin.gadget_added", N_("Gadget {code} added")),
        EventKind("sample_admin.gadget_saved", N_("Gadget {code} saved")),
    ]


@hookimpl
def admin_views():
    """Both lists."""
    from sample_admin.admin import CategoryView, GadgetView

    return [GadgetView(), CategoryView()]


__all__ = ["Category", "Gadget"]
