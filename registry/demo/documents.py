"""The documents of the ward: quotes, an opinion, a report and a certificate, each a page of a few words."""
import hashlib
from functools import partial
from io import BytesIO

from models import Attachment, Support, System

from .acts import Acts, at


class Documents(Acts):
    """The documents that hang on the ward's records; their bytes go to `store`."""

    store = None

    def documents(self):
        for moment, by, find, files in (
                (at(2025, 12, 12, 10), 'auditor', lambda: self.rows['A-00001'],
                 [('A-00001_監査報告書.pdf', 'report')]),
                (at(2026, 1, 21, 10), 'it', lambda: Support.get(Support.case == self.rows[2025, 5],
                                                                Support.kind == 'ordering'),
                 [('意見書_発注・計画調達支援.pdf', 'opinion')]),
                (at(2026, 6, 2), 'it', lambda: System.select().where(
                    System.lifecycle == 'disposed').order_by(System.id).get(),
                 [('消去証明書.pdf', 'certificate'), ('廃棄業者の作業報告.txt', 'report')]),
                (at(2026, 10, 21), 'department', lambda: Support.get(Support.case == self.rows[2026, 0]),
                 [('甲社_見積書.pdf', 'quote'), ('乙社_見積書.pdf', 'quote')]),
                (at(2026, 10, 28), 'department', lambda: Support.get(Support.case == self.rows[2026, 0]),
                 [('甲社_見積書_内訳を分けたもの.pdf', 'quote')])):
            self.act(moment, 'attachments.create', partial(self.attach, by=by, find=find, files=files), by)

    def attach(self, act, by, find, files):
        record = find()
        table = record._meta.table_name
        former = Attachment.get_or_none(Attachment.table == table, Attachment.row == record.id,
                                        Attachment.name == '甲社_見積書.pdf')
        for number, (name, kind) in enumerate(files, 1):
            words = f'Daicho demo {kind} {record.id} {number} {act.at:%Y-%m-%d}'
            data = pdf(words) if name.endswith('.pdf') else f'{name}（デモデータ）\n'.encode()
            self.store.add(BytesIO(data))
            act.save(Attachment(
                table=table, row=record.id, kind=kind, name=name, size=len(data), person=self.people[by],
                media_type='application/pdf' if name.endswith('.pdf') else 'text/plain', at=act.at,
                sha256=hashlib.sha256(data).hexdigest(), first=former, version=2 if former else 1))


def pdf(words):
    """Return a PDF of one page with some words (ASCII) on it."""
    content = f'BT /F1 24 Tf 60 760 Td ({words}) Tj ET'.encode()
    parts = [b'<< /Type /Catalog /Pages 2 0 R >>', b'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
             b'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R '
             b'/Resources << /Font << /F1 5 0 R >> >> >>',
             b'<< /Length %d >>\nstream\n%b\nendstream' % (len(content), content),
             b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
    out, places = b'%PDF-1.4\n', []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b'%d 0 obj\n%b\nendobj\n' % (number, part)
    table = b''.join(b'%010d 00000 n \n' % place for place in places)
    return (out + b'xref\n0 %d\n0000000000 65535 f \n%b' % (len(parts) + 1, table)
            + b'trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (len(parts) + 1, len(out)))
