"""N calls, C at a time; prints calls a second and latencies.

  bench_client.py --url rabbit://… --topic interop --server s1 -n 500 -c 4
"""
import argparse
import itertools
import threading
import time

from _common import (add_common_arguments, emit, leave, make_conf,
                     oslo_messaging, version)


def main():
    parser = argparse.ArgumentParser()
    add_common_arguments(parser)
    parser.add_argument('-n', type=int, default=500)
    parser.add_argument('-c', type=int, default=4)
    parser.add_argument('--method', default='echo')
    parser.add_argument('--size', type=int, default=16,
                        help='characters sent to echo')
    parser.add_argument('--timeout', type=float, default=30)
    parser.add_argument('--cast', action='store_true')
    args = parser.parse_args()
    transport = oslo_messaging.get_rpc_transport(make_conf(args),
                                                 url=args.url)
    target = oslo_messaging.Target(exchange=args.exchange, topic=args.topic,
                                   server=args.server)
    client = oslo_messaging.get_rpc_client(transport, target,
                                           timeout=args.timeout)
    # Connections and the reply queue are made before the clock starts.
    client.call({}, 'echo', value='warm')
    send = client.cast if args.cast else client.call
    kwargs = {'value': 'x' * args.size} if args.method == 'echo' else {}
    numbers = itertools.count()
    latencies, errors = [], []

    def work():
        # next() of a count is atomic, and so is append().
        while next(numbers) < args.n:
            started = time.perf_counter()
            try:
                send({}, args.method, **kwargs)
                latencies.append(time.perf_counter() - started)
            except Exception as error:
                errors.append(repr(error)[:200])

    threads = [threading.Thread(target=work) for _ in range(args.c)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - started
    latencies.sort()

    def quantile(q):
        if not latencies:
            return None
        index = min(len(latencies) - 1, int(q * len(latencies)))
        return round(latencies[index] * 1000, 3)

    emit({'oslo': version(), 'n': args.n, 'concurrency': args.c,
          'kind': 'cast' if args.cast else 'call', 'size': args.size,
          'ok': len(latencies), 'errors': len(errors),
          'first_error': errors[:1], 'wall_s': round(wall, 3),
          'per_s': round(len(latencies) / wall, 1), 'p50_ms': quantile(.5),
          'p90_ms': quantile(.9), 'p99_ms': quantile(.99),
          'max_ms': quantile(1)})
    leave()


if __name__ == '__main__':
    main()
