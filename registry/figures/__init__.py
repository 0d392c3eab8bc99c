"""The board, the pages of the figures, and their pictures."""
