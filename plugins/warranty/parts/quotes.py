"""Price lists with their dated versions, quotes, and the customer's consent."""

from __future__ import annotations

from pathlib import Path

from core.api import (
    N_,
    ClockKind,
    EventKind,
    Handler,
    Permission,
    RecordKind,
    RoleDef,
    SettingDef,
    TableDef,
    hookimpl,
    read_table_file,
    read_templates,
)
from plugins.warranty import (
    models,
    quote_columns,
    quote_documents,
    quote_erasing,
    quote_finding,
    quote_life,
    quote_refiling,
)
from plugins.warranty import price_importer as importer
from plugins.warranty.contracts import PRICE_LIST, PRICE_VERSION, QUOTE, QUOTE_VALID
from plugins.warranty.handlers import quotes as handlers
from plugins.warranty.panels import quotes as panels
from plugins.warranty.quote_life import (
    ANSWER,
    DISCOUNT,
    EDIT_PRICES,
    FREE,
    PUBLISH_PRICES,
    RELEASE,
    SEE,
    SEE_PRICES,
    WRITE,
)
from plugins.warranty.services import consents
from plugins.warranty.services import quotes as services

_DATA = Path(__file__).parents[1] / "data"
_RULES = "warranty.price.rules"
_READ = (SEE, SEE_PRICES)
_WORK = (*_READ, WRITE, ANSWER)
_ALL = (*_WORK, EDIT_PRICES, PUBLISH_PRICES, FREE, DISCOUNT, RELEASE)

PERMISSIONS = (
    Permission("warranty.price.view", N_("See price lists")),
    Permission("warranty.price.edit", N_("Draft and change price lists")),
    Permission("warranty.price.publish", N_("Publish price lists, end them")),
    Permission("warranty.price.rules", N_("Change the rules of tax, rounding, validity and consent")),
    Permission("warranty.quote.view", N_("See quotes")),
    Permission("warranty.quote.write", N_("Write and send quotes")),
    Permission("warranty.quote.answer", N_("Record what customers answer to quotes")),
    Permission("warranty.quote.free_line", N_("Give prices by hand in quotes")),
    Permission("warranty.quote.discount", N_("Give discounts in quotes")),
    Permission("warranty.quote.release", N_("Release the service although the customer refused to pay")),
)
SETTINGS = (
    SettingDef(
        "warranty.quote_pattern",
        N_("Pattern of quote numbers"),
        default="BJ{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.quote_sheet_pattern",
        N_("Pattern of the numbers of printed quotes"),
        default="BJD{yy}{mm}-{n:04d}",
        help=N_("{n:04d} is the count; {yy} and {mm} are year and month."),
    ),
    SettingDef(
        "warranty.quote_list",
        N_("Price list that quotes begin with"),
        default="normal",
        help=N_("Code of a price list, where no decision on coverage names another one."),
    ),
    SettingDef(
        "warranty.quote_tax_included",
        N_("Prices of quotes without a price list include tax"),
        "bool",
        True,
    ),
    SettingDef(
        "warranty.consent_evidence",
        N_("Ways of consent that need a file as proof"),
        default="written",
        help=N_("Codes separated by commas: phone, written, on_site, mail, message."),
    ),
)


def record_kinds():
    return [
        RecordKind(
            PRICE_LIST, models.PriceList, N_("Price list"), lambda r: r.name, "warranty.price_list_page", SEE_PRICES,
            found=quote_finding.LISTS, icon="tags",
        ),
        RecordKind(
            PRICE_VERSION, models.PriceVersion, N_("Version of a price list"), _version_name,
            "warranty.price_version_page", SEE_PRICES, icon="tags", parts=(models.PriceItem,),
        ),
        RecordKind(
            QUOTE, models.Quote, N_("Quote"), lambda r: r.full_number, "warranty.quote_page", SEE,
            found=quote_finding.QUOTES, refile=quote_refiling.QUOTES, icon="receipt-text",
            parts=(models.QuoteLine,),
        ),
    ]  # fmt: skip


def _version_name(version: models.PriceVersion) -> str:
    return f"{version.list.name} v{version.number}"


def column_words():
    return [quote_columns.WORDS]


def workflows():
    return [quote_life.VERSIONS, quote_life.QUOTES]


def clock_kinds():
    return [ClockKind(QUOTE_VALID, N_("Validity of the quote"), "warranty.validity")]


def decision_tables():
    def table(name, words, mistakes=None):
        path = _DATA / "tables" / f"{name}.yaml"
        return TableDef(f"warranty.{name}", words, lambda: read_table_file(path), _RULES, mistakes=mistakes)

    return [
        table("tax", N_("Tax rates")),
        table("rounding", N_("Rounding of quotes")),
        table("validity", N_("Validity of quotes")),
        table("consent", N_("Consent before paid work"), consents.mistakes),
    ]


