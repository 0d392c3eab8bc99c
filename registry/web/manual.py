"""The manuals (手引き) as pages: written in Markdown, a part of them behind the `?` of each page."""
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, url_for
from markupsafe import Markup

from .guard import permit, signed_in

bp = Blueprint('manual', __name__, url_prefix='/manual')
FOLDER = Path(__file__).parents[2] / 'docs' / 'manual'
#: the manuals in the order in which they are offered
NAMES = ('it', 'department', 'auditor', 'executive', 'admin', 'api')
#: whose manual a role reads first
OF_ROLE = {'head': 'department'}
#: below a heading: the pages whose `?` opens its part, as endpoints or all of a blueprint's (systems.*)
PAGES = re.compile(r'^<!-- pages: ([a-z_.* -]+) -->\n', re.M)
#: a link to another file that is no manual: it lies with the program, and there is only its name to show
ELSEWHERE = re.compile(r'\[([^\]]+)\]\(\.\./[^)]*\)')


@dataclass(frozen=True)
class Manual:
    """A manual as it is read: its title, its HTML, its parts as [(words, anchor)], {endpoint: anchor}."""

    name: str
    title: str
    html: Markup
    parts: list
    pages: dict


def anchor_of(words):
    """Return the anchor of a heading, as Markdown's usual viewers make it."""
    return re.sub(r'[^\w\- ]', '', words.strip().lower()).replace(' ', '-')


@cache
def read(name):
    """Return a Manual, read once."""
    text = (FOLDER / f'{name}.md').read_text('utf-8')
    pages, heading = {}, ''
    for line in text.splitlines(keepends=True):
        if line.startswith('#'):
            heading = anchor_of(line.lstrip('#'))
        elif found := PAGES.match(line):
            pages |= dict.fromkeys(found.group(1).split(), heading)
    from markdown_it import MarkdownIt  # a part of every start that few manuals are opened for
    parser = MarkdownIt('commonmark', {'html': False}).enable('table')
    tokens = parser.parse(ELSEWHERE.sub(r'\1', PAGES.sub('', text)))
    parts, title = [], ''
    for place, token in enumerate(tokens):
        if token.type == 'heading_open':
            words = tokens[place + 1].content
            token.attrSet('id', anchor_of(words))
            if token.tag == 'h1':
                title, token.hidden = words, True
                tokens[place + 1].children, tokens[place + 2].hidden = [], True
            elif token.tag == 'h2':
                parts.append((words, anchor_of(words)))
        for child in token.children or ():
            if child.type == 'link_open':
                child.attrSet('href', re.sub(r'^([a-z]+)\.md', r'/manual/\1', child.attrGet('href')))
            elif child.type == 'image':
                child.attrSet('src', f'/manual/{child.attrGet("src")}')
                child.attrSet('loading', 'lazy')
    return Manual(name, title, Markup(parser.renderer.render(tokens, parser.options, {})), parts, pages)


@cache
def address_for(endpoint, role):
    """Return the address of the part of a role's manual that tells of a page, else that of the manual."""
    name = OF_ROLE.get(role, role)
    pages = read(name).pages
    blueprint, _, view = (endpoint or '').partition('.')
    found = next((pages[key] for key in (endpoint, f'{blueprint}.*', f'*.{view}') if key in pages), '')
    return f'/manual/{name}{f"#{found}" if found else ""}'


@cache
def pictures():
    """Return the names of the pictures that there are."""
    return {path.name for path in (FOLDER / 'pictures').glob('*.png')}


@bp.get('/')
@permit('account.use')
def index():
    """List the manuals, one's own first."""
    own = OF_ROLE.get(signed_in().role, signed_in().role)
    return render_template('manual/index.html', own=own,
                           manuals=sorted(map(read, NAMES), key=lambda manual: manual.name != own),
                           crumbs=[('ホーム', url_for('board.index')), ('手引き', None)])


@bp.get('/<name>')
@permit('account.use')
def show(name):
    """Show a manual."""
    if name not in NAMES:
        abort(404)
    manual = read(name)
    return render_template('manual/show.html', manual=manual, crumbs=[
        ('ホーム', url_for('board.index')), ('手引き', url_for('.index')), (manual.title, None)])


@bp.get('/pictures/<filename>')
@permit('account.use')
def picture(filename):
    """Send a picture of a manual."""
    if filename not in pictures():
        abort(404)
    answer = Response((FOLDER / 'pictures' / filename).read_bytes(), mimetype='image/png')
    answer.cache_control.max_age = 3600
    return answer
