"""An RPC client.

  client.py [options] call METHOD [k=v ...]     v is JSON, else a string
  client.py [options] cast METHOD [k=v ...]
  client.py [options] fanout METHOD [k=v ...]
  client.py [options] requests

The first three print one JSON object. `requests` prints {"ready": true},
reads requests from stdin, one JSON object a line, performs them side by
side, and prints an answer for each, with its id, as it comes: {id, kind,
method, args, context, namespace, version, version_cap, server, timeout,
call_monitor_timeout, retry, at_least_once, exmods}. It ends with stdin.
"""
import argparse
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from _common import (add_common_arguments, emit, leave, make_conf,
                     oslo_messaging, version)
from _requests import perform

THREADS = 32


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


class Transports:
    """One transport for each set of allowed remote modules."""

    def __init__(self, conf, url):
        self._conf = conf
        self._url = url
        self._lock = threading.Lock()
        self._transports = {}

    def get(self, exmods):
        key = tuple(exmods)
        with self._lock:
            if key not in self._transports:
                self._transports[key] = oslo_messaging.get_rpc_transport(
                    self._conf, url=self._url,
                    allowed_remote_exmods=list(key))
            return self._transports[key]


def drive(transports, args):
    def answer(request):
        transport = transports.get(request.get('exmods', []))
        emit(dict(perform(transport, args.topic, args.exchange, request),
                  id=request.get('id')))

    emit({'ready': True, 'pid': os.getpid(), 'oslo': version()})
    pool = ThreadPoolExecutor(THREADS)
    for line in sys.stdin:
        pool.submit(answer, json.loads(line))
    leave()


def once(transports, args):
    request = {
        'kind': args.kind, 'method': args.method, 'server': args.server,
        'namespace': args.namespace, 'version': args.version,
        'version_cap': args.version_cap, 'timeout': args.timeout,
        'call_monitor_timeout': args.call_monitor_timeout,
        'retry': args.retry, 'at_least_once': args.at_least_once,
        'context': json.loads(args.context),
        'args': {key: parsed(value) for key, _, value in
                 (pair.partition('=') for pair in args.args)}}
    transport = transports.get([name for name in args.exmods.split(',')
                                if name])
    ok = True
    for _ in range(args.repeat):
        answer = perform(transport, args.topic, args.exchange, request)
        ok = ok and answer['ok']
        emit(answer)
    if args.clean:
        transport.cleanup()
        sys.exit(0 if ok else 1)
    leave(0 if ok else 1)


def main():
    parser = argparse.ArgumentParser()
    add_common_arguments(parser)
    parser.add_argument('--namespace')
    parser.add_argument('--version')
    parser.add_argument('--version-cap')
    parser.add_argument('--timeout', type=float)
    parser.add_argument('--call-monitor-timeout', type=int)
    parser.add_argument('--retry', type=int)
    parser.add_argument('--at-least-once', action='store_true')
    parser.add_argument('--context', default='{}', help='a JSON object')
    parser.add_argument('--exmods', default='',
                        help='allowed_remote_exmods, comma separated')
    parser.add_argument('--repeat', type=int, default=1)
    parser.add_argument('--clean', action='store_true',
                        help='clean the transport up, which may take 5 s')
    parser.add_argument('kind', choices=['call', 'cast', 'fanout',
                                         'requests'])
    parser.add_argument('method', nargs='?')
    parser.add_argument('args', nargs='*')
    args = parser.parse_args()
    transports = Transports(make_conf(args), args.url)
    if args.kind == 'requests':
        drive(transports, args)
    elif args.method is None:
        parser.error('a method is needed')
    else:
        once(transports, args)


if __name__ == '__main__':
    main()
