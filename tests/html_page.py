"""A page as a browser reads it: what tests ask about one, and what no page of ours may have."""
import re
from collections import Counter
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

#: inputs that need no label: nobody sees them, or they carry their own words
UNSEEN = frozenset({'hidden', 'submit', 'button', 'image', 'reset'})
#: read after every page; a tag, quote or comment that does not end swallows it
END = '<hr id="the-end">'
#: what a browser shows as text although it was meant to be a tag, or the other way round
STRAY = re.compile('<(?![a-zA-Z/!])[^<]{,60}')
#: what stands in the place of an attribute's name when a quote is missing
NO_NAME = frozenset('<"\'')
#: names of attributes seen before that are no fault, and the tags that are looked at
SOUND, ASKED = set(), frozenset('h1 a label form style script input select textarea'.split())


def plain(text):
    """Return a text with one space wherever there is any white space."""
    return ' '.join(text.split())


class Page:
    """A page as the tests ask about it: `faults` lists what no page of ours may have."""

    def __init__(self, text):
        self.faults, self.ids, self.links, self.forms, self.h1s = [], [], [], [], []
        self.tree = LexborHTMLParser(text + END)
        labelled, cells, ended = set(), [], False
        for node in self.tree.root.traverse():
            tag, attributes = node.tag, node.attributes
            if attributes:
                ended = ended or tag == 'hr' and attributes.get('id') == 'the-end'
                if 'id' in attributes and not ended:
                    self.ids.append(attributes['id'])
                for name in attributes.keys() - SOUND:
                    if name == 'style' or name.startswith('on'):
                        self.faults.append(f'{name}= on {tag}')
                    elif not NO_NAME.isdisjoint(name):
                        self.faults.append(f'a tag that is none: {tag} {name}')
                    else:
                        SOUND.add(name)
            if tag not in ASKED:
                continue
            if tag == 'h1':
                self.h1s.append(node)
            elif tag == 'a' and attributes.get('href'):
                self.links.append(attributes['href'])
            elif tag == 'label' and 'for' in attributes:
                labelled.add(attributes['for'])
            elif tag == 'form':
                self.forms.append({name: value or '' for name, value in attributes.items()})
                if not attributes.get('action'):
                    self.faults.append('form without action')
            elif tag == 'style' or tag == 'script' and not attributes.get('src'):
                self.faults.append(f'inline {tag}')
            elif tag in ('input', 'select', 'textarea') and attributes.get('type') not in UNSEEN:
                if not attributes.get('aria-label') and not attributes.get('aria-labelledby') and not within(
                        node, 'label'):
                    cells.append((attributes.get('id'), attributes.get('name') or tag))
        if not ended:
            self.faults.append('a tag that does not end')
        self.faults += [f'a tag that is none: {found}' for found in STRAY.findall(text)]
        self.faults += [f'id {name} twice' for name, number in Counter(self.ids).items() if number > 1]
        self.faults += [f'no label: {words}' for name, words in cells if name not in labelled]
        if self.lang != 'ja':
            self.faults.append(f'lang is {self.lang}')
        if len(self.h1s) != 1:
            self.faults.append(f'{len(self.h1s)} h1')
        elif not self.h1 or not plain(self.title).startswith(self.h1):
            self.faults.append(f'title {self.title!r} does not begin with h1 {self.h1!r}')

    @property
    def lang(self):
        return self.tree.root.attributes.get('lang')

    @property
    def title(self):
        found = self.tree.css_first('head > title')
        return found.text() if found else ''

    @property
    def h1(self):
        return plain(self.h1s[0].text())

    @cached_property
    def text(self):
        return plain(self.tree.root.text())

    def all(self, selector):
        """Return the elements a CSS selector finds, in the order of the page."""
        return self.tree.css(selector)

    def one(self, selector):
        """Return the only element a CSS selector finds."""
        found = self.tree.css(selector)
        assert len(found) == 1, f'{len(found)} of {selector}'
        return found[0]

    def has(self, selector):
        return self.tree.css_first(selector) is not None

    def texts(self, selector):
        return [plain(node.text()) for node in self.tree.css(selector)]

    def named(self):
        """Return the names under which the forms of the page's main part send something."""
        return {node.attributes['name'] for node in self.tree.css('main [name]')}

    def fields(self, form='main form'):
        """Return {name: value} of what the last form a selector finds would send as it stands.

        A list of values where several have one name. Lines end as a browser ends them; buttons and files are
        left to the person. Nothing where there is no form.
        """
        found, forms = {}, self.tree.css(form)
        for cell in forms[-1].css('input[name], select[name], textarea[name]') if forms else ():
            for value in sent(cell):
                found.setdefault(cell.attributes['name'], []).append(value.replace('\n', '\r\n'))
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def within(node, tag):
    """Say whether an element stands in one of a tag."""
    while (node := node.parent) is not None:
        if node.tag == tag:
            return True
    return False


def sent(cell):
    """Return the values with which a browser sends an input, a list of choices or a box of text."""
    if 'disabled' in cell.attributes:
        return []
    if cell.tag == 'textarea':
        return [cell.text()]
    if cell.tag == 'select':
        options = cell.css('option')
        chosen = [option for option in options if 'selected' in option.attributes]
        if 'multiple' not in cell.attributes:
            chosen = chosen[-1:] or options[:1]
        return [value_of(option) for option in chosen]
    kind = cell.attributes.get('type')
    if kind in ('submit', 'button', 'image', 'reset', 'file') or kind in (
            'checkbox', 'radio') and 'checked' not in cell.attributes:
        return []
    return [cell.attributes.get('value') or ('on' if kind in ('checkbox', 'radio') else '')]


def value_of(option):
    value = option.attributes.get('value', option)
    return plain(option.text()) if value is option else value or ''
