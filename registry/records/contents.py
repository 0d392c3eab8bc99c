"""What a file is by its content: of the kinds that documents may have, and whether its name says so too."""
import os
import re

#: how much of the beginning and of the end of a file is looked at
HEAD, TAIL = 8192, 256 * 1024
OLE = ('.doc', '.xls', '.ppt')
OOXML = 'application/vnd.openxmlformats-officedocument.'
ODF = 'application/vnd.oasis.opendocument.'
#: {ending: (what it is called, media type, the endings by which puremagic knows such content)}
BINARY = {
    'pdf': ('PDF', 'application/pdf', ('.pdf',)),
    'png': ('PNG画像', 'image/png', ('.png',)),
    'jpg': ('JPEG画像', 'image/jpeg', ('.jpg', '.jpeg', '.jfif')),
    'jpeg': ('JPEG画像', 'image/jpeg', ('.jpg', '.jpeg', '.jfif')),
    'gif': ('GIF画像', 'image/gif', ('.gif',)),
    'webp': ('WebP画像', 'image/webp', ('.webp',)),
    'tif': ('TIFF画像', 'image/tiff', ('.tif', '.tiff')),
    'tiff': ('TIFF画像', 'image/tiff', ('.tif', '.tiff')),
    'bmp': ('BMP画像', 'image/bmp', ('.bmp',)),
    'docx': ('Word', OOXML + 'wordprocessingml.document', ('.docx',)),
    'xlsx': ('Excel', OOXML + 'spreadsheetml.sheet', ('.xlsx',)),
    'pptx': ('PowerPoint', OOXML + 'presentationml.presentation', ('.pptx',)),
    'odt': ('OpenDocument', ODF + 'text', ('.zip',)),
    'ods': ('OpenDocument', ODF + 'spreadsheet', ('.zip',)),
    'doc': ('Word（旧形式）', 'application/msword', OLE),
    'xls': ('Excel（旧形式）', 'application/vnd.ms-excel', OLE),
    'ppt': ('PowerPoint（旧形式）', 'application/vnd.ms-powerpoint', OLE),
    'jtd': ('一太郎', 'application/x-js-taro', OLE),
    'msg': ('Outlookのメール', 'application/vnd.ms-outlook', OLE),
    'zip': ('ZIP', 'application/zip', ('.zip',)),
}
#: {ending: (what it is called, media type)} of what is text, whatever it says
TEXT = {'txt': ('テキスト', 'text/plain'), 'csv': ('CSV', 'text/csv'),
        'tsv': ('TSV', 'text/tab-separated-values'),
        'xml': ('XML', 'application/xml'), 'json': ('JSON', 'application/json'),
        'eml': ('メール', 'message/rfc822')}
ENDINGS = (*BINARY, *TEXT)
#: what those packed as ZIP have inside: a name in its directory at the end, or its first bytes
INSIDE = {'docx': b'word/', 'xlsx': b'xl/', 'pptx': b'ppt/'}
#: what a browser may show by itself: nothing in it runs
INLINE = frozenset({'application/pdf', 'image/png', 'image/jpeg', 'image/gif', 'image/webp'})
_NO_TEXT = re.compile('[\x00-\x08\x0e-\x1a\x1c-\x1f]')


def ending_of(name):
    """Return the ending of a file's name, without its dot and in small letters; '' for none."""
    return os.path.splitext(name)[1][1:].lower()


def read_type(name, stream, size):
    """Return (media type, '') of a file's content, or (None, what is wrong with it in words).

    The stream is read from its beginning and left there.
    """
    ending = ending_of(name)
    if ending not in ENDINGS:
        told = (f'この種類（.{ending[:20]}）のファイルは添付できません' if ending
                else 'ファイルの種類（拡張子）がありません')
        return None, f'{told}。使える種類: {"、".join(ENDINGS)}'
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(max(0, size - TAIL))
    tail = stream.read(TAIL)
    stream.seek(0)
    if ending in TEXT:
        called, media_type = TEXT[ending]
        return (media_type, '') if is_text(head) else (None, not_so(ending, called, what_it_is(head, tail)))
    called, media_type, known = BINARY[ending]
    found = endings_by_content(head)
    good = not found.isdisjoint(known)
    if ending in INSIDE:
        good = good and INSIDE[ending] in tail
    elif media_type.startswith(ODF):
        good = good and head[30:38 + len(media_type)] == b'mimetype' + media_type.encode()
    return (media_type, '') if good else (None, not_so(ending, called, what_it_is(head, tail)))


def not_so(ending, called, really):
    """Return the words for content that is not what the name of its file says."""
    told = f'（中身は{really}のようです）' if really else ''
    return (f'名前は .{ending}（{called}）ですが、中身が違います{told}。'
            '元のソフトで開いて保存し直すか、名前を直してください。')


def endings_by_content(head):
    """Return the endings of all that the first bytes of a file may be the beginning of."""
    # reading its tables is a sixth of a command's start: most commands look at no file
    import puremagic
    try:
        return {match.extension for match in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def what_it_is(head, tail):
    """Return what content is called that was announced as something else, '' where nobody knows."""
    found = endings_by_content(head)
    if head[:2] == b'MZ' or head[:4] == b'\x7fELF':
        return 'プログラム'
    for ending, inside in INSIDE.items():
        if '.docx' in found and inside in tail:
            return BINARY[ending][0]
    if not found.isdisjoint(OLE):
        return 'Officeの旧形式'
    for called, _, known in BINARY.values():
        if known not in (OLE, ('.docx',), ('.xlsx',), ('.pptx',)) and found & {*known}:
            return called if '.zip' not in known else 'ZIP'
    return 'テキスト' if is_text(head) else ''


def is_text(head):
    """Tell whether the first bytes of a file read as text: UTF-8, UTF-16 with its mark, or CP932."""
    for mark, encoding in ((b'\xff\xfe', 'utf-16-le'), (b'\xfe\xff', 'utf-16-be'), (b'', 'utf-8'),
                           (b'', 'cp932')):
        if not head.startswith(mark):
            continue
        try:
            text = head.decode(encoding)
        except UnicodeDecodeError as error:
            # the last character may be cut through
            if len(head) < HEAD or error.start < len(head) - 4:
                continue
            text = head[:error.start].decode(encoding)
        if not _NO_TEXT.search(text):
            return True
    return False
