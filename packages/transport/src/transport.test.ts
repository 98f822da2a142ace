import { describe, expect, it } from 'vitest';
import { startHostileServer } from './testing/hostile-server.js';
import { createTransport } from './transport.js';

// Nobody listens on port 1.
const NOBODY = 'rabbit://127.0.0.1:1/';
const FOREVER = {
  reconnectBackoff: {
    *[Symbol.iterator]() {
      for (;;) yield 60_000;
    },
  },
};

describe('close', () => {
  it('is final when idle', async () => {
    const transport = createTransport(NOBODY);
    await transport.close();
    expect(transport.state.publish).toEqual({ status: 'closed' });
    await expect(transport.publish({ routingKey: 'q' }, 'x')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_CLOSED',
    });
    await expect(transport.connect()).rejects.toMatchObject({ code: 'ERR_LEVERET_CONNECTION_CLOSED' });
  });

  it('ends a dial, and answers all who wait for it', async () => {
    await using server = await startHostileServer(() => {});
    const transport = createTransport(`rabbit://127.0.0.1:${server.port}/`, FOREVER);
    const connected = expect(transport.connect()).rejects.toMatchObject({ code: 'ERR_LEVERET_CONNECTION_CLOSED' });
    const published = expect(transport.publish({ routingKey: 'q' }, 'x')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_CLOSED',
    });
    const consumed = expect(transport.consume({ queue: { name: 'q' } }, () => {})).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_CLOSED',
    });
    expect(transport.state.publish.status).toBe('connecting');
    await transport.close({ drainMs: 0 });
    await Promise.all([connected, published, consumed]);
  });

  it('ends the wait for the next attempt', async () => {
    let waits = () => {};
    const waiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    const transport = createTransport(NOBODY, {
      ...FOREVER,
      onEvent: (event) => {
        if (event.type === 'state-changed' && event.to.status === 'waiting') waits();
      },
    });
    const published = expect(transport.publish({ routingKey: 'q' }, 'x')).rejects.toMatchObject({
      code: 'ERR_LEVERET_CONNECTION_CLOSED',
    });
    await waiting;
    expect(transport.state.publish).toMatchObject({ status: 'waiting', attempt: 1, delayMs: 60_000 });
    await transport.close({ drainMs: 0 });
    await published;
    expect(transport.state.publish).toEqual({ status: 'closed' });
  });

  it('can be called twice', async () => {
    const transport = createTransport(NOBODY);
    await Promise.all([transport.close(), transport.close()]);
    await transport[Symbol.asyncDispose]();
  });
});

