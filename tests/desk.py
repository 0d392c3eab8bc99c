"""The desk of the tests: real commands on a register of its own, and small files as offices make them."""
import atexit
import csv
import io
import json
import os
import shutil
import tempfile
import uuid
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from click.testing import CliRunner

import registry
from models import (
    BudgetRequest,
    Business,
    Case,
    Course,
    Department,
    Incident,
    Indicator,
    Person,
    Staff,
    System,
    db,
)
from registry import create_app
from registry.commands import main
from registry.core import clock, config, connection

NAMES = ('DATABASE_URL', 'DAICHO_INSTANCE', 'DAICHO_TODAY', 'DAICHO_ENV', 'DAICHO_SECRET_KEY')
#: the 16 kinds of files: headers as the contract prints them, and a few good lines with Japanese labels
FILES = {
    'departments': ('所属コード,名称,上位所属コード,階層,有効開始日,有効終了日', [
        '100,総務部,,部,令和2年4月1日,', '101,情報政策課,,課,2020/4/1,', '102,税務課,,課,R2.4.1,',
        '103,旧広聴課,,課,20200401,2025-03-31']),
    'staff': ('職員番号,氏名,氏名カナ,所属コード,職層,任用区分,休職等,在籍開始日,在籍終了日', [
        '00001,目黒 花子,メグロ ハナコ,101,係長,常勤,なし,2020-04-01,',
        '00002,大橋 一郎,オオハシ イチロウ,101,主事,常勤,育児休業,2021-04-01,',
        '00003,駒場 次郎,,102,会計年度任用職員,会計年度任用,なし,,']),
    'systems': (
        '管理番号,システム名称,システム名称カナ,概要,所管課コード,システム区分,ライフサイクル状態,標準化対象業務,重要度,目標復旧時間（業務時間内）,目標復旧時間（業務時間外）,'
        '機密性,完全性,可用性,ネットワーク区分,提供形態,個人情報の取扱い,本人の数,保守事業者,利用者数,稼働開始日,契約満了日,更新予定日,サポート終了日,廃止日,廃棄完了日,'
        '後継システム管理番号,備考', [
            'S-1,住民記録システム,ジュウミンキロク,"住民基本台帳、印鑑",101,基幹系（標準化対象）'
            ',運用,B01;B18,A,4,24,3A,2,2,マイナンバー利用事務系,ガバメントクラウド,'
            '特定個人情報を含む,280000,株式会社みどり,320,R8.1.5,2031/3/31,,,,,,"=1+1 '
            'を計算式にしない\n2行目"',
            'S-2,庁内ネットワーク,,,101,共通基盤・'
            'ネットワーク,運用,,A,,,2,2,2,LGWAN接続系,庁内（オンプレミス）,なし,,,3000,,,,,,,,－基盤－ '
            '〜1期〜',
            'S-3,図書予約,,予約,102,個別業務系,構想,,C,0,,,,,,,なし,,,,,,,,,,,']),
    'businesses': ('業務コード,業務名,適用,切替予定日,切替実績日,端境期開始日,端境期終了日,'
                   '管理番号（複数は;区切り）', [
        'Z01,ごみ収集,いいえ,2027-01-12,,,,', 'Z02,駐輪場,いいえ,,,2026/10/1,2026/10/31,']),
    'steps': ('業務コード,ステップ番号,状態,開始日,完了日,予定日,対象外理由', [
        'B01,1,完了済み,2024-04-01,2024-06-30,,', 'B01,2,対象外,,,,国の共同利用のため',
        'B01,3,作業中,2026-05-01,,2026-12-28,', 'B01,4,未着手,,,,']),
    'courses': ('研修コード,年度,名称,区分,必須,開始日,締切日,対象者基準日,合格点', [
        'K-1,令和8年度,情報セキュリティ研修,情報セキュリティ,はい,2026/6/1,2026/12/25,2026/6/1,80',
        'K-2,2026,ノーコード入門,ノーコード,いいえ,,,,']),
    'enrolments': ('研修コード,職員番号,状態,受講日,点数,除外理由', [
        'K-1,00001,修了,2026-07-01,92.5,', 'K-1,00002,除外,,,休職・育休', 'K-1,00003,未受講,,,']),
    'incidents': ('インシデント番号,件名,区分,レベル,管理番号（複数は;区切り）'
                  ',発生日時,検知日時,暫定復旧日時,復旧日時,完了日,原因,再発防止策', [
        'I-1,証明書が発行できない,システム障害,4,S-1;S-2,2026/7/1 9:00,2026/7/1 9:05,,2026/7/1 '
        '12:00,2026/7/3,設定誤り,"手順を見直す\n二人で確かめる"',
        'I-2,誤送信,誤送信・誤交付,レベル2,S-2,,令和8年8月3日 10:00,,,,,']),
    'budget-requests': ('要求番号,予算年度,要求日,所属コード,件名,要求額,新技術,IT経費,経費性質,除外理由,'
                        '除外承認者', [
        'B-1,2027,2026-09-01,102,税務システム改修,"12,000,000",いいえ,はい,レベルアップ,,',
        'B-2,2027,2026-09-02,101,電話機,300000円,0,1,経常,少額のため,情報政策課長']),
    'cases': ('案件番号,予算年度,所属コード,件名,案件種別,要求番号,管理番号,初期経費,年間運用経費,'
              '期間年数,新技術,発注日,予算結果', [
        'C-1,2026,102,税務システム改修,機能追加・改修,B-1,S-1,10000000,500000,5,いいえ,2026-10-01,要求どおり',
        'C-2,2026,101,回線,機器調達,,,0,0,1,いいえ,,']),
    'supports': ('案件番号,支援区分,依頼日,完了日,試行,総合意見', [
        'C-1,予算要求調達支援,2026-08-01,2026-08-20,いいえ,支障なし',
        'C-1,発注・計画調達支援,2026-09-01,,はい,']),
    'reviews': ('検討番号,検討区分,件名,管理番号（複数は;区切り）,検討日,結論,承認日,承認者', [
        'R-1,統合・共通化,予約の統合,S-1;S-3,2026-06-01,実施,2026-06-15,情報政策課長',
        'R-2,廃止,図書予約の廃止,S-3,2026-06-02,,,']),
    'shares': ('共有番号,件名,インシデント番号,共有方法,共有日,教訓', [
        'H-1,誤送信の事例,I-2,通知,2026-09-01,"宛先を確かめる\n声に出す"',
        'H-2,他市の事例,,会議,2026-09-02,']),
    'plans': ('プラン番号,回,年度,所属コード,施策名,区分,評価,達成率,実績,未達要因', [
        'P-1,1Q,2026,101,AI相談,重点施策（四半期）,順調,100,予定どおり,',
        'P-1,2Q,2026,101,AI相談,重点施策（四半期）,やや遅れ,62.5,,優先度の見直し;その他',
        'P-2,,2026,102,電子申請,所属案件（半期）,,,,']),
    'settings': ('設定名,適用開始日,値', ['business_hours,2028-04-01,08:30-17:00',
                                 '大規模予算の下限額（円）,2028-04-01,20000000']),
    'actuals': ('年度,取組番号,指標番号,基準日,分子,分母,値,出典,備考', [
        '2026,1,1,2026-09-30,410,500,82,電子申請の統計,中間', '2026,4,1,2026-09-30,,,2,業務報告,']),
}


