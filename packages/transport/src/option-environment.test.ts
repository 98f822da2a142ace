import { expect, it } from 'vitest';
import { environmentName, readEnvironment } from './option-environment.js';
import { OPTION_TABLE } from './option-table.js';

it.each([
  ['heartbeatMs', 'LEVERET_HEARTBEAT_MS'],
  ['tlsCaFile', 'LEVERET_TLS_CA_FILE'],
  ['entities.quorum', 'LEVERET_ENTITIES_QUORUM'],
])('%s is set by %s', (option, variable) => {
  expect(environmentName(option)).toBe(variable);
});

it('reads numbers and choices strictly, and nothing that only code can say', () => {
  const environment = { LEVERET_HEARTBEAT_MS: '5000', LEVERET_HOST_ORDER: 'given', LEVERET_ON_EVENT: 'x', OTHER: '1' };
  expect(readEnvironment(OPTION_TABLE, environment)).toEqual({ heartbeatMs: 5000, hostOrder: 'given' });
});

it.each([
  ['LEVERET_HEARTBEAT_MS', '5e3'],
  ['LEVERET_HEARTBEAT_MS', ' 5000'],
  ['LEVERET_HEARTBEAT_MS', '0x10'],
  ['LEVERET_HEARTBEAT_MS', '-1000'],
  ['LEVERET_HOST_ORDER', 'Given'],
  ['LEVERET_FRAME_MAX', '99999999999999999999'],
])('%s refuses %s without repeating it', (variable, words) => {
  const read = () => readEnvironment(OPTION_TABLE, { [variable]: words });
  expect(read).toThrow(`The environment variable ${variable} must be `);
  expect(read).not.toThrow(words);
});
