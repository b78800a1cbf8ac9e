"""What warranty adds to the pages of others, a module per part."""
