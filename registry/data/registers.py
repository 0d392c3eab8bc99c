"""Patterns (ひな形) of the registers that the strategies imply: a ward makes one with one press."""
import tomllib
from functools import cache
from pathlib import Path

PATH = Path(__file__).with_suffix('.toml')


@cache
def patterns():
    """Return [{title, about, called, kept_by, states, finals, fields, figures}] as they are typed.

    Lists of words are texts with one a line; a field is {title, kind, …} as its form has it.
    """
    found = []
    for given in tomllib.loads(PATH.read_text('utf-8'))['register']:
        fields = [{'title': title, 'kind': kind, 'unit': more.get('unit', ''),
                   'is_required': '1' if more.get('required') else '0', 'at_most': more.get('at_most', ''),
                   'choices': '\n'.join(more.get('choices', ()))} for title, kind, more in given['fields']]
        found.append({'title': given['title'], 'about': given['about'], 'called': given['called'],
                      'kept_by': given.get('kept_by', 'desk'), 'states': '\n'.join(given.get('states', ())),
                      'finals': '\n'.join(given.get('finals', ())), 'fields': fields,
                      'figures': given['figures']})
    return found
