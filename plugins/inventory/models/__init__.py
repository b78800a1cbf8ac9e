"""Tables of inventory, a module per subject."""

from plugins.inventory.models.bills import BillLine
from plugins.inventory.models.holds import Hold, HoldTask
from plugins.inventory.models.ledger import Balance, Book, Move, Reservation
from plugins.inventory.models.lots import Batch, Serial
from plugins.inventory.models.parts import Measure, Part, PartMeasure, PartProduct, Substitute
from plugins.inventory.models.places import Location

__all__ = [
    "Balance",
    "Batch",
    "BillLine",
    "Book",
    "Hold",
    "HoldTask",
    "Location",
    "Measure",
    "Move",
    "Part",
    "PartMeasure",
    "PartProduct",
    "Reservation",
    "Serial",
    "Substitute",
]
