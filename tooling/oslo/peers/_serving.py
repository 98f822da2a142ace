"""Runs an RPC server from {"ready": true} to SIGTERM."""
import os
import signal
import threading
import time

from _common import emit, make_conf, oslo_messaging, version


def serve(args, make_endpoints, policy=oslo_messaging.DefaultRPCAccessPolicy,
          threads=None, max_seconds=None):
    name = args.server or 'server1'
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    transport = oslo_messaging.get_rpc_transport(make_conf(args), url=args.url)
    target = oslo_messaging.Target(exchange=args.exchange, topic=args.topic,
                                   server=name)
    server = oslo_messaging.get_rpc_server(
        transport, target, make_endpoints(name, stop), executor='threading',
        access_policy=policy)
    server.start(override_pool_size=threads)
    # The queues are declared; the thread that polls issues basic.consume.
    time.sleep(0.2)
    emit({'ready': True, 'pid': os.getpid(), 'topic': args.topic,
          'exchange': args.exchange or 'openstack', 'server': name,
          'oslo': version()})
    stop.wait(max_seconds)
    server.stop()
    server.wait()
    transport.cleanup()
    emit({'stopped': True, 'server': name})
