"""The auditor's pages of the trail (操作履歴): who did what, and whether the chain is whole."""
import structlog
from flask import Blueprint, abort, g, redirect, render_template, request, url_for

from audits import history, trail, verify
from forms.base import EmptyForm
from models import Act, Change, Entry
from models.people import ROLES
from models.rules import calendar

from .core import clock
from .records import documents, importing
from .records.listing import whole_number
from .records.noun import NOUNS, of_table
from .records.vocabulary import title_of, vocabulary_of
from .web import errors
from .web.guard import allowed, permit

bp = Blueprint('trail', __name__, url_prefix='/trail')
SIZE = 50
KINDS = {'create': '登録', 'edit': '変更', 'void': '取消', 'restore': '取消の取りやめ',
         'import': 'ファイル取込み', 'undo': '取込みの取消し', 'move': '状態の変更', 'bulk': 'まとめて変更'}
CHANNELS = {'web': '画面', 'cli': 'コマンド', 'import': 'ファイル', 'api': 'API', 'demo': 'デモ',
            'system': 'システム'}


def kind_label(kind):
    """Return an act's kind in words: 情報システム台帳の変更."""
    noun, _, verb = kind.partition('.')
    title = NOUNS[noun].title if noun in NOUNS else {
        'masters': '初期マスタ', 'demo': 'デモデータ', 'strategies': '年度戦略', 'actions': '是正措置',
        'tokens': 'APIトークン', 'attachments': '文書', 'comments': 'コメント・質問',
        'feeds': 'カレンダーのアドレス',
        'snoozes': 'あとで', 'words': '取込みの読み替え'}.get(noun, noun)
    return f'{title}・{KINDS.get(verb, VERBS.get(verb, verb))}'


VERBS = {'businesses': '標準化対象業務', 'steps': 'ステップ', 'levels': 'インシデントレベル',
         'settings': '設定', 'strategy': '年度戦略', 'fill': '投入', 'rate': '公式評価', 'enter': '入力',
         'request': '依頼', 'census': '対象者の確定', 'remind': '未受講の連絡',
         'check-in': '進捗確認', 'follow': '監査事後確認',
         'password': 'パスワードの変更', 'sign-out-everywhere': '全端末のサインアウト', 'add': '登録',
         'close': '終了'}


@bp.get('/')
@permit('trail.read')
def index():
    """List the acts, newest first, by person, kind, day, record."""
    query = Act.select()
    who, kind = request.args.get('actor', '').strip()[:200], request.args.get('kind', '').strip()[:60]
    record = request.args.get('record', '').strip()[:100]
    problem = ''
    if who:
        query = query.where(Act.actor == who)
    if kind:
        query = query.where(Act.kind == kind)
    if record:
        query = query.where(Act.seq.in_(Change.select(Change.act).where(Change.label.contains(record))))
    days = {}
    for name in ('since', 'until'):
        text = request.args.get(name, '').strip()
        if text:
            try:
                days[name] = calendar.parse_day(text)
            except ValueError as error:
                problem = str(error)
    if 'since' in days:
        query = query.where(Act.at >= day_start(days['since']))
    if 'until' in days:
        query = query.where(Act.at < day_start(days['until'] + calendar.timedelta(days=1)))
    if before := whole_number(request.args, 'before', 0):
        query = query.where(Act.seq < before)
    rows = list(query.order_by(Act.seq.desc()).limit(SIZE + 1)) if not problem else []
    more = rows[SIZE - 1].seq if len(rows) > SIZE else None
    kinds = [(code, kind_label(code))
             for (code,) in Act.select(Act.kind).distinct().order_by(Act.kind).tuples()]
    people = list(Act.select(Act.actor, Act.actor_name).distinct().order_by(Act.actor).tuples())
    firsts = {act: history.label_of(table, label) for act, table, label in Change.select(
        Change.act, Change.table, Change.label).where(
        Change.place == 0, Change.act.in_([act.seq for act in rows[:SIZE]] or [0])).tuples()}
    args = {name: request.args[name] for name in ('actor', 'kind', 'record', 'since', 'until')
            if request.args.get(name)}
    return render_template('trail/index.html', acts=rows[:SIZE], more=more, people=people, firsts=firsts,
                           head=trail.head(), kind_label=kind_label, kinds=kinds,
                           args=args, channels=CHANNELS, problem=problem, verify_form=EmptyForm(),
                           crumbs=[('ホーム', url_for('board.index')), ('操作履歴', None)])


