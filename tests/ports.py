"""Ports for the servers under test."""
import random
import socket
from contextlib import closing, suppress
from pathlib import Path


def free_port():
    """Return a port nobody listens on, outside those the system gives to outgoing connections."""
    with suppress(OSError, ValueError):
        lowest = int(Path('/proc/sys/net/ipv4/ip_local_port_range').read_text().split()[0])
        for port in random.SystemRandom().sample(range(max(1024, lowest - 20_000), lowest), 100):
            with suppress(OSError), closing(socket.create_server(('127.0.0.1', port))):
                return port
    with closing(socket.create_server(('127.0.0.1', 0))) as unused:
        return unused.getsockname()[1]
