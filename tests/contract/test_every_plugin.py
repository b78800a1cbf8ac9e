"""The suite that every plugin inherits, on the core and on the plugins that ship with it."""

from __future__ import annotations

from core.testing_suite import CoreSuite, PluginSuite

STAFF = "who of the company did it: that stays on record"
NAMES = "what the company calls its own things"


class TestCore(CoreSuite):
    plugin = "core"
    writes_on_get = {"web.inbox": "lines that were seen count as read"}
    keeps_words = {
        "*_by": STAFF,
        "*_name": STAFF,
        "core_attachment.*": STAFF,
        "core_audit_block.*": "numbers of events",
        "core_calendar.*": NAMES,
        "core_checklist_answer.value": "what was ticked, chosen or measured; words go, in erase_person itself",
        "core_checklist_version.*": "about the company's own rules",
        "core_decision*": "about the company's own rules",
        "core_delivery.*": "a part of the program and its failure; rows of events that were delivered",
        "core_deputy.*": "about people of the company",
        "core_event.*": "the events of a person are emptied whole, in erase_person itself",
        "core_file.*": "the row goes with its file",
        "core_import*": "a file that somebody of the company loads; it expires",
        "core_invitation.*": "people of the company",
        "core_job_run.*": "a part of the program and its failure",
        "core_notification.*": "the row goes, in erase_person itself",
        "core_org_unit.*": NAMES,
        "core_profile_item.*": NAMES,
        "core_search_*": "the rows go, in erase_person itself",
        "core_setting.*": NAMES,
        "core_task.*": "a part of the program and its failure",
    }
    chinese_in_code = {
        "demo.py": "names of people and places",
        "auth/*.py": "languages are called by their own names",
        "web/shell.py": "languages are called by their own names",
        "decisions/celltext.py": "reads cells typed in Chinese",
        "decisions/words.py": "sets blanks between Chinese and Latin letters",
        "web/settings_pages.py": "reads hours typed in Chinese",
        "search/grams.py": "tells Chinese characters from letters",
        "transfer.py": "reads yes and no in files, in Chinese",
        "import_guess.py": "reads dates written in Chinese",
    }


class TestBase(PluginSuite):
    plugin = "base"
    keeps_words = {
        "base_product.*": NAMES,
        "base_sales_record.external_key": "the number of the sale in another system",
        "base_contact.model": "the product that was asked about",
        "base_supplier.*": "another company that sells to us, no customer",
    }
    chinese_in_code = {
        "demo.py": "names of people and places",
        "rules.py": "reads extensions typed in Chinese",
        "importers.py": "knows columns by their Chinese names",
        "supplier_importer.py": "knows columns by their Chinese names",
    }


class TestComplaints(PluginSuite):
    plugin = "complaints"
    keeps_words = {
        "*_by": STAFF,
        "*.by_name": STAFF,
        "complaints_meeting.who_name": STAFF,
        "complaints_cause.name": NAMES,
        "complaints_report.*": "a centre's report about a period, on no person's record",
        "complaints_complaint.nature": "a word of the company's classification",
        "complaints_questionnaire.*": "what the company asks its customers",
        "complaints_reward.gift": "what was given: accounts need it",
    }
    chinese_in_code = {
        "demo.py": "names of people and places",
        "importer.py": "knows columns by their Chinese names",
    }
    moves_when_switched = {
        "complaints_complaint.urgent_at": "its clocks stood still meanwhile",
        "complaints_complaint.version": "counts the change of the deadline",
        "complaints_action.urgent_at": "its clocks stood still meanwhile",
        "complaints_action.version": "counts the change of the deadline",
    }


class TestWarranty(PluginSuite):
    plugin = "warranty"
    keeps_words = {
        "*_by": STAFF,
        "*_by_name": STAFF,
        "warranty_term.*": "the company's own rules",
        "warranty_period.*": "worked out from terms and dates; the part that was exchanged",
        "warranty_price_*": NAMES,
        "warranty_quote_line.group": NAMES,
        "warranty_quote_line.why": "where a price comes from",
        "*.by_name": STAFF,
        "warranty_supplier_term.*": "what was agreed with a supplier",
        "warranty_supplier_agreement.*": "what was agreed with a supplier",
        "warranty_claim.told_to": "somebody at the supplier",
        "warranty_claim.part": "what failed: statistics need it",
        "warranty_contract_use.once": "a key that tells sends apart",
        "warranty_claim_recovery.once": "a key that tells sends apart",
        "warranty_follow_up.rung": "a row of the company's own table",
    }
    chinese_in_code = {
        "importer.py": "knows columns by their Chinese names",
        "price_importer.py": "knows columns by their Chinese names",
        "forms/quotes.py": "languages are called by their own names",
        "importing/*.py": "knows columns by their Chinese names",
    }
    moves_when_switched = {
        "warranty_claim.urgent_at": "its clocks stood still meanwhile",
        "warranty_claim.version": "counts the change of the deadline",
    }


