import { describe, expect, it, vi } from 'vitest';
import { BrokerError } from '../errors.js';
import type { BrokerOptions } from '../options.js';
import type { RunningBroker } from './announcement.js';
import { run, type Surroundings } from './run.js';
import { USAGE } from './usage.js';

interface Tried {
  readonly end: AbortController;
  readonly start: (options: BrokerOptions) => Promise<RunningBroker>;
  readonly close: () => Promise<void>;
  readonly status: Promise<number>;
  printed(): string;
  complained(): string;
}

function tryLine(line: string, replaced: Partial<Surroundings> = {}): Tried {
  const end = new AbortController();
  const close = vi.fn(() => Promise.resolve());
  const start = vi.fn(({ host = '', port = 0 }: BrokerOptions) =>
    Promise.resolve({ host, port, urlOf: () => `amqp://${host}:${port}/`, close }),
  );
  let printed = '';
  let complained = '';
  const status = run({
    args: line.split(' ').filter(Boolean),
    environment: {},
    version: '1.2.3',
    pid: 42,
    start,
    print: (text) => {
      printed += text;
    },
    complain: (text) => {
      complained += text;
    },
    end: end.signal,
    ...replaced,
  });
  return { end, start, close, status, printed: () => printed, complained: () => complained };
}

describe('the command line', () => {
  it('starts a broker, says where it is, and closes it when asked to end', async () => {
    const tried = tryLine('--port 7');
    await vi.waitFor(() => expect(tried.printed()).toContain('amqp://127.0.0.1:7/'));
    expect(tried.close).not.toHaveBeenCalled();
    tried.end.abort();
    expect(await tried.status).toBe(0);
    expect(tried.close).toHaveBeenCalledOnce();
    expect(tried.complained()).toBe('');
  });

  it('closes a broker that was starting when it was asked to end', async () => {
    const tried = tryLine('');
    tried.end.abort();
    expect(await tried.status).toBe(0);
    expect(tried.close).toHaveBeenCalledOnce();
  });

  it('does not wait for a broker that does not end', async () => {
    vi.useFakeTimers();
    try {
      const stuck = { host: '::1', port: 1, urlOf: () => '', close: () => new Promise<void>(() => undefined) };
      const tried = tryLine('', { start: () => Promise.resolve(stuck) });
      tried.end.abort();
      await vi.advanceTimersByTimeAsync(800);
      expect(await tried.status).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('prints nothing but a line of JSON for a program', async () => {
    const tried = tryLine('--json');
    tried.end.abort();
    await tried.status;
    expect(JSON.parse(tried.printed())).toMatchObject({ url: 'amqp://127.0.0.1:5672/', port: 5672 });
  });

  it('warns when the broker is not for this machine only', async () => {
    const tried = tryLine('--host 0.0.0.0');
    tried.end.abort();
    await tried.status;
    expect(tried.complained()).toMatch(/^leveret broker: 0\.0\.0\.0 is not only this machine/);
  });

  it('tells of events only when asked to', async () => {
    const quiet = tryLine('');
    expect(quiet.start).toHaveBeenCalledWith({ host: '127.0.0.1', port: 5672 });
    const verbose = tryLine('--verbose', {
      start: (options) => {
        options.onEvent?.({ type: 'alarm-cleared' });
        return quiet.start(options);
      },
    });
    quiet.end.abort();
    verbose.end.abort();
    await Promise.all([quiet.status, verbose.status]);
    expect(verbose.complained()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} publishers may publish again\n$/);
    expect(quiet.complained()).toBe('');
  });

  it('prints help and version, and starts nothing', async () => {
    const help = tryLine('--help');
    const version = tryLine('--version');
    expect(await Promise.all([help.status, version.status])).toEqual([0, 0]);
    expect([help.printed(), version.printed()]).toEqual([USAGE, '1.2.3\n']);
    expect(help.start).not.toHaveBeenCalled();
  });
});

describe('a line of help', () => {
  it('fits a terminal', () => {
    expect(USAGE.split('\n').filter((line) => line.length > 104)).toEqual([]);
  });
});

describe('what cannot be done', () => {
  it('is status 2 and a sentence when it is the line', async () => {
    const tried = tryLine('--prot 1');
    expect(await tried.status).toBe(2);
    expect(tried.complained()).toBe('leveret broker: There is no option --prot. Did you mean --port? See --help.\n');
    expect(tried.start).not.toHaveBeenCalled();
  });

  it('is status 1 and what to do when the port is taken', async () => {
    const error = new BrokerError('ERR_LEVERET_BROKER_PORT', 'Port 5672 of 127.0.0.1 is taken.');
    const tried = tryLine('', { start: () => Promise.reject(error) });
    expect(await tried.status).toBe(1);
    expect(tried.complained()).toBe(
      'leveret broker: Port 5672 of 127.0.0.1 is taken. The options for it are --port and --host.\n',
    );
    expect(tried.printed()).toBe('');
  });

  it('is status 1 and the words of the broker when they are of an option', async () => {
    const error = new BrokerError('ERR_LEVERET_BROKER_OPTION', 'The option tls cannot be used.');
    const tried = tryLine('', { start: () => Promise.reject(error) });
    expect(await tried.status).toBe(1);
    expect(tried.complained()).toBe('leveret broker: The option tls cannot be used. See --help.\n');
  });
});
