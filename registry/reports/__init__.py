"""The documents of the office as PDF: one module per document, plain data in, bytes out."""
from pathlib import Path

from reportlab import rl_config
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = 'BIZUDPGothic-Regular', 'BIZUDPGothic-Bold'
FONTS = Path(__file__).parents[1] / 'static' / 'fonts'

for _name in (REGULAR, BOLD):
    pdfmetrics.registerFont(TTFont(_name, FONTS / f'{_name}.ttf'))
for _bold, _italic in ((0, 0), (0, 1), (1, 0), (1, 1)):
    addMapping(REGULAR, _bold, _italic, BOLD if _bold else REGULAR)

# reportlab copies its default font into styles, tables and drawings when those modules are imported: it is
# named here, before any of them, or unembedded Helvetica gets into every file
rl_config.canvas_basefontname = rl_config.defaultGraphicsFontName = REGULAR
