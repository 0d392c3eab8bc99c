"""Mails handed over to the office's SMTP server, each at most once."""
import smtplib
import socket
import ssl
from email.errors import MessageError

#: how long the server may take for an answer, in seconds
PATIENCE = 30


class NotSent(Exception):
    """A mail was not handed over; the message says why."""


class Unreachable(NotSent):
    """The server takes no mail at all."""


class Unsure(Exception):
    """A mail was handed over, and no answer came: it may be on its way."""


class Handing:
    """Says of a connection whether it has begun to hand the text of a mail over."""

    handed = False

    def data(self, msg):
        self.handed = True
        return super().data(msg)


class Plain(Handing, smtplib.SMTP):
    """A connection that is plain, at first or for good."""


class Encrypted(Handing, smtplib.SMTP_SSL):
    """A connection that is encrypted from the start."""


class Server:
    """The SMTP server of some settings (`config`); it is asked for only where there is a mail to send."""

    def __init__(self, settings):
        self.settings, self.connection = settings, None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.leave()

    def leave(self):
        """End the connection, in whatever state it is."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def connect(self):
        """Open a connection and sign in; raise Unreachable."""
        given = self.settings
        # a name looked up in no directory: where there is none that takes long
        where = {'host': given['host'], 'port': given['port'], 'timeout': PATIENCE,
                 'local_hostname': socket.gethostname()}
        try:
            if given['security'] == 'tls':
                self.connection = Encrypted(**where, context=ssl.create_default_context())
            else:
                self.connection = Plain(**where)
            if given['security'] == 'starttls':
                self.connection.starttls(context=ssl.create_default_context())
            if given['user']:
                self.connection.login(given['user'], given['password'])
        except (OSError, smtplib.SMTPException) as error:
            self.leave()
            raise Unreachable(told(error)) from None

    def send(self, message):
        """Hand a mail over; raise NotSent where it was not, Unsure where that is not known."""
        fresh = self.connection is None
        if fresh:
            self.connect()
        self.connection.handed = False
        try:
            self.connection.send_message(message)
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            # what the server answers is one of the system's errors too
            if isinstance(error, smtplib.SMTPException) and not isinstance(
                    error, smtplib.SMTPServerDisconnected):
                raise NotSent(told(error)) from None
            handed = self.connection.handed
            self.leave()
            if handed:
                raise Unsure(told(error)) from None
            if fresh:
                raise Unreachable(told(error)) from None
            # the server had closed the connection meanwhile
            self.send(message)
        except (MessageError, ValueError) as error:
            raise NotSent(f'メールを作れません（{type(error).__name__}）') from None


def told(error):
    """Return what a server or the system said, in one line; nothing of what we said to it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return f'{type(error).__name__}: {printable(str(error))}'
    if isinstance(error, smtplib.SMTPAuthenticationError):
        text = 'サーバーが利用者名とパスワードを受け付けません'
    return f'{code} {printable(text)}'


def printable(text):
    text = text.decode('utf-8', 'replace') if isinstance(text, bytes) else str(text)
    return ''.join(letter if letter.isprintable() else ' ' for letter in text[:200])
