import { expect, it } from 'vitest';
import type { IgnoredOption } from './ignored-option.js';
import { environmentName, readEnvironment } from './option-environment.js';
import { ALL_ROWS, OPTION_TABLE } from './option-table.js';

const neverIgnored = ({ option }: IgnoredOption): void => {
  throw new Error(`${option} is ignored.`);
};

it.each([
  ['heartbeatMs', 'LEVERET_HEARTBEAT_MS'],
  ['tlsCaFile', 'LEVERET_TLS_CA_FILE'],
  ['entities.quorum', 'LEVERET_ENTITIES_QUORUM'],
])('%s is set by %s', (option, variable) => {
  expect(environmentName(option)).toBe(variable);
});

it('reads numbers and choices strictly, and nothing that only code can say', () => {
  const environment = { LEVERET_HEARTBEAT_MS: '5000', LEVERET_HOST_ORDER: 'given', OTHER: '1' };
  expect(readEnvironment(OPTION_TABLE, environment, neverIgnored)).toEqual({ heartbeatMs: 5000, hostOrder: 'given' });
});

it.each([
  ['LEVERET_HEARTBEAT_MS', '5e3'],
  ['LEVERET_HEARTBEAT_MS', ' 5000'],
  ['LEVERET_HEARTBEAT_MS', '0x10'],
  ['LEVERET_HEARTBEAT_MS', '-1000'],
  ['LEVERET_HOST_ORDER', 'Given'],
  ['LEVERET_FRAME_MAX', '99999999999999999999'],
])('%s refuses %s without repeating it', (variable, words) => {
  const read = () => readEnvironment(OPTION_TABLE, { [variable]: words }, neverIgnored);
  expect(read).toThrow(`The environment variable ${variable} must be `);
  expect(read).not.toThrow(words);
});

it('tells what is nearly an option, and what only code can say', () => {
  const ignored: IgnoredOption[] = [];
  const environment = {
    LEVERET_HEARTBEAT: '5',
    LEVERET_HEARTBEATMS: '5',
    LEVERET_ENTITIES_QUORUMS: '1',
    LEVERET_RECONNECT_BACKOFF: '1',
    LEVERET_FRAME_MAXIMUM: '',
    LEVERET_RABBITMQ_URL: 'amqp://u:secret@h/',
    LEVERET_PYTHON: '/usr/bin/python3',
    LEVERET_TOOLING_BROKER: 'embedded',
  };
  expect(readEnvironment(ALL_ROWS, environment, (option) => ignored.push(option))).toEqual({});
  expect(ignored).toEqual([
    { option: 'LEVERET_HEARTBEAT', reason: 'there is no such option; did you mean LEVERET_HEARTBEAT_MS?' },
    { option: 'LEVERET_HEARTBEATMS', reason: 'there is no such option; did you mean LEVERET_HEARTBEAT_MS?' },
    { option: 'LEVERET_ENTITIES_QUORUMS', reason: 'there is no such option; did you mean LEVERET_ENTITIES_QUORUM?' },
    { option: 'LEVERET_RECONNECT_BACKOFF', reason: 'only code can say reconnectBackoff' },
  ]);
});
