"""What changes the data of inventory, a module per subject. Stock changes through ``posting`` alone."""
