"""Forms filled in and files handed in as a person would, for the tests that ask what is refused."""
import html
import io
import re

from cast import PASSWORD, email
from html_page import Page

from audits import trail
from models import Person, db
from registry import create_app
from registry.core import clock


def values(browser, address):
    """Return what a form holds as it is opened."""
    answer = browser.get(address)
    return (answer.page if hasattr(answer, 'page') else Page(answer.text)).fields()


def refused(browser, address, **changes):
    answer = browser.post(address, data=values(browser, address) | changes)
    assert answer.status_code == 422, f'{answer.status_code} {answer.text[:300]}'
    return html.unescape(answer.text)


def upload(browser, kind, *lines):
    answer = browser.post('/files/', data={'kind': kind, 'encoding': 'auto',
                                           'file': (io.BytesIO('\n'.join(lines).encode()), 'a.csv')},
                          content_type='multipart/form-data', follow_redirects=True)
    assert answer.status_code in (200, 422), answer.status_code
    return html.unescape(answer.text)


def complete(it):
    asked = values(it, '/supports/1/move/completed') | {'text': 'よい', 'opinion': 'fine',
        'completed_on': '2026-11-01'}
    assert it.post('/supports/1/move/completed', data=asked).status_code == 303


#: whose desk a noun is, where it is not the IT division's
DESK = {'people': 'admin', 'engagements': 'auditor', 'findings': 'auditor'}


def words(answer):
    return html.unescape(answer.text)


def filled(answer):
    """Return what the last form of a page sends as it stands."""
    return Page(answer.text).fields('form.form')


def changed_by_someone(table, id, **values):
    with db.connection_context(), trail.act('systems.edit', by=Person.get(Person.email == email('it')),
                                            at=clock.now()) as act:
        row = table.get_by_id(id)
        for name, value in values.items():
            setattr(row, name, value)
        act.save(row)


def tokened(settings):
    browser = create_app(settings | {'WTF_CSRF_ENABLED': True}).test_client()

    def sign_in():
        return browser.post('/sign-in', data=filled(browser.get('/sign-in'))
                            | {'email': email('it'), 'password': PASSWORD})
    return browser, sign_in


OURS = {'Origin': 'http://localhost'}


# --- lists, files, figures, search: the rows of one's own unit only ---
def foreign(who):
    """Return a pattern of the other unit's rows, by name and number, that a member may read nowhere."""
    word, end = (('戸籍', '2') if who in ('department', 'head') else ('税', '1'))
    nouns = '(?:システム|職員|障害|要求|案件|検討|監査|指摘|措置|施策|見積)'
    return re.compile(f'{word}{nouns}{end}|(?:[SIBCRAFP]-0000|100){end}')
