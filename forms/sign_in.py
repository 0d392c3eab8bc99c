"""The forms of signing in, and of a new password."""
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from .base import Form
from .fields import Key


class SignInForm(Form):
    email = Key('メールアドレス', required=True, max=200)
    password = PasswordField('パスワード', [InputRequired('パスワードを入力してください。'),
                                       Length(max=256, message='256文字までで入力してください。')])


class NewPasswordForm(Form):
    new = PasswordField('新しいパスワード', [InputRequired('新しいパスワードを入力してください。'),
                                     Length(max=256, message='256文字までで入力してください。')])
    again = PasswordField('新しいパスワード（確認）', [InputRequired('もう一度入力してください。'),
                                           Length(max=256, message='256文字までで入力してください。'),
                                           EqualTo('new', '新しいパスワードと一致しません。')])


class PasswordForm(NewPasswordForm):
    current = PasswordField('今のパスワード', [InputRequired('今のパスワードを入力してください。'),
                                        Length(max=256, message='256文字までで入力してください。')])
