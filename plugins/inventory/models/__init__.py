"""Tables of inventory, a module per subject."""

from plugins.inventory.models.bills import BillLine
from plugins.inventory.models.evaluation import Evaluation
from plugins.inventory.models.holds import Hold, HoldTask
from plugins.inventory.models.ledger import Balance, Book, Move, Reservation
from plugins.inventory.models.loaners import Loan, Loaner, LoanerProduct
from plugins.inventory.models.lots import Batch, Serial
from plugins.inventory.models.ordering import PurchaseOrder, PurchaseOrderLine
from plugins.inventory.models.part_requests import PartRequest, PartRequestLine
from plugins.inventory.models.parts import Measure, Part, PartMeasure, PartProduct, Substitute
from plugins.inventory.models.places import Location
from plugins.inventory.models.pricing import PriceChange
from plugins.inventory.models.purchasing import PurchaseRequest, PurchaseRequestLine
from plugins.inventory.models.quality import Cost, Inspection, Scrap, SupplierReturn, Verdict
from plugins.inventory.models.reorder import ReorderPoint, ReorderProposal
from plugins.inventory.models.sterility import SterileCase
from plugins.inventory.models.stocktake import Stocktake, StocktakeLine
from plugins.inventory.models.suppliers import PartSource
from plugins.inventory.models.tools import Custody, Kit, KitLine, Tool, ToolClaim, ToolKind
from plugins.inventory.models.transfers import Transfer, TransferLine, TransferScan

__all__ = [
    "Balance",
    "Batch",
    "BillLine",
    "Book",
    "Cost",
    "Evaluation",
    "Custody",
    "Hold",
    "HoldTask",
    "Inspection",
    "Loan",
    "Loaner",
    "LoanerProduct",
    "Kit",
    "KitLine",
    "Location",
    "Measure",
    "Move",
    "Part",
    "PartMeasure",
    "PartProduct",
    "PartRequest",
    "PartRequestLine",
    "PartSource",
    "PriceChange",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseRequest",
    "PurchaseRequestLine",
    "ReorderPoint",
    "ReorderProposal",
    "Reservation",
    "Scrap",
    "Serial",
    "SterileCase",
    "Stocktake",
    "StocktakeLine",
    "Substitute",
    "SupplierReturn",
    "Tool",
    "ToolClaim",
    "ToolKind",
    "Transfer",
    "TransferLine",
    "TransferScan",
    "Verdict",
]
