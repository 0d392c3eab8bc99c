"""The performance protocol as runnable code."""
