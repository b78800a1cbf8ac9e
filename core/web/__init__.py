"""The web side of the core: company gate, shell, error pages, pages that belong to no plugin."""
