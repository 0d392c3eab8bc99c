"""What a request may bring: bytes, fields, parameters, kinds of body; asked before it is parsed."""
from urllib.parse import parse_qsl

from flask import Request, current_app, request, session
from werkzeug.exceptions import (
    BadRequest,
    RequestEntityTooLarge,
    RequestHeaderFieldsTooLarge,
    RequestURITooLarge,
    UnsupportedMediaType,
)
from werkzeug.formparser import FormDataParser

from models.rules.attachments import shown_size

from . import devices

#: how the endpoints of the API end that take a document, and those that take a file to import
ATTACH, IMPORT = '-attach', '-import'
#: the endpoints that take a file, and how those end that take documents; any other form is text and much
#: smaller
UPLOADS = frozenset({'files.index', 'supports.new', 'budget-requests.ask'})
ENDINGS = ('.attach', '.move', ATTACH)
#: (bytes of a body, fields in it) of whoever has never signed in here, and of a form; an upload has the
#: application's own limits
STRANGER, FORM = (64 * 1024, 200), (1024 * 1024, 1000)
MAX_PATH, MAX_QUERY, MAX_PARAMETERS = 1000, 8000, 100
#: where the API is, and what of it pages may read too
API, DOCUMENT = '/api/', '/api/v1/openapi.json'
#: where calendars read a person's duties
FEED = '/duties/calendar.ics'
#: characters of a request's headers; a browser sends one or two thousand
MAX_HEADERS = 32_000
SAFE = frozenset({'GET', 'HEAD', 'OPTIONS'})
URLENCODED, MULTIPART = 'application/x-www-form-urlencoded', 'multipart/form-data'


def takes_documents(endpoint):
    """Tell whether an endpoint takes documents (文書) with its form."""
    endpoint = endpoint or ''
    return endpoint.endswith(ENDINGS) or endpoint in UPLOADS - {'files.index'}


def takes_files(endpoint):
    """Tell whether an endpoint takes files at all."""
    return endpoint in UPLOADS or takes_documents(endpoint)


def is_api():
    """Tell whether a machine asks (the JSON API).

    It is known by its token alone, and answered in JSON.
    """
    return request.path.startswith(API)


def refusal(kind, action):
    """Return an HTTP error of a kind, with what to do instead for its page."""
    error = kind()
    error.action = action
    return error


def too_large():
    """Return the error for a body that is larger than the endpoint takes, with what it takes."""
    if not takes_documents(request.endpoint):
        return RequestEntityTooLarge()
    size, files, together = current_app.config['FILE_LIMITS']
    return refusal(RequestEntityTooLarge,
                   f'1つのファイルは{shown_size(size)}まで、一度に{files}個、合わせて{shown_size(together)}までです。'
                   '小さくするか、分けて添付してください。')


class BoundedParser(FormDataParser):
    """Reads a form within its limits; one that cannot be read is refused, not taken for an empty one."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.silent = False

    def parse(self, stream, mimetype, content_length, options=None):
        if mimetype == URLENCODED:
            body = stream.read()
            stream.read(1)  # where a body of unknown length was cut off at its limit, this says so
            if self.max_form_parts is not None and body.count(b'&') >= self.max_form_parts:
                raise RequestEntityTooLarge
            try:
                # what is no text, half characters too, would otherwise be kept as its escapes
                read = parse_qsl(body.decode(), keep_blank_values=True, errors='strict')
            except UnicodeDecodeError:
                raise BadRequest from None
            return stream, self.cls(read), self.cls()
        try:
            return super().parse(stream, mimetype, content_length, options)
        except ValueError:
            raise BadRequest from None


class BoundedRequest(Request):
    """A request whose form is read by `BoundedParser`, and that has files only where one is asked for."""

    form_data_parser_class = BoundedParser

    def _get_file_stream(self, *args, **kwargs):
        if not takes_files(self.endpoint):
            raise refusal(BadRequest, 'この画面ではファイルを受け取れません。文字で入力してください。')
        stream = super()._get_file_stream(*args, **kwargs)
        # of a form that breaks off in a file nobody else knows the file
        self.__dict__.setdefault('streams', []).append(stream)
        return stream

    def close(self):
        super().close()
        for stream in self.__dict__.pop('streams', ()):
            stream.close()


def limit(request):
    """Set what a request may bring, by sender and endpoint; refuse what is too long before it is read."""
    if len(request.path) > MAX_PATH or len(request.query_string) > MAX_QUERY:
        raise RequestURITooLarge
    if sum(len(value) for name, value in request.environ.items() if name.startswith('HTTP_')) > MAX_HEADERS:
        raise RequestHeaderFieldsTooLarge
    if request.query_string.count(b'&') >= MAX_PARAMETERS:
        raise refusal(BadRequest,
                      f'アドレスの条件は{MAX_PARAMETERS}個までです。条件を減らして、もう一度開いてください。')
    if is_api():
        limit_api()
        return
    # a page is asked for without a body, so that nobody need look who asks for a picture
    safe = request.method in SAFE
    stranger = safe or not (session.keys() & {'_user_id', 'was'} or devices.read()[1])
    if stranger or request.endpoint != 'files.index':
        size, fields = STRANGER if stranger else FORM
        request.max_content_length = request.max_form_memory_size = size
        request.max_form_parts = fields
    if not stranger and takes_documents(request.endpoint):
        request.max_content_length = current_app.config['FILE_LIMITS'].together + FORM[0]
    length = request.content_length
    if length is not None and request.max_content_length is not None and length > request.max_content_length:
        if stranger:
            raise refusal(RequestEntityTooLarge, 'サインインしてから、もう一度送ってください。')
        raise too_large()
    sent = request.mimetype or length or 'Transfer-Encoding' in request.headers
    if sent and not safe and request.mimetype not in (URLENCODED, MULTIPART):
        raise UnsupportedMediaType


def limit_api():
    """Set what a request of the API may bring: a file where one is asked for, else a small document."""
    endpoint = request.endpoint or ''
    if endpoint.endswith(ATTACH):
        request.max_content_length = current_app.config['FILE_LIMITS'].size
    elif not endpoint.endswith(IMPORT):
        request.max_content_length = FORM[0]
    length = request.content_length
    if length is not None and request.max_content_length is not None and length > request.max_content_length:
        raise too_large()


def register(app):
    """Bound every request of an application."""
    app.request_class = BoundedRequest
    app.before_request(lambda: limit(request._get_current_object()))
