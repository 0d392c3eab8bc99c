"""The document of the JSON API (OpenAPI 3.1), written from the nouns, forms and filters it reads."""
import re

from forms import json_values
from forms.base import ReasonForm
from forms.comments import CommentForm
from models.attachments import ATTACHMENT_KINDS
from models.comments import COMMENT_KINDS
from models.figures import MEASURES
from models.rules.attachments import MAX_NAME
from models.rules.standings import STATES

from . import api_figures  # noqa: F401  (its views are the API's too)
from .api import IMPORT, MOST, SHEETS, SIZE, answer, bp, conditions, operations
from .api import blueprint as blueprint
from .api_attachments import BYTES, SAID
from .records.noun import NOUNS
from .web.bounds import DOCUMENT
from .web.guard import permit
from .web.submission import viewer

#: a filter with no more values than these is a list of them
LISTED = 60
JSON, PROBLEM = 'application/json', 'application/problem+json'
TEXT, NUMBER, FLAG = {'type': 'string'}, {'type': 'integer'}, {'type': 'boolean'}
PAGE_SIZE = {'type': 'integer', 'minimum': 1, 'maximum': MOST, 'default': SIZE}
NUMBER_OR_NULL, TEXT_OR_NULL = {'type': ['integer', 'null']}, {'type': ['string', 'null']}
#: what each refusal is called here
REFUSALS = {
    400: '要求の形の誤り', 401: 'トークンがないか、使えない', 403: '権限か範囲にない',
    404: '記録がないか、見えない',
    409: 'いまの状態ではできない', 412: 'ETag が古い', 413: '大きすぎる', 415: '受け取れない形式',
    422: '内容の誤り', 428: 'If-Match がない', 429: '回数が多すぎる', 503: 'いまは使えない'}
#: what a refusal says in a header
HEADERS = {429: ('Retry-After', '待つ秒数'), 401: ('WWW-Authenticate', 'Bearer'), 412: ('ETag', 'いまの版')}
EVERY = (400, 401, 403, 404, 413, 429, 503)


def ref(name):
    return {'$ref': f'#/components/schemas/{name}'}


def list_of(what):
    return {'type': 'array', 'items': what}


def object_schema(properties, required=None, **more):
    """Return the schema of an object with these properties, `required` ones (default: all), and no other."""
    return {'type': 'object', 'properties': properties, 'additionalProperties': False,
            'required': list(properties) if required is None else required, **more}


def query(name, schema, description=''):
    found = {'name': name, 'in': 'query', 'schema': schema}
    return found | {'description': description} if description else found


def path_id(name='id'):
    return {'name': name, 'in': 'path', 'required': True,
            'schema': {'type': 'integer', 'minimum': 1, 'maximum': 2 ** 31 - 1}}


def header(words):
    return {'description': words, 'schema': TEXT}


def responses(good, *refused):
    """Return the responses of an operation: the good ones, and the problems it may end with."""
    found = {str(status): response for status, response in good.items()}
    for status in sorted({*EVERY, *refused}):
        response = {'description': REFUSALS[status], 'content': {PROBLEM: {'schema': ref('Problem')}}}
        if status in HEADERS:
            name, words = HEADERS[status]
            response['headers'] = {name: header(words)}
        found.setdefault(str(status), response)
    return found


def success(schema, words='できた', **headers):
    found = {'description': words, 'content': {JSON: {'schema': schema}}}
    return found | {'headers': {name: header(text) for name, text in headers.items()}} if headers else found


def body(schema, *types):
    return {'required': True, 'content': {kind: {'schema': schema} for kind in types or (JSON,)}}


# --- nouns ---

def name_of(noun):
    return ''.join(word.capitalize() for word in re.split('[-_]', noun.name))


def pages_form(noun):
    form = noun.form(viewer=viewer())
    noun.new_form(form)
    return form


def filter_schema(each):
    options = [str(value) for value, _ in each.options()] if each.options else []
    if 0 < len(options) <= LISTED:
        return {'type': 'string', 'enum': options}
    return {'type': 'string', 'maxLength': 100}


