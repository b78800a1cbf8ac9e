"""Lists of service orders, declared. One module per part."""
