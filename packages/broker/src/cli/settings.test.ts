import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrokerOptions } from '../options.js';
import { parseCommandLine } from './command-line.js';
import { brokerOptions } from './settings.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'leveret-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function settings(args: readonly string[], environment: NodeJS.ProcessEnv = {}): BrokerOptions {
  const line = parseCommandLine(args);
  if (typeof line === 'string') throw new Error(`asked for ${line}`);
  return brokerOptions(line, environment);
}

it('leaves to the broker what nobody said', () => {
  expect(settings([])).toEqual({ port: 5672, host: '127.0.0.1' });
});

it('takes users from the environment, a file and the command line, the later over the earlier', () => {
  const args = ['--users-file', file('users', 'bob:file\ncarol:file\n'), '--user', 'carol:line'];
  expect(settings(args, { LEVERET_BROKER_USERS: 'ann:environment bob:environment' }).users).toEqual({
    ann: 'environment',
    bob: 'file',
    carol: 'line',
  });
});

it('takes an empty variable for none', () => {
  expect(settings([], { LEVERET_BROKER_USERS: '' }).users).toBeUndefined();
});

it('reads key and certificate', () => {
  const args = ['--tls-key', file('key', 'the key'), '--tls-cert', file('cert', 'the certificate')];
  expect(settings(args).tls).toEqual({ key: 'the key', cert: 'the certificate' });
});

it('hands on virtual hosts and the heartbeat, zero too', () => {
  expect(settings(['--vhost', 'a', '--vhost', '/', '--heartbeat', '0'])).toMatchObject({
    virtualHosts: ['a', '/'],
    heartbeatSeconds: 0,
  });
});

it('says which option names a file that cannot be read', () => {
  expect(() => settings(['--users-file', join(folder, 'nowhere')])).toThrow(/^--users-file cannot be read: ENOENT/);
});

it('does not fall back to guest when the file of users is empty', () => {
  expect(() => settings(['--users-file', file('empty', '\n')])).toThrow(
    '--users-file names a file without a user in it.',
  );
});
