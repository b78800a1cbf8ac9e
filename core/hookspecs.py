"""Every hook of the core. A plugin implements those it needs with ``core.api.hookimpl``; a misspelt one stops the
start.

Two sorts: **declarations** are asked once at start; the others are asked while the system runs, for the plugins that
are switched on for the company, in one of three modes (see ``core.hooks``): collect, ask, require_all.
"""

from __future__ import annotations

import pluggy

hookspec = pluggy.HookspecMarker("sanbao")
hookimpl = pluggy.HookimplMarker("sanbao")


# --- declarations ---------------------------------------------------------------------------------------------------


@hookspec
def event_handlers():
    """Declaration: a list of ``Handler(event, name, run)``; each event is delivered to ``run(ctx, event)`` at
    least once. With ``together(ctx, events)`` those that wait at the same time are handled in one transaction.
    """


@hookspec
def event_kinds():
    """Declaration: a list of ``EventKind``: each event this plugin emits and how a timeline words it."""


@hookspec
def record_kinds():
    """Declaration: a list of ``RecordKind``: the records that others may point to."""


@hookspec
def column_words():
    """Declaration: a list of ``ColumnWords``: what the columns of this plugin's tables are called, and the codes that
    stand in them, for the audit trail and timelines. States of a workflow and columns that point to records are known.
    """


@hookspec
def clock_kinds():
    """Declaration: a list of ``ClockKind``: the deadlines that this plugin starts."""


@hookspec
def decision_tables():
    """Declaration: a list of ``TableDef``: the decision tables that this plugin asks, each with its shipped version."""


@hookspec
def jobs():
    """Declaration: a list of ``Job``: scheduled work, run by the worker once per company and period."""


@hookspec
def task_kinds():
    """Declaration: a list of ``TaskKind``: long work that a person orders and the worker carries out with progress."""


@hookspec
def workflows():
    """Declaration: a list of ``Workflow``: states and transitions of this plugin's records."""


@hookspec
def lists():
    """Declaration: a list of ``ListDef``: lists of this plugin's records. Their pages, board, saved filters, columns
    and export are the core's.
    """


@hookspec
def checklists():
    """Declaration: a list of ``ChecklistDef``: checklists for this plugin's records, used where a rule says so."""


@hookspec
def message_templates():
    """Declaration: a list of ``MessageTemplate``: messages to customers and colleagues, which a company may reword."""


@hookspec
def document_kinds():
    """Declaration: a list of ``DocumentKind``: numbered documents that are issued on records and printed."""


@hookspec
def profile_sections():
    """Declaration: a list of ``ProfileSection``: what an industry profile may bring for this plugin beside the core's
    sorts of things. Its ``name`` begins with the plugin's, and is the folder of its files in a profile.
    """


@hookspec
def importers():
    """Declaration: a list of ``Importer``: kinds of records that can be loaded from a spreadsheet."""


@hookspec
def default_roles():
    """Declaration: a list of ``RoleDef``: roles proposed to a company when the plugin is switched on."""


@hookspec
def blueprints():
    """Declaration: a list of Flask blueprints. Their routes answer 404 while the plugin is off for the company."""


@hookspec
def admin_views():
    """Declaration: a list of Flask-Admin views (from ``core.web_api``); gone while the plugin is off."""


@hookspec
def menu():
    """Declaration: a list of ``MenuItem``: what the side bar shows, to whom."""


@hookspec
def commands():
    """Declaration: a list of click commands, mounted under ``sanbao <plugin>``."""


@hookspec
def demo_companies():
    """Declaration: a list of ``DemoCompany``: the companies, organisation and people that ``sanbao demo`` makes."""


@hookspec
def demo_data():
    """Declaration: one function ``fill(ctx, seed)`` that makes believable records for the demonstration companies.

    How many of each it asks of ``demo_count``, so that a small demonstration is made quickly.
    """


# --- asked while the system runs ------------------------------------------------------------------------------------


@hookspec
def plugin_enabled(ctx):
    """Collect: this company has just switched this plugin on (same transaction); load data, start what must run."""


@hookspec
def record_panels(ctx, record):
    """Collect: a list of ``Panel`` for the page of ``record`` (a row of any plugin); empty for records it has
    nothing on.
    """


@hookspec
def check_transition(ctx, record, transition):
    """Require all: a list of ``Gate`` that are still open before ``record`` may go through ``transition``.

    Fails closed: a gate that raises refuses this transition, is named, and may be waived with a reason by right.
    """


@hookspec
def contact_offers(ctx, contact):
    """Collect: a list of ``Offer``: what a contact (call, letter, visit) can become in this plugin."""


@hookspec
def work_items(ctx):
    """Collect: a list of ``WorkItem``: what waits for this person now, for the page "My work"."""


@hookspec
def home_figures(ctx):
    """Collect: a list of ``Figure``: linked counts on the page "My work"."""


@hookspec
def home_notices(ctx):
    """Collect: a list of ``Notice``: what is out of order and this person can mend, on the page "My work"."""


@hookspec
def home_today(ctx):
    """Collect: a list of ``DayFact``: what this person or the company has done today, on the page "My work"."""


@hookspec
def home_panels(ctx):
    """Collect: a list of ``Panel`` for the page "My work" of this person; empty for whom it has nothing.

    ``main`` stands with what waits, an ``order`` below 50 before it; ``side`` beside it. A template that needs a style
    sheet of its plugin begins with its ``<link>``.
    """


@hookspec
def menu_counts(ctx):
    """Collect: a mapping endpoint → (count, is_bad) shown beside menu items."""


@hookspec
def search(ctx, query):
    """Collect: a list of ``Hit`` for the search box; at most ten, of records this person may see."""


@hookspec
def filed_together(ctx, record):
    """Collect: records (rows) of this plugin that stand with ``record`` (a row of any plugin) and go with it when it is
    filed on another customer or unit; empty for records it has nothing on. Only those of a kind with ``refile`` move.
    """


@hookspec
def reference_count(ctx, ref):
    """Collect, disabled plugins too: how many of its rows need ``ref`` (a RecordRef), asked before a delete.

    Only for what the tables don't show (ids inside texts or JSON): columns made with ``owned_ref`` or ``record_ref``
    and a ``record_id`` beside a ``record_kind`` are counted by the core.
    """


@hookspec
def open_work_of(ctx, user_id):
    """Collect, disabled plugins too: a list of ``OpenWork`` held by a person, shown when he or she leaves."""


@hookspec
def open_work_of_unit(ctx, unit_id):
    """Collect, disabled plugins too: a list of ``OpenWork`` that an organisation unit holds; it can't be closed
    before.
    """


@hookspec
def hand_over_work(ctx, from_user_id, to_user_id):
    """Collect, disabled plugins too: give all open work of one person to another; answers how many records moved."""


@hookspec
def personal_data(ctx, ref):
    """Collect, disabled plugins too: a list of ``PersonalData``: what this plugin holds about the person that ``ref``
    (a RecordRef) is; empty for records that are no persons here.
    """


@hookspec
def erase_person(ctx, ref):
    """Collect, disabled plugins too: remove that data from this plugin's rows (names, numbers, addresses, texts) and
    keep what must stay. Must not emit: the core tells of the erasure, without what stood there.
    """


@hookspec
def switch_effects(ctx):
    """Collect, disabled plugins too: a list of sentences: what switching this plugin on or off changes right now."""
