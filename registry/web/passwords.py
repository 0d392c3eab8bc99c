"""What a new password must be: long, not commonly tried, not made of what surrounds it."""
import re
from pathlib import Path

from models import Department
from models.base import fold
from models.people import ROLES

MIN_LENGTH = 12
MASTERS = Path(__file__).parents[1] / 'data' / 'masters'
#: passwords that are tried, all as long as ours must be; and the words and short passwords they are made from
COMMON, WORDS = MASTERS / 'common-passwords.txt', MASTERS / 'common-words.txt'
#: what anyone who guesses at this register tries first
CONTEXT = ('目黒区', '目黒', 'めぐろ', 'meguro', '東京都', '東京', 'とうきょう', 'tokyo', '区役所',
           'くやくしょ', 'kuyakusho', '市役所', '役所', 'やくしょ', 'yakusho', '台帳', 'だいちょう',
           'だいちょ', 'daichou', 'daicho', 'パスワード', 'pasuwado', 'password', '暗証番号', '管理者',
           'かんりしゃ', 'kanrisha', 'kanri', 'admin', 'システム', 'system', '情報政策', '情報', 'jouhou',
           'joho', '政策', 'seisaku', '令和', 'れいわ', 'reiwa', '平成', 'へいせい', 'heisei', '昭和',
           'しょうわ', 'showa', '西暦', '年度')
ROWS = ('1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qazwsxedcrfvtgbyhnujmikolp',
        'abcdefghijklmnopqrstuvwxyz', 'あいうえお', 'かきくけこ', 'さしすせそ', 'たちつてと',
        'いろはにほへと')
_LEET = str.maketrans('@4301!5$7', 'aaeoiisst')
#: how much must be left beside what is guessed first; a kana or kanji counts as two letters
LEFT = 6


def weaknesses(password, person):
    """Return what is wrong with a new password, in Japanese; an empty list when it will do."""
    found = []
    if len(password) < MIN_LENGTH:
        found.append(f'{MIN_LENGTH}文字以上にしてください（長い語句の組合せをお勧めします）。')
    folded = fold(password).replace(' ', '')
    pieces = sorted(guessable_words(person), key=len, reverse=True)
    left, taken = strip_guesses(folded, pieces)
    if is_common(folded, left if taken else ''):
        found.append('よく使われるパスワードです。別のものにしてください。')
    if len(set(folded)) < 5 or re.fullmatch(r'(.{1,20}?)\1+', folded):
        found.append('同じ文字の繰返しが多すぎます。')
    if folded.isdecimal():
        found.append('数字だけのものは使えません。')
    local = fold(person.email.split('@')[0])
    if len(local) > 2 and local in folded:
        found.append('メールアドレスを含めないでください。')
    elif taken and weight(left) < LEFT:
        found.append('区や台帳の名前、所属、権限、氏名、年など、推測されやすい語でできています。'
                     '関係のない語を足してください。')
    return found


def is_common(folded, left=''):
    """Tell whether a folded password is a common one, or made of one or two common words."""
    whole = {core for text in (folded, folded.translate(_LEET), left)
             for core in (text, _core(text), text.rstrip('0123456789!'))}
    halves = {(core[:n], core[n:]) for core in whole for n in range(3, len(core) - 2)}
    words = _among(WORDS, whole | {half for pair in halves for half in pair})
    return bool(_among(COMMON, whole) or words & whole
                or any(one in words and two in words for one, two in halves))


def _core(text):
    """Return a text without the digits and signs at its ends."""
    return re.sub(r'^[\W\d_]+|[\W\d_]+$', '', text)


def _among(path, wanted):
    """Return which of some texts a file lists: read when asked, for that is seldom, and not kept."""
    wanted = {text for text in wanted if len(text) > 3}
    with path.open(encoding='utf-8') as lines:
        return {text for line in lines if (text := line.rstrip('\n')) in wanted}


def guessable_words(person):
    """Return what anyone who knows the register and the person tries, folded."""
    names = [*re.split(r'\s+', person.name), *re.split(r'[._+-]', person.email.split('@')[0]),
             *[part for part in re.split(r'[.@]', person.email)[1:] if len(part) > 3]]
    units = [name for (name,) in Department.select(Department.name).where(Department.live()).tuples()]
    roles = [part for words in ROLES.values() for part in re.split('[（）・]', words)]
    stems = [re.sub('[課係部室局]$', '', unit) for unit in units]
    folded = {fold(text).replace(' ', '') for text in (*CONTEXT, *names, *units, *stems, *roles, *ROLES)}
    # shorter ones stand in words of any kind
    return {piece for piece in folded if len(piece) > (3 if piece.isascii() else 1)}


def strip_guesses(folded, pieces):
    """Return (what is left of a folded password, whether anything was taken out).

    Taken out are the pieces, runs of keys, digits and signs.
    """
    left = folded
    for piece in pieces:
        left = left.replace(piece, ' ')
    for row in ROWS:
        for keys in (row, row[::-1]):
            for size in range(len(keys), 3, -1):
                for start in range(len(keys) - size + 1):
                    left = left.replace(keys[start:start + size], ' ')
    taken = left != folded
    return re.sub(r'[\W\d_〇一二三四五六七八九十]+', '', left), taken


def weight(text):
    """Return how much a text is worth against guessing, in letters."""
    return sum(1 if letter.isascii() else 2 for letter in text)
