"""What is agreed with suppliers: how long they answer, who supports their goods, claims to them."""

from __future__ import annotations

from pathlib import Path

from core.api import N_, ClockKind, EventKind, Permission, RecordKind, RoleDef, SettingDef, TableDef, read_table_file
from plugins.warranty import agreed_documents, agreed_finding, agreed_refiling
from plugins.warranty import agreed_life as life
from plugins.warranty.agreed import AGREEMENT, CLAIM, CLAIM_ANSWER, CLAIM_TELL, SUPPLIER_TERM
from plugins.warranty.models.claims import SupplierClaim
from plugins.warranty.models.suppliers import SupplierAgreement, SupplierTerm
from plugins.warranty.panels import suppliers as panels
from plugins.warranty.parts.agreements import EDIT_RULES

_DATA = Path(__file__).parents[1] / "data"

_READ = (life.SEE_SUPPLIERS, life.SEE_CLAIMS)
_WORK = (*_READ, life.WORK_CLAIMS)
_ALL = (*_WORK, life.CLOSE_CLAIMS, life.EDIT_SUPPLIERS)

PERMISSIONS = (
    Permission("warranty.supplier.view", N_("See how long suppliers answer, and service agreements with them")),
    Permission("warranty.supplier.edit", N_("Change how long suppliers answer, and service agreements with them")),
    Permission("warranty.claim.view", N_("See claims to suppliers")),
    Permission("warranty.claim.work", N_("Open claims to suppliers, tell them, record what comes")),
    Permission("warranty.claim.close", N_("Close and withdraw claims to suppliers")),
)

SETTINGS = (
    SettingDef(
        "warranty.agreement.pattern",
        N_("Pattern of the numbers of service agreements"),
        default="FY{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.claim.pattern",
        N_("Pattern of the numbers of claims to suppliers"),
        default="SP{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.claim_letter.pattern",
        N_("Pattern of the numbers of claim letters"),
        default="SPH{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
)


def record_kinds():
    return [
        RecordKind(
            SUPPLIER_TERM,
            SupplierTerm,
            N_("Supplier's warranty term"),
            lambda t: str(t.id),
            "",
            life.SEE_SUPPLIERS,
        ),
        RecordKind(
            AGREEMENT,
            SupplierAgreement,
            N_("Service agreement of a supplier"),
            lambda a: a.number,
            "warranty.agreement_page",
            life.SEE_SUPPLIERS,
            found=agreed_finding.AGREEMENTS,
            icon="handshake",
        ),
        RecordKind(
            CLAIM,
            SupplierClaim,
            N_("Claim to a supplier"),
            lambda c: c.number,
            "warranty.claim_page",
            life.SEE_CLAIMS,
            found=agreed_finding.CLAIMS,
            refile=agreed_refiling.CLAIMS,
            icon="undo-2",
        ),
    ]


def workflows():
    return [life.CLAIMS]


def clock_kinds():
    limits, ladder = "warranty.claim_limits", "warranty.claim_escalation"
    return [
        ClockKind(CLAIM_TELL, N_("Telling the supplier"), limits, ladder),
        ClockKind(CLAIM_ANSWER, N_("Supplier's answer"), limits, ladder),
    ]


def decision_tables():
    def table(name, words):
        path = _DATA / "tables" / f"{name}.yaml"
        return TableDef(f"warranty.{name}", words, lambda: read_table_file(path), EDIT_RULES)

    return [
        table("claim_limits", N_("Time limits of supplier claims")),
        table("claim_escalation", N_("Escalation of supplier claims")),
    ]


def event_kinds():
    return [
        EventKind("warranty.supplier_term_saved", N_("{number} answers {length} for {about}"), "shield"),
        EventKind("warranty.supplier_term_deleted", N_("Term of {number} for {about} removed"), "trash-2"),
        EventKind(
            "warranty.agreement_saved", N_("Agreement {number} with {supplier}, {begins} to {ends}"), "handshake"
        ),
        EventKind("warranty.agreement_ended", N_("Agreement {number} ended with {last_day}: {reason}"), "circle-stop"),
        EventKind("warranty.claim_opened", N_("Claim {number} to {supplier} opened: {subject}"), "undo-2"),
        EventKind("warranty.claim_amounts", N_("{number}: claimed {after} instead of {before}"), "pencil"),
        EventKind("warranty.claim_given", N_("{number} given to {name}"), "user-check"),
        EventKind("warranty.claim_told", N_("{supplier} was told of claim {number}, answer due {due}"), "megaphone"),
        EventKind("warranty.claim_answered", N_("{number} answered: {answer}, {accepted} accepted"), "message-square"),
        EventKind("warranty.claim_insisted", N_("{number}: the supplier was told again: {reason}"), "megaphone"),
        EventKind("warranty.claim_recovered", N_("{number}: {amount} recovered, {total} in all"), "banknote"),
        EventKind("warranty.claim_judged_anew", N_("Claim {number} judged anew on the corrected facts"), "scale"),
        EventKind("warranty.claim_closed", N_("{number} closed: {outcome}, {recovered} recovered"), "circle-check"),
        EventKind("warranty.claim_withdrawn", N_("{number} withdrawn: {reason}"), "circle-x"),
        EventKind("warranty.deadlines_refreshed", N_("Deadlines of open claims reckoned anew"), "refresh-cw"),
        # Told before suppliers became one list in base; trails are kept.
        EventKind("warranty.supplier_saved", N_("Supplier {number} {name} saved"), "factory"),
        EventKind("warranty.supplier_deleted", N_("Supplier {number} {name} removed"), "trash-2"),
        EventKind("warranty.suppliers_merged", N_("Supplier {number} {name} merged into {into}"), "merge"),
        EventKind("warranty.suppliers_merge_undone", N_("Supplier {number} {name} taken out of {into} again"), "split"),
    ]


def document_kinds():
    return agreed_documents.SUPPLIER_KINDS


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, _ALL),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, _ALL),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, _READ),
        RoleDef(
            "purchasing",
            {"en": "Purchasing", "zh": "采购"},
            (
                *_ALL,
                life.SEE_FOLLOW_UPS,
                life.WORK_FOLLOW_UPS,
                "base.product.view",
                "base.unit.view",
                "base.supplier.view",
                "base.supplier.edit",
                "base.supplier.merge",
            ),
        ),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _WORK),
    ]


def lists():
    from plugins.warranty.lists.claims import CLAIMS
    from plugins.warranty.lists.suppliers import AGREEMENTS

    return [CLAIMS, AGREEMENTS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("quality", N_("Supplier claims"), "warranty.claims_list", "undo-2", 70),
        MenuItem("quality", N_("Supplier recoveries"), "warranty.recovered_page", "chart-column", 72),
        MenuItem("customers", N_("Service agreements"), "warranty.agreements_list", "handshake", 82),
    ]


def plugin_enabled(ctx):
    from plugins.warranty.services.claims import refresh_claims

    refresh_claims(ctx)


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def work_items(ctx):
    return panels.work(ctx)


def home_figures(ctx):
    return panels.figures(ctx)


def menu_counts(ctx):
    return panels.counts(ctx)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    from plugins.warranty.services.claims import hand_over_claims

    return hand_over_claims(ctx, from_user_id, to_user_id)
