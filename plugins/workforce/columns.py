"""What the columns of this plugin's tables are called, for the audit trail and timelines."""

from __future__ import annotations

from core.api import N_, ColumnWords
from plugins.workforce.contracts import SKILL_KIND_WORDS

WORDS = ColumnWords(
    {
        "workforce_skill.kind": N_("Kind"),
        "workforce_skill.parent_id": N_("Below"),
        "workforce_skill.valid_months": N_("Usually valid for (months)"),
        "workforce_skill.warn_days": N_("Warn so many days before its end"),
        "workforce_certificate.assignee_id": N_("Person"),
        "workforce_certificate.skill_id": N_("Skill or certificate"),
        "workforce_certificate.number": N_("Number"),
        "workforce_certificate.issuer": N_("Issued by"),
        "workforce_certificate.valid_from": N_("Valid from"),
        "workforce_certificate.valid_until": N_("Valid until"),
        "workforce_certificate.state": N_("State"),
        "workforce_certificate.revoked_on": N_("Withdrawn on"),
        "workforce_certificate.revoke_reason": N_("Why it was withdrawn"),
        "workforce_certificate.renews_id": N_("Renews"),
        "workforce_certificate.warned_days": N_("Warned so many days before"),
        "workforce_certificate.recorded_by": N_("Recorded by"),
    },
    {
        "workforce_skill.kind": SKILL_KIND_WORDS,
        "workforce_certificate.state": {"valid": N_("Valid"), "revoked": N_("Withdrawn")},
    },
)
