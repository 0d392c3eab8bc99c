"""Files in the browser: upload → preview → apply as one act with a reason; a bad line changes nothing."""
from dataclasses import replace

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from peewee import IntegrityError
from wtforms import BooleanField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from audits import history
from audits.history import KINDS
from audits.trail import Stale
from forms.base import EmptyForm, ReasonForm
from models import Act, Change
from models.jobs import STATES

from . import import_jobs
from .core import clock, permits, queue
from .records import exporting, importing, saving, sheets
from .records.noun import NOUNS
from .records.vocabulary import title_of
from .web import errors, uploads
from .web.guard import allowed, permit, signed_in
from .web.submission import filled_form, signed, submitted, viewer

bp = Blueprint('files', __name__, url_prefix='/files')
LOST = ('このファイルは、もう取り込んだか、古くなって残っていません。取り込んだ内容は、'
        '各記録の履歴で確かめられます。')
#: how many changes a result names
SHOWN = 100
STATUSES = {'create': '登録', 'update': '変更', 'conflict': '競合'}
MEDIA = {'csv': 'text/csv; charset=utf-8',
         'xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'}


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
    return [(noun.name, noun.title) for noun in NOUNS.with_made()
            if noun.importable and allowed(f'{noun.name}.create')]


def crumbs(*more):
    return [('ホーム', url_for('board.index')), ('ファイル取込み', url_for('.index') if more else None),
            *more]


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
        with uploads.one_at_a_time() as mine:
            problems = [] if mine else [uploads.BUSY]
            try:
                token = uploads.store_upload(upload.read(), form.encoding.data, about) if mine else None
            except sheets.Unreadable as error:
                problems = [problem_text(problem) for problem in error.problems[:50]]
        if not problems:
            return redirect(url_for('.preview', token=token), code=303)
        form.file.errors = [*form.file.errors, *problems]
    return render_template('files/index.html', form=form, kinds=kinds(), nouns=NOUNS,
                           headers={name: exporting.headers_of_file(NOUNS[name]) for name, _ in kinds()},
                           jobs=import_jobs.last_of(signed_in()), states=STATES,
                           crumbs=crumbs()), 422 if form.errors else 200


def problem_text(problem):
    place = f'{problem.line}行目 ' if problem.line else ''
    return f'{place}{problem.column + ": " if problem.column else ""}{problem.message}'


def sent(data, name, format):
    return Response(data, headers={'Content-Type': MEDIA[format],
                                   'Content-Disposition': f'attachment; filename="{name}.{format}"'})


@bp.get('/templates/<name>.<any(csv, xlsx):format>')
@permit('files.import')
def template(name, format):
    """Send an empty file of a register to be filled in: its headers, and in a workbook what they take."""
    noun = NOUNS.get(name)
    if noun is None or not noun.importable:
        abort(404)
    form = exporting.form_of_file(noun)(viewer=viewer())
    noun.new_form(form)
    cells = form.cells()
    if format == 'csv':
        return sent(sheets.write_csv([cell.header for cell in cells], []), f'{name}-template', format)
    return sent(sheets.write_template([sheets.TemplateColumn(
        cell.header, cell.key, cell.must_be_given, cell.description or '', importing.texts_of(cell))
        for cell in cells], noun.title), f'{name}-template', format)


def found_upload(token):
    """Return (what is known of the person's upload, its Noun); None when it is not there any more."""
    if not (len(token) == 32 and set(token) <= set('0123456789abcdef')):
        abort(404)
    about = uploads.about_upload(token)
    if about is None:
        flash(LOST)
        return None
    noun = NOUNS[about['kind']]
    if not allowed(f'{noun.name}.create'):
        abort(403)
    return about, noun


def chosen(about):
    """Return the Choices of this request's address, those made at the upload among them."""
    choices = importing.choices_from(request.args)
    return replace(choices, ignore=choices.ignore or bool(about['ignore']))


