"""kombu, as an application uses it.

  kombu_client.py SCENARIO URL [CA_FILE]

Prints one JSON object: what the scenario saw.
"""
import json
import socket
import ssl
import sys
import time
import warnings

warnings.simplefilter('ignore')

import amqp  # noqa: E402
from kombu import Connection, Exchange, Queue  # noqa: E402
from kombu.mixins import ConsumerMixin  # noqa: E402

CONFIRMING = {'confirm_publish': True}
QUICKLY = {'interval_start': 0.02, 'interval_step': 0.02, 'interval_max': 0.1,
           'max_retries': 50}


def drain(connection, done, seconds=10):
    """Hears events until it is done."""
    deadline = time.monotonic() + seconds
    while not done():
        try:
            connection.drain_events(timeout=0.2)
        except socket.timeout:
            if time.monotonic() > deadline:
                raise


def messages(url):
    """500 confirmed messages in order, with headers, compressed or not."""
    with Connection(url, transport_options=CONFIRMING) as connection:
        exchange = Exchange('kombu.topic', type='topic')
        queue = Queue('kombu.queue', exchange, routing_key='a.*', exclusive=True)
        producer = connection.Producer(exchange=exchange)
        for number in range(500):
            producer.publish({'number': number, 'text': 'für 😀'},
                             routing_key='a.b', declare=[queue], priority=3,
                             compression='gzip' if number % 2 else None,
                             headers={'n': number, 'list': [1, None, True]})
        seen, held = [], []

        def on_message(body, message):
            seen.append((body['number'], message.headers['n'],
                         message.properties['priority'], body['text']))
            held.append(message)

        with connection.Consumer(queue, callbacks=[on_message],
                                 prefetch_count=10):
            drain(connection, lambda: len(seen) == 10)
            try:
                connection.drain_events(timeout=0.2)
            except socket.timeout:
                pass
            unacknowledged = len(seen)
            while len(seen) < 500:
                # The last of ten settles all of them.
                held[-1].ack(multiple=True)
                held.clear()
                drain(connection, lambda: len(held) == 10)
            held[-1].ack(multiple=True)
        return {'unacknowledged': unacknowledged,
                'in_order': seen == [(n, n, 3, 'für 😀') for n in range(500)]}


def one_by_one(url):
    """get, requeue, reject, purge, delete, a large body, SimpleQueue."""
    with Connection(url, transport_options=CONFIRMING) as connection:
        channel = connection.channel()
        queue = Queue('kombu.get', durable=False, auto_delete=False)(channel)
        queue.declare()
        producer = connection.Producer()
        result = {'nothing': queue.get()}
        producer.publish('first', routing_key='kombu.get')
        message = queue.get()
        message.requeue()
        again = queue.get()
        result['again'] = [again.payload, again.delivery_info['redelivered']]
        again.reject()
        large = bytes(range(256)) * 40000
        producer.publish(large, routing_key='kombu.get',
                         content_type='application/octet-stream',
                         content_encoding='binary')
        result['large'] = queue.get(no_ack=True).body == large
        for _ in range(3):
            producer.publish('x', routing_key='kombu.get')
        result['purged'] = queue.purge()
        result['deleted'] = queue.delete()
        simple = connection.SimpleQueue('kombu.simple')
        simple.put({'hello': 'world'})
        message = simple.get(timeout=5)
        message.ack()
        result['simple'] = message.payload
        simple.close()
        return result


def refusals(url):
    """What is returned, what is nacked, and errors as classes."""
    with Connection(url, transport_options=CONFIRMING) as connection:
        returned = []
        producer = connection.Producer(
            on_return=lambda error, exchange, key, message: returned.append(
                [error.reply_code, error.reply_text, exchange, key]))
        producer.publish('x', routing_key='nowhere', mandatory=True)
        drain(connection, lambda: returned)
        channel = connection.channel()
        channel.queue_declare('full', exclusive=True, arguments={
            'x-max-length': 1, 'x-overflow': 'reject-publish'})
        errors = []

        def refused(use):
            try:
                use()
            except amqp.AMQPError as error:
                errors.append([type(error).__name__, error.reply_code,
                               error.reply_text])
            except Exception as error:
                errors.append([type(error).__name__])

        producer.publish('first', routing_key='full')
        refused(lambda: producer.publish('second', routing_key='full'))
        refused(lambda: connection.channel().queue_declare(
            'missing', passive=True))
        channel.queue_declare('there', durable=True)
        refused(lambda: connection.channel().queue_declare('there'))
        refused(lambda: connection.channel().exchange_declare(
            'amq.mine', 'direct'))
        channel.basic_consume('full', exclusive=True, callback=lambda message: None)
        refused(lambda: connection.channel().basic_consume(
            'full', callback=lambda message: None))
        return {'returned': returned, 'errors': errors}


