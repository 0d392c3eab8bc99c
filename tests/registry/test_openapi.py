"""The document of the API is obeyed: schemathesis sends what it allows and what not, checks answers.

`DAICHO_SCHEMATHESIS` is how many examples of each kind an operation gets (default 2: within a minute).
"""
import json
import os
from contextlib import suppress
from functools import cache

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from audits import verify
from models import db
from registry import openapi
from registry.records.noun import NOUNS

EXAMPLES = int(os.environ.get('DAICHO_SCHEMATHESIS', '2'))
#: what a schema cannot say: which numbers are taken, which records there are, what a person may do; and
#: tokens, which test_api tries
EXCLUDED = [schemathesis.checks.positive_data_acceptance, schemathesis.checks.ignored_auth]
GROUPS = [*NOUNS, '']


#: who may write what the desk may not
WRITERS = {'engagements': 'auditor', 'findings': 'auditor', 'people': 'admin'}


@cache
def document_of(app):
    """Return the document as a machine reads it, read once: half of the time went into that."""
    config = schemathesis.Config.from_dict({
        'base-url': 'http://localhost/api/v1', 'generation': {'with-security-parameters': False},
        # a version that has passed, or none, is refused before what is sent is read
        'checks': {'negative_data_rejection': {'expected-statuses': ['4xx']},
                   'missing_required_header': {'expected-statuses': ['4xx']}}})
    with app.app_context(), db.connection_context():
        read = json.loads(json.dumps(openapi.document()))
    schema = schemathesis.openapi.from_dict(read, config=config)
    schema.app = app
    return schema


def group_of(path):
    name = path.strip('/').partition('/')[0]
    return name if name in NOUNS else ''


def tried(operation, token, mode):
    """Send examples of an operation, to records that are there too, and check the answers."""
    fixed = [{}]
    if '{id}' in operation.path:
        fixed.append({'path_parameters': {'id': 1}, 'headers': {'If-Match': '*'}})
    strategies = [operation.as_strategy(generation_mode=mode, **each) for each in fixed]
    sent = []

    @settings(max_examples=EXAMPLES * len(fixed), database=None, derandomize=True, deadline=None,
              phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(*strategies))
    def run(case):
        case.headers['Authorization'] = f'Bearer {token}'
        answer = case.call()
        sent.append(answer.status_code)
        case.validate_response(answer, excluded_checks=EXCLUDED)
    run()
    return sent


@pytest.mark.engine_free  # what is said in JSON is the same on both
@pytest.mark.parametrize('group', GROUPS, ids=lambda name: name or 'the rest')
def test_the_document_is_obeyed(app, machine_of, group):
    machine, sent = machine_of(WRITERS.get(group, 'it')), []
    app.config['API_RATE'] = 10 ** 6  # far more than in a working day
    for found in document_of(app).get_all_operations():
        operation = found.ok()
        if operation.path.endswith(('/attachments', '/comments')) and group != 'supports':
            continue  # the same for every noun
        for mode in GenerationMode if group_of(operation.path) == group else ():
            with suppress(Unsatisfiable):  # where nothing is asked, nothing can be asked wrongly
                sent += tried(operation, machine.token, mode)
    assert {200} < set(sent) and max(sent) < 500
    with app.app_context(), db.connection_context():
        assert verify.verify().intact
