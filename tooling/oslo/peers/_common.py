"""What all peers share: command line, configuration, output.

They need an interpreter that has oslo.messaging, such as Debian's
/usr/bin/python3 with the package python3-oslo.messaging.
"""
import json
import logging
import os
import sys
import tempfile
import threading
import warnings
from importlib import metadata

warnings.simplefilter('ignore')

from oslo_config import cfg  # noqa: E402
import oslo_messaging  # noqa: E402
from oslo_messaging import conffixture  # noqa: E402,F401  registers the drivers' options
from oslo_messaging._metrics import client as metrics_client  # noqa: E402

_output = threading.Lock()


def add_common_arguments(parser):
    parser.add_argument('--url', required='OSLO_URL' not in os.environ,
                        default=os.environ.get('OSLO_URL'),
                        help='transport URL; default: $OSLO_URL')
    parser.add_argument('--topic', default='interop')
    parser.add_argument('--exchange', help='control exchange; default: openstack')
    parser.add_argument('--server')
    parser.add_argument('--opt', action='append', default=[], metavar='K=V',
                        help='an option of [oslo_messaging_rabbit], '
                             'or GROUP.k=v; repeatable')
    parser.add_argument('--end-with-stdin', action='store_true',
                        help='ends at once when its stdin does')
    parser.add_argument('--log', help='log level for stderr, such as DEBUG')


def _end_with_stdin():
    """Ends at once when whoever holds the other end of stdin has ended."""
    def watch():
        sys.stdin.buffer.read()
        os._exit(0)
    threading.Thread(target=watch, daemon=True).start()


def make_conf(args):
    if args.end_with_stdin:
        _end_with_stdin()
    if args.log:
        logging.basicConfig(
            stream=sys.stderr, level=args.log.upper(),
            format='%(asctime)s %(levelname)s %(name)s %(message)s')
        # Frame by frame is more than anybody reads.
        for name in ('amqp', 'kombu'):
            logging.getLogger(name).setLevel(logging.INFO)
    groups = {}
    for option in args.opt:
        key, value = option.split('=', 1)
        group, _, key = key.rpartition('.')
        groups.setdefault(group or 'oslo_messaging_rabbit', []).append(
            '%s = %s\n' % (key, value))
    conf = cfg.ConfigOpts()
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
        for group, lines in groups.items():
            file.write('[%s]\n%s' % (group, ''.join(lines)))
        file.flush()
        conf([], default_config_files=[file.name])
    # The client reads these from the transport's configuration, while the
    # library registers them on the global one only.
    conf.register_opts(metrics_client.oslo_messaging_metrics,
                       group='oslo_messaging_metrics')
    return conf


def version():
    try:
        return metadata.version('oslo.messaging')
    except metadata.PackageNotFoundError:
        return 'unknown'


def emit(value):
    """One JSON object, one line; whole, whichever threads write."""
    line = json.dumps(value, sort_keys=True, default=repr)
    with _output:
        sys.stdout.write(line + '\n')
        sys.stdout.flush()


def leave(status=0):
    """Ends at once: transport.cleanup() may join a thread for 5 s."""
    sys.stdout.flush()
    os._exit(status)
