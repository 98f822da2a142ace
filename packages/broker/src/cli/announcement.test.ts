import { describe, expect, it } from 'vitest';
import type { BrokerOptions } from '../options.js';
import { announce, formatBanner, formatJson, isLoopback, networkWarning, type RunningBroker } from './announcement.js';

const broker: RunningBroker = {
  host: '127.0.0.1',
  port: 5672,
  urlOf: (name, { username, password } = { username: 'first', password: 'of-the-broker' }) =>
    `amqp://${username}:${password}@127.0.0.1:5672/${encodeURIComponent(name)}`,
  close: () => Promise.resolve(),
};

function announced(options: BrokerOptions): ReturnType<typeof announce> {
  return announce(broker, options, '1.2.3', 42);
}

describe('what is said of a broker', () => {
  it('is its URL with the password that everybody knows', () => {
    expect(announced({}).urls).toEqual(['amqp://guest:guest@127.0.0.1:5672/%2F']);
  });

  it('is no password of a user of its own', () => {
    const announcement = announced({ users: { ann: 's3cret', bob: 'hunter2' } });
    expect(announcement.urls).toEqual(['amqp://ann:***@127.0.0.1:5672/%2F']);
    expect(formatBanner(announcement) + formatJson(announcement)).not.toMatch(/s3cret|hunter2/);
  });

  it('is no password of a guest who has another one', () => {
    expect(announced({ users: { guest: 's3cret' } }).urls).toEqual(['amqp://guest:***@127.0.0.1:5672/%2F']);
  });

  it('is a URL for each virtual host', () => {
    expect(announced({ virtualHosts: ['a/b', 'c'] }).urls).toEqual([
      'amqp://guest:guest@127.0.0.1:5672/a%2Fb',
      'amqp://guest:guest@127.0.0.1:5672/c',
    ]);
  });

  it('is one line for a program', () => {
    const text = formatJson(announced({}));
    expect(text).toMatch(/^[^\n]+\n$/);
    const url = 'amqp://guest:guest@127.0.0.1:5672/%2F';
    expect(JSON.parse(text)).toEqual({
      url,
      urls: [url],
      version: '1.2.3',
      host: '127.0.0.1',
      port: 5672,
      pid: 42,
    });
  });

  it('is, for people, also how to stop it and what it is not', () => {
    expect(formatBanner(announced({ virtualHosts: ['a', 'b'] }))).toBe(`
  leveret broker 1.2.3, AMQP 0-9-1 as RabbitMQ speaks it

  url    amqp://guest:guest@127.0.0.1:5672/a
         amqp://guest:guest@127.0.0.1:5672/b
  stop   Ctrl-C, or kill 42

  For development and tests: nothing is stored on disk, one process, no cluster; production is RabbitMQ.

`);
  });
});

describe('an address', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'])('%s is this machine only', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(networkWarning(host, {})).toBeUndefined();
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com'])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });

  it('that is not gets a warning, which names guest and clear text where they are', () => {
    expect(networkWarning('0.0.0.0', {})).toBe(
      '0.0.0.0 is not only this machine: whoever reaches it reaches this broker, with the user and password guest that everybody knows. Passwords and messages travel in clear.',
    );
    expect(networkWarning('0.0.0.0', { users: { ann: 'a' }, tls: {} })).toBe(
      '0.0.0.0 is not only this machine: whoever reaches it reaches this broker.',
    );
  });
});
