"""Broken on purpose: its right looks as if it were another's."""

from core.api import N_, Manifest, Permission

MANIFEST = Manifest(
    name="wrong_permission",
    label={"en": "Wrong Permission", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
    permissions=(Permission("base.customer.burn", N_("Burn customers")),),
)
