"""Forms filled in and files handed in as a person would, for the tests that ask what is refused."""
import html
import io


def values(browser, address):
    """Return what a form holds as it is opened."""
    return browser.get(address).page.fields()


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