def event_kinds():
    return [
        EventKind("warranty.price_list_made", N_("Price list {code} {name} made"), "tags"),
        EventKind("warranty.price_list_changed", N_("Price list {code} {name} changed"), "pencil"),
        EventKind("warranty.price_version_drafted", N_("Version {number} of “{list}” drafted, from {day}"), "pencil"),
        EventKind(
            "warranty.price_version_changed", N_("Version {number} of “{list}”: days or reason changed"), "pencil"
        ),
        EventKind("warranty.price_version_submitted", N_("Version {number} of “{list}” submitted"), "send"),
        EventKind(
            "warranty.price_version_returned", N_("Version {number} of “{list}” back to draft: {reason}"), "undo-2"
        ),
        EventKind("warranty.price_version_dropped", N_("Version {number} of “{list}” dropped"), "circle-x"),
        EventKind(
            "warranty.price_version_published",
            N_("Version {number} of “{list}” published, valid from {day}"),
            "circle-check",
        ),
        EventKind("warranty.price_version_ended", N_("Version {number} of “{list}” ends on {day}"), "circle-stop"),
        EventKind("warranty.price_put", N_("Price put into version {number} of “{list}”: {what}"), "tag"),
        EventKind("warranty.price_dropped", N_("Price taken out of version {number} of “{list}”: {what}"), "tag"),
        EventKind("warranty.prices_loaded", N_("Prices loaded into version {number} of “{list}”: {n}"), "file-input"),
        EventKind("warranty.quote_drafted", N_("Quote {number} drafted: {title}"), "receipt-text"),
        EventKind("warranty.quote_changed", N_("Quote {number} changed"), "pencil"),
        EventKind("warranty.quote_given", N_("Quote {number} given to {name}"), "user-check"),
        EventKind("warranty.quote_line_added", N_("Quote {number}: line added: {what}"), "plus"),
        EventKind("warranty.quote_line_changed", N_("Quote {number}: line changed: {what}"), "pencil"),
        EventKind("warranty.quote_line_dropped", N_("Quote {number}: line taken out: {what}"), "minus"),
        EventKind(
            "warranty.quote_payers_changed", N_("Quote {number} follows the decision {decision}"), "refresh-cw"
        ),
        EventKind("warranty.quote_priced_anew", N_("Quote {number} priced anew by the list of today"), "refresh-cw"),
        EventKind("warranty.quote_sent", N_("Quote {number} over {total} sent ({how}), valid until {until}"), "send"),
        EventKind("warranty.quote_accepted", N_("{who} agreed to quote {number} over {total} ({how})"), "thumbs-up"),
        EventKind("warranty.quote_refused", N_("{who} refused quote {number} ({how}): {reason}"), "thumbs-down"),
        EventKind(
            "warranty.quote_released", N_("Service released without payment, quote {number}: {reason}"), "lock-open"
        ),
        EventKind("warranty.quote_replaced", N_("Quote {number} replaced by {by}"), "copy"),
        EventKind("warranty.quote_revised", N_("Quote {number} made in place of {before}"), "copy"),
        EventKind("warranty.quote_withdrawn", N_("Quote {number} withdrawn: {reason}"), "undo-2"),
        EventKind("warranty.quote_expired", N_("Quote {number} expired on {day}"), "hourglass"),
        EventKind("warranty.quotes_demo_filled", N_("Demonstration quotes added"), "sparkles"),
    ]


def event_handlers():
    return [
        Handler("core.clock_breached", "expire_quote", handlers.expire),
        Handler("core.clock_warned", "remind_of_quote", handlers.remind),
    ]


def default_roles():
    return [
        RoleDef("administrator", {"en": "Administrator", "zh": "管理员"}, (*_ALL, _RULES)),
        RoleDef("manager", {"en": "Manager", "zh": "主管"}, (*_ALL, _RULES)),
        RoleDef("general_manager", {"en": "General manager", "zh": "总经理"}, (*_READ, RELEASE)),
        RoleDef("agent", {"en": "Call agent", "zh": "坐席"}, _WORK),
    ]


def message_templates():
    return read_templates(_DATA / "messages_quotes.yaml")


def document_kinds():
    return quote_documents.KINDS


def importers():
    return [importer.PRICES]


def lists():
    from plugins.warranty.lists import prices, quotes

    return [quotes.QUOTES, prices.LISTS, prices.ITEMS]


def menu():
    from core.web_api import MenuItem

    return [
        MenuItem("money", N_("Quotes"), "warranty.quotes_list", "receipt-text", 30),
        MenuItem("money", N_("Price lists"), "warranty.price_lists_list", "tags", 90),
    ]


# --- while the system runs --------------------------------------------------------------------------------------------


def record_panels(ctx, record):
    return panels.panels(ctx, record)


def check_transition(ctx, record, transition):
    return panels.gates(ctx, record, transition)


def work_items(ctx):
    return panels.work(ctx)


def home_figures(ctx):
    return panels.figures(ctx)


def home_notices(ctx):
    return panels.notices(ctx)


def menu_counts(ctx):
    return panels.counts(ctx)


def customer_figures(ctx, customer):
    return panels.customer_figures(ctx, customer)


def filed_together(ctx, record):
    return quote_refiling.filed_together(ctx, record)


def personal_data(ctx, ref):
    return quote_erasing.personal_data(ctx, ref)


def erase_person(ctx, ref):
    quote_erasing.erase(ctx, ref)


def open_work_of(ctx, user_id):
    return panels.held(ctx, user_id)


def open_work_of_unit(ctx, unit_id):
    return panels.held_by_unit(ctx, unit_id)


def hand_over_work(ctx, from_user_id, to_user_id):
    return services.hand_over_work(ctx, from_user_id, to_user_id)


def switch_effects(ctx):
    return panels.effects(ctx)


@hookimpl(optionalhook=True)
def charges_of_quote(ctx, order):
    """A hook of the module of service orders, where that is installed."""
    from plugins.warranty.queries.charges import of_quote

    return of_quote(ctx, order)


@hookimpl(optionalhook=True)
def price_of_charge(ctx, order, kind, code, quantity):
    """A hook of the module of service orders, where that is installed."""
    from plugins.warranty.queries.charges import by_list

    return by_list(ctx, order, kind, code, quantity)
