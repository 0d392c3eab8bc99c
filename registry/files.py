"""Files in the browser: upload → preview → apply as one act with a reason; a bad line changes nothing."""
import hashlib
import json
import os
import time
from contextlib import contextmanager, suppress
from itertools import islice

try:
    import fcntl
except ImportError:  # Windows, where one process serves
    fcntl = None

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from peewee import IntegrityError
from wtforms import BooleanField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from audits.trail import Stale
from forms.base import ReasonForm

from .core import clock
from .records import exporting, importing, saving, sheets
from .records.noun import NOUNS
from .web import errors
from .web.guard import allowed, permit, signed_in
from .web.submission import filled_form, submitted

bp = Blueprint('files', __name__, url_prefix='/files')
#: how many uploads of a person are kept, and how many bytes of them
KEPT_FILES, KEPT_BYTES = 40, 200 * 1024 * 1024
#: how long a person's second file waits while the first is read, in seconds
TURN_SECONDS = 3
BUSY = '前に選んだファイルの確認がまだ続いています。終わってから、もう一度送信してください。'
#: how long an upload is kept that nobody goes on with, in seconds
EXPIRY_SECONDS = 24 * 3600


class Choice(SelectField):
    """A list whose refusal is in our own words."""

    def pre_validate(self, form):
        if self.data not in {choice.value for choice in self.choices}:
            raise ValidationError('一覧から選び直してください。')


class UploadForm(FlaskForm):
    """Which register, which file, which character set."""

    kind = Choice('取り込む台帳', validators=[InputRequired('取り込む台帳を選んでください。')])
    file = FileField('ファイル', validators=[InputRequired('ファイルを選んでください。')],
                     description='CSV（UTF-8・Shift_JIS）または Excel（.xlsx）。1行目は列名、20MBまで')
    encoding = Choice('文字コード', choices=[SelectChoice('auto', '自動で判定'),
                                        SelectChoice('utf-8', 'UTF-8'),
                                        SelectChoice('cp932', 'Shift_JIS（CP932）')])
    ignore = BooleanField('台帳にない列は読み飛ばす')


def kinds():
    """Return [(name, title)] of the registers the person may import into."""
    return [(noun.name, noun.title) for noun in NOUNS.values()
            if noun.importable and allowed(f'{noun.name}.create')]


def folder():
    """Return the person's own folder of uploads, outside the web root; expired uploads are deleted."""
    home = current_app.config['INSTANCE'] / 'uploads'
    path = home / str(current_user.id)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    expire(home)
    return path


def expire(home):
    """Delete the uploads of all people that are older than a day."""
    oldest = clock.actual().timestamp() - EXPIRY_SECONDS
    for path in home.glob('*/*'):
        with suppress(OSError):  # another request was quicker
            if path.stat().st_mtime < oldest:
                path.unlink()


@contextmanager
def one_at_a_time():
    """Read one file of a person at a time, in whichever process; yield whether this one's turn has come."""
    if fcntl is None:
        yield True
        return
    with open(folder().with_suffix('.lock'), 'ab') as lock:
        until = time.monotonic() + TURN_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    yield False
                    return
                time.sleep(0.05)
            else:
                yield True
                return


@bp.route('/', methods=['GET', 'POST'])
@permit('files.import')
def index():
    """Choose a file; it is read once and kept as it was read, for the preview."""
    form = UploadForm(kind=request.args.get('kind'))
    form.kind.choices = [SelectChoice(name, title) for name, title in kinds()] or abort(403)
    if form.validate_on_submit():
        upload = request.files.get('file')
        about = {'kind': form.kind.data, 'name': ''.join(filter(str.isprintable, upload.filename))[:200],
                 'ignore': form.ignore.data}
        with one_at_a_time() as mine:
            problems = [] if mine else [BUSY]
            try:
                token = store_upload(upload.read(), form.encoding.data, about) if mine else None
            except sheets.Unreadable as error:
                problems = [problem_text(problem) for problem in error.problems[:50]]
        if not problems:
            return redirect(url_for('.preview', token=token), code=303)
        form.file.errors = [*form.file.errors, *problems]
    return render_template('files/index.html', form=form, kinds=kinds(), nouns=NOUNS,
                           headers={name: exporting.headers_of_file(NOUNS[name]) for name, _ in kinds()},
                           crumbs=[('ホーム', url_for('board.index')), ('ファイル取込み', None)]
                           ), 422 if form.errors else 200


