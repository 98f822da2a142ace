#!/usr/bin/env python3
"""Reads transport URLs as oslo.messaging does, and as kombu does.

Takes a JSON array of texts from stdin and prints a JSON line for each: what TransportURL.parse makes of it, and what kombu's parse_url
makes of it; null where it raises.
"""

import json
import logging
import sys
import warnings

from kombu.utils.url import parse_url
from oslo_config import cfg
from oslo_messaging.transport import TransportURL

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def oslo(text):
    try:
        url = TransportURL.parse(cfg.ConfigOpts(), text)
    except Exception:  # noqa: BLE001 - whatever it raises, it does not read this
        return None
    hosts = [
        [host.hostname, host.port, host.username, host.password]
        for host in url.hosts
    ]
    return [url.transport, hosts, url.virtual_host, list(url.query.items())]


def kombu(text):
    try:
        url = parse_url(text)
    except Exception:  # noqa: BLE001
        return None
    return [url["hostname"], url["port"], url["userid"], url["password"], url["virtual_host"]]


for text in json.load(sys.stdin):
    print(json.dumps([text, oslo(text), kombu(text)], ensure_ascii=True))
