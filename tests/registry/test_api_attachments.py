"""Documents by the API: attached as a body, listed, handed out and voided under the permits of the pages."""
import hashlib

import pytest
from api_calls import last_act
from cast import DOCUMENTS
from flask import Response
from flask.testing import FlaskClient

PDF = b'%PDF-1.7\n%%EOF\n'
BYTES = 'application/octet-stream'


def send(machine, address, name, data, **said):
    return machine.post(f'{address}/attachments', data=data, content_type=BYTES,
                        query_string={'name': name} | said)


def bytes_of(app, machine, id):
    """Return the answer to whoever asks for a document: bytes, which a Machine takes for a fault."""
    return FlaskClient(app, Response, use_cookies=False).get(
        f'/api/v1/attachments/{id}', headers={'Authorization': f'Bearer {machine.token}'})


def test_a_document_is_attached_listed_handed_out_and_voided(app, machine_of):
    machine = machine_of('department')
    made = send(machine, '/supports/1', '甲社見積.pdf', PDF, note='税込')
    assert made.status_code == 201, made.text
    told = {'name': '甲社見積.pdf', 'kind': 'quote', 'note': '税込', 'version': 1, 'size': len(PDF),
            'by': '馬場 税', 'sha256': hashlib.sha256(PDF).hexdigest()}
    assert told.items() <= made.json.items()
    id = made.json['id']
    assert made.headers['Location'] == f'/api/v1/attachments/{id}'
    act, changes = last_act(app)
    assert (act.channel, act.kind) == ('api', 'attachments.create') and len(changes) == 1
    newer = send(machine, '/supports/1', '甲社見積2.pdf', PDF + b'2', former=id).json
    assert (newer['version'], newer['document'], newer['kind']) == (2, id, 'quote')
    listed = machine.get('/supports/1/attachments').json['items']
    assert [one['id'] for one in listed] == [newer['id'], id]
    with bytes_of(app, machine, id) as answer:
        assert answer.data == PDF and answer.mimetype == BYTES
        assert answer.headers['Content-Disposition'].startswith('attachment; filename=document.pdf;')
    voided = machine.post(f'/attachments/{newer["id"]}/void', json={'reason': '誤り'})
    assert voided.status_code == 200 and voided.json['voided']
    assert machine.get(f'/attachments/{newer["id"]}').status_code == 404
    assert machine.post(f'/attachments/{id}/void', json={'reason': ''}).status_code == 422


def test_whoever_does_not_see_the_record_is_told_of_no_document(app, machine_of):
    for who, read, void in (('it', 200, 422), ('department', 200, 422), ('auditor', 200, 403),
                            ('executive', 200, 403), ('other', 404, 404), ('admin', 404, 404)):
        with bytes_of(app, machine_of(who), 1) as answer:
            assert answer.status_code == read, who
            assert read == 404 or answer.data == DOCUMENTS[1]
        assert machine_of(who).post('/attachments/1/void', json={}).status_code == void, who
    assert machine_of('it').get('/attachments/999').status_code == 404


@pytest.mark.engine_free
def test_a_document_is_refused_as_on_the_pages(app, machine_of):
    machine = machine_of('it')
    for name, data, words in (('x.pdf', b'MZ', '中身が違います'), ('x.pdf', b'', '中身が空です'),
                              ('x.exe', b'MZ', '添付できません'), ('\u202ex.pdf', PDF, 'U+202E'),
                              ('長' * 300 + '.pdf', PDF, '名前が長すぎます（304文字）')):
        answer = send(machine, '/systems/1', name, data)
        assert answer.status_code == 422 and words in answer.json['errors'][0]['message'], answer.text
    assert send(machine, '/systems/1', 'x.pdf', PDF, kind='nothing').status_code == 400
    assert send(machine, '/systems/1', 'x.pdf', PDF, note='x' * 501).status_code == 422
    assert send(machine, '/systems/1', 'x.pdf', PDF, former=2).status_code == 404
    assert machine.post('/systems/1/attachments?name=x.pdf', json={}).status_code == 415
    app.config['FILE_LIMITS'] = app.config['FILE_LIMITS']._replace(size=1000)
    answer = send(machine, '/systems/1', 'x.pdf', PDF + b'x' * 1000)
    assert answer.status_code == 413 and '1つのファイルは1000 Bまで' in answer.json['detail']
