"""Forms of service orders. One module per part."""
