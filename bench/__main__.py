"""Measure the pages as multiples of a trivial route under the same server in the same run: `make bench`.

Options: the numbers of systems (default 300 and 10,000); the URL of an EMPTY PostgreSQL database to measure
one size on, as in `python -m bench 10000 postgresql://me@/bench?host=/run/postgresql`;
`--children` adds 201,600 enrolments, 50,000 incidents and 100,000 budget requests.
Data is made deterministically: systems and contracts enter by the product's own import, what hangs on them
and the other duties by acts of many rows (`filling`). 10,000 systems have 15,000 contracts, 40,000 documents,
40,000 comments and 200,000 duties.
"""
import csv
import html
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).parent.parent
HELLO = """
import sys
from flask import Flask
from registry.web import serving
app = Flask('hello', template_folder='none')
@app.get('/')
def hello():
    return 'hello'
serving.serve(app, '127.0.0.1', int(sys.argv[1]), 1, 8)
"""
ROUNDS, BLOCKS = 40, 4
EXPORT = 0.6
#: (name, path, budget as a multiple of the floor, what it was before it was raised)
PAGES = [
    ('list, 50 rows', '/systems/', 8, 20),
    ('list, sort by another column', '/systems/?sort=-name', 8, 20),
    ('list, text search, 1 % hits', '/systems/?q=曙橋', 15, 40),
    ('list, last page', '/systems/?page={last}', 8, 25),
    ('list of contracts', '/contracts/', 8, 8),
    ('record page', '/systems/{record}', 6, 15),
    ('suggestions of a field', '/suggestions?noun=systems&q=曙橋', 15, 15),
    ('suggestions of everything', '/suggestions?q=システム', 15, 15),
    ('home', '/', 6, 6),
    ('grid of steps, every phase', '/steps/enter?phases=all', 15, 15),
    ('board', '/board/?year=2026', 6, 25),
    ('duties', '/duties/', 8, 8),
    ('year of indicators', '/strategies/2026/', 25, 25),
    ('figure with its rows', '/figures/steps.official?year=2026', 6, 25),
    ('trail page, filtered', '/trail/?kind=systems.import', 8, 25),
]
#: the same for who is of one unit: what they may see is asked in every statement
UNIT_PAGES = [
    ('list of a unit', '/systems/', 8, 8),
    ('record page of a unit', '/systems/{own}', 6, 6),
    ('home of a unit', '/', 6, 6),
    ('duties of a unit', '/duties/', 8, 8),
    ('suggestions of everything, of a unit', '/suggestions?q=システム', 15, 15),
]
EDIT, EDIT_BEFORE = 25, 50
#: the same of the API, which nothing measured before
API = [
    ('API list of 50', '/api/v1/systems', 6),
    ('API record', '/api/v1/systems/{record}', 3),
]
API_CREATE = 10
#: (name, path, requests a second of 8 clients that must hold, those that are wanted)
CROWDS = [('list', '/systems/', 150, 500), ('record', '/systems/{record}', 250, 700)]
#: (name, path) of the pages asked for first after a system was edited: at most so many times as long as warm
COLD = [
    ('home', '/'), ('duties', '/duties/'), ('board', '/board/?year=2026'),
    ('board of a closed year', '/board/?year=2025'),
    ('year of indicators', '/strategies/2025/'),
    ('figure with its rows', '/figures/training.completion?year=2025'),
    ('recovery figure', '/figures/incidents.recovery_business_hours?year=2025'),
    ('list, 50 rows', '/systems/'),
]
#: the same after an incident was edited, among those of `--children`
COLD_INCIDENT = [
    ('board of a closed year', '/board/?year=2025'), ('year of indicators', '/strategies/2025/'),
    ('recovery figure', '/figures/incidents.recovery_business_hours?year=2025'),
]
COLD_TIMES, COLD_TIMES_WITH_CHILDREN, COLD_ROUNDS = 2, 4, 9


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_for(port, path='/'):
    started = time.perf_counter()
    while time.perf_counter() - started < 30:
        try:
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
            connection.request('GET', path)
            connection.getresponse().read()
            return time.perf_counter() - started
        except OSError:
            time.sleep(0.02)
    raise SystemExit('the server did not start')


