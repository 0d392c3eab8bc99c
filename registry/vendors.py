"""Vendors (事業者): who systems are contracted with."""
from forms.vendors import VendorForm
from models import Vendor

from .core.permits import DESK, READ_ALL, kept_by
from .records import pages
from .records.noun import Column, Noun, Tab


def state_tone(value):
    return {'suspended': 'bad', 'ended': 'quiet'}.get(value, '')


noun = Noun(
    name='vendors', title='事業者', table=Vendor, form=VendorForm, key=('vendor_no',), sort='vendor_no',
    prefix='V-', permits=kept_by(DESK, READ_ALL), menu=('台帳',),
    columns=['vendor_no', 'name', 'corporate_no', Column('state', tone=state_tone), 'certificates',
             'inspected_on'],
    filters=['state'],
    tabs=(Tab('指名停止', {'state': 'suspended'}), Tab('法人番号が空欄', {'blank': 'corporate_no'})),
    hint='情報システムの契約の相手方です。支店や営業所は、同じ法人番号で別に登録できます。')
bp = pages.blueprint(noun)
