import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.js';
import { UsageError } from './usage.js';

const defaults = {
  port: 5672,
  host: '127.0.0.1',
  users: [],
  usersFile: undefined,
  virtualHosts: [],
  tls: undefined,
  heartbeatSeconds: undefined,
  json: false,
  verbose: false,
};

function refusal(...args: readonly string[]): string {
  try {
    parseCommandLine(args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a command line that can be used', () => {
  it('may be empty: AMQP on its own port, for this machine only', () => {
    expect(parseCommandLine([])).toEqual(defaults);
  });

  it('names everything, some of it more than once', () => {
    const line =
      '--port 0 --host ::1 --user ann:a --user=bob:b --users-file u --vhost / --vhost orders --tls-key k --tls-cert c --heartbeat 5 --json --verbose';
    expect(parseCommandLine(line.split(' '))).toEqual({
      port: 0,
      host: '::1',
      users: ['ann:a', 'bob:b'],
      usersFile: 'u',
      virtualHosts: ['/', 'orders'],
      tls: { keyFile: 'k', certFile: 'c' },
      heartbeatSeconds: 5,
      json: true,
      verbose: true,
    });
  });

  it('may have a value that begins with dashes, behind an equals sign', () => {
    expect(parseCommandLine(['--user=--x:y'])).toEqual({ ...defaults, users: ['--x:y'] });
  });

  it.each(['--help', '-h'])('asks for help with %s, whatever else it says', (option) => {
    expect(parseCommandLine(['--port', '1', option])).toBe('help');
  });

  it('asks for the version', () => {
    expect(parseCommandLine(['--version'])).toBe('version');
  });
});

describe('a command line that cannot be used', () => {
  it.each(['-1', '65536', '5672x', '5_672', '0x10', '1e3', ' 1', 'http'])('has the port %j', (port) => {
    expect(refusal(`--port=${port}`)).toBe(`--port takes a whole number from 0 to 65535, not '${port}'.`);
  });

  it('has a negative number behind a space', () => {
    expect(refusal('--heartbeat', '-1')).toBe("--heartbeat takes a whole number from 0 to 65535, not '-1'.");
  });

  it.each([
    ['--prot', 'There is no option --prot. Did you mean --port?'],
    ['--hosts=x', 'There is no option --hosts. Did you mean --host?'],
    ['--passwords', 'There is no option --passwords.'],
    ['--constructor', 'There is no option --constructor.'],
    ['-p', 'There is no option -p.'],
    ['--no-json', 'There is no option --no-json.'],
  ])('has the unknown option %s', (option, message) => {
    expect(refusal(option)).toBe(message);
  });

  it.each([['--user'], ['--port', '--json'], ['--host='], ['--vhost', '']])('leaves out a value: %s %s', (...args) => {
    expect(refusal(...args)).toBe(`${args[0].replace('=', '')} needs a value.`);
  });

  it('gives a switch a value', () => {
    expect(refusal('--json=yes')).toBe('--json takes no value.');
  });

  it('has the port as an argument', () => {
    expect(refusal('5673')).toBe("There is nothing to do with the argument '5673'. Did you mean --port 5673?");
  });

  it('has half of what TLS needs', () => {
    expect(refusal('--tls-key', 'k')).toBe('TLS needs both --tls-key and --tls-cert.');
    expect(refusal('--tls-cert', 'c')).toBe('TLS needs both --tls-key and --tls-cert.');
  });
});