class Client:
    """One keep-alive client with its cookies; the server closes an idle connection after ten seconds."""

    def __init__(self, port, token=''):
        self.connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
        self.cookie, self.last, self.token = '', 0, token

    def request(self, method, path, form=None, value=None):
        if time.monotonic() - self.last > 5:
            self.connection.close()
            self.connection.connect()
        headers = {'Cookie': self.cookie} if self.cookie else {}
        if self.token:
            headers['Authorization'] = f'Bearer {self.token}'
        body = None
        if value is not None:
            body = json.dumps(value, ensure_ascii=False).encode()
            headers['Content-Type'] = 'application/json'
        if form is not None:
            body = urlencode(form)
            headers['Content-Type'] = 'application/x-www-form-urlencoded'
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        self.last = time.monotonic()
        for name, value in response.getheaders():
            if name.lower() == 'set-cookie' and value.startswith('daicho='):
                self.cookie = value.split(';')[0]
        return response.status, text.decode('utf-8', 'replace'), response

    def sign_in(self, email, password):
        _, page, _ = self.request('GET', '/sign-in')
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
        status, page, _ = self.request('POST', '/sign-in',
                                       {'csrf_token': token, 'email': email, 'password': password})
        if status != 303:
            raise SystemExit(f'sign-in failed: {status}')

    def time(self, path):
        if time.monotonic() - self.last > 5:
            self.request('GET', path)
        started = time.perf_counter()
        status, _, _ = self.request('GET', path)
        if status != 200:
            raise SystemExit(f'{path} answered {status}')
        return time.perf_counter() - started


def median(client, path, rounds=ROUNDS):
    for _ in range(3):
        client.time(path)
    return statistics.median(client.time(path) for _ in range(rounds))