def problem_text(problem):
    place = f'{problem.line}行目 ' if problem.line else ''
    return f'{place}{problem.column + ": " if problem.column else ""}{problem.message}'


def store_upload(data, encoding, about):
    """Read an upload and store the sheet with its settings; return its token.

    The oldest uploads are dropped to make room.
    """
    sheet = sheets.read(data, about['name'], encoding)
    token = hashlib.sha256(data + json.dumps([encoding, about], sort_keys=True).encode()).hexdigest()[:32]
    home = folder()
    unready = home / f'{token}.part'
    try:
        with unready.open('wb') as file:
            sheet.write(file, about)
        os.replace(unready, home / token)
    except OSError:
        unready.unlink(missing_ok=True)
        raise
    room, ages = KEPT_BYTES, []
    for path in home.iterdir():
        with suppress(FileNotFoundError):
            ages.append((path.stat().st_mtime, path.stat().st_size, path))
    for place, (_, size, path) in enumerate(sorted(ages, reverse=True)):
        room -= size
        if path.name != token and (place >= KEPT_FILES or room < 0):
            path.unlink(missing_ok=True)
    return token


def stored_upload(token):
    """Return (about, Sheet) of an upload of the person's, or None when it is not there any more."""
    try:
        with (folder() / token).open('rb') as file:
            return sheets.Sheet.read_back(file)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


@bp.route('/<token>', methods=['GET', 'POST'])
@permit('files.import')
def preview(token):
    """Show what the file would do, every problem at once; apply it with a reason."""
    if not (len(token) == 32 and set(token) <= set('0123456789abcdef')):
        abort(404)
    with one_at_a_time() as mine:
        if not mine:
            return errors.page(503, '何も変更していません。', BUSY, title='ファイルの確認が続いています')
        return preview_page(token)


def preview_page(token):
    """Return the answer to a preview, while no other file of the person is read."""
    found = stored_upload(token)
    if found is None:
        flash('このファイルは、もう取り込んだか、古くなって残っていません。取り込んだ内容は、'
              '各記録の履歴で確かめられます。')
        return redirect(url_for('.index'), code=303)
    about, sheet = found
    noun = NOUNS[about['kind']]
    if not allowed(f'{noun.name}.create'):
        abort(403)
    person = signed_in()

    zeros = request.args.get('zeros') == '1'

    def read():
        return importing.load(noun, sheet, person=person, ignore_unknown=about['ignore'], restore_zeros=zeros)
    load = read()
    form = filled_form(ReasonForm)
    changed_since = False
    if submitted(form) and load.good:
        changed_since = request.form.get('seen') != fingerprint(load)
        if not changed_since:
            try:
                seq = load.apply(person, clock.now(), 'import',
                                 f'{form.reason.data}（{about["name"]}）{repair_note(load)}', g.request_id)
            except (Stale, IntegrityError, saving.ChangedMeanwhile):
                load, changed_since = read(), True
        if not changed_since:
            counts = load.counts
            (folder() / token).unlink(missing_ok=True)
            flash(f'{noun.title}に取り込みました: 登録 {counts["create"]:,}件、変更 {counts["update"]:,}件。'
                  if seq else '変更はありませんでした。')
            return redirect(url_for(f'{noun.name}.index'), code=303)
    return render_template('files/preview.html', noun=noun, about=about, load=load, token=token,
                           counts=load.counts, form=form,
                           shown=list(islice(load.entries, 300)), shown_total=len(load.entries),
                           problems=load.problems[:500],
                           seen=fingerprint(load), changed_since=changed_since, cut=list(load.cut.values()),
                           zeros=zeros,
                           here=url_for('.preview', token=token, zeros='1' if zeros else None),
                           repair=url_for('.preview', token=token, zeros='1'),
                           statuses={'create': '登録', 'update': '変更', 'conflict': '競合'},
                           crumbs=[('ホーム', url_for('board.index')), ('ファイル取込み', url_for('.index')),
                                   ('取込み前の確認', None)]
                           ), 409 if changed_since else 422 if form.errors or not load.good else 200


def repair_note(load):
    """Return what is added to the reason of an act whose file was read with its zeros given back."""
    if not load.restore_zeros or not load.cut:
        return ''
    return f'（先頭の0を補った欄 {sum(cut.cells for cut in load.cut.values()):,}件）'


def fingerprint(load):
    """Return what a preview saw of the records it would change, to refuse applying it to others."""
    return hashlib.sha256(json.dumps([load.counts, load.seen.hexdigest(), load.restore_zeros],
                                     sort_keys=True).encode()).hexdigest()