def read(token, noun, choices):
    """Return (Load, {line: why it was left out}, Sheet) of an upload as a person chose."""
    sheet, person = uploads.stored_upload(token)[1], signed_in()
    return *importing.read(noun, sheet, person, choices, importing.words_for(noun, person)), sheet


def busy():
    return errors.page(503, '何も変更していません。', uploads.BUSY, title='ファイルの確認が続いています')


@bp.route('/<token>', methods=['GET', 'POST'])
@permit('files.import')
def preview(token):
    """Show what the file would do, every problem at once; apply it with a reason."""
    with uploads.one_at_a_time() as mine:
        found = found_upload(token) if mine else None
        if not mine:
            return busy()
        if found is None:
            return redirect(url_for('.index'), code=303)
        return preview_page(token, found)


def preview_page(token, found):
    """Return the answer to a preview, while no other file of the person is read."""
    about, noun = found
    choices, form = chosen(about), filled_form(ReasonForm)
    if import_jobs.is_large(about):
        return large_page(token, about, noun, choices, form)
    load, left_out, sheet = read(token, noun, choices)
    told, changed_since = importing.findings(load, left_out, choices, len(sheet.rows)), False
    if submitted(form) and load.good:
        changed_since = request.form.get('seen') != told['seen']
        if not changed_since:
            try:
                seq = load.apply(signed_in(), clock.now(), 'import',
                                 f'{form.reason.data}（{about["name"]}）{told["note"]}', g.request_id)
            except (Stale, IntegrityError, saving.ChangedMeanwhile):
                load, left_out, sheet = read(token, noun, choices)
                told, changed_since = importing.findings(load, left_out, choices, len(sheet.rows)), True
        if not changed_since:
            uploads.drop(token)
            flash(f'{noun.title}に取り込みました: 登録 {told["counts"]["create"]:,}件、'
                  f'変更 {told["counts"]["update"]:,}件。' if seq else '変更はありませんでした。')
            return redirect(url_for('.result', seq=seq) if seq else url_for(f'{noun.name}.index'), code=303)
    return shown(token, about, noun, choices, form, told, changed_since)


def large_page(token, about, noun, choices, form):
    """Return the answer to a preview of a large file: it is read, and applied, in the background."""
    person = signed_in()
    told = uploads.kept_findings(token, import_jobs.key_of(choices, importing.words_for(noun, person)))
    asked = {'kind': import_jobs.READ}
    if told is not None:
        changed_since = submitted(form) and told['good'] and request.form.get('seen') != told['seen']
        if changed_since or not (submitted(form) and told['good']):
            return shown(token, about, noun, choices, form, told, changed_since)
        asked = {'kind': import_jobs.APPLY, 'seen': told['seen'],
                 'reason': f'{form.reason.data}（{about["name"]}）'}
    try:
        job = import_jobs.ask(person=person, about=about, token=token, choices=choices, **asked)
    except queue.Full:
        flash(queue.TOO_MANY, 'error')
        return redirect(url_for('.index'), code=303)
    return redirect(url_for('jobs.show', id=job.id), code=303)


def shown(token, about, noun, choices, form, told, changed_since):
    """Return the page of a preview with what was found in its file."""
    def here(**changes):
        return url_for('.preview', token=token, **choices.query(**changes))
    return render_template('files/preview.html', noun=noun, about=about, found=told, token=token, form=form,
                           changed_since=changed_since, choices=choices, here=here, statuses=STATUSES,
                           words_form=EmptyForm(), query=choices.query(),
                           crumbs=crumbs(('取込み前の確認', None))
                           ), 409 if changed_since else 422 if form.errors or not told['good'] else 200


@bp.post('/<token>/words')
@permit('files.import')
def words(token):
    """Keep what the ward's own headers and values stand for; the file is then read anew."""
    found = found_upload(token)
    if found is None:
        return redirect(url_for('.index'), code=303)
    about, noun = found
    given = list(zip(*(request.form.getlist(name) for name in ('field', 'word', 'means')), strict=False))
    problems = (['一度に決められる読み替えは300件までです。'] if len(given) > importing.AT_ONCE else
                importing.say(noun, given, **signed()))
    for problem in problems[:5]:
        flash(problem, 'error')
    return redirect(url_for('.preview', token=token, **chosen(about).query()), code=303)