def query_of(noun):
    """Return the parameters of a noun's list."""
    words = {'type': 'string', 'maxLength': 100}
    fixed = {'q': query('q', words, '含む語（空白で区切ると、すべてを含むもの）'),
             'voided': query('voided', {'type': 'string', 'enum': ['0', '1']}, '1 は取消済みの記録だけ'),
             'limit': query('limit', PAGE_SIZE),
             'cursor': query('cursor', TEXT, '前の答えの next')}
    filters = {each.name: query(each.name, filter_schema(each), each.label) for each in noun.conditions}
    return [(filters | fixed)[name] for name in conditions(noun)]


def schemas_of(noun):
    """Return {name: schema} of a noun: its records as they are read, made and changed."""
    name, cells = name_of(noun), pages_form(noun).cells()
    stands = {'id': NUMBER, 'revision': NUMBER, 'label': TEXT, 'voided': FLAG,
              **{cell.key: json_values.stored_schema(cell) for cell in cells}}
    reason = {'act_reason': {'type': ['string', 'null'], 'maxLength': 500, 'title': '変更の理由'}}
    sent = {cell.key: json_values.input_schema(cell) for cell in cells}
    proposed = noun.key[:1] if noun.prefix else ()
    needed = [cell.key for cell in cells
              if cell.must_be_given and cell.default is None and cell.short_name not in proposed]
    return {
        name: object_schema(stands, title=noun.one),
        f'{name}Record': object_schema(stands | {'history': list_of(ref('Told')), 'older': TEXT_OR_NULL},
                                       title=noun.one),
        f'{name}Page': object_schema({'items': list_of(ref(name)), 'next': TEXT_OR_NULL, 'total': NUMBER}),
        f'{name}New': object_schema(sent | reason, needed),
        f'{name}Change': object_schema({cell.key: sent[cell.key] for cell in cells
                                        if cell.attr not in noun.moved} | reason, [])}


def move_schema(noun):
    """Return the schema of what the moves of a noun may ask for: each asks for some of it."""
    cells = {}
    for target in noun.flow.states:
        form = noun.flow.form(noun.table(), target, viewer=viewer())
        cells |= {cell.key: cell for cell in form.cells()}
    for cell in cells.values():
        cell.required = False  # whether a move needs it depends on the record
    return object_schema({key: json_values.input_schema(cell) for key, cell in cells.items()}, [])


def operation_object(each):
    """Return one operation of a noun."""
    noun, name = each.noun, name_of(each.noun)
    told = {'operationId': f'{noun.name}-{each.word}', 'tags': [noun.title],
            'summary': f'{noun.one}: {SUMMARIES[each.word]}'}
    version = {'name': 'If-Match', 'in': 'header', 'schema': TEXT, 'required': each.word == 'edit',
               'description': '読んだときの ETag'}
    kept = success(ref(name), ETag='この版')
    reason = body(object_schema({'reason': json_values.value_schema(ReasonForm().reason)}))
    if each.word == 'list':
        page = success(ref(f'{name}Page'))
        return told | {'parameters': query_of(noun), 'responses': responses({200: page}, 422)}
    if each.word == 'record':
        place = {'type': 'string', 'pattern': r'^[0-9]{1,15}(\.[0-9]{1,9})?$'}
        shown = success(ref(f'{name}Record'), ETag='この版')
        before = query('before', place, 'これより前の履歴（前の答えの older）')
        return told | {'parameters': [path_id(), before],
                       'responses': responses({200: shown})}
    if each.word == 'create':
        made = success(ref(name), '登録した', ETag='この版', Location='記録のアドレス')
        return told | {'requestBody': body(ref(f'{name}New')),
                       'responses': responses({201: made}, 409, 415, 422)}
    if each.word == 'edit':
        return told | {'parameters': [path_id(), version], 'requestBody': body(ref(f'{name}Change')),
                       'responses': responses({200: kept}, 409, 412, 415, 422, 428)}
    if each.word == 'import':
        done = {200: success(ref('Imported')), 422: success(ref('Imported'), '誤りがある')}
        return told | {'parameters': [query(word, {'type': 'string'} | IMPORTS[word]) for word in IMPORT],
                       'requestBody': body({'type': 'string', 'format': 'binary'}, *SHEETS),
                       'responses': responses(done, 409, 415)}
    if each.word == 'attachments':
        found = success(object_schema({'items': list_of(ref('Attachment'))}))
        return told | {'parameters': [path_id()], 'responses': responses({200: found})}
    if each.word == 'attach':
        made = success(ref('Attachment'), '添付した', Location='文書のアドレス')
        return told | {'parameters': [path_id(), *(query(word, *SAID_OF[word]) | (
            {'required': True} if word == 'name' else {}) for word in SAID)],
                       'requestBody': body({'type': 'string', 'format': 'binary'}, BYTES),
                       'responses': responses({201: made}, 409, 415, 422)}
    if each.word == 'comments':
        found = success(object_schema({'items': list_of(ref('Comment'))}))
        return told | {'parameters': [path_id()], 'responses': responses({200: found})}
    if each.word == 'comment':
        return told | {'parameters': [path_id()], 'requestBody': body(ref('CommentNew')),
                       'responses': responses({201: success(ref('Comment'), '書いた')}, 409, 415, 422)}
    parameters, sent = [path_id(), version], reason
    if each.word == 'move':
        states = {'type': 'string', 'enum': list(noun.flow.states)}
        parameters.append({'name': 'target', 'in': 'path', 'required': True, 'schema': states})
        sent = body(move_schema(noun))
    return told | {'parameters': parameters, 'requestBody': sent,
                   'responses': responses({200: kept}, 409, 412, 415, 422)}


