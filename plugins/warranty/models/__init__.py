"""Tables of warranty, a module per part."""

from plugins.warranty.models.agreements import (
    ContractItem,
    ContractQuota,
    ContractUse,
    FollowUp,
    Instalment,
    ServiceContract,
)
from plugins.warranty.models.claims import ClaimRecovery, SupplierClaim
from plugins.warranty.models.coverage import CoverageDecision
from plugins.warranty.models.evidence import UnitDate
from plugins.warranty.models.meters import MeterReading
from plugins.warranty.models.periods import UnitPeriod
from plugins.warranty.models.prices import PriceItem, PriceList, PriceVersion
from plugins.warranty.models.quotes import QUOTE_OPEN_STATES, Consent, Quote, QuoteLine
from plugins.warranty.models.repairs import RepairRecord, UnitExchange
from plugins.warranty.models.suppliers import SupplierAgreement, SupplierTerm
from plugins.warranty.models.terms import Term

__all__ = [
    "QUOTE_OPEN_STATES",
    "ClaimRecovery",
    "Consent",
    "ContractItem",
    "ContractQuota",
    "ContractUse",
    "CoverageDecision",
    "FollowUp",
    "Instalment",
    "MeterReading",
    "PriceItem",
    "PriceList",
    "PriceVersion",
    "Quote",
    "QuoteLine",
    "RepairRecord",
    "ServiceContract",
    "SupplierAgreement",
    "SupplierClaim",
    "SupplierTerm",
    "Term",
    "UnitDate",
    "UnitExchange",
    "UnitPeriod",
]
