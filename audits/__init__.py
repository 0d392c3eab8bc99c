"""What was done, and whether it was right."""
