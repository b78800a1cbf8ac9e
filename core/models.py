"""Every mapped class of the core, so that metadata is whole whoever starts: web, worker, command line, migrations."""

from core.attachments import Attachment
from core.audit import AuditBlock
from core.auth.models import RateLimit, UnknownSignIn, User
from core.calendar_store import WorkingCalendar
from core.clocks import Clock
from core.companies.models import Company, CompanyPlugin, Membership, OrgUnit, Role, Setting
from core.decisions.store import DecisionTable, DecisionVersion, StoredDecision
from core.documents.models import Document
from core.events import Delivery, Event, EventLink
from core.files import StoredFile
from core.import_account import ImportEntry
from core.imports import Import, ImportMapping, ImportProblem
from core.lists.saved import SavedFilter
from core.mail.models import AccountMail, Mail
from core.message_templates import TemplateVersion
from core.notifications import Notification
from core.profiles.models import ProfileItem
from core.search.index import SearchEntry, SearchGram, SearchMark
from core.sequences import Sequence
from core.tasks import Task
from core.worker import JobRun, WorkerBeat

__all__ = [
    "Attachment",
    "AccountMail",
    "AuditBlock",
    "Clock",
    "Company",
    "CompanyPlugin",
    "DecisionTable",
    "DecisionVersion",
    "Delivery",
    "Document",
    "Event",
    "EventLink",
    "Import",
    "ImportEntry",
    "ImportMapping",
    "ImportProblem",
    "JobRun",
    "Mail",
    "Membership",
    "Notification",
    "OrgUnit",
    "ProfileItem",
    "RateLimit",
    "Role",
    "SavedFilter",
    "SearchEntry",
    "SearchGram",
    "SearchMark",
    "Sequence",
    "Setting",
    "StoredDecision",
    "StoredFile",
    "Task",
    "TemplateVersion",
    "UnknownSignIn",
    "User",
    "WorkerBeat",
    "WorkingCalendar",
]