describe('publish without a broker', () => {
  it('fails at its deadline, and knows that nothing was sent', async () => {
    await using transport = createTransport(NOBODY, FOREVER);
    await expect(transport.publish({ routingKey: 'q' }, 'x', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_DELIVERY',
      outcome: 'not-sent',
      routingKey: 'q',
      cause: { code: 'ERR_LEVERET_CONNECTION_LOST' },
    });
  });

  it('fails with the first failure of the connection when it has no retries', async () => {
    await using transport = createTransport(NOBODY, FOREVER);
    await expect(transport.publish({ routingKey: 'q' }, 'x', { retry: 0 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_DELIVERY',
      outcome: 'not-sent',
    });
  });

  it('outlives as many failures as it has retries', async () => {
    const failures: number[] = [];
    await using transport = createTransport(NOBODY, {
      reconnectBackoff: [0, 0, 0, 0, 0, 0],
      onEvent: (event) => {
        if (event.type === 'connection-attempt-failed') failures.push(1);
      },
    });
    await expect(transport.publish({ routingKey: 'q' }, 'x', { retry: 2 })).rejects.toMatchObject({
      code: 'ERR_LEVERET_DELIVERY',
    });
    expect(failures).toHaveLength(3);
  });

  it('stops waiting when its signal aborts, with the very reason', async () => {
    await using transport = createTransport(NOBODY, FOREVER);
    const controller = new AbortController();
    const reason = new Error('enough');
    const published = transport.publish({ routingKey: 'q' }, 'x', { signal: controller.signal });
    controller.abort(reason);
    await expect(published).rejects.toBe(reason);
  });

  it('refuses one message more than may wait', async () => {
    const transport = createTransport(NOBODY, { ...FOREVER, maxBuffered: 2 });
    const waiting = [transport.publish({ routingKey: 'q' }, '1'), transport.publish({ routingKey: 'q' }, '2')];
    await expect(transport.publish({ routingKey: 'q' }, '3')).rejects.toMatchObject({
      code: 'ERR_LEVERET_DELIVERY',
      message: expect.stringContaining('maxBuffered'),
    });
    const settled = Promise.allSettled(waiting);
    await transport.close({ drainMs: 0 });
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

const CIRCULAR: unknown[] = [];
CIRCULAR.push(CIRCULAR);

describe('bad input', () => {
  it.each([
    [{ routingKey: 'k'.repeat(256) }, {}, 'at most 255 bytes'],
    [{ routingKey: '€'.repeat(86) }, {}, 'at most 255 bytes'],
    [{ exchange: { name: '€'.repeat(86), type: 'topic' as const }, routingKey: 'q' }, {}, 'at most 255 bytes'],
    [{ routingKey: 'q' }, { expirationMs: 1.5 }, 'expirationMs must be a whole number'],
    [{ routingKey: 'q' }, { timeoutMs: 0 }, 'timeoutMs must be a whole number'],
    [{ routingKey: 'q' }, { priority: 256 }, 'priority must be a whole number from 0 to 255'],
    [{ routingKey: 'q' }, { retry: 1.5 }, 'retry must be null or a whole number'],
    [{ routingKey: 'q' }, { deliveryMode: 3 as 2 }, 'deliveryMode must be 1 (transient) or 2 (persistent), got 3'],
    [{ routingKey: 'q' }, { deliveryMode: 1 as const, persistent: true }, 'contradict each other'],
    [{ routingKey: 'q' }, { timestamp: 5 as unknown as Date }, 'timestamp must be a Date'],
    [{ routingKey: 'q' }, { timestamp: new Date(-1) }, 'timestamp must be a Date of 1970 or later'],
    [{ routingKey: 'q' }, { correlationId: '€'.repeat(86) }, 'correlationId must be a string of at most 255 bytes'],
    [{ routingKey: 'q' }, { type: 1 as unknown as string }, 'type must be a string'],
    [{ routingKey: 'q' }, { compression: 'bzip2' as 'gzip' }, "compression 'bzip2' is not to be had in this Node.js"],
    [{ routingKey: 'q', queue: { name: 'other' } }, {}, "'q' does not reach queue 'other'"],
    [{ routingKey: '', queue: { name: '' } }, {}, 'A queue name is a string of 1 to 255 bytes'],
    [{ routingKey: 'q' }, { headers: 1 as unknown as Record<string, unknown> }, 'headers must be an object'],
    [{ routingKey: 'q' }, { headers: { a: { b: [1, undefined] } } }, 'headers.a.b[1] cannot be encoded'],
    [{ routingKey: 'q' }, { headers: { a: Number.NaN } }, 'headers.a cannot be encoded in AMQP: it is NaN'],
    [{ routingKey: 'q' }, { headers: { a: 1n } }, 'headers.a cannot be encoded in AMQP: it is of type bigint'],
    [{ routingKey: 'q' }, { headers: { a: new Date() } }, 'it is of type Date'],
    [{ routingKey: 'q' }, { headers: { a: new Uint8Array(1) } }, 'it is of type Uint8Array'],
    [{ routingKey: 'q' }, { headers: { ['k'.repeat(256)]: 1 } }, 'The name of a header has at most 255 bytes'],
    [{ routingKey: 'q' }, { headers: { a: 'x'.repeat(66_000) } }, 'The headers take 66011 bytes; 65536 is the most'],
    [{ routingKey: 'q' }, { headers: { a: CIRCULAR } }, 'nested too deeply, or hold themselves'],
  ])('is refused before anything is dialled: %#', async (destination, options, words) => {
    const transport = createTransport(NOBODY);
    await expect(transport.publish(destination, 'x', options)).rejects.toMatchObject({
      code: 'ERR_LEVERET_INVALID_ARGUMENT',
      message: expect.stringContaining(words),
    });
    expect(transport.state.publish.status).toBe('idle');
  });

  it('is no name of 255 bytes, however many characters those are', async () => {
    await using transport = createTransport(NOBODY);
    const signal = AbortSignal.abort('let through');
    for (const name of ['k'.repeat(255), '€'.repeat(85)]) {
      const published = transport.publish({ exchange: { name, type: 'topic' }, routingKey: name }, 'x', { signal });
      await expect(published).rejects.toBe('let through');
    }
  });

  it('is a URL that names another broker', () => {
    expect(() => createTransport('kafka://h/')).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_LEVERET_URL_/) }),
    );
  });
});

describe('a transport', () => {
  it('cannot be posted to a worker: each makes its own', async () => {
    const transport = createTransport(NOBODY);
    const { port1, port2 } = new MessageChannel();
    expect(() => port1.postMessage(transport)).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
    expect(() => structuredClone(transport)).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
    port1.close();
    port2.close();
    await transport.close();
  });
});

describe('a URL with something probably not meant', () => {
  it('is warned of, without a word of the URL', () => {
    const warnings: string[] = [];
    createTransport('rabbit://nova:S3cretWord@h1,h2/?ssl=true&heartbeat_rate=3', {
      onEvent: (event) => {
        if (event.type === 'url-warned') warnings.push(event.message);
        if (event.type === 'option-ignored') warnings.push(event.option);
      },
    });
    expect(warnings).toContain('heartbeat_rate');
    expect(warnings.length).toBeGreaterThan(1);
    expect(warnings.join()).not.toMatch(/nova|S3cretWord/);
  });
});
