"""Files as answers: sent from the disk as they are asked for, never held in memory."""
import unicodedata
from urllib.parse import quote

from flask import Response

BLOCK = 256 * 1024


class SentFile:
    """What an answer holds that is a file: opened when it is read, by the server itself where it can."""

    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path, 'rb') as file:
            while block := file.read(BLOCK):
                yield block


def file_response(path, size, media_type, name, inline):
    """Return the answer that hands out a file under a name, to be looked at (`inline`) or kept."""
    found = Response(SentFile(path), content_type=media_type, direct_passthrough=True)
    found.content_length = size
    # both forms of RFC 6266: what cannot read the second has a name of ASCII
    plain = unicodedata.normalize('NFKD', name).encode('ascii', 'ignore').decode().strip()
    if plain != name:
        plain = f'document{plain[plain.rfind("."):]}' if '.' in plain else 'document'
    quoted = quote(name, safe='!#$&+-.^_`|~')
    found.headers.set('Content-Disposition', 'inline' if inline else 'attachment',
                      **{'filename': plain, 'filename*': f"UTF-8''{quoted}"})
    return found
