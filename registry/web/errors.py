"""Error pages: what happened, what was kept, what to do, and a number that is in the log.

They need no database.
"""
import json
from contextlib import suppress

import structlog
from flask import Response, current_app, g, render_template, request
from peewee import DatabaseError, IntegrityError, InterfaceError, PeeweeException
from playhouse.pool import MaxConnectionsExceeded
from werkzeug.exceptions import HTTPException

from audits.trail import Busy, ClockBehind, Stale
from models import db

from ..core import memo, troubles
from ..figures import board
from . import bounds, unsent

PAGES = {
    400: ('送信された内容を読み取れませんでした', '入力内容は保存していません。',
          '前の画面に戻り、もう一度操作してください。'),
    401: ('サインインが必要です', '何も変更していません。', 'サインインしてから、もう一度開いてください。'),
    403: ('この操作をする権限がありません', '何も変更していません。',
          '必要な場合は、情報政策の担当者に相談してください。'),
    404: ('ページまたは記録が見つかりません', '何も変更していません。',
          '番号やアドレスを確かめるか、一覧から探してください。'),
    405: ('この操作は受け付けていません', '何も変更していません。',
          '前の画面に戻り、画面のボタンから操作してください。'),
    408: ('送信が時間内に終わりませんでした', '何も保存していません。',
          '通信の状態を確かめてから、もう一度送信してください。'),
    409: ('ほかの人が先に変更しました', '入力内容は保存していません。',
          '最新の内容を確かめて、もう一度入力してください。'),
    411: ('送信された内容の長さが分かりません', '何も保存していません。',
          '前の画面に戻り、画面のボタンから操作してください。'),
    412: ('ほかの人が先に変更しました', '何も保存していません。',
          '最新の内容を確かめて、もう一度送信してください。'),
    413: ('送信された内容が大きすぎます', '何も保存していません。',
          'ファイルは20MBまで、そのほかの画面の入力は合わせて1MBまでです。'
          '短くするか、分けて送ってください。'),
    414: ('アドレスが長すぎます', '何も変更していません。',
          '検索語や条件を短くして、もう一度開いてください。'),
    415: ('この形式では受け取れません', '何も変更していません。', '画面の入力欄から送信してください。'),
    422: ('内容に誤りがあります', '何も保存していません。', '誤りを直して、もう一度送信してください。'),
    428: ('変更する前の版が示されていません', '何も保存していません。',
          '記録を読んだときの ETag を If-Match に入れて送信してください。'),
    429: ('操作の回数が多すぎます', '何も変更していません。',
          'しばらく待ってから、もう一度操作してください。'),
    431: ('ブラウザーから届いた情報（Cookieなど）が大きすぎます', '何も変更していません。',
          'このサイトのCookieを削除してから、もう一度開いてください。'),
    500: ('処理中に問題が起きました', '途中までの変更は取り消されています。',
          'もう一度操作しても直らないときは、下の番号を情報政策の担当者に伝えてください。'),
}

#: what a machine is told to do where a page says how it is done there
API_ACTIONS = {
    400: '要求の形を確かめてください。', 401: '使えるトークンを Authorization: Bearer で送ってください。',
    405: 'Allow ヘッダーにある方法で送ってください。',
    409: '最新の内容を確かめて、もう一度送信してください。',
    413: 'JSON は1MBまで、ファイルは20MBまでです。分けて送ってください。',
    415: '文書にある形式（application/json、取込みは text/csv など）で送ってください。'}
UNSURE = '保存できたか確かめられませんでした。つながってから、一覧か記録の画面で確かめてください。'


def problem(code, errors=(), message=None, action=None, title=None, **more):
    """Return the answer to a machine (RFC 9457): the page's words for `code`, an entry per wrong field."""
    known, done, todo = PAGES.get(code, PAGES[400 if code < 500 else 500])
    found = {'type': 'about:blank', 'title': title or known, 'status': code,
             'detail': (message or done) + (action or API_ACTIONS.get(code, todo)),
             'request_id': g.get('request_id', ''),
             'errors': [{'field': field, 'message': words} for field, words in errors], **more}
    return Response(json.dumps(found, ensure_ascii=False), code, mimetype='application/problem+json')


