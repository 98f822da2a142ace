"""Notifications.

  notify.py [options] send PRIORITY EVENT_TYPE PAYLOAD_JSON
            [--publisher-id ID] [--driver messagingv2|messaging]
            [--context JSON] [--retry N]
  notify.py [options] listen [--seconds S] [--pool NAME] [--requeue-first N]

`listen` prints {"ready": true}, and one JSON object for each notification.
"""
import argparse
import json
import os
import signal
import threading
import time

from _common import (add_common_arguments, emit, leave, make_conf,
                     oslo_messaging)

PRIORITIES = ('audit', 'debug', 'info', 'warn', 'error', 'critical',
              'sample')


class Endpoint:
    def __init__(self, requeue_first):
        self._left = requeue_first

    def heard(self, priority, ctxt, publisher_id, event_type, payload,
              metadata):
        requeue = self._left > 0
        self._left -= requeue
        emit({'priority': priority, 'ctxt': ctxt,
              'publisher_id': publisher_id, 'event_type': event_type,
              'payload': payload, 'metadata': metadata,
              'requeued': requeue})
        result = oslo_messaging.NotificationResult
        return result.REQUEUE if requeue else result.HANDLED


def handler(priority):
    return lambda self, *facts: self.heard(priority, *facts)


for name in PRIORITIES:
    setattr(Endpoint, name, handler(name))


def send(transport, args):
    notifier = oslo_messaging.Notifier(
        transport, publisher_id=args.publisher_id, driver=args.driver,
        topics=[args.topic], retry=args.retry)
    getattr(notifier, args.priority)(json.loads(args.context),
                                     args.event_type,
                                     json.loads(args.payload))
    emit({'sent': True})
    leave()


def listen(transport, args):
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    target = oslo_messaging.Target(topic=args.topic, exchange=args.exchange)
    listener = oslo_messaging.get_notification_listener(
        transport, [target], [Endpoint(args.requeue_first)],
        executor='threading', allow_requeue=True, pool=args.pool)
    listener.start()
    time.sleep(0.3)
    emit({'ready': True, 'topic': args.topic, 'pid': os.getpid()})
    stop.wait(args.seconds)
    listener.stop()
    listener.wait()
    emit({'stopped': True})


def main():
    parser = argparse.ArgumentParser()
    add_common_arguments(parser)
    parser.set_defaults(topic='notifications')
    commands = parser.add_subparsers(dest='command', required=True)
    sender = commands.add_parser('send')
    sender.add_argument('priority', choices=PRIORITIES)
    sender.add_argument('event_type')
    sender.add_argument('payload', help='JSON')
    sender.add_argument('--publisher-id', default='py.host1')
    sender.add_argument('--driver', default='messagingv2')
    sender.add_argument('--context', default='{}')
    sender.add_argument('--retry', type=int)
    listener = commands.add_parser('listen')
    listener.add_argument('--seconds', type=float)
    listener.add_argument('--pool')
    listener.add_argument('--requeue-first', type=int, default=0)
    args = parser.parse_args()
    transport = oslo_messaging.get_notification_transport(make_conf(args),
                                                          url=args.url)
    (send if args.command == 'send' else listen)(transport, args)


if __name__ == '__main__':
    main()
