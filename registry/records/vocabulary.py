"""What tables and columns are called in Japanese: for histories, the trail and the dictionary."""
from functools import cache

from peewee import ForeignKeyField

from audits.history import Vocabulary
from forms.fields import Exact, Many, Whole, Year, Yen
from forms.organisation import DepartmentForm
from models import (
    RECORDS,
    TABLES,
    Act,
    ApiToken,
    Attachment,
    BusinessSystem,
    Change,
    CheckIn,
    Comment,
    Contract,
    CorrectiveAction,
    DepartmentVersion,
    Digest,
    Draft,
    Entry,
    Feed,
    FeedUse,
    Finding,
    ImportWord,
    IncidentReport,
    IncidentSystem,
    Indicator,
    IndicatorBusiness,
    Initiative,
    Job,
    Person,
    Pin,
    RegisterField,
    RegisterFigure,
    Reminder,
    ReviewSystem,
    SavedView,
    Schedule,
    Session,
    Snooze,
    StepMove,
    Strategy,
    Support,
    SupportComment,
    System,
    Theme,
    Throttle,
    TokenUse,
    TrailHead,
)
from models.attachments import ATTACHMENT_KINDS
from models.comments import COMMENT_KINDS
from models.registers import COLUMNS
from models.rules.attachments import shown_size

from . import display
from .noun import PARTS, of_table

#: what the columns of rows of registers are called where no register is at hand
COLUMN_LABELS = {'text': '文字', 'long': '文章', 'whole': '整数', 'exact': '小数', 'day': '日付',
                 'flag': 'はい・いいえ', 'unit': '所属', 'system': 'システム', 'vendor': '事業者'}
