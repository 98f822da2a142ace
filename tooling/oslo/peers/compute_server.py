"""The demo's compute service, in Python.

  compute_server.py --url rabbit://… --topic compute --server host-py
"""
import argparse
import random
import threading
import time

from _common import add_common_arguments
from _serving import serve

DEFAULT_FLAVOR = 'm1.small'


class InstanceFault(Exception):
    """The one failure of this service that is its own."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class Compute:
    def __init__(self, host):
        self._host = host
        self._lock = threading.Lock()
        self._flavors = {}
        self._refreshed = 0
        self._rebooted = 0

    def describe(self, ctxt, instance_id):
        with self._lock:
            flavor = self._flavors.get(instance_id, DEFAULT_FLAVOR)
        return {'instance_id': instance_id, 'host': self._host,
                'status': 'ACTIVE', 'flavor': flavor}

    def resize(self, ctxt, instance_id, flavor):
        time.sleep(random.uniform(0.05, 0.15))
        with self._lock:
            self._flavors[instance_id] = flavor
        return {'instance_id': instance_id, 'host': self._host,
                'flavor': flavor, 'status': 'RESIZED'}

    def fail(self, ctxt, reason):
        raise InstanceFault(reason)

    def refresh(self, ctxt, token):
        with self._lock:
            self._refreshed += 1

    def reboot(self, ctxt, instance_id, request_id):
        with self._lock:
            self._rebooted += 1

    def counts(self, ctxt):
        with self._lock:
            return {'host': self._host, 'refreshed': self._refreshed,
                    'rebooted': self._rebooted}


def main():
    parser = argparse.ArgumentParser()
    add_common_arguments(parser)
    parser.set_defaults(topic='compute', server='host-py')
    args = parser.parse_args()
    serve(args, lambda name, stop: [Compute(name)])


if __name__ == '__main__':
    main()
