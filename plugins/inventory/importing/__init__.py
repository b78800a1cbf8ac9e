"""Loading parts, locations, opening stock and bills of parts from files."""
