"""Templates as compiled are kept from one start of the server to the next."""
import errno
import tempfile

import pytest

from registry import create_app
from registry.web import serving


@pytest.fixture
def given_app(settings):
    """A function that builds another application on this test's settings."""
    return lambda: create_app({**settings, 'PIN_DATABASE': False})


def compiled_by(app, folder):
    """Return the names of the templates that a start with an instance folder finds compiled."""
    app.config['INSTANCE'], app.jinja_env.cache = folder, app.jinja_env.cache.copy()
    app.jinja_env.cache.clear()
    serving.load_compiled(app)
    return {template.name for template in app.jinja_env.cache.values()}


def test_what_one_start_has_compiled_the_next_one_loads(given_app, tmp_path):
    assert compiled_by(given_app(), tmp_path) == set()
    app = given_app()
    assert compiled_by(app, tmp_path) == set()
    app.jinja_env.get_template('errors/page.html')
    kept = list((tmp_path / 'templates').iterdir())
    assert kept and all(path.stat().st_mode & 0o077 == 0 for path in [*kept, tmp_path / 'templates'])
    assert compiled_by(given_app(), tmp_path) == {'errors/page.html'}
    # other options compile the same text to something else
    app = given_app()
    app.jinja_env.trim_blocks = False
    assert compiled_by(app, tmp_path) == set()


def test_what_was_kept_compiled_and_cannot_be_read_is_compiled_again(given_app, tmp_path):
    app = given_app()
    compiled_by(app, tmp_path)
    app.jinja_env.get_template('errors/page.html')
    for path in (tmp_path / 'templates').iterdir():
        path.write_bytes(path.read_bytes()[:30])
    app = given_app()
    assert compiled_by(app, tmp_path) == set() and app.jinja_env.get_template('errors/page.html')


def test_a_start_needs_no_folder_to_keep_what_it_compiles(given_app, tmp_path):
    (tmp_path / 'templates').write_text('')
    app = given_app()
    assert 'errors/page.html' in compiled_by(app, tmp_path)


def test_a_full_disk_does_not_keep_a_template_from_being_used(given_app, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, 'No space left on device')
    app = given_app()
    compiled_by(app, tmp_path)
    monkeypatch.setattr(tempfile, 'NamedTemporaryFile', full)
    assert app.jinja_env.get_template('errors/page.html') and not list((tmp_path / 'templates').iterdir())
