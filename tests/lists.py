"""Lists as they are read."""


def numbers(browser, address):
    """Return what the first column of a list holds, in order."""
    return browser.get(address).page.texts(
        'main tbody tr > td:first-child:not(.pick), main tbody tr > .pick + td')