class TestService(PluginSuite):
    plugin = "service"
    keeps_words = {
        "*.opened_by": STAFF,
        "*.ended_by": STAFF,
        "*.taken_by": STAFF,
        "*.inspected_by": STAFF,
        "*.judged_by": STAFF,
        "*.returned_by": STAFF,
        "*.sent_by": STAFF,
        "service_rma.chased": STAFF,
        "service_rma.examined_by": STAFF,
        "service_rma.expected_by": STAFF,
        "service_rma.received_by": STAFF,
        "service_rma.part_number": "which part it was: statistics need it",
        "*.struck_by": STAFF,
        "*.by_name": STAFF,
        "*.answered_by": STAFF,
        "service_cash_handover.*": "cash that people of the company hand over",
        "service_charge.label": "what was charged: accounts need it",
        "service_invoice.cancelled_by": STAFF,
        "service_part_wait.part": "the part that was missing: statistics need it",
        "service_part_wait.part_number": "the part that was missing: statistics need it",
        "service_part_wait.source*": NAMES,
        "service_round.*": NAMES,
        "service_round_place.seen_by": STAFF,
        "service_install_paper.handed_by": STAFF,
        "service_install_*.code": NAMES,
        "service_install_*.text": NAMES,
        "service_install_paper.edition": "which edition of a paper was handed over: the record of the sale needs it",
        "service_install_step.done_by": STAFF,
        "service_trainee.trainer": STAFF,
        "service_payment.received_by": STAFF,
        "service_bench_entry.what": "the work done and the part used: statistics need them",
        "*.technician_name": STAFF,
        "service_agreement.agreed_by": STAFF,
        "service_late_report.answered_by": STAFF,
        "service_filing.filed_by": STAFF,
        "service_filing.place": "the folder in which the paper is",
        "service_filing.number": "the number of the voucher",
        "service_book_day.*": "a closed day of a unit, on no person's record",
        "service_expense.person_name": STAFF,
    }
    moves_when_switched = {
        "service_order.urgent_at": "its clocks stood still meanwhile",
        "service_order.version": "counts the change of the deadline",
        "service_rma.chase_at": "its clocks stood still meanwhile",
        "service_rma.urgent_at": "its clocks stood still meanwhile",
        "service_rma.version": "counts the change of the deadline",
    }
    chinese_in_code = {"importing/*.py": "knows columns by their Chinese names"}


class TestInventory(PluginSuite):
    plugin = "inventory"
    keeps_words = {
        "*.posted_by": STAFF,
        "*.by_name": STAFF,
        "*_by": STAFF,
        "inventory_bill_line.external_key": "the line's key at its source",
        "inventory_custody.*": "tools of the company with its own people, not with customers",
        "inventory_hold.*": "why goods were stopped, and what was decided",
        "inventory_batch.*": "what stands on goods, and why they were stopped",
        "inventory_inspection.*": "what goods were found to be",
        "inventory_kit.*": NAMES,
        "inventory_location.*": NAMES,
        "inventory_loaner.*": "a piece of the company's own, lent to one after the other",
        "inventory_measure.*": NAMES,
        "inventory_move.reason": "the book of the company's goods: accounts need it",
        "inventory_part.*": NAMES,
        "inventory_order.made_by": STAFF,
        "inventory_order.*": "what was agreed with a supplier",
        "inventory_order_line.their_number": NAMES,
        "inventory_order_line.external_key": "the line's key at its source",
        "inventory_evaluation.*": "how another company did, and who judged it",
        "inventory_part_request.*": "what staff asked of the store, and why it was not given",
        "inventory_price_change.asked_by": STAFF,
        "inventory_price_change.decided_by": STAFF,
        "inventory_price_change.*reason": "why a price was changed: accounts need it",
        "inventory_request.asked_by": STAFF,
        "inventory_request.*reason": "why parts were bought: accounts need it",
        "inventory_source.their_number": NAMES,
        "inventory_substitute.note": NAMES,
        "inventory_scrap.*": "why goods of the company were destroyed: accounts need it",
        "inventory_stocktake*": "a count of the company's goods: accounts need it",
        "inventory_supplier_return.*": "what went back to which firm, and why",
        "inventory_tool*": "tools of the company with its own people, not with customers",
        "inventory_transfer.*": "why goods of the company moved: accounts need it",
        "inventory_verdict.*": "what goods were found to be",
    }
    chinese_in_code = {"importing/*.py": "knows columns by their Chinese names"}


class TestCallback(PluginSuite):
    plugin = "callback"
    keeps_words = {
        "*_by": STAFF,
        "callback_need.key": "tells one reason to call from another",
        "callback_period.*": NAMES,
        "callback_campaign.*": NAMES,
        "callback_campaign_day.failed": "names of modules",
        "callback_invitation.once": "tells one card from another",
        "callback_invitation.reason_text": "a row of the company's own table",
        "callback_response.by_name": STAFF,
        "callback_survey.*": NAMES,
        "callback_try.key": "tells one attempt from another",
        "callback_try.by_name": STAFF,
        "callback_missed.answerable_name": STAFF,
        "callback_missed.roster": "code of a roster",
    }
    moves_when_switched = {
        "callback_survey_task.urgent_at": "its clocks stood still meanwhile",
        "callback_survey_task.version": "counts the change of the deadline",
    }
    chinese_in_code = {"importing/*.py": "knows columns by their Chinese names"}


class TestVigilance(PluginSuite):
    plugin = "vigilance"
    keeps_words = {
        "*.opened_by": STAFF,
        "*.sent_by": STAFF,
        "*.done_by": STAFF,
        "vigilance_event.batch": "what stands on goods",
        "vigilance_implant.*": "the law has the register of implants kept for ever (Order 1 of 2019, art. 22)",
    }


class TestWorkforce(PluginSuite):
    plugin = "workforce"
    keeps_words = {"workforce_*": "about the company's own people, not about customers"}
    chinese_in_code = {
        "importing/*.py": "knows columns by their Chinese names",
        "rules/skills.py": "reads days separated as in Chinese",
    }


def test_every_plugin_inherits_the_suite(registry):
    suites = (
        TestBase, TestCallback, TestComplaints, TestInventory, TestService, TestVigilance, TestWarranty, TestWorkforce,
    )  # fmt: skip
    tested = {cls.plugin for cls in suites}
    assert set(registry.plugins) <= tested
