"""Notifications.

  notify.py [options] send PRIORITY EVENT_TYPE PAYLOAD_JSON
            [--publisher-id ID] [--driver messagingv2|messaging]
            [--context JSON] [--retry N]
  notify.py [options] notifications
  notify.py [options] listen [--seconds S] [--pool NAME] [--requeue-first N]
            [--batch-size N [--batch-timeout SECONDS]]

`notifications` prints {"ready": true}, reads notifications from stdin, one
JSON object a line, sends them in their order, and prints {"id", "sent"} for
each: {id, priority, event_type, payload, context, publisher_id, driver,
topics, retry}. It ends with stdin. `listen` prints {"ready": true}, and one
JSON object for each notification; those of a batch have its number.
"""
import argparse
import itertools
import json
import os
import signal
import sys
import threading
import time

from _common import (add_common_arguments, emit, leave, make_conf,
                     oslo_messaging)

PRIORITIES = ('audit', 'debug', 'info', 'warn', 'error', 'critical',
              'sample')


class Endpoint:
    def __init__(self, requeue_first):
        self._left = requeue_first
        # Batches are handled side by side, each in a thread.
        self._numbers = itertools.count(1)

    def heard_batch(self, priority, messages):
        number = next(self._numbers)
        for message in messages:
            emit(dict(message, priority=priority, batch=number))

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
    def hear(self, *facts):
        heard = self.heard if len(facts) > 1 else self.heard_batch
        return heard(priority, *facts)
    return hear


for name in PRIORITIES:
    setattr(Endpoint, name, handler(name))


def notify(transport, args, notification):
    notifier = oslo_messaging.Notifier(
        transport, publisher_id=notification.get('publisher_id'),
        driver=notification.get('driver', 'messagingv2'),
        topics=notification.get('topics', [args.topic]),
        retry=notification.get('retry'))
    getattr(notifier, notification['priority'])(
        notification.get('context', {}), notification['event_type'],
        notification.get('payload'))


def drive(transport, args):
    emit({'ready': True, 'topic': args.topic, 'pid': os.getpid()})
    for line in sys.stdin:
        notification = json.loads(line)
        notify(transport, args, notification)
        emit({'id': notification.get('id'), 'sent': True})
    leave()


def send(transport, args):
    notify(transport, args, {
        'priority': args.priority, 'event_type': args.event_type,
        'payload': json.loads(args.payload),
        'context': json.loads(args.context),
        'publisher_id': args.publisher_id, 'driver': args.driver,
        'retry': args.retry})
    emit({'sent': True})
    leave()


def listen(transport, args):
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    target = oslo_messaging.Target(topic=args.topic, exchange=args.exchange)
    create, batch = oslo_messaging.get_notification_listener, {}
    if args.batch_size:
        create = oslo_messaging.get_batch_notification_listener
        batch = {'batch_size': args.batch_size,
                 'batch_timeout': args.batch_timeout}
    listener = create(
        transport, [target], [Endpoint(args.requeue_first)],
        executor='threading', allow_requeue=True, pool=args.pool, **batch)
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
    commands.add_parser('notifications')
    listener = commands.add_parser('listen')
    listener.add_argument('--seconds', type=float)
    listener.add_argument('--pool')
    listener.add_argument('--requeue-first', type=int, default=0)
    listener.add_argument('--batch-size', type=int)
    listener.add_argument('--batch-timeout', type=float)
    args = parser.parse_args()
    # They are read from stdin, and the program ends with it anyway.
    if args.command == 'notifications':
        args.end_with_stdin = False
    transport = oslo_messaging.get_notification_transport(make_conf(args),
                                                          url=args.url)
    run = {'send': send, 'notifications': drive, 'listen': listen}
    run[args.command](transport, args)


if __name__ == '__main__':
    main()