#: what each part of an import's query may be
IMPORTS = {'dry_run': {'enum': ['true', 'false']}, 'encoding': {'enum': ['auto', 'utf-8', 'cp932']},
           'ignore_unknown': {'enum': ['true', 'false']}, 'reason': {'maxLength': 500}}
#: what each part of an attachment's query may be
SAID_OF = {'name': ({'type': 'string', 'minLength': 1, 'maxLength': MAX_NAME}, 'ファイル名'),
           'kind': ({'type': 'string', 'enum': [*ATTACHMENT_KINDS]}, '種類（省くとファイル名から決めます）'),
           'note': ({'type': 'string', 'maxLength': 500}, 'メモ'),
           'former': ({'type': 'integer', 'minimum': 1, 'maximum': 2 ** 31 - 1}, '前の版の文書の id')}
SUMMARIES = {'list': '一覧', 'record': '1件と履歴', 'create': '登録', 'edit': '変更', 'void': '取消',
             'restore': '取消の取りやめ', 'move': '状態の変更', 'import': 'ファイル取込み',
             'attachments': '文書の一覧', 'attach': '文書の添付',
             'comments': 'コメント・質問の一覧', 'comment': 'コメント・質問・回答を書く'}


# --- what is no noun's ---

def fixed_schemas():
    """Return {name: schema} of what all operations share."""
    day, moment = {'type': 'string', 'format': 'date'}, {'type': 'string', 'format': 'date-time'}
    act = {'seq': NUMBER, 'at': moment, 'by': TEXT, 'channel': TEXT, 'kind': TEXT, 'reason': TEXT}
    change = object_schema({'table': TEXT, 'row': NUMBER, 'label': TEXT, 'kind': TEXT, 'values': {
        'type': 'object', 'additionalProperties': {'type': 'array', 'minItems': 2, 'maxItems': 2}}})
    entry = object_schema({'field': TEXT, 'message': TEXT})
    decimal = {**TEXT_OR_NULL, 'description': '数を文字で表したもの'}
    state = {'type': ['string', 'null'], 'enum': [*STATES, None], 'description': '年度の途中の状態'}
    indicator = object_schema({
        'no': TEXT, 'text': TEXT, 'measure': TEXT_OR_NULL,
        'source': {'type': 'string', 'enum': ['computed', 'entered', 'none']},
        'operator': TEXT, 'target': TEXT_OR_NULL, 'unit': TEXT,
        'numerator': decimal, 'denominator': decimal, 'value': decimal,
        'verdict': {'type': 'string', 'enum': ['met', 'missed', 'unknown']}, 'reason': TEXT_OR_NULL,
        'computed_value': decimal, 'turn_text': TEXT, 'state': state,
        'forecast': {'anyOf': [object_schema({'value': TEXT, 'low': TEXT, 'high': TEXT}), {'type': 'null'}]},
        'recorded': {'type': ['boolean', 'null']}, 'businesses': list_of(TEXT),
        'published': {'anyOf': [object_schema({'value': TEXT_OR_NULL, 'as_of': day, 'source': TEXT}),
                                {'type': 'null'}]}})
    return {
        'Problem': {'type': 'object', 'required': ['title', 'status', 'detail', 'errors'], 'properties': {
            'type': TEXT, 'title': TEXT, 'status': NUMBER, 'detail': TEXT, 'request_id': TEXT,
            'errors': list_of(entry),
            'stands': {'type': 'object', 'description': '412・409のとき、いまの記録'}}},
        'Told': object_schema(act | {'sentences': list_of(TEXT)}),
        'Act': object_schema(act | {
            'actor': TEXT, 'request_id': TEXT, 'previous': TEXT, 'hash': TEXT, 'changes': list_of(change),
            'more': {**NUMBER_OR_NULL, 'description': '続きの変更の番号（from に渡す）'}}),
        'Attachment': object_schema({
            'id': NUMBER, 'name': TEXT, 'kind': {'type': 'string', 'enum': [*ATTACHMENT_KINDS]},
            'note': TEXT_OR_NULL, 'version': NUMBER,
            'document': {**NUMBER, 'description': '同じ文書の版に共通の番号'}, 'media_type': TEXT,
            'size': NUMBER, 'sha256': TEXT, 'at': moment, 'by': TEXT, 'voided': FLAG}),
        'Comment': object_schema({
            'id': NUMBER, 'kind': {'type': 'string', 'enum': [*COMMENT_KINDS]}, 'text': TEXT,
            'question': {**NUMBER_OR_NULL, 'description': '回答なら、その質問の id'}, 'by': TEXT,
            'at': moment, 'to_person_email': TEXT_OR_NULL, 'to_unit_code': TEXT_OR_NULL,
            'answer_by': {'anyOf': [day, {'type': 'null'}]},
            'answered_at': {'anyOf': [moment, {'type': 'null'}]},
            'closed_at': {'anyOf': [moment, {'type': 'null'}]}}),
        'CommentNew': object_schema({
            **{cell.key: json_values.input_schema(cell) for cell in CommentForm(viewer=viewer()).cells()},
            'question': {**NUMBER_OR_NULL, 'description': '回答するときは、その質問の id'}}, ['text']),
        'Imported': object_schema({
            'kind': TEXT, 'rows': NUMBER, 'create': NUMBER, 'update': NUMBER, 'unchanged': NUMBER,
            'conflict': NUMBER, 'errors': list_of(object_schema({
                'line': NUMBER_OR_NULL, 'column': TEXT_OR_NULL, 'value': TEXT_OR_NULL, 'message': TEXT})),
            'act': NUMBER_OR_NULL,
            'conflicts': list_of(object_schema({'line': NUMBER, 'label': TEXT, 'message': TEXT})),
            'notices': list_of(TEXT)}),
        'Indicators': object_schema({
            'fiscal_year': NUMBER, 'as_of': day, 'initiatives': list_of(object_schema({
                'no': NUMBER, 'title': TEXT, 'theme': TEXT, 'computed': TEXT, 'official': TEXT_OR_NULL,
                'reason': TEXT_OR_NULL, 'state': state, 'turn_text': TEXT,
                'indicators': list_of(indicator)}))}),
        'Figure': object_schema({
            'measure': TEXT, 'title': TEXT, 'fiscal_year': NUMBER, 'as_of': day, 'unit': TEXT,
            'numerator': decimal, 'denominator': decimal, 'recorded': FLAG, 'note': TEXT, 'definition': TEXT,
            'indicators': list_of({'allOf': [indicator, object_schema({'initiative': NUMBER})]}),
            'groups': list_of(object_schema({
                'group': TEXT, 'counted': FLAG, 'words': TEXT, 'rows': NUMBER, 'hidden': NUMBER})),
            'group': TEXT, 'noun': TEXT, 'items': list_of(object_schema({'id': NUMBER, 'label': TEXT})),
            'next': TEXT_OR_NULL})}


