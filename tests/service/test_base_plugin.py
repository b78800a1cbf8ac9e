"""What the plugin declares: each event, setting, right and hook is written down and worded in both languages."""

from pathlib import Path

import pytest

import plugins.base
from core import hooks
from core.i18n import missing, use_locale
from core.testing import Installation
from plugins.base import contracts, hookspecs, models, rules, services
from plugins.base.contracts import ContactData

FOLDER = Path(plugins.base.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def owned(registry, sort: str) -> list[str]:
    return [name for name in getattr(registry, sort) if registry.owner_of(sort, name) == "base"]


@pytest.mark.parametrize("sort", ["event_kinds", "settings", "kinds"])
def test_what_is_declared_is_written_down(registry, sort):
    assert [name for name in owned(registry, sort) if f"`{name}`" not in README] == []


def test_every_hook_of_its_own_is_explained(registry):
    own = [name for name, value in vars(hookspecs).items() if hasattr(value, "sanbao_spec")]
    assert own == [
        "customer_figures", "intake_promises", "unit_badges", "evidence_of_sale", "finished_cases", "open_complaint",
        "open_service", "may_charge", "put_charge", "technician_ratings", "supplier_claims",
        "duty_plans",
    ]  # fmt: skip
    assert [name for name in own if not vars(hookspecs)[name].__doc__ or f"`{name}(" not in README] == []


def test_the_demonstration_of_what_others_stand_on_comes_before_theirs(registry):
    fills = [name for name, _impl in hooks.demo_fills(registry)]
    assert fills[0] == "base"
    assert [
        (name, needed)
        for name in fills
        for needed in registry.plugins[name].manifest.requires
        if fills.index(needed) > fills.index(name)
    ] == []


def test_every_event_that_is_emitted_is_worded(registry):
    import re

    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.py") if path.name != "plugin.py")
    named = set(re.findall(r'"(base\.[a-z_]+)"', code))
    named -= {*registry.kinds, *registry.settings, *registry.tables}
    sequences = {"base.customer", "base.contact"}
    others = ("base.static", "base.css", "base.suppliers", "base.suppliers_list")
    endpoints = {name for name in named if name.endswith(("_page", "_send", "_new")) or name in others}
    assert named - endpoints - sequences == set(owned(registry, "event_kinds"))


def test_every_right_belongs_to_a_role(registry):
    held = {code for role in registry.roles["base"] for code in role.permissions}
    assert held == set(owned(registry, "permissions"))


def test_every_choice_has_words_in_both_languages(registry):
    pairs = (
        (models.CHANNELS, contracts.CHANNEL_WORDS),
        (models.CUSTOMER_KINDS, contracts.CUSTOMER_KIND_WORDS),
        (models.UNIT_STATUSES, contracts.UNIT_STATUS_WORDS),
        (models.MATTERS, contracts.MATTER_WORDS),
        (models.CONTACT_STATES, contracts.CONTACT_STATE_WORDS),
        (models.DIRECTIONS, contracts.DIRECTION_WORDS),
    )
    for values, words in pairs:
        assert tuple(words) == values
    assert ("", *contracts.CAUSE_WORDS) == models.CAUSES
    assert ("", *contracts.ZONE_WORDS) == models.ZONES
    assert missing(FOLDER) == []


def test_what_gs_6_names_is_what_the_setting_offers(registry):
    assert list(rules.INTAKE_FIELDS) == ["name", "address", "phone", "model", "purchase_date", "cause", "appearance"]
    assert dict(registry.settings["base.intake.required"].choices) == rules.INTAKE_FIELDS


def test_a_leavers_open_contacts_are_shown_and_handed_over(database_url, registry):
    from core.companies.services import end_membership, open_work
    from core.errors import Conflict

    installation = Installation(database_url, registry)
    office = installation.company("acme")
    leaver, taker = office.person("leaver@x.example", "agent"), office.person("taker@x.example", "agent")
    ctx = office.system()
    contact = services.record_contact(ctx, ContactData(text="x", assignee_id=leaver))
    with use_locale("en"):
        held = [(w.label, w.count) for w in open_work(ctx, leaver)]
    assert held == [("Entries of the call register that are still open", 1)]
    with pytest.raises(Conflict) as refused:
        end_membership(ctx, leaver)
    assert refused.value.code == "open_work"
    assert end_membership(ctx, leaver, hand_over_to=taker) == 1
    assert contact.assignee_id == taker
    installation.close()
