"""An RPC server whose methods try out what the wire can carry.

  server.py --url rabbit://… --topic interop --server s1

Prints {"ready": true, …} when it consumes; ends on SIGTERM.
"""
import argparse
import datetime
import decimal
import os
import threading
import time
import uuid

from oslo_context.context import RequestContext

from _common import (add_common_arguments, cfg, emit, oslo_messaging,
                     version)
from _serving import serve
from volume_errors import VolumeNotFound


class CustomError(Exception):
    """Known to this module alone; formats its message from its kwargs."""
    template = 'custom failure: %(reason)s'

    def __init__(self, message=None, **kwargs):
        self.kwargs = kwargs
        super().__init__(message or self.template % kwargs)


class Endpoint:
    """No namespace, version 1.0: what an endpoint without target has."""

    def __init__(self, name, verbose):
        self._name = name
        self._verbose = verbose
        self._lock = threading.Lock()
        self._count = 0

    def _private(self, ctxt):
        return 'must not be reachable under the default access policy'

    def _tell(self, event, **facts):
        if self._verbose:
            emit(dict(event=event, server=self._name, **facts))

    def echo(self, ctxt, value=None):
        self._tell('echo', value=value)
        return value

    def add(self, ctxt, a, b):
        return a + b

    def fail(self, ctxt, message='boom'):
        raise ValueError(message)

    def fail_key(self, ctxt, key='k'):
        return {}[key]

    def fail_custom(self, ctxt, reason='because'):
        raise CustomError(reason=reason)

    def fail_shared(self, ctxt, volume_id):
        raise VolumeNotFound(volume_id=volume_id)

    @oslo_messaging.expected_exceptions(ValueError)
    def fail_expected(self, ctxt, message='expected boom'):
        raise ValueError(message)

    def slow(self, ctxt, seconds):
        time.sleep(float(seconds))
        return {'slept': seconds}

    def big(self, ctxt, size):
        return 'x' * int(size)

    def context_echo(self, ctxt, **kwargs):
        return {'ctxt': ctxt, 'kwargs': kwargs}

    def request_context(self, ctxt):
        read = RequestContext.from_dict(ctxt, overwrite=False)
        return {name: getattr(read, name) for name in (
            'user_id', 'project_id', 'domain_id', 'user_domain_id', 'is_admin',
            'roles', 'request_id', 'global_request_id', 'system_scope',
            'project_name', 'read_only')}

    def whoami(self, ctxt):
        return {'server': self._name, 'pid': os.getpid(), 'oslo': version()}

    def of_kind(self, ctxt, kind):
        return {
            'datetime': datetime.datetime(2024, 2, 29, 13, 14, 15, 123456),
            'datetime tz': datetime.datetime(
                2024, 2, 29, 13, 14, 15, tzinfo=datetime.timezone(
                    datetime.timedelta(hours=2))),
            'set': {1}, 'tuple': (1, 'a'), 'bytes': 'f\u00fcr'.encode(),
            'uuid': uuid.UUID(int=7), 'nan': float('nan'),
            'infinities': [float('inf'), float('-inf')],
            'int': 2 ** 80, 'int keys': {1: 'one', None: 2, True: 3},
            'float': 1e16, 'decimal': decimal.Decimal('1.5'),
        }[kind]

    def nothing(self, ctxt):
        return None

    def count(self, ctxt, by=1):
        with self._lock:
            self._count += by
            count = self._count
        self._tell('count', by=by, counter=count)

    def get_count(self, ctxt):
        with self._lock:
            return self._count

    def reset_count(self, ctxt):
        with self._lock:
            self._count = 0


class Calc:
    target = oslo_messaging.Target(namespace='calc', version='2.3',
                                   legacy_namespaces=['oldcalc'])

    def mul(self, ctxt, a, b):
        return a * b

    def where(self, ctxt):
        return 'calc 2.3'


class OldCalc:
    target = oslo_messaging.Target(namespace='calc', version='1.7')

    def mul(self, ctxt, a, b):
        return 'old:%s' % (a * b)

    def where(self, ctxt):
        return 'calc 1.7'


class Control:
    target = oslo_messaging.Target(namespace='control', version='1.0')

    def __init__(self, stop):
        self._stop = stop

    def stop(self, ctxt):
        self._stop.set()


POLICIES = {'default': oslo_messaging.DefaultRPCAccessPolicy,
            'legacy': oslo_messaging.LegacyRPCAccessPolicy,
            'explicit': oslo_messaging.ExplicitRPCAccessPolicy}


def main():
    parser = argparse.ArgumentParser()
    add_common_arguments(parser)
    parser.add_argument('--max-seconds', type=float)
    parser.add_argument('--threads', type=int)
    parser.add_argument('--beside', action='append', default=[],
                        metavar='NAME', help='one more server of the topic, '
                        'in the same process; repeatable')
    parser.add_argument('--ping', action='store_true',
                        help='rpc_ping_enabled: answers oslo_rpc_server_ping')
    parser.add_argument('--policy', choices=POLICIES, default='default')
    parser.add_argument('--verbose', action='store_true')
    args = parser.parse_args()
    if args.ping:
        # The dispatcher reads the global configuration.
        from oslo_messaging.rpc import dispatcher
        cfg.CONF.register_opts(dispatcher._dispatcher_opts)
        cfg.CONF([])
        cfg.CONF.set_override('rpc_ping_enabled', True)
    serve(args,
          lambda name, stop: [Endpoint(name, args.verbose), Calc(), OldCalc(),
                              Control(stop)],
          policy=POLICIES[args.policy], threads=args.threads,
          max_seconds=args.max_seconds, beside=args.beside)


if __name__ == '__main__':
    main()
