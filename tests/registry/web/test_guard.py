"""Every endpoint names a permit, or the application does not start."""
import pytest
from cast import PASSWORD, email
from paths import ROOT

from registry import create_app
from registry.core import permits
from registry.records.noun import NOUNS
from registry.web import guard


# --- forged forms, settings ---
def test_a_form_without_its_token_changes_nothing(settings):
    app = create_app(settings | {'WTF_CSRF_ENABLED': True})
    answer = app.test_client().post('/sign-in', data={'email': email('it'), 'password': PASSWORD})
    assert answer.status_code == 400 and '保存していません' in answer.text


# --- endpoints ---
def test_every_endpoint_has_a_permit(app):
    bare = [endpoint for endpoint, view in app.view_functions.items()
            if endpoint not in guard.PUBLIC and getattr(view, 'permit', None) not in permits.PERMITS]
    assert not bare


def test_the_application_does_not_start_without_one(settings, monkeypatch):
    from registry.web import front

    def careless(app, register=front.register):
        register(app)
        app.add_url_rule('/careless', 'careless', lambda: 'anyone may read this')
    monkeypatch.setattr('registry.web.front.register', careless)
    with pytest.raises(RuntimeError, match='no permit on careless'):
        create_app(settings)


def test_every_permit_is_used(app):
    used = {getattr(view, 'permit', None) for view in app.view_functions.values()}
    text = ''.join(path.read_text('utf-8') for path in [*(ROOT / 'registry').rglob('*.py'),
        *(ROOT / 'templates').rglob('*.html')])
    idle = [name for name in permits.PERMITS if name not in used
            and f"'{name}'" not in text.replace(f"'{name}': ", '')
            and not (name.partition('.')[0] in NOUNS and NOUNS[name.partition('.')[0]].importable)]
    assert not idle
