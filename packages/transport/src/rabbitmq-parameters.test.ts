import { parseTransportUrl } from '@leveret/url';
import { amqpParameterNames } from '@leveret/url/rabbitmq';
import { expect, it } from 'vitest';
import { ALL_ROWS } from './option-table.js';
import { resolveOptions } from './options.js';
import { RABBITMQ_NO_EFFECT } from './rabbitmq-parameters.js';
import { createTransport } from './transport.js';

const resolve = (query: string) => resolveOptions({ env: false }, '0', parseTransportUrl(`amqp://h/?${query}`));

it('every parameter sets an option, or it is said why not', () => {
  const set = Object.values(ALL_ROWS).flatMap(({ rabbitmq }) => rabbitmq?.names ?? []);
  expect([...set, ...Object.keys(RABBITMQ_NO_EFFECT)].sort()).toEqual([...amqpParameterNames].sort());
});

it.each([
  ['heartbeat=10', { heartbeatMs: 10_000 }],
  ['connection_timeout=1500', { connectTimeoutMs: 1_500 }],
  ['frame_max=8192', { frameMax: 8_192 }],
  ['auth_mechanism=external&auth_mechanism=plain', { authMechanism: 'EXTERNAL' }],
  ['auth_mechanism=crdemo&auth_mechanism=amqplain', { authMechanism: 'AMQPLAIN' }],
  ['frame_max=0', { frameMax: 131_072 }],
  ['frame_max=1048576', { frameMax: 131_072 }],
])('%s', (query, expected) => {
  expect(resolve(query)).toMatchObject(expected);
});

it.each([
  ['connection_timeout=0', 'connection_timeout: what it sets, connectTimeoutMs, must be a whole number from 1'],
  ['frame_max=100', 'frame_max: what it sets, frameMax, must be a whole number from 4096'],
  ['heartbeat=x', 'heartbeat can be an integer'],
  ['auth_mechanism=crdemo', "authMechanism, must be 'PLAIN', 'AMQPLAIN' or 'EXTERNAL'"],
  ['hearbeat=10', "A parameter of the URL is none of RabbitMQ’s; did you mean 'heartbeat'?"],
  ['heartbeat_timeout_threshold=10', "did you mean 'heartbeat'?"],
  ['frameMax=10000', "did you mean 'frame_max'?"],
])('%s is refused', (query, words) => {
  expect(() => resolve(query)).toThrow(words);
});

it('tlsEnabled does not take TLS from an amqps URL', () => {
  expect(() => createTransport('amqps://h/', { tlsEnabled: false, env: false })).toThrow('the URL says amqps');
  expect(() => createTransport('amqp://h/', { tlsEnabled: true, env: false })).not.toThrow();
});
