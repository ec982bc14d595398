# SPDX-License-Identifier: Apache-2.0
"""A registry under waitress on an open socket: app_waitress.py DESCRIPTOR DIRECTORY."""
import socket
import sys

import waitress
from libregistry import wsgi

waitress.serve(wsgi.application(sys.argv[2]), sockets=[socket.socket(fileno=int(sys.argv[1]))], threads=8)