def time_against_floor(bare, take, rounds=ROUNDS):
    """Return (median seconds of `take(round)`, the floor), in turns: a machine that slows down slows both.

    Each is measured in blocks, the first few of a block not counted: both are warm.
    """
    took, floor = [], []
    for block in range(BLOCKS):
        floor += [bare.time('/') for _ in range(25)][5:]
        took += [take(block * 100 + round) for round in range(rounds // BLOCKS + 3)][3:]
    return statistics.median(took), statistics.median(floor)


def edit(client, address, round, field='manager'):
    """Return the seconds that the form, the post of a changed field and the page after take together."""
    started = time.perf_counter()
    _, page, _ = client.request('GET', f'{address}/edit')
    took = time.perf_counter() - started
    form = page.rpartition('<form class="form"')[2]
    fields = dict(re.findall(r'<input [^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form):
        fields[name] = next(iter(re.findall(r'<option value="([^"]*)" selected', options)), '')
    fields.update(re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n([^<]*)</textarea>', form))
    fields = {name: html.unescape(value) for name, value in fields.items()} | {field: f'変更先{round}'}
    started = time.perf_counter()
    status, page, _ = client.request('POST', f'{address}/edit', fields)
    if status != 303:
        raise SystemExit(f'the edit was answered {status}')
    client.request('GET', address)
    return took + time.perf_counter() - started


def create(client, round):
    """Return the seconds that the API takes to register a system under the next free number."""
    started = time.perf_counter()
    status, text, _ = client.request('POST', '/api/v1/systems', value={
        'name': f'性能試験{round}', 'owner_code': '9001', 'category': 'business', 'lifecycle': 'idea',
        'summary': '速さを測る。', 'pii': 'unknown'})
    if status != 201:
        raise SystemExit(f'the API answered {status}: {text}')
    return time.perf_counter() - started


def crowd(port, cookie, path, clients=8, rounds=100):
    """Return (requests a second, 95th percentile in seconds) of keep-alive clients asking at once."""
    asking = f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n'.encode()

    def one(_):
        # bare sockets: eight clients in Python would take the server's own time
        times = []
        with socket.create_connection(('127.0.0.1', port), 60) as connection:
            for _ in range(rounds):
                begun = time.perf_counter()
                connection.sendall(asking)
                got = connection.recv(65536)
                while b'\r\n\r\n' not in got:
                    got += connection.recv(65536)
                head, _, body = got.partition(b'\r\n\r\n')
                assert head.startswith(b'HTTP/1.1 200 '), head
                left = int(re.search(rb'(?i)content-length: (\d+)', head).group(1)) - len(body)
                while left > 0:
                    left -= len(connection.recv(65536))
                times.append(time.perf_counter() - begun)
        return times
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = sorted(took for times in pool.map(one, range(clients)) for took in times)
    return len(times) / (time.perf_counter() - started), times[len(times) * 95 // 100]


def daicho(env, *args, **kwargs):
    return subprocess.run([sys.executable, '-m', 'registry.commands', *args], cwd=ROOT, env=env, check=True,
                          capture_output=True, **kwargs)


def systems_file(path, size):
    """Write a file of `size` systems, every hundredth of them found by the search text."""
    words = ['住民情報', '税務', '福祉', '保育', '道路', '公園', '防災', '図書館', '学校', '会計']
    with open(path, 'w', encoding='utf-8-sig', newline='') as file:
        out = csv.writer(file)
        out.writerow(['管理番号', 'システム名称', 'システム名称カナ', '概要', '所管課コード', 'システム区分',
                      'ライフサイクル状態', '重要度', '機密性', '完全性', '可用性', 'ネットワーク区分',
                      '提供形態', '個人情報の取扱い', '利用者数', '稼働開始日', '更新予定日',
                      'サポート終了日', 'PIA再実施期限', '最終棚卸日'])
        for n in range(size):
            place = '曙橋' if n % 100 == 0 else words[n % 10]
            out.writerow([f'X-{n:06d}', f'{place}管理システム{n}', 'カンリシステム',
                          f'{words[n % 10]}の業務を支える。', f'9{n % 40:03d}', '個別業務系', '運用',
                          'ABC'[n % 3], '2', '2', '1', 'LGWAN接続系', 'SaaS', 'なし',
                          n % 500, '2021-04-01', *dated(n)])


def near(days):
    """Return a day some days from today, as text."""
    return (date.today() + timedelta(days=days)).isoformat()


def dated(n):
    """Return the days on which something is due at a system: some are past, many are not known."""
    return [near(n * 7 % 1530 - 30) if n % 2 == 0 else '', near(n * 7 % 2300 - 300) if n % 3 == 0 else '',
            near(n * 7 % 1600 - 100) if n % 5 == 0 else '', near(-(n * 7 % 600)) if n % 2 else '']


def contracts_files(work, size):
    """Write three contracts for every two systems; of a system's contracts the last one is due.

    Return [(kind, path)] of files no longer than one may be.
    """
    files, number, most = [], size * 3 // 2, 100_000
    for first in range(0, number, most):
        files.append(('contracts', work / f'contracts-{len(files)}.csv'))
        with open(files[-1][1], 'w', encoding='utf-8-sig', newline='') as file:
            out = csv.writer(file)
            out.writerow(['契約番号', '件名', '状態', '所管課コード', '管理番号（複数は;区切り）', '終了日',
                          '解約予告期限'])
            for n in range(first, min(first + most, number)):
                ends = n * 7 % 2400 - 900
                out.writerow([f'X-{n:06d}', f'契約{n}', '要確認', f'9{n % size % 40:03d}',
                              f'X-{n % size:06d}', near(ends), near(ends - 90) if n % 3 == 0 else ''])
    return files


def departments_file(path):
    with open(path, 'w', encoding='utf-8', newline='') as file:
        out = csv.writer(file)
        out.writerow(['code', 'name', 'level', 'valid_from'])
        for n in range(40):
            out.writerow([f'9{n:03d}', f'性能試験課{n}', 'section', '2020-04-01'])


def children_files(folder):
    """Write the files of a register in use and yield (kind, path) of each.

    2,800 staff, 72 courses that all attend, incidents, budget requests.
    """
    def file(kind, name, header, rows):
        path = folder / f'{name}.csv'
        with open(path, 'w', encoding='utf-8-sig', newline='') as out:
            csv.writer(out).writerows([header.split(','), *rows])
        return kind, path
    yield file('staff', 'staff', '職員番号,氏名,所属コード,任用区分',
               ([f'7{n:05d}', f'性能 職員{n}', f'9{n % 40:03d}', '常勤'] for n in range(2800)))
    yield file('courses', 'courses', '研修コード,年度,名称,区分,必須,対象者基準日', (
        [f'Q-{n:02d}', 2021 + n // 12, f'研修{n}', '情報セキュリティ' if n % 6 == 0 else 'データ活用',
         'はい' if n % 6 == 0 else 'いいえ', f'{2021 + n // 12}-05-01'] for n in range(72)))
    for part in range(3):
        yield file('enrolments', f'enrolments-{part}', '研修コード,職員番号,状態,受講日', (
            [f'Q-{course:02d}', f'7{n:05d}',
             *(('修了', f'{2021 + course // 12}-{6 + (n + course) % 5:02d}-{1 + n % 28:02d}')
               if (n + course) % 10 else ('未受講', ''))]
            for course in range(part * 24, part * 24 + 24) for n in range(2800)))
    yield file('incidents', 'incidents',
               'インシデント番号,件名,区分,レベル,管理番号（複数は;区切り）,検知日時,復旧日時', (
        [f'J-{n:05d}', f'障害{n}', 'システム障害', 4 if n % 50 == 0 else 2, f'X-{n % 300:06d}',
         f'{day} {n % 24:02d}:10', '' if n % 500 == 0 else f'{day} {n % 24:02d}:{10 + n % 50:02d}']
        for n in range(50_000) for day in [f'2025-{4 + n // 24 % 9:02d}-{1 + n // 216 % 28:02d}']))
    yield file('budget-requests', 'requests', '要求番号,予算年度,要求日,所属コード,件名,要求額,新技術,IT経費',
               (
        [f'Y-{n:06d}', 2026, f'2025-{4 + n % 9:02d}-{1 + n % 28:02d}', f'9{n % 40:03d}', f'要求{n}', n,
         'いいえ', 'はい' if n % 3 == 0 else 'いいえ']
        for n in range(100_000)))


def cold(client, bare, path, touch):
    """Return the median seconds (cold, warm, floor) of a page.

    Cold: asked for first after `touch` has edited something; floor: what a bare application takes.
    """
    first, again = [], []
    median(client, path, 3)
    for round in range(COLD_ROUNDS):
        touch(round)
        first.append(client.time(path))
        again += [client.time(path) for _ in range(3)]
    return statistics.median(first), statistics.median(again), median(bare, '/')


def memory(pid):
    """Return the megabytes a process and its children hold, each shared page counted once."""
    with open(f'/proc/{pid}/smaps_rollup') as file:
        own = next(int(line.split()[1]) for line in file if line.startswith('Pss:')) / 1024
    with open(f'/proc/{pid}/task/{pid}/children') as file:
        return own + sum(memory(int(child)) for child in file.read().split())


def budget_of(budget, before):
    """Return how a budget is told, with what it was before."""
    return f'(budget {budget})' if budget == before else f'(budget {budget}, before {before})'


def say(words, ok):
    print(f'  {words}  {"ok" if ok else "OVER"}')
    return not ok


def measure(size, url, work, children=False):
    """Build a register of `size` systems, serve it, print each page against the floor.

    Return how many pages are over their budget.
    """
    env = {**os.environ, 'DATABASE_URL': url, 'DAICHO_INSTANCE': str(work / 'instance'),
           'DAICHO_API_RATE': '999999'}
    env.pop('DAICHO_TODAY', None)
    env.pop('PYTHONDONTWRITEBYTECODE', None)  # an installed program starts from its bytecode
    started = time.perf_counter()
    daicho(env, 'migrate')
    schema = time.perf_counter() - started
    daicho(env, 'demo')
    departments_file(work / 'departments.csv')
    systems_file(work / 'systems.csv', size)
    daicho(env, 'import', 'departments', str(work / 'departments.csv'))
    started = time.perf_counter()
    answer = json.loads(daicho(env, 'import', 'systems', str(work / 'systems.csv'), '--json').stdout)
    loading = time.perf_counter() - started
    assert answer['create'] == size and answer['act'], answer
    for kind, path in (*contracts_files(work, size), *(children_files(work) if children else ())):
        started = time.perf_counter()
        answer = json.loads(daicho(env, 'import', kind, str(path), '--json').stdout)
        assert answer['create'] and answer['act'], answer
        print(f'  import of {answer["create"]:,} {kind} {time.perf_counter() - started:.1f} s', flush=True)
    started = time.perf_counter()
    filled = json.loads(subprocess.run([sys.executable, '-m', 'bench.filling', str(size)], cwd=ROOT, env=env,
                                       check=True, capture_output=True).stdout)
    print(f'  filling of {sum(filled["rows"].values()):,} rows {time.perf_counter() - started:.1f} s, '
          f'{filled["duties"]:,} duties, {filled["rows"]["attachment"]:,} documents, '
          f'{filled["rows"]["comment"]:,} comments', flush=True)
    started = time.perf_counter()
    daicho(env, 'export', 'systems', '-o', str(work / 'out.csv'))
    exporting = time.perf_counter() - started
    started = time.perf_counter()
    verdict = json.loads(daicho(env, 'trail', 'verify', '--json').stdout)
    verifying = time.perf_counter() - started
    assert verdict['intact']
    until = (date.today() + timedelta(days=30)).isoformat()
    token = daicho(env, 'token', 'issue', 'it@example.jp', '--name', 'bench', '--scope', 'read',
                   '--scope', 'write', '--until', until).stdout.decode().strip()
    floor_port, port = free_port(), free_port()
    hello = subprocess.Popen([sys.executable, '-c', HELLO, str(floor_port)], cwd=ROOT,
                             stderr=subprocess.DEVNULL)
    wait_for(floor_port)
    started = time.perf_counter()
    server = subprocess.Popen([sys.executable, '-m', 'registry.commands', 'serve', '--port', str(port)],
                              cwd=ROOT, env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    over = 0
    try:
        wait_for(port, '/sign-in')
        first = time.perf_counter() - started
        client, bare = Client(port), Client(floor_port)
        client.sign_in('it@example.jp', 'daicho-demo-2026')
        floor = median(bare, '/', 200)
        print(f'\n{size:,} systems  floor {floor * 1000:.2f} ms  export command {exporting:.2f} s  verify '
              f'{verifying:.1f} s')
        for name, took, budget in (('schema on an empty database', schema, 3),
                                   ('import', loading, max(1.5, size / 1000)), ('cold start', first, 1.5)):
            over += say(f'{name:40} {took:7.2f} s  (budget {budget:g} s)', took <= budget)
        _, page, _ = client.request('GET', '/systems/?q=X-000000')
        record = re.search(r'href="/systems/(\d+)"', page).group(1)
        mine = Client(port)
        mine.sign_in(filled['person'], 'daicho-demo-2026')
        _, page, _ = mine.request('GET', '/systems/?q=X-000001')
        own = re.search(r'href="/systems/(\d+)"', page).group(1)

        def against(name, take, budget, before):
            took, floor = time_against_floor(bare, take)
            return say(f'{name:40} {took * 1000:7.1f} ms {took / floor:6.1f} × floor  '
                       f'{budget_of(budget, before)}', took <= budget * floor)
        for name, path, budget, before in PAGES:
            path = urlquote(path.format(last=-(-(size + 300) // 50), record=record))
            over += against(name, lambda _, path=path: client.time(path), budget, before)
        for name, path, budget, before in UNIT_PAGES:
            path = urlquote(path.format(own=own))
            over += against(name, lambda _, path=path: mine.time(path), budget, before)
        over += against('edit: form + post + page after',
                        lambda round: edit(client, f'/systems/{int(record) + 1}', round), EDIT, EDIT_BEFORE)
        machine = Client(port, token)
        for name, path, budget in API:
            path = path.format(record=record)
            over += against(name, lambda _, path=path: machine.time(path), budget, budget)
        over += against('API create', lambda round: create(machine, round), API_CREATE, API_CREATE)
        times = COLD_TIMES_WITH_CHILDREN if children else COLD_TIMES
        for name, path in COLD:
            took, warm, floor = cold(client, bare, path,
                                     lambda round, path=path: edit(client, f'/systems/{int(record) + 2}',
                                                                   f'{round}・{path}'))
            over += say(f'{"cold: " + name:40} {took * 1000:7.1f} ms {took / floor:6.1f} × floor '
                        f'{took / warm:4.1f} × warm  (budget {times} × warm)',
                        took <= times * warm)
        for name, path in COLD_INCIDENT if children else ():
            _, page, _ = client.request('GET', '/incidents/?q=J-00777')
            incident = re.search(r'href="(/incidents/\d+)"', page).group(1)
            took, warm, floor = cold(client, bare, path, lambda round, path=path, incident=incident: edit(
                client, incident, f'{round}・{path}', 'title'))
            over += say(f'{"cold: " + name + " after an incident edit":40} {took * 1000:7.1f} ms '
                        f'{took / floor:6.1f} × floor '
                        f'{took / warm:4.1f} × warm  (budget {times} × warm)', took <= times * warm)
        for name, path, least, wanted in CROWDS:
            path = path.format(record=record)
            rate, slow = crowd(port, client.cookie, path)
            alone = median(client, path)
            over += say(f'8 clients, {name}: {rate:.0f} requests/s (budget {least}, wanted {wanted}), '
                        f'p95 {slow / alone:.1f} × alone (budget 10)',
                        rate >= least and slow <= 10 * alone)
        total = json.loads(machine.request('GET', '/api/v1/systems?limit=1')[1])['total']
        client.request('GET', '/systems/export.csv')
        started = time.perf_counter()
        _, page, _ = client.request('GET', '/systems/export.csv')
        took = time.perf_counter() - started
        assert page.count('\r\n') == total + 1, 'the export is not whole'
        budget = EXPORT * max(1, size / 10_000)
        over += say(f'export of the whole list {took:.2f} s (budget {budget:g} s)', took <= budget)
        started = time.perf_counter()
        client.request('GET', '/strategies/2025/results.pdf')
        took = time.perf_counter() - started
        over += say(f'results PDF {took:.2f} s (budget 2 s)', took <= 2)
        held = memory(server.pid)
        over += say(f'memory after the run {held:.0f} MB (budget 200 MB)', held <= 200)
    finally:
        server.terminate()
        hello.terminate()
        server.wait()
        hello.wait()
    return over


def urlquote(path):
    return quote(path, safe='/?&=%-')


def main():
    sizes = [int(arg) for arg in sys.argv[1:] if arg.isdigit()] or [300, 10_000]
    given = next((arg for arg in sys.argv[1:] if '://' in arg), None)
    over = 0
    for size in sizes[:1] if given else sizes:
        with tempfile.TemporaryDirectory(prefix='daicho-bench-') as folder:
            work = Path(folder)
            over += measure(size, given or f'sqlite:///{work / "bench.db"}', work, '--children' in sys.argv)
    print(f'\n{over} over budget')
    return 1 if over else 0


if __name__ == '__main__':
    sys.exit(main())