def calls(url):
    """RPC by direct reply-to, a second connection serves."""
    with Connection(url) as connection, Connection(url) as server:
        replies = []
        channel = connection.channel()

        def serve(body, message):
            server.Producer(message.channel).publish(
                body * 2, routing_key=message.properties['reply_to'],
                correlation_id=message.properties['correlation_id'])

        address = Queue('amq.rabbitmq.reply-to', no_declare=True)
        with server.Consumer(Queue('kombu.double'), callbacks=[serve],
                             no_ack=True), \
                connection.Consumer(address, channel=channel, no_ack=True,
                                    callbacks=[lambda body, message:
                                               replies.append([
                                                   body, message.properties[
                                                       'correlation_id']])]):
            producer = connection.Producer(channel)
            for number in range(20):
                producer.publish(number, routing_key='kombu.double',
                                 reply_to='amq.rabbitmq.reply-to',
                                 correlation_id=str(number))
                server.drain_events(timeout=5)
                connection.drain_events(timeout=5)
        return {'replies': replies}


class Worker(ConsumerMixin):
    """Consumes, through whatever happens, until it is told to stop."""

    def __init__(self, connection):
        self.connection = connection
        self.seen = []
        self.errors = 0

    def get_consumers(self, consumer_class, channel):
        return [consumer_class([Queue('kombu.jobs')], prefetch_count=1,
                               callbacks=[self.on_message])]

    def on_message(self, body, message):
        message.ack()
        self.seen.append(body)
        self.should_stop = body == 'stop'

    def on_connection_revived(self):
        self.errors += 1


def worker(url):
    with Connection(url) as connection:
        consumer = Worker(connection)
        consumer.run()
        return {'seen': consumer.seen, 'revived': consumer.errors}


def publisher(url):
    """1000 messages, each published again until it is confirmed."""
    with Connection(url, transport_options=CONFIRMING) as connection:
        producer = connection.Producer()
        queue = Queue('kombu.published')
        queue(connection.channel()).declare()
        for number in range(1000):
            producer.publish(str(number), routing_key='kombu.published',
                             retry=True, retry_policy=QUICKLY)
        return {'published': 1000}


def beating(url):
    """Idle, with heartbeats."""
    with Connection(url, heartbeat=2) as connection:
        connection.connect()
        end = time.monotonic() + 5
        while time.monotonic() < end:
            connection.heartbeat_check()
            try:
                connection.drain_events(timeout=0.4)
            except socket.timeout:
                pass
        return {'interval': connection.get_heartbeat_interval(),
                'connected': connection.connected}


def silent(url):
    """Idle without a heartbeat, until the broker has had enough."""
    with Connection(url, heartbeat=2) as connection:
        connection.connect()
        try:
            connection.drain_events(timeout=20)
        except connection.connection_errors as error:
            return {'lost': isinstance(error, OSError)}


def deserted(url):
    """Sends heartbeats, and waits for the broker to fall silent."""
    with Connection(url, heartbeat=2) as connection:
        connection.connect()
        while True:
            try:
                connection.heartbeat_check()
                connection.drain_events(timeout=0.3)
            except socket.timeout:
                pass
            except amqp.ConnectionForced as error:
                connection.collect(socket_timeout=0)
                return {'error': str(error)}


def encrypted(url, ca_file):
    options = {'ca_certs': ca_file, 'cert_reqs': ssl.CERT_REQUIRED}
    with Connection(url, ssl=options, transport_options=CONFIRMING) as connection:
        simple = connection.SimpleQueue('kombu.secret')
        simple.put('x' * 1000000)
        message = simple.get(timeout=5)
        message.ack()
        return {'length': len(message.payload)}


SCENARIOS = [messages, one_by_one, refusals, calls, worker, publisher, beating,
             silent, deserted, encrypted]


def main():
    name, *arguments = sys.argv[1:]
    scenario = {each.__name__: each for each in SCENARIOS}[name]
    print(json.dumps(scenario(*arguments), default=repr))


if __name__ == '__main__':
    main()
