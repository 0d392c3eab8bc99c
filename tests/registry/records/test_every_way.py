"""The same edit by page, file, API and command: the same act but for its channel, the same refusals."""
import io
import json

import pytest
from api_calls import command, head, last_act
from form_posts import values

from forms.fields import Flag, Key, Text, Whole
from registry.records.noun import NOUNS

# --- the same as by pages and files ---
STARTS = ('2025-04-01', '2025-04-02', '2025-04-03', '2025-04-04')
DAYS = ('2027-01-04', '2027-01-05', '2027-01-06', '2027-01-07')
#: noun: who edits, the field, four values; a field and a value that is refused
EDITS = {
    'systems': ('it', 'note', '一二三四', 'site', 'あ' * 201),
    'reviews': ('it', 'used_fields', '一二三四', 'approver', 'あ' * 101),
    'budget-requests': ('it', 'amount', ('1000', '2000', '3000', '4000'), 'title', 'あ' * 201),
    'cases': ('it', 'purpose', '一二三四', 'kind', 'nothing'),
    'supports': ('it', 'opinion_text', '一二三四', 'opinion', 'nothing'),
    'businesses': ('it', 'planned_cutover_on', DAYS, 'name', 'あ' * 101),
    'steps': ('it', 'started_on', STARTS, 'started_on', '2027-13-40'),
    'step-masters': ('it', 'note', '一二三四', 'note', 'あ' * 501),
    'step-items': ('it', 'source', '一二三四', 'phase', 'あ' * 61),
    'incidents': ('it', 'cause', '一二三四', 'category', 'nothing'),
    'shares': ('it', 'lesson', '一二三四', 'incident_no', 'I-99999'),
    'incident-levels': ('it', 'source', '一二三四', 'source', 'あ' * 301),
    'courses': ('it', 'closes_on', DAYS, 'category', 'nothing'),
    'enrolments': ('it', 'score', ('1', '2.5', '3', '4'), 'status', 'nothing'),
    'engagements': ('auditor', 'summary', '一二三四', 'kind', 'nothing'),
    'findings': ('auditor', 'basis', '一二三四', 'basis', 'あ' * 501),
    'plans': ('it', 'title', '一二三四', 'title', 'あ' * 201),
    'departments': ('it', 'level', ('unit', 'division', 'facility', 'section'), 'level', 'x'),
    'staff': ('it', 'kana', '一二三四', 'grade', 'nothing'),
    'settings': ('it', 'verified', '1010', 'value', '十円'),
    'people': ('admin', 'name', '一二三四', 'role', 'nothing'),
}
#: any other noun in the first of its texts that is no number; 実績 are edited on their indicators' pages
EDITS |= {name: ('it', cell.short_name, '一二三四', cell.short_name, 'あ' * (cell.max + 1))
          for name, noun in NOUNS.items() if name not in {*EDITS, 'actuals'}
          for cell in [next(cell for cell in noun.blank.cells() if isinstance(cell, Text)
                            and not isinstance(cell, Key))]}


def in_json(noun, field, text):
    cell = noun.blank._fields[field]
    return text == '1' if isinstance(cell, Flag) else int(text) if isinstance(cell, Whole) else text


def by_page(browser, noun, field, text):
    address = f'/{noun.name}/1/edit'
    return browser.post(address, data=values(browser, address) | {noun.blank._fields[field].name: text,
        'act_reason': '試し'})


def line_of(noun, machine, field, text):
    """Return a file of one line: what finds the record, and the field."""
    item = machine.get(f'/{noun.name}/1').json
    keys = [noun.blank._fields[name].key for name in noun.key]
    cells = {key: item[key] for key in keys} | {noun.blank._fields[field].key: text}
    return '\n'.join(','.join(map(str, row)) for row in (cells, cells.values())).encode()


@pytest.mark.parametrize('name', EDITS)
def test_an_edit_is_the_same_act_by_every_way(app, client_of, machine_of, settings, tmp_path, monkeypatch,
        name):
    noun, (who, field, texts, *_) = NOUNS[name], EDITS[name]
    browser, machine = client_of(who), machine_of(who)
    key, acts = noun.blank._fields[field].key, {}
    assert by_page(browser, noun, field, texts[0]).status_code == 303
    acts['web'] = last_act(app)
    answer = machine.patch(f'/{name}/1', json={key: in_json(noun, field, texts[1]), 'act_reason': '試し'},
                           headers={'If-Match': machine.get(f'/{name}/1').headers['ETag']})
    assert answer.status_code == 200, answer.text
    acts['api'] = last_act(app)
    if noun.importable:
        sent = {'kind': name, 'encoding': 'auto',
                'file': (io.BytesIO(line_of(noun, machine, field, texts[2])), 'a.csv')}
        preview = browser.post('/files/', data=sent, content_type='multipart/form-data').location
        seen = browser.get(preview).page.fields()['seen']
        assert browser.post(preview, data={'reason': '試し', 'seen': seen}).status_code == 303
        acts['import'] = last_act(app)
        path = tmp_path / 'b.csv'
        path.write_bytes(line_of(noun, machine, field, texts[3]))
        found = command(settings, tmp_path, monkeypatch, 'import', name, path, '--by', f'{who}@city.example',
                        '--reason', '試し')
        assert found.exit_code == 0, found.output
        acts['command'] = last_act(app)
    for way, (act, _) in acts.items():
        assert (act.channel, act.actor) == ({'command': 'import'}.get(way, way), f'{who}@city.example'), way
        assert act.reason.startswith('試し')
    shapes = {way: [(table, row, kind, {column: None for column in changed}) for table, row, kind,
                    changed in changes]
              for way, (_, changes) in acts.items()}
    assert all(shape == shapes['web'] for shape in shapes.values()), shapes
    column = noun.blank._fields[field].attr
    told = [next(changed[column] for *_, changed in changes if column in changed) for _,
            changes in acts.values()]
    assert all(before[1] == after[0] for before, after in zip(told, told[1:], strict=False))
    assert acts['web'][0].kind == acts['api'][0].kind == f'{name}.edit'


@pytest.mark.engine_free  # what is refused is written nowhere
@pytest.mark.parametrize('name', EDITS)
def test_a_refusal_is_in_the_same_words_by_every_way(app, client_of, machine_of, settings, tmp_path,
        monkeypatch, name):
    noun, (who, _, _, field, text) = NOUNS[name], EDITS[name]
    browser, machine = client_of(who), machine_of(who)
    before, key = head(app), noun.blank._fields[field].key
    answer = machine.patch(f'/{name}/1', json={key: text}, headers={'If-Match': '*'})
    assert answer.status_code == 422 and answer.mimetype == 'application/problem+json'
    assert {error['field'] for error in answer.json['errors']} == {key}
    words = [error['message'] for error in answer.json['errors']]
    page = by_page(browser, noun, field, text)
    assert page.status_code == 422 and all(said in page.page.text for said in words), words
    if noun.importable:
        sent = line_of(noun, machine, field, text)
        told = machine.post(f'/{name}/import', data=sent, content_type='text/csv')
        assert told.status_code == 422 and [error['message'] for error in told.json['errors']] == words
        path = tmp_path / 'a.csv'
        path.write_bytes(sent)
        found = command(settings, tmp_path, monkeypatch, 'import', name, path, '--json', '--by',
                        f'{who}@city.example')
        assert json.loads(found.stdout) == told.json
    assert head(app) == before
