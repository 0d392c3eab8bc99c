"""Forms filled in and files handed in as a person would, for the tests that ask what is refused."""
import html
import io
import re


def values(browser, address):
    """Return what a form holds as it is opened."""
    page = browser.get(address).text
    found = {name: value for name, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"',
        page)}
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected|<option selected value="([^"]*)"', options)
        found[name] = chosen and (chosen.group(1) or chosen.group(2)) or ''
    found.update(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', page))
    found.pop('q', None)
    return {name: html.unescape(value) for name, value in found.items()}


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
