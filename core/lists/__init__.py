"""Lists that people live in: declared once, and page, board, saved filters, columns and export all come of it."""
