"""What service orders add to pages of others. One module per part."""
