"""Tables of warranty, a module per part."""

from plugins.warranty.models.terms import Term

__all__ = ["Term"]