def fixed_paths():
    """Return {path: operations} of what is no noun's."""
    year = query('fiscal_year', {'type': 'integer', 'minimum': 2000, 'maximum': 2099})
    day = query('as_of', {'type': 'string', 'format': 'date'}, '基準日（きょうまで）')
    limit = query('limit', PAGE_SIZE)

    def get(name, words, parameters, schema, *refused):
        return {'get': {'operationId': name, 'tags': ['指標と操作履歴'], 'summary': words,
                        'parameters': parameters, 'responses': responses({200: success(schema)}, *refused)}}
    head = object_schema({'seq': NUMBER, 'hash': TEXT})
    acts = object_schema({'items': list_of(ref('Act')), 'next': NUMBER_OR_NULL, 'head': head})
    after = {'type': 'integer', 'minimum': 0, 'maximum': 2 ** 31 - 1}
    measure = {'name': 'name', 'in': 'path', 'required': True,
               'schema': {'type': 'string', 'enum': sorted(each.name for each in MEASURES.with_made())}}
    binary = {'schema': {'type': 'string', 'format': 'binary'}}
    bytes_of = {'description': '文書の中身', 'content': {BYTES: binary},
                'headers': {'Content-Disposition': header('ファイル名')}}
    voided = {'operationId': 'void_attachment', 'tags': ['文書'], 'summary': '文書の取消',
              'parameters': [path_id()],
              'requestBody': body(object_schema({'reason': json_values.value_schema(ReasonForm().reason)})),
              'responses': responses({200: success(ref('Attachment'))}, 409, 415, 422)}
    return {
        '/attachments/{id}': {'get': {
            'operationId': 'attachment', 'tags': ['文書'], 'summary': '文書を受け取る',
            'parameters': [path_id()], 'responses': responses({200: bytes_of})}},
        '/attachments/{id}/void': {'post': voided},
        '/indicators': get('indicators', '年度の指標と判定', [year, day], ref('Indicators'), 422),
        '/figures/{name}': get('figure', '数値と、数えた行・除いた行', [
            measure, year, day, query('group', TEXT), query('indicator', TEXT), limit,
            query('cursor', TEXT)], ref('Figure'), 422),
        '/trail': get('trail', '番号より後の操作', [query('after', after), limit], acts),
        '/trail/{seq}': get('act', '1つの操作', [path_id('seq'), query('from', after)], ref('Act')),
        DOCUMENT.removeprefix(bp.url_prefix): get('document', 'この文書', [], {'type': 'object'})}


def document():
    """Return the whole document as JSON."""
    paths, schemas = fixed_paths(), fixed_schemas()
    for noun in NOUNS.with_made():
        schemas |= schemas_of(noun)
        for each in operations(noun):
            path = re.sub(r'<(?:id:)?(\w+)>', r'{\1}', each.path)
            paths.setdefault(path, {})[each.method.lower()] = operation_object(each)
    return {
        'openapi': '3.1.0', 'info': {'title': '台帳 Daicho', 'version': '1', 'description': (
            '画面と同じ記録、権限、確かめ方で動きます。操作履歴には経路「API」と、'
            'トークンの持ち主が残ります。'
            '使い方は docs/manual/api.md にあります。')},
        'servers': [{'url': bp.url_prefix}], 'security': [{'token': []}], 'paths': paths,
        'components': {'securitySchemes': {'token': {'type': 'http', 'scheme': 'bearer'}},
                       'schemas': schemas}}


@bp.get('/openapi.json')
@permit('account.use')
def openapi_json():
    """Return the document, to who has any token or is signed in."""
    return answer(document())
