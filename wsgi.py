"""The application as a WSGI server finds it."""
from registry import create_app

application = create_app()
