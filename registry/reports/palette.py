"""The colours of paper."""
from reportlab.lib import colors

KEY, INK, QUIET = colors.HexColor('#0017c1'), colors.HexColor('#1a1a1a'), colors.HexColor('#4d4d4d')
TINT, RULE, PAPER = colors.HexColor('#e8f1fe'), colors.HexColor('#b3b3b3'), colors.HexColor('#ffffff')
GOOD, WARN, BAD = colors.HexColor('#197a4b'), colors.HexColor('#ac3e00'), colors.HexColor('#ce0000')
