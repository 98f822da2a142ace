"""One RPC request, from data to data."""
import time

from _common import oslo_messaging


def failure(error):
    kind = type(error)
    return {'class': kind.__name__, 'module': kind.__module__,
            'mro': [base.__name__ for base in kind.__mro__],
            'str': str(error), 'args': list(error.args),
            'exc_type': getattr(error, 'exc_type', None),
            'value': getattr(error, 'value', None),
            'kwargs': getattr(error, 'kwargs', None)}


def perform(transport, topic, exchange, request):
    """Sends a request and says how it ended."""
    kind = request.get('kind', 'call')
    started = time.monotonic()
    try:
        target = oslo_messaging.Target(
            exchange=request.get('exchange', exchange),
            topic=request.get('topic', topic),
            namespace=request.get('namespace'),
            version=request.get('version'), server=request.get('server'),
            fanout=True if kind == 'fanout' else None)
        options = None
        if request.get('at_least_once'):
            options = oslo_messaging.TransportOptions(at_least_once=True)
        client = oslo_messaging.get_rpc_client(
            transport, target, timeout=request.get('timeout'),
            version_cap=request.get('version_cap'),
            retry=request.get('retry'),
            call_monitor_timeout=request.get('call_monitor_timeout'),
            transport_options=options)
        send = client.call if kind == 'call' else client.cast
        result = send(request.get('context', {}), request['method'],
                      **request.get('args', {}))
        answer = {'ok': True, 'result': result}
        if request.get('repr'):
            answer['repr'] = repr(result)
    except Exception as error:
        answer = {'ok': False, 'error': failure(error)}
    answer['elapsed_ms'] = round((time.monotonic() - started) * 1000, 1)
    return answer
