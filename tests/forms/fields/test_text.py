"""Texts and numbers of records: measured before they are read, with no invisible twin."""
import io
from urllib.parse import quote, urlencode

import pytest
from cpu_time import FORM, MARKS, within_seconds
from form_posts import refused, upload, values
from html_page import Page

from forms.fields import Cell
from models import System, db
from registry.records.noun import NOUNS


def test_a_number_has_no_invisible_twin(client_of):
    it = client_of('it')
    assert '既にあります' in refused(it, '/systems/new', system_no='S-00001\u200b', name='双子',
                               summary='試験', owner_code='0201',
                              category='office', pii='none')


def test_a_number_is_told_what_is_wrong_with_it(client_of):
    it = client_of('it')
    for typed, told in (('1.5', '小数のない整数'), ('４．５', '小数のない整数'),
                        ('9' * 25, '0から999,999,999までの数'),
                        ('-1', '0から'), ('1e99', '数として読めません'), ('9' * 6000, '0から')):
        assert told in refused(it, '/systems/1/edit', users=typed)
    words = upload(it, 'plans', 'plan_no,fiscal_year,department_code,title,plan_class,quarter,assessment',
                   'P-90001,R8,0201,施策,重点施策（四半期）,5Q,順調')
    assert '誤り 1件' in Page(words).text and '回を入力してください' not in words


@pytest.mark.engine_free
@pytest.mark.parametrize('who', ['it', 'department'])
def test_a_long_text_is_refused_before_it_is_read(client_of, who):
    browser = client_of(who)
    form, marks = values(browser, '/systems/1/edit'), quote(MARKS)
    for name in form.keys() - {'revision', 'csrf_token'}:
        body = f'{urlencode({key: value for key, value in form.items() if key != name})}&{name}={marks}'
        answer = within_seconds(0.5, lambda body=body: browser.post(
            '/systems/1/edit', data=body, content_type=FORM))
        assert answer.status_code == 422 and '現在40000文字' in answer.text, name


@pytest.mark.engine_free
def test_a_form_full_of_marks_takes_no_time(client_of):
    browser = client_of('it')
    names = values(browser, '/systems/1/edit').keys()
    # 1 MB in all, each field at the most that is looked at
    body = {name: '\u0301\u0316' * 1_500 for name in names}
    answer = within_seconds(1, lambda: browser.post('/systems/1/edit', data=body))
    assert answer.status_code == 422
    assert '重ねる記号が多すぎます' in answer.text
    answer = browser.post('/systems/1/edit', data={name: '\u0301\u0316' * 15_000 for name in names})
    assert answer.status_code == 413 and '1MB' in answer.text


@pytest.mark.engine_free
def test_every_field_has_a_limit(opened):
    for noun in NOUNS.values():
        for cell in noun.blank.cells():
            assert isinstance(cell, Cell) and 0 < cell.max_typed <= 30_000, (noun.name, cell.name)
            with pytest.raises(ValueError, match=f'現在{cell.max_typed + 1}文字'):
                cell.read('1' * (cell.max_typed + 1))
            with pytest.raises(ValueError, match='文字で入力'):
                cell.read(io.BytesIO(b'1'))


@pytest.mark.engine_free
def test_lines_and_spaces_at_the_limit_are_honest(client_of):
    browser = client_of('it')
    form = values(browser, '/systems/1/edit')
    note = '\r\n'.join(['行'] * 1000)  # 1,999 characters as they are kept
    name = ' ' * 100 + '名' * 200 + '　' * 100
    assert browser.post('/systems/1/edit', data=form | {'note': note, 'name': name}).status_code == 303
    with browser.application.app_context(), db.connection_context():
        row = System.get_by_id(1)
        assert (len(row.note), len(row.name)) == (1999, 200)
