"""Broken on purpose: its setting looks as if it were the core's."""

from core.api import N_, Manifest, SettingDef

MANIFEST = Manifest(
    name="wrong_setting",
    label={"en": "Wrong Setting", "zh": "坏模块"},
    summary={"en": "Broken on purpose", "zh": "有意弄坏的"},
    version="0.1.0",
    settings=(SettingDef("core.everything", N_("Everything")),),
)
