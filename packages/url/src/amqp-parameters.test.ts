import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { amqpParameters, parseTransportUrl, Secret } from '../test/all.js';

function parametersOf(query: string): Record<string, unknown> {
  const given = Object.entries(amqpParameters(parseTransportUrl(`amqps://h?${query}`))).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(given);
}

it.each([
  ['', {}],
  ['heartbeat=10', { heartbeatSeconds: 10 }],
  ['heartbeat=0', { heartbeatSeconds: 0 }],
  ['connection_timeout=10000', { connectionTimeoutMs: 10_000 }],
  ['channel_max=2047', { channelMax: 2047 }],
  ['frame_max=131072', { frameMax: 131_072 }],
  [
    'cacertfile=/ca.pem&certfile=/c%20d.pem&keyfile=k.pem',
    { cacertfile: '/ca.pem', certfile: '/c d.pem', keyfile: 'k.pem' },
  ],
  ['verify=verify_peer', { verify: 'verify_peer' }],
  ['fail_if_no_peer_cert=true', { failIfNoPeerCert: true }],
  ['fail_if_no_peer_cert=false', { failIfNoPeerCert: false }],
  ['depth=2', { depth: 2 }],
  ['server_name_indication=broker', { serverNameIndication: 'broker' }],
  ['server_name_indication=disable', { serverNameIndication: false }],
  ['customize_hostname_check=https', { customizeHostnameCheck: 'https' }],
  ['auth_mechanism=external&auth_mechanism=plain', { authMechanisms: ['external', 'plain'] }],
  ['auth_mechanism=amqp_auth_mechanisms:amqplain', { authMechanisms: ['amqplain'] }],
])('reads ?%s', (query, expected) => {
  expect(parametersOf(query)).toEqual({ authMechanisms: [], ...expected });
});

it('keeps the passphrase of the key a secret', () => {
  const url = parseTransportUrl('amqps://h?password=hunter2');
  const { keyPassphrase } = amqpParameters(url);
  expect(keyPassphrase).toBeInstanceOf(Secret);
  expect(keyPassphrase?.reveal()).toBe('hunter2');
  expect(inspect([url, url.query, amqpParameters(url)], { depth: 9, showHidden: true })).not.toContain('hunter2');
});

it.each([
  'heartbeat',
  'connection_timeout',
  'channel_max',
  'frame_max',
  'auth_mechanism',
  'verify',
  'fail_if_no_peer_cert',
  'depth',
  'customize_hostname_check',
])('names %s when its value is bad, and not the value', (name) => {
  for (const value of ['HUNTER2', '', '-1', '1e3', '99999999999', 'TRUE']) {
    expect(() => parametersOf(`${name}=${value}`)).toThrow(
      expect.objectContaining({
        code: 'ERR_LEVERET_URL_BAD_PARAMETER',
        message: expect.stringMatching(new RegExp(`^URL: bad parameter\\. ${name} can be [a-z0-9_, ]+\\.$`)),
      }),
    );
  }
});

it('refuses a parameter that is none, by its place', () => {
  expect(() => parametersOf('heartbeat=1&hunter2=x')).toThrow(
    "URL: bad parameter. Parameter 2 of 2 is none of RabbitMQ's: heartbeat, ",
  );
});

it("is for RabbitMQ's dialect", () => {
  expect(() => amqpParameters(parseTransportUrl('rabbit://h?heartbeat=1'))).toThrow(
    "RabbitMQ's parameters go with amqp and amqps.",
  );
});
