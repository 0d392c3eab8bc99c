"""Vendors (事業者・委託先), domain §2.4."""
from peewee import CharField, DateField

from .base import OPEN, CodeField, LongField, Searched

VENDOR_STATES = {'active': '取引あり', 'suspended': '指名停止', 'ended': '取引終了'}
CERTIFICATES = {'isms': 'ISMS', 'privacy_mark': 'プライバシーマーク', 'ismap': 'ISMAP'}


class Vendor(Searched):
    """One company or body that systems are contracted with."""

    owned_by = OPEN
    known_by = 'vendor_no'

    searched = ('vendor_no', 'name', 'kana', 'corporate_no')

    vendor_no = CharField(max_length=30, unique=True)
    name = CharField(max_length=200, index=True)
    kana = CharField(max_length=200, null=True)
    corporate_no = CharField(max_length=13, null=True)
    state = CodeField(VENDOR_STATES, default='active')
    address = CharField(max_length=200, null=True)
    contact = CharField(max_length=200, null=True)
    phone = CharField(max_length=60, null=True)
    certificates = CharField(max_length=100, null=True)
    inspected_on = DateField(null=True)
    inspection = CharField(max_length=500, null=True)
    note = LongField(2000, null=True)

    checks = {'corporate_no_digits': 'corporate_no IS NULL OR length(corporate_no) = 13',
              'inspection_dated': 'inspection IS NULL OR inspected_on IS NOT NULL'}

    @property
    def label(self):
        return f'{self.vendor_no} {self.name}'