def rows_of(kind):
    """Return (headers, rows) of a kind's small file."""
    headers, lines = FILES[kind]
    return headers.split(','), list(csv.reader(io.StringIO('\n'.join(lines), newline='')))


def text_of(headers, rows, delimiter=','):
    """Return a table as the text of a CSV or TSV."""
    out = io.StringIO(newline='')
    csv.writer(out, delimiter=delimiter, lineterminator='\r\n').writerows([headers, *rows])
    return out.getvalue()


def database(folder, template=None):
    """Return the URL of a desk's own database: a file, or one of the test's server.

    It is a copy of `template` (a URL) if that is given.
    """
    home = os.environ.get('DAICHO_TEST_SERVER')
    if home is None:
        path = folder / 'daicho.db'
        if template:
            for source in Path(template.removeprefix('sqlite:///')).parent.glob('daicho.db*'):
                shutil.copy(source, folder / source.name)
        return f'sqlite:///{path}'
    name = f'desk_{uuid.uuid4().hex}'
    source = template.rpartition('?')[0].rpartition('/')[2] if template else 'template0'
    with psycopg.connect(f'host={home} user=daicho dbname=postgres', autocommit=True) as control:
        control.execute(f'CREATE DATABASE {name} TEMPLATE {source}')
    return f'postgresql://daicho@/{name}?host={home}'


@cache
def created():
    """Return the application of this process's commands, with what of it is not of one register."""
    given = config.read()
    app = create_app(given | {'PIN_DATABASE': False})
    return app, {name: value for name, value in app.config.items() if name not in given}, dict(app.extensions)


