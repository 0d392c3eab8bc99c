"""Nouns: every table has an owner, and a form takes as much text as its table."""
import sys

import pytest

from forms.fields import Text
from models import System, visibility
from registry.records.noun import NOUNS


# --- nouns ---
@pytest.mark.parametrize('name', sorted(NOUNS))
def test_a_noun_has_one_name_in_every_room(name):
    noun = NOUNS[name]
    subject = noun.table.__module__.removeprefix('models.')
    assert noun.form.__module__ == f'forms.{subject}'
    assert noun in vars(sys.modules[f'registry.{subject}']).values()
    assert noun.template.partition('/')[0] in (subject, 'records')


def test_a_table_of_nobody_is_no_table():
    with pytest.raises(RuntimeError, match='who sees the rows of Nobody'):
        visibility.require_owners([type('Nobody', (System,), {'owned_by': None})])


@pytest.mark.parametrize('name', sorted(NOUNS))
def test_a_form_takes_as_much_text_as_its_table(name):
    noun = NOUNS[name]
    limits = {cell.attr: (cell.max, noun.table._meta.fields[cell.attr].max_length)
              for cell in noun.blank.cells()
              if isinstance(cell, Text) and cell.attr in noun.table._meta.fields
              and hasattr(noun.table._meta.fields[cell.attr], 'max_length')}
    assert {attr: pair for attr, pair in limits.items() if pair[0] != pair[1]} == {}
