"""Runs RPC servers of one topic from {"ready": true} to SIGTERM."""
import os
import signal
import threading
import time

from _common import emit, make_conf, oslo_messaging, version


def serve(args, make_endpoints, policy=oslo_messaging.DefaultRPCAccessPolicy,
          threads=None, max_seconds=None, beside=()):
    names = [args.server or 'server1', *beside]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    transport = oslo_messaging.get_rpc_transport(make_conf(args), url=args.url)
    servers = [
        oslo_messaging.get_rpc_server(
            transport,
            oslo_messaging.Target(exchange=args.exchange, topic=args.topic,
                                  server=name),
            make_endpoints(name, stop), executor='threading',
            access_policy=policy)
        for name in names]
    for server in servers:
        server.start(override_pool_size=threads)
    # The queues are declared; the thread that polls issues basic.consume.
    time.sleep(0.2)
    emit({'ready': True, 'pid': os.getpid(), 'topic': args.topic,
          'exchange': args.exchange or 'openstack', 'server': names[0],
          'oslo': version()})
    stop.wait(max_seconds)
    for server in servers:
        server.stop()
    for server in servers:
        server.wait()
    transport.cleanup()
    emit({'stopped': True, 'server': names[0]})
