"""Make the pictures of the manuals from a demo ward: `python docs/manual/pictures/make.py [NAME …]`.

What a picture's page asked and offered when it was made is kept (`words.json`); a test compares it with the
page as it is now, so that no picture goes stale unnoticed.
"""
import io
import json
import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
#: {picture: (account of the demo ward, address)}
PICTURES = {
    'home': ('it', '/'),
    'home-department': ('department', '/'),
    'home-executive': ('executive', '/'),
    'list': ('it', '/contracts/'),
    'system-new': ('it', '/systems/new'),
    'system': ('it', '/systems/1'),
    'request': ('department', '/budget-requests/new'),
    'grid': ('it', '/steps/enter'),
    'files': ('it', '/files/'),
    'duties': ('department', '/duties/'),
    'trail': ('auditor', '/trail/'),
    'figure': ('auditor', '/figures/support.budget_coverage?year=2026'),
    'people': ('admin', '/people/'),
}
WIDTH, HEIGHT = 1280, 800
#: what a page asks and offers, whatever its records say
WORDS = """() => [...document.querySelectorAll(
    'main :is(h1, h2, th[scope=col], label, legend, summary, button), .heading-actions a')]
    .filter((node) => !node.closest('tbody, .grid'))
    .map((node) => node.textContent.replace(/[0-9０-９,]+/g, '#'))"""


def words_of(page):
    """Return the words of a page that its picture depends on, each once, in order."""
    return list(dict.fromkeys(' '.join(words.split()) for words in page.evaluate(WORDS)))


def picture_of(page):
    """Return the PNG of what a screen shows of a page, in few colours."""
    image = Image.open(io.BytesIO(page.screenshot()))
    made = io.BytesIO()
    image.convert('RGB').quantize(64, dither=Image.Dither.NONE).save(made, 'PNG', optimize=True)
    return made.getvalue()


def main(names):
    """Serve a demo ward, and write the pictures and their words."""
    from browser.conftest import QUIET, opened, served
    from playwright.sync_api import sync_playwright
    kept = HERE / 'words.json'
    words = json.loads(kept.read_text('utf-8')) if kept.exists() else {}
    with served() as site, sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path='/usr/bin/chromium-headless-shell', args=QUIET)
        cookies = {}
        for name in names or PICTURES:
            account, address = PICTURES[name]
            window = opened(browser, site, cookies, account)
            window.page.set_viewport_size({'width': WIDTH, 'height': HEIGHT})
            window.open(address)
            words[name] = words_of(window.page)
            (HERE / f'{name}.png').write_bytes(picture_of(window.page))
            window.context.close()
            print(name)
    kept.write_text(json.dumps({name: words[name] for name in PICTURES if name in words}, ensure_ascii=False,
                               indent=0) + '\n', 'utf-8')


if __name__ == '__main__':
    sys.path[:0] = [str(HERE.parents[2] / part) for part in ('', 'tests')]
    main(sys.argv[1:])