#: columns that no form asks for
LABELS = {
    Act: {'seq': '操作番号', 'at': '日時', 'actor': '操作した人のメールアドレス', 'actor_name': '操作した人',
          'channel': '経路', 'kind': '操作の種類', 'reason': '理由', 'request_id': '要求番号（ログと対応）',
          'changes': '変更の数', 'previous': '一つ前のハッシュ', 'hash': 'ハッシュ',
          'form': 'ハッシュの形式（空は第1形式）', 'person': '操作した人の内部番号',
          'role': '操作した人の権限（当時）', 'unit': '操作した人の所属の内部番号（当時）',
          'unit_name': '操作した人の所属（当時）'},
    Change: {'act': '操作番号', 'place': '操作の中の順', 'table': '表', 'row': '行の内部番号',
             'label': '行の名前（当時）', 'kind': '登録・変更・取消', 'values': '変更前後の値（JSON）'},
    TrailHead: {'seq': '最後の操作番号', 'hash': '最後のハッシュ', 'at': '最後の日時'},
    Person: {'password_hash': 'パスワードのハッシュ（argon2id）',
             'epoch': 'サインインの世代（変わると全端末が終わる）', 'one_time_until': '一時パスワードの期限'},
    Session: {'token': 'セッションの識別子の SHA-256', 'epoch': 'サインインの世代',
              'created': 'サインインの日時', 'used': '最後に使った日時', 'boot': '機械の起動の番号',
              'created_ticks': 'サインインの時（起動からの秒）',
              'used_ticks': '最後に使った時（起動からの秒）', 'address': '接続元',
              'agent': '端末の名乗り（User-Agent）'},
    ApiToken: {'epoch': 'サインインの世代（変わると使えなくなる）',
               'token_hash': 'トークンの SHA-256'},
    Attachment: {'table': '記録の表', 'row': '記録の内部番号', 'first': '初版の内部番号', 'version': '版',
                 'name': 'ファイル名', 'media_type': '形式', 'size': '大きさ（バイト）', 'sha256': 'SHA-256',
                 'person': '添付した人', 'at': '添付した日時'},
    Comment: {'table': '記録の表', 'row': '記録の内部番号', 'about': '記録の名前（当時）',
              'question': '質問の内部番号', 'person': '書いた人', 'at': '書いた日時',
              'answered_at': '回答のあった日時', 'closed_at': '終わった日時'},
    TokenUse: {'used': '最後に使った日時', 'address': '接続元'},
    Feed: {'token_hash': 'アドレスの中のトークンの SHA-256'},
    FeedUse: {'used': '最後に使った日時', 'address': '接続元'},
    Snooze: {'kind': '仕事の種類', 'row': '記録の内部番号', 'about': '仕事と記録の名前',
             'stood': 'そのときの期限'},
    Digest: {'day': 'メールの日', 'state': '送信の状態', 'at': '状態が変わった日時'},
    Reminder: {'kind': '仕事の種類', 'row': '記録の内部番号', 'day': '知らせた期限', 'stage': '知らせた段階',
               'sent': '送信済み'},
    Draft: {'address': '入力画面のアドレス', 'fields': '入力した内容（JSON）', 'at': '入力した日時'},
    Pin: {'table': '記録の表', 'row': '記録の内部番号', 'at': '加えた日時'},
    Job: {'kind': '処理の種類', 'person': '頼んだ人', 'about': '頼んだこと（JSON）', 'state': '状態',
          'done': '済んだ行', 'total': 'すべての行', 'message': '中止の理由', 'act': '書いた操作の番号',
          'created': '頼んだ日時', 'finished': '終わった日時', 'lease': '受持ちの期限',
          'holder': '受け持つプロセス', 'attempts': '受け持った回数', 'is_unwanted': '取りやめの求め'},
    Throttle: {'key': 'アカウントまたは接続元', 'failures': '失敗の回数', 'until': '待つ期限',
               'last': '最後の失敗'},
    SavedView: {'noun': '一覧', 'query': '条件・並べ方・列（アドレス）'},
    ImportWord: {'noun': '台帳', 'field': '項目（空は列名）', 'word': 'ファイルの列名・値',
                 'means': '読み替え先（列名では空なら読まない）', 'person': '決めた人',
                 'department': '所属（空はすべて）', 'at': '決めた日時'},
    System: {'contract_end_on': '契約満了日（契約から）'},
    Contract: {'covers': '満了を知らせる理由（関連システムから）'},
    Support: {'state': '状態', 'stopped_on': '点検の時計を止めた日',
              'stopped_days': '点検の時計が止まっていた開庁日数'},
    SupportComment: {'person': '書いた人', 'at': '日時', 'state': '移った先の状態',
                     'text': 'コメント'},
    Finding: {'state': '状態', 'accepted_reason': 'リスク受容の理由'},
    CorrectiveAction: {'follower': '事後確認者'},
    IncidentReport: {'reporter': '報告した人', 'reported_at': '報告した日時'},
    StepMove: {'status': '状態', 'on_day': 'その状態になった日'},
    Initiative: {'source_notes': '出典についての注記'},
    Indicator: {'references': '参考値'},
    Schedule: {'place': '順'},
    RegisterField: {'place': '順', 'stored_in': '値を入れる列'},
    RegisterFigure: {'no': '番号'},
    Entry: {'entry_no': '番号', 'title': '名称', 'state': '状態'} | {
        f'{kind}_{no}': f'{COLUMN_LABELS[kind]}{no}' for kind, most in COLUMNS.items()
        for no in range(1, most + 1)},
}
#: columns that were, and that histories tell of
FORMER_LABELS = {System: {'vendor': '保守事業者'}}
#: columns every record has, and no form
COMMON_LABELS = {'id': '内部番号', 'revision': '版（同時更新の検出に使う）', 'voided_at': '取消日時',
                 'void_reason': '取消理由', 'search_text': '検索用の文字列（自動）'}
#: tables without a list of their own
TITLES = {Attachment: '文書', Comment: 'コメント・質問', CheckIn: '進捗確認',
          CorrectiveAction: '是正措置', Strategy: '年度戦略',
          Theme: '戦略テーマ', Initiative: '重点取組', ApiToken: 'APIトークン', Indicator: '指標',
          SavedView: '保存した一覧', ImportWord: '取込みの読み替え', Feed: 'カレンダーのアドレス',
          Snooze: 'あとで', Schedule: '四半期スケジュール',
          DepartmentVersion: '旧名称', SupportComment: 'コメント', StepMove: '状態の移り変わり',
          BusinessSystem: '業務とシステムの対応', IncidentSystem: 'インシデントの対象システム',
          ReviewSystem: '検討の対象システム', IndicatorBusiness: '指標の対象業務',
          Entry: '台帳の行', RegisterField: '台帳の項目', RegisterFigure: '台帳の数値'}


def title_of(table):
    """Return what one record of a table is called; a row that links two records, by what it links."""
    noun = of_table(table)
    if noun is None and issubclass(table, Entry):
        table = Entry
    if noun or table in TITLES:
        return noun.one if noun else TITLES[table]
    keys = [field.rel_model for field in table._meta.sorted_fields if isinstance(field, ForeignKeyField)]
    return 'と'.join(map(title_of, keys)) if len(keys) == 2 else ''


