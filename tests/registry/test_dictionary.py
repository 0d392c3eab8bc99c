"""The data dictionary: the committed file says what the models and forms say now, and leaves nothing out."""
from audits import trail
from models import RECORDS
from registry import dictionary
from registry.records import vocabulary
from registry.records.noun import NOUNS


def test_the_committed_dictionary_is_current(app):
    with app.app_context():
        now = dictionary.write()
    assert dictionary.HOME.read_text('utf-8') == now, 'python -m registry.dictionary で作り直してください。'


def test_every_table_and_file_has_a_chapter(app):
    text = dictionary.HOME.read_text('utf-8')
    for table in dictionary.TABLES:
        assert f'### `{table._meta.table_name}`' in text
    for noun in NOUNS.values():
        assert (f'### `{noun.name}`　{noun.title}' in text) == noun.importable


def test_words_name_columns_that_exist():
    for table, called in vocabulary.LABELS.items():
        assert not set(called) - set(table._meta.fields), table.__name__


def test_every_record_and_its_columns_have_words(app):
    with app.app_context():
        for table in RECORDS:
            assert vocabulary.title_of(table)
            recorded = {name for name, _ in trail.recorded_fields(table)} - {'voided_at', 'void_reason'}
            assert not recorded - set(vocabulary.vocabulary_of(table).labels), table.__name__
