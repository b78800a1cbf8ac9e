"""What this plugin does when something has happened. One module per part."""