ENTRY = Entry._meta.table_name


class Tables:
    """The tables by their names; of a register's row, of those given, that of its register."""

    def __init__(self, entries):
        self.entries = {row.id: type(row) for row in Entry.by_ids(entries)}

    def get(self, name, row):
        return self.entries.get(row, Entry) if name == ENTRY else history.TABLES.get(name)


def day_start(day):
    return calendar.datetime.combine(day, calendar.datetime.min.time(), calendar.JST)


@bp.get('/<int:seq>')
@permit('trail.read')
def show(seq):
    """Show one act: who, when, why, its place in the chain, and every row it changed as sentences."""
    act = Act.get_or_none(Act.seq == seq) or abort(404)
    page = whole_number(request.args, 'page', 1)
    pages = max(1, -(-act.changes // SIZE))
    page = min(max(page, 1), pages)
    names = {}
    changes = []
    rows = list(Change.select().where(Change.act == act).order_by(Change.place).paginate(page, SIZE))
    history.add_names(rows, names)
    tables = Tables([change.row for change in rows if change.table == ENTRY])
    for change in rows:
        table = tables.get(change.table, change.row)
        noun = of_table(table) if table else None
        link = (url_for(f'{noun.name}.show', id=change.row) if noun and 'show' in noun.views
                and allowed(f'{noun.name}.read') else None)
        changes.append((change, title_of(table) if table else change.table, link,
                        history.label_of(change.table, change.label),
                        history.sentences(change, vocabulary_of(table) if table else history.Vocabulary(),
                                          names)))
    result = importing.noun_of(act) is not None and allowed('files.import')
    return render_template('trail/show.html', act=act, changes=changes, kinds=history.KINDS,
                           import_result=url_for('files.result', seq=seq) if result else '',
                           kind_label=kind_label, page=page, pages=pages, channels=CHANNELS, roles=ROLES,
                           crumbs=[('ホーム', url_for('board.index')), ('操作履歴', url_for('.index')),
                                   (f'操作 {seq}', None)])


def describe_outside_change(found):
    """Return (title, label, address or None, [sentences]) of a row changed behind the trail."""
    table = Tables([found['row']]).get(found['table'], found['row'])
    noun, told = of_table(table), vocabulary_of(table)
    link = (url_for(f'{noun.name}.show', id=found['row']) if noun and 'show' in noun.views
            and allowed(f'{noun.name}.read') and found['fields'] else None)
    sentences = [f'{told.labels.get(name, name)}: '
                 f'履歴では「{history.show_value(table, name, recorded, told, {})}」、いまの記録は'
                 f'「{history.show_value(table, name, stands, told, {})}」です。'
                 for name, recorded, stands in found['fields']]
    label = history.label_of(found['table'], found['label'])
    return title_of(table), label, link, sentences or [found['what']]


@bp.route('/verify', methods=['GET', 'POST'])
@permit('trail.verify')
def check():
    """Recompute the chain and compare every record with it; GET redirects to the list."""
    if request.method == 'GET':
        return redirect(url_for('.index'), code=303)
    try:
        # a page does not wait until every byte of every file is read: the command reads them
        verdict = verify.verify(documents.store(), contents=False)
    except verify.Unverifiable as error:
        structlog.get_logger('daicho').error('not verified', id=g.get('request_id'), error=str(error))
        return errors.page(503, '検証できませんでした。改ざんの有無は分かりません。',
                           '少し待ってから、もう一度検証してください。直らないときは、'
                           '情報政策の担当者に伝えてください。', title='検証できませんでした')
    return render_template('trail/verify.html', verdict=verdict, at=clock.now(),
                           rows=[describe_outside_change(found) for found in verdict.outside[:500]],
                           crumbs=[('ホーム', url_for('board.index')), ('操作履歴', url_for('.index')),
                                   ('検証', None)])