def created_again():
    """Do what create_app does with an application built once: its addresses take most of a command's time."""
    given = config.read()
    if given.get('PROXIES'):
        return create_app(given)
    app, settings, extensions = created()
    app.config.clear()
    app.config.update({**app.default_config, **settings, **given, 'PIN_DATABASE': True})
    app.extensions.clear()
    app.extensions.update(extensions)
    clock.pin(given.get('TODAY'))
    db.initialize(connection.open_database(given['DATABASE_URL'], given['DAICHO_ENV'] == 'production'))
    return app


class Desk:
    """One register in a folder, its commands run with that folder's environment."""

    def __init__(self, folder, today='2027-03-31', template=None):
        self.folder = Path(folder)
        self.env = {'DAICHO_INSTANCE': str(self.folder), 'DATABASE_URL': database(self.folder, template),
                    'DAICHO_TODAY': today, 'DAICHO_ENV': 'local', 'DAICHO_SECRET_KEY': 'k' * 40}

    @contextmanager
    def here(self):
        kept = {name: os.environ.get(name) for name in {*NAMES, *self.env}}
        os.environ.update(self.env)
        registry.create_app = created_again
        try:
            yield
        finally:
            registry.create_app = create_app
            for name, value in kept.items():
                os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
            clock.pin(None)

    def run(self, *words, stdin=None):
        """Run `daicho …`; the result has exit_code, stdout, stderr, stdout_bytes."""
        with self.here():
            return CliRunner().invoke(main, [str(word) for word in words], input=stdin,
                                      catch_exceptions=False)

    def json(self, *words, code=0):
        found = self.run(*words, '--json')
        assert code is None or found.exit_code == code, found.output
        return json.loads(found.stdout)

    @contextmanager
    def open(self):
        """Open the register itself, to look at rows or ask the figures."""
        with self.here():
            app = created_again()
            try:
                with app.app_context(), db.connection_context():
                    yield app
            finally:
                db.close_all()

    def file(self, name, data, encoding='utf-8'):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
        return path

    def table(self, kind, *rows, headers=None, code=0, options=()):
        """Import lines given as lists (headers of the contract unless given); return the JSON."""
        headers = headers or FILES[kind][0].split(',')
        path = self.file(f'{kind}.csv', text_of(headers, rows))
        return self.json('import', kind, path, *options, code=code)

    def load(self, *kinds):
        """Import the small files of some kinds, which must all be created."""
        for kind in kinds:
            headers, rows = rows_of(kind)
            assert self.table(kind, *rows, headers=headers)['create'] == len(rows)

    def export(self, kind, name, *options):
        path = self.folder / name
        assert self.run('export', kind, *options, '-o', path).exit_code == 0
        return path

    def steps_on(self, day):
        """Return the numerator of the step rate as of a day."""
        found = self.json('kpi', '--fiscal-year', '2026', '--as-of', day)
        return next(int(kpi['numerator']) for one in found['initiatives'] for kpi in one['indicators']
                    if kpi['measure'] == 'steps.official')

    def head(self):
        return self.json('trail', 'head')

    def person(self, email, role, department='101'):
        with self.open():
            Person.create(email=email, name=email.split('@')[0], role=role,
                          department=Department.get(Department.code == department))


@cache
def migrated():
    """Return a desk nobody writes to, whose register holds the built-in masters; copied for each test."""
    desk = Desk(tempfile.mkdtemp(prefix='daicho-desk-'))
    atexit.register(shutil.rmtree, desk.folder, ignore_errors=True)
    assert desk.run('migrate').exit_code == 0
    return desk


def empty(folder):
    """Return a desk of one's own whose register holds the built-in masters only."""
    return copied(migrated(), folder)


def copied(desk, folder):
    """Return a desk on a copy of another's register, so that a test may write."""
    return Desk(folder, template=desk.env['DATABASE_URL'])


def unchanged(found, rows):
    return (found['rows'], found['create'], found['update'], found['unchanged'], found['conflict'],
            found['errors'], found['act']) == (rows, 0, 0, rows, 0, [], None)


def lines_of(path, encoding='utf-8-sig'):
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline='')))


VOIDED = [(Department, 'code', '102'), (Staff, 'staff_no', '00001'), (System, 'system_no', 'S-1'),
          (Business, 'code', 'B01'), (Case, 'case_no', 'C-1'),
          (Incident, 'incident_no', 'I-2'), (BudgetRequest, 'request_no', 'B-1'), (Course, 'code', 'K-2'),
          (Indicator, 'id', 1)]
