"""The application as a WSGI server finds it."""
import os

from registry import create_app, refuse_demo

# what is made here, database and uploads, is for this account only
os.umask(0o077)
application = create_app()
refuse_demo(application)