def too_often(wait):
    """Return the answer to a machine that has to wait some seconds."""
    answer = problem(429, action=f'{wait}秒待ってから、もう一度送信してください。')
    answer.headers['Retry-After'] = str(wait)
    return answer


def unknown_token(wait):
    """Return the answer to who shows no token that may be used, or has shown too many wrong ones."""
    if wait:
        return too_often(wait)
    answer = problem(401, title='トークンが必要です')
    answer.headers['WWW-Authenticate'] = 'Bearer realm="daicho"'
    return answer


def page(code, message=None, action=None, title=None):
    """Render the error page of `code`, with what was typed and would be lost.

    A machine gets the same as a problem.
    """
    if bounds.is_api():
        return problem(code, message=message, action=action, title=title), code
    known, done, todo = PAGES.get(code, PAGES[400 if code < 500 else 500])
    g.failsafe = True
    if not hasattr(g, '_login_user'):  # the page names nobody, and asking who it is would need the database
        g._login_user = current_app.login_manager.anonymous_user()
    typed = []
    if request.method == 'POST':
        with suppress(HTTPException):  # what is too large or no form at all cannot be given back
            typed = unsent.with_labels(request.path, unsent.typed_fields())
    return render_template('errors/page.html', code=code, title=title or known, message=message or done,
                           action=action or todo, request_id=g.get('request_id', ''), typed=typed), code


def register(app):
    """Register every error page."""
    log = structlog.get_logger('daicho')

    @app.errorhandler(HTTPException)
    def http(error):
        if error.code is None or error.code < 400:
            return error
        if not db.is_closed():
            with suppress(PeeweeException):
                # the database answers here: the page can say what kind of data it holds
                board.is_demo(memo.head())
        answer = page(error.code, action=getattr(error, 'action', None))
        # which methods there are, and when to come again
        return (*answer, {name: value for name, value in error.get_headers()
                          if name in ('Allow', 'Retry-After')})

    # what is checked before is refused by the database only where two people do the same at once
    @app.errorhandler(IntegrityError)
    @app.errorhandler(Stale)
    def stale(error):
        log.warning('stale', id=g.get('request_id'), error=str(error), path=request.path)
        return page(409)

    @app.errorhandler(Busy)
    def busy(error):
        log.warning('busy', id=g.get('request_id'), error=str(error), path=request.path)
        answer, code = page(503, 'ほかの人の取込みなどの書込みが続いているため、保存していません。',
                            '1分ほど待ってから、もう一度送信してください。',
                            title='ほかの人の取込みが続いています')
        return answer, code, {'Retry-After': '60'}

    @app.errorhandler(ClockBehind)
    def clock_behind(error):
        log.error('clock behind', id=g.get('request_id'), error=str(error), path=request.path)
        return page(503, f'{error}何も変更していません。',
                    'システムの管理者に、サーバーの時計を合わせるよう伝えてください。'
                    'そのあとで、もう一度操作してください。',
                    title='サーバーの時計が遅れています')

    @app.errorhandler(DatabaseError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(MaxConnectionsExceeded)
    @app.errorhandler(OSError)
    def failing(error):
        what = troubles.diagnose(error)
        if what is None:
            return broken(error)
        log.error('database', id=g.get('request_id'), reason=what, error=str(error), path=request.path)
        title, action = troubles.MESSAGES[what]
        # a connection lost on the way may have been lost after the act was done
        unsure = (what in ('unreachable', 'failing') and request.method not in bounds.SAFE
                  and g.get('lent'))
        done = UNSURE if unsure else '何も変更していません。'
        return page(503, done, action, title)

    @app.errorhandler(Exception)
    def broken(error):
        if not db.is_closed():
            db.close()
        log.exception('unhandled', id=g.get('request_id'), path=request.path)
        return page(500)
