"""What views and admin panels of plugins may import, beside ``core.api``; kept as long as the names of that one."""

from core.admin.actions import RowAction, bulk_action
from core.admin.filters import CompanyFilter
from core.admin.loaders import CompanyAjaxLoader
from core.admin.model_view import CompanyModelView
from core.paging import Key, KeyPage, Pager, count_up_to, paged
from core.web import charts
from core.web.charts import Bar, ChartTable, Share
from core.web.conflict import ConflictView, VersionedForm
from core.web.current import current_ctx, cursor_argument, flash_done, flash_error, has_endpoint, pager_of, record_id
from core.web.entered import kept_form
from core.web.explain import clock_view_of, clock_views, decision_view_of
from core.web.forms import MomentField, SanbaoForm, place_error
from core.web.gate import (
    INSTALLATION,
    MEMBER,
    PUBLIC,
    SIGNED_IN,
    found_record,
    needs,
    open_to_anybody,
    speak,
    takes_files,
)
from core.web.limiting import too_often
from core.web.panels import ShownPanel, panels_of
from core.web.record_forms import (
    RecordForms,
    VersionForm,
    carry_out,
    chosen,
    first_line,
    form_page,
    form_token,
    is_sent,
    own_ids,
    plain_form,
    pressed,
    refused,
    sent,
    typed,
)
from core.web.rule_cases import FactField, entered_facts, fact_field
from core.web.shell import MenuItem
from core.web.timeline import event_words, timeline_items, timeline_of
from core.web.ui import (
    Action,
    Chip,
    ClockView,
    DecisionView,
    Fact,
    Stat,
    Step,
    Tab,
    TimelineItem,
    clock_view,
    date_words,
    duration_words,
    moment,
    money_words,
    number_words,
)

__all__ = [
    "INSTALLATION",
    "MEMBER",
    "PUBLIC",
    "SIGNED_IN",
    "Action",
    "Bar",
    "ChartTable",
    "Chip",
    "ClockView",
    "CompanyAjaxLoader",
    "CompanyFilter",
    "CompanyModelView",
    "ConflictView",
    "DecisionView",
    "Fact",
    "FactField",
    "Key",
    "KeyPage",
    "MenuItem",
    "MomentField",
    "Pager",
    "RecordForms",
    "RowAction",
    "SanbaoForm",
    "Share",
    "ShownPanel",
    "Stat",
    "Step",
    "Tab",
    "TimelineItem",
    "VersionForm",
    "VersionedForm",
    "bulk_action",
    "carry_out",
    "charts",
    "chosen",
    "clock_view",
    "clock_view_of",
    "clock_views",
    "count_up_to",
    "current_ctx",
    "cursor_argument",
    "date_words",
    "decision_view_of",
    "duration_words",
    "entered_facts",
    "event_words",
    "fact_field",
    "first_line",
    "flash_done",
    "flash_error",
    "form_page",
    "form_token",
    "found_record",
    "has_endpoint",
    "is_sent",
    "kept_form",
    "moment",
    "money_words",
    "needs",
    "number_words",
    "open_to_anybody",
    "own_ids",
    "paged",
    "pager_of",
    "panels_of",
    "place_error",
    "plain_form",
    "pressed",
    "record_id",
    "refused",
    "sent",
    "speak",
    "takes_files",
    "timeline_items",
    "timeline_of",
    "too_often",
    "typed",
]