@cache
def part_tables(table):
    """Return ((table, field), …) of the rows that are part of a record.

    They have no page of their own and lead to it.
    """
    found = [(part, field) for part in RECORDS if of_table(part) is None
             and part not in (SavedView, Comment, ImportWord, Entry) and table is not Person
             for field in part._meta.sorted_fields
             if getattr(field, 'rel_model', None) is table and field.name not in ('parent', 'first')]
    return (*found, (Attachment, Attachment.row), (Comment, Comment.row))


def forms_of(table):
    """Return the forms by which rows of a table are entered: the noun's own, or those of a part of one."""
    noun = of_table(table)
    if noun:
        return [noun.form]
    if table is DepartmentVersion:
        return [DepartmentForm]
    return [part.form for part in PARTS if part.table is table]


@cache
def cells_of(table, made=None):
    """Return {field name: form field} of a table's columns that a form asks for, in the forms' order.

    `made` is the noun of a register that the ward made, whose form may become another.
    """
    found = {}
    for form in forms_of(table) if made is None else [made.form]:
        for cell in form():
            name = getattr(cell, 'attr', cell.name)
            if name in table._meta.fields:
                found.setdefault(name, cell)
    return found


@cache
def column_labels(table, made=None):
    """Return {column: what it is called} of a table: by its forms, the tables it refers to, or LABELS."""
    fields = table._meta.fields
    keys = {name: title_of(field.rel_model) for name, field in fields.items()
            if isinstance(field, ForeignKeyField) and field.rel_model is not table}
    asked = {name: cell.label.text for name, cell in cells_of(table, made).items()}
    others = {name: label for name, label in (COMMON_LABELS | LABELS.get(table, {})).items()
              if name in fields}
    if made is None:
        return keys | asked | others
    return asked | {name: label for name, label in (keys | LABELS[Entry] | COMMON_LABELS).items()
                    if name not in asked}


def vocabulary_of(table):
    """Return the Vocabulary of a table."""
    return _vocabulary_of(table, of_table(table) if issubclass(table, Entry) else None)


@cache
def _vocabulary_of(table, made):
    if made is None and issubclass(table, Entry):
        table = Entry
    return Vocabulary(column_labels(table, made) | FORMER_LABELS.get(table, {}),
                      {name: cell.show for name, cell in cells_of(table, made).items()
                       if type(cell) in (Exact, Many, Whole, Year, Yen)},
                      display.display_name, TELLERS.get(table))


def tell_attachment(change, values):
    """Return the sentences of a document that was attached or voided, None for any other change of one."""
    if change.kind == 'void':
        return [f'「{change.label}」を取り消しました（理由: {values["void_reason"][1]}）。']
    if change.kind != 'create':
        return None
    kind, size, version, sha256 = (values[name][1] for name in ('kind', 'size', 'version', 'sha256'))
    told = [ATTACHMENT_KINDS[kind], *([f'第{version}版'] if version > 1 else []), shown_size(size),
            f'SHA-256 {sha256[:12]}…', *([values['note'][1]] if 'note' in values else [])]
    return [f'「{change.label}」を添付しました（{"、".join(told)}）。']


def tell_comment(change, values):
    """Return the sentences of something written: that it was, and that it was answered, ended or voided."""
    quote = ''.join(change.label.partition('「')[1:])
    if change.kind == 'create':
        return [f'{COMMENT_KINDS[values["kind"][1]]}{quote}を書きました。']
    if change.kind == 'void':
        return [f'{quote}を取り消しました（理由: {values["void_reason"][1]}）。']
    if 'closed_at' in values:
        return [f'質問{quote}を終えました。']
    if 'answered_at' in values:
        return [f'質問{quote}に回答がありました。' if values['answered_at'][1]
                else f'質問{quote}がもう一度回答を待っています。']
    return None


#: {table: what tells a change of its rows in sentences of their own}
TELLERS = {Attachment: tell_attachment, Comment: tell_comment}


def require_labels():
    """Raise where a table or one of its columns has no Japanese name: a history could not be told."""
    lacking = [table.__name__ for table in RECORDS if not title_of(table)]
    lacking += [f'{table.__name__}.{name}' for table in TABLES for name in table._meta.fields
                if not column_labels(table).get(name)]
    if lacking:
        raise RuntimeError(f'no Japanese name of {", ".join(lacking)}')
