"""Files in the browser: upload → preview → apply as one act with a reason; a bad line changes nothing."""
import hashlib
import json
from contextlib import suppress

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from forms.base import ReasonForm

from . import clock, loading, records, sheets
from .nouns import NOUNS
from .permits import allowed, permit

bp = Blueprint('files', __name__, url_prefix='/files')
KEEP = 40
#: how long an upload is kept that nobody goes on with, in seconds
EXPIRE = 24 * 3600


class UploadForm(FlaskForm):
    """Which register, which file, which character set."""

    kind = SelectField('取り込む台帳', validators=[InputRequired('取り込む台帳を選んでください。')])
    file = FileField('ファイル', validators=[InputRequired('ファイルを選んでください。')],
                     description='CSV（UTF-8・Shift_JIS）または Excel（.xlsx）。1行目は列名、20MBまで')
    encoding = SelectField('文字コード', choices=[SelectChoice('auto', '自動で判定'), SelectChoice('utf-8', 'UTF-8'),
                                            SelectChoice('cp932', 'Shift_JIS（CP932）')])
    ignore = BooleanField('台帳にない列は読み飛ばす')


def kinds():
    """Return [(name, title)] of the registers the person may import into."""
    return [(noun.name, noun.title) for noun in NOUNS.values()
            if noun.importable and allowed(f'{noun.name}.create')]


def folder():
    """Return the person's own folder of uploaded files, outside the web root; what nobody went on with is deleted."""
    home = current_app.config['INSTANCE'] / 'uploads'
    path = home / str(current_user.id)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    expire(home)
    return path


def expire(home):
    """Delete the uploads of all people that are older than a day."""
    oldest = clock.actual().timestamp() - EXPIRE
    for path in home.glob('*/*'):
        with suppress(OSError):  # another request was quicker
            if path.stat().st_mtime < oldest:
                path.unlink()


@bp.route('/', methods=['GET', 'POST'])
@permit('files.import')
def index():
    """Choose a file; it is kept by its hash and read for the preview."""
    form = UploadForm(kind=request.args.get('kind'))
    form.kind.choices = [SelectChoice(name, title) for name, title in kinds()] or abort(403)
    if form.validate_on_submit():
        upload = request.files.get('file')
        data = upload.read()
        noun = NOUNS[form.kind.data]
        try:
            sheets.read(data, upload.filename, form.encoding.data)
        except sheets.Unreadable as error:
            form.file.errors = [*form.file.errors, *[words_of(problem) for problem in error.problems[:50]]]
        else:
            token = keep(data, {'kind': noun.name, 'name': ''.join(filter(str.isprintable, upload.filename))[:200], 'encoding': form.encoding.data,
                                'ignore': form.ignore.data})
            return redirect(url_for('.preview', token=token), code=303)
    return render_template('files/index.html', form=form, kinds=kinds(), nouns=NOUNS,
                           headers={name: records.headers_of_file(NOUNS[name]) for name, _ in kinds()},
                           crumbs=[('ホーム', url_for('board.index')), ('ファイル取込み', None)]
                           ), 422 if form.errors else 200


def words_of(problem):
    place = f'{problem.line}行目 ' if problem.line else ''
    return f'{place}{problem.column + ": " if problem.column else ""}{problem.message}'


def keep(data, about):
    """Store an upload by its hash with what is to become of it; the oldest beyond a few are dropped."""
    token = hashlib.sha256(data + json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]
    home = folder()
    (home / token).write_bytes(data)
    (home / f'{token}.json').write_text(json.dumps(about, ensure_ascii=False), 'utf-8')
    old = sorted(home.glob('*.json'), key=lambda path: path.stat().st_mtime)[:-KEEP]
    for path in old:
        path.unlink(missing_ok=True)
        path.with_suffix('').unlink(missing_ok=True)
    return token


@bp.route('/<token>', methods=['GET', 'POST'])
@permit('files.import')
def preview(token):
    """Show what the file would do, every problem at once; apply it with a reason."""
    if not (len(token) == 32 and set(token) <= set('0123456789abcdef')):
        abort(404)
    path, about_path = folder() / token, folder() / f'{token}.json'
    if not path.exists() or not about_path.exists():
        flash('このファイルは、もう取り込んだか、古くなって残っていません。取り込んだ内容は、各記録の履歴で確かめられます。')
        return redirect(url_for('.index'), code=303)
    about = json.loads(about_path.read_text('utf-8'))
    noun = NOUNS[about['kind']]
    if not allowed(f'{noun.name}.create'):
        abort(403)
    person = current_user._get_current_object()
    load = loading.load(noun, sheets.read(path.read_bytes(), about['name'], about['encoding']), person=person,
                        ignore_unknown=about['ignore'])
    form = ReasonForm()
    changed_since = False
    if form.validate_on_submit() and load.good:
        changed_since = request.form.get('seen') != fingerprint(load)
        if not changed_since:
            seq = load.apply(person, clock.now(), 'import', f'{form.reason.data}（{about["name"]}）', g.request_id)
            counts = load.counts
            path.unlink(missing_ok=True)
            about_path.unlink(missing_ok=True)
            flash(f'{noun.title}に取り込みました: 登録 {counts["create"]:,}件、変更 {counts["update"]:,}件。'
                  if seq else '変更はありませんでした。')
            return redirect(url_for(f'{noun.name}.index'), code=303)
    shown = [entry for entry in load.entries if entry.status in ('create', 'update', 'conflict')]
    return render_template('files/preview.html', noun=noun, about=about, load=load, counts=load.counts, form=form,
                           shown=shown[:300], shown_total=len(shown), problems=load.problems[:500],
                           seen=fingerprint(load), changed_since=changed_since,
                           statuses={'create': '登録', 'update': '変更', 'conflict': '競合'},
                           crumbs=[('ホーム', url_for('board.index')), ('ファイル取込み', url_for('.index')),
                                   ('取込み前の確認', None)]
                           ), 409 if changed_since else 422 if form.errors or not load.good else 200


def fingerprint(load):
    """Return what a preview saw of the records it would change, to refuse applying it to others."""
    return hashlib.sha256(json.dumps([load.counts, load.revisions], sort_keys=True).encode()).hexdigest()
