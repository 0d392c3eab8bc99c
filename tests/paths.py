"""Where the tests find what they read."""
from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
#: registers as every release left them
RELEASES = TESTS / 'data' / 'releases'