@bp.get('/<token>/rejected.<any(csv, xlsx):format>')
@permit('files.import')
def rejected(token, format):
    """Send the rows that cannot be taken as a file, each with the reason; put right it is sent again."""
    with uploads.one_at_a_time() as mine:
        if not mine:
            return busy()
        found = found_upload(token)
        if found is None:
            return redirect(url_for('.index'), code=303)
        headers, rows = importing.rejected(*rejected_lines(token, *found))
        noun = found[1]
        try:
            data = sheets.write_csv(headers, rows) if format == 'csv' else sheets.write_xlsx(
                headers, rows, noun.title)
        except sheets.Unreadable as error:
            return render_template('files/lost.html', noun=noun, problems=error.problems[:200],
                                   crumbs=crumbs(('取り込めない行', None))), 422
        return sent(data, f'{noun.name}-rejected', format)


def rejected_lines(token, about, noun):
    """Return (Sheet, {line: why it cannot be taken}) of an upload; of a large one as it was last read."""
    choices, person = chosen(about), signed_in()
    if import_jobs.is_large(about):
        told = uploads.kept_findings(token, import_jobs.key_of(choices, importing.words_for(noun, person)))
        reasons = {} if told is None else {int(line): why for line, why in told['reasons'].items()}
        return uploads.stored_upload(token)[1], reasons
    load, left_out, sheet = read(token, noun, choices)
    return sheet, left_out | importing.reasons(load)


# --- what came of it ---

def found_act(seq):
    """Return the Act of an import that is the person's own, or any where they read the trail."""
    act = Act.get_or_none(Act.seq == seq)
    if act is None or importing.noun_of(act) is None or not (
            act.person == signed_in().id or allowed('trail.read')):
        abort(404)
    return act


@bp.get('/results/<int:seq>')
@permit('files.import')
def result(seq):
    """Show what an import came to; who may can take it back."""
    return result_page(found_act(seq), ReasonForm())


def result_page(act, form, problems=()):
    noun = importing.noun_of(act)
    changes = list(Change.select().where(Change.act == act.seq).order_by(Change.place).limit(SHOWN))
    form.reason.errors = [*form.reason.errors, *problems]
    tables = importing.tables_of(act)
    lines = [(KINDS[change.kind], title_of(tables[change.table]),
              history.label_of(change.table, change.label)) for change in changes]
    return render_template('files/result.html', act=act, noun=noun, form=form, lines=lines,
                           counts=importing.counts_of(act), undone=importing.undo_of(act),
                           reads_trail=allowed('trail.read'),
                           may_undo=importing.may_undo(act, signed_in(), permits.allowed), kinds=KINDS,
                           crumbs=crumbs(('取込みの結果', None))), 422 if form.errors else 200


@bp.post('/results/<int:seq>/undo')
@permit('files.import')
def undo(seq):
    """Take an import back as one act, or say what stands on it."""
    act = found_act(seq)
    if not importing.may_undo(act, signed_in(), permits.allowed):
        abort(403)
    form = filled_form(ReasonForm)
    if not form.validate():
        return result_page(act, form)
    if act.changes > import_jobs.ROWS:
        try:
            job = import_jobs.ask_undo(signed_in(), act, form.reason.data)
        except queue.Full:
            return result_page(act, form, [queue.TOO_MANY])
        return redirect(url_for('jobs.show', id=job.id), code=303)
    outcome = importing.undo(act, allowed=permits.allowed, **signed(form.reason.data))
    if isinstance(outcome, saving.Refused):
        return result_page(act, form, list(dict.fromkeys(message for _, message in outcome.problems)))
    flash('取込みを取り消しました。登録した記録は取消済みに、変更した記録は取込み前の値に戻しました。')
    return redirect(url_for('.result', seq=seq), code=303)
