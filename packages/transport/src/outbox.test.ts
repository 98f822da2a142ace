import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectionClosedError, ConnectionLostError } from './errors.js';
import type { TransportEvent } from './events.js';
import { resolveOptions, type TransportOptions } from './options.js';
import { Outbox } from './outbox.js';
import type { PublishOptions } from './publish-options.js';
import { closedByBroker, ModelPublishLink } from './testing/model-publish-link.js';

const LOST = new ConnectionLostError('b:5672', 'The connection was lost.');
const TOPIC = { name: 'x', type: 'topic' } as const;

let events: TransportEvent[];

beforeEach(() => {
  vi.useFakeTimers();
  events = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function open(options: TransportOptions = {}) {
  const outbox = new Outbox(resolveOptions({ ...options, onEvent: (event) => events.push(event) }, '0'));
  const outcomes: Record<string, unknown> = {};
  const publish = (body: string, publishOptions: PublishOptions = {}, destination: object = {}) => {
    outbox.publish({ routingKey: 'q', ...destination }, Buffer.from(body), publishOptions).then(
      ({ attempts }) => {
        outcomes[body] = attempts;
      },
      (error) => {
        outcomes[body] = error;
      },
    );
  };
  return { outbox, outcomes, publish };
}

async function opened(options: TransportOptions = {}) {
  const setup = open(options);
  const link = new ModelPublishLink();
  await setup.outbox.moveIn(link);
  return { ...setup, link };
}

/** Everything that can happen without time passing. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

describe('a deadline', () => {
  it('ends a message that was never written, and knows that', async () => {
    const { publish, outcomes, outbox } = open({ publishTimeoutMs: 1_000 });
    publish('a');
    publish('b', { timeoutMs: 5_000 });
    await vi.advanceTimersByTimeAsync(1_010);
    expect(outcomes).toMatchObject({ a: { code: 'ERR_LEVERET_DELIVERY', outcome: 'not-sent' } });
    expect(outbox.waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(outcomes).toMatchObject({ b: { message: expect.stringContaining('within 5000 ms') } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends one whose confirm did not come, not knowing; what comes late is told as an event', async () => {
    const { publish, outcomes, link } = await opened();
    publish('a', { timeoutMs: 100, mandatory: true });
    await vi.advanceTimersByTimeAsync(110);
    expect(outcomes).toMatchObject({ a: { outcome: 'unknown', message: expect.stringContaining('confirm') } });
    link.channel.return(link.channel.messages[0]);
    link.channel.confirm(1);
    expect(events).toEqual([
      { type: 'message-returned', exchange: '', routingKey: 'q', replyCode: 312, replyText: 'NO_ROUTE' },
    ]);
  });

  it('leaves room for others only when the broker or the channel is done with the message', async () => {
    const { publish, outcomes, link } = await opened({ maxBuffered: 1 });
    publish('a', { timeoutMs: 100 });
    await vi.advanceTimersByTimeAsync(110);
    publish('b');
    await settle();
    expect(outcomes).toMatchObject({ b: { outcome: 'not-sent', message: expect.stringContaining('maxBuffered') } });
    link.channel.confirm(1);
    publish('c');
    expect(link.channel.written).toEqual(['a', 'c']);
  });
});

describe('confirms and returns', () => {
  it('settle each message by its own', async () => {
    const { publish, outcomes, link } = await opened();
    for (const body of ['a', 'b', 'c', 'd']) publish(body, { mandatory: true, retry: 0 });
    link.channel.return(link.channel.messages[1]);
    link.channel.confirm(3, { multiple: true });
    link.channel.confirm(4, { nacked: true });
    await settle();
    expect(outcomes).toMatchObject({
      a: 1,
      b: { code: 'ERR_LEVERET_UNDELIVERABLE', routingKey: 'q', replyCode: 312 },
      c: 1,
      d: { code: 'ERR_LEVERET_DELIVERY', outcome: 'refused', message: expect.stringContaining('basic.nack') },
    });
  });

  it('declares a queue again that a message came back from', async () => {
    const { publish, link } = await opened();
    const destination = { queue: { name: 'q' } };
    publish('a', { mandatory: true }, destination);
    await settle();
    link.channel.return(link.channel.messages[0]);
    link.channel.confirm(1);
    publish('b', { mandatory: true }, destination);
    await settle();
    expect(link.declared).toEqual(['queue q', 'queue q']);
    expect(link.channel.written).toEqual(['a', 'b']);
  });
});

describe('a message that the broker cannot take now', () => {
  it('is sent again on a channel of its own, while the old one waits for its confirms', async () => {
    const { publish, outcomes, outbox, link } = await opened();
    for (const body of ['a', 'b', 'c']) publish(body);
    const [before] = link.channels;
    before?.confirm(2, { nacked: true });
    expect([outbox.waiting, outbox.unconfirmed]).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(100);
    expect(link.channels.map(({ written, closed }) => [written, closed])).toEqual([
      [['a', 'b', 'c'], false],
      [['b'], false],
    ]);
    publish('d');
    before?.confirm(3, { multiple: true });
    link.channel.confirm(2, { multiple: true });
    await settle();
    expect(outcomes).toEqual({ a: 1, b: 2, c: 1, d: 1 });
    expect(link.channels.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it('is tried later and later, and ends at its deadline as refused', async () => {
    const { publish, outcomes, link } = await opened({ publishTimeoutMs: 1_050 });
    publish('a');
    for (let i = 0; i < 10; i += 1) {
      for (const channel of link.channels) channel.confirm(1, { nacked: true });
      await vi.advanceTimersByTimeAsync(100);
    }
    // After 100, 300, 600 and 1 000 ms.
    expect(link.channels).toHaveLength(5);
    link.channel.confirm(1, { nacked: true });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(outcomes).toMatchObject({
      a: { outcome: 'refused', message: expect.stringContaining('5 times within 1050 ms') },
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is sent as often as its retries allow', async () => {
    const { publish, outcomes, link } = await opened();
    publish('a', { retry: 1 });
    link.channel.confirm(1, { nacked: true });
    await vi.advanceTimersByTimeAsync(100);
    link.channel.confirm(1, { nacked: true });
    await settle();
    expect(outcomes).toMatchObject({ a: { outcome: 'refused', message: expect.stringContaining('basic.nack') } });
  });

  it('goes with the next link, or the next channel, when that comes first', async () => {
    const { publish, outbox, outcomes, link } = await opened();
    publish('a');
    link.channel.confirm(1, { nacked: true });
    link.channel.listener.closed(closedByBroker(404, "no exchange 'x'"));
    await settle();
    expect(link.channel.written).toEqual(['a']);
    link.channel.confirm(1, { nacked: true });
    outbox.moveOut();
    const next = new ModelPublishLink();
    await outbox.moveIn(next);
    expect(next.channel.written).toEqual(['a']);
    next.channel.confirm(1);
    await settle();
    expect(outcomes).toEqual({ a: 3 });
  });

  it('changes no more channels where confirms do not come at all', async () => {
    const { publish, link } = await opened({ publishTimeoutMs: 60_000 });
    for (let i = 0; i < 12; i += 1) {
      publish(`never confirmed ${i}`);
      publish(`refused ${i}`);
      link.channel.confirm(link.channel.written.length, { nacked: true });
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(link.channels).toHaveLength(9);
  });

  it('does not open a second channel when a retired one is closed by the broker', async () => {
    const { publish, outcomes, link } = await opened();
    for (const body of ['a', 'b']) publish(body);
    const [before] = link.channels;
    before?.confirm(2, { nacked: true });
    await vi.advanceTimersByTimeAsync(100);
    before?.listener.closed(closedByBroker(500, 'INTERNAL_ERROR'));
    await settle();
    expect(link.channels).toHaveLength(2);
    link.channel.confirm(link.channel.written.length, { multiple: true });
    await settle();
    expect(outcomes).toMatchObject({ b: 2 });
  });
});

describe('what a message needs', () => {
  it('is declared once per link, in order: exchange, queue, binding', async () => {
    const { publish, outbox, link } = await opened();
    const destination = { exchange: TOPIC, routingKey: 'info', queue: { name: 'n.info' } };
    publish('a', {}, destination);
    publish('b', {}, destination);
    publish('c', {}, { ...destination, routingKey: 'warn', queue: { name: 'n.warn' } });
    publish('d', {}, destination);
    await settle();
    expect(link.declared).toEqual([
      'topic exchange x',
      'queue n.info',
      'x -info-> n.info',
      'queue n.warn',
      'x -warn-> n.warn',
    ]);
    expect(link.channel.written).toEqual(['a', 'b', 'c', 'd']);
    outbox.moveOut();
    const next = new ModelPublishLink();
    await outbox.moveIn(next);
    await settle();
    expect(next.declared).toEqual(link.declared);
    expect(next.channel.written).toEqual(['a', 'b', 'c', 'd']);
  });

  it('holds up nobody who does not need it', async () => {
    const { publish, link } = await opened();
    link.answers.set('x', new Promise(() => {}));
    publish('a', {}, { exchange: TOPIC });
    publish('b');
    publish('c', {}, { exchange: { name: 'y', type: 'fanout' } });
    await settle();
    expect(link.channel.written).toEqual(['b', 'c']);
  });

  it('fails whoever needs it, and nobody else, when it is refused', async () => {
    const { publish, outcomes, link } = await opened();
    link.answers.set('x', Promise.reject(closedByBroker(406, "PRECONDITION_FAILED - inequivalent arg 'durable'")));
    link.answers.set('bad', Promise.reject(closedByBroker(403, "ACCESS_REFUSED - access to queue 'bad'")));
    publish('a', {}, { exchange: TOPIC });
    publish('b', {}, { exchange: TOPIC, routingKey: 'other' });
    publish('c', {}, { exchange: { name: 'y', type: 'topic' }, queue: { name: 'bad' } });
    publish('d', {}, { exchange: { name: 'y', type: 'topic' }, queue: { name: 'good' } });
    await settle();
    expect(outcomes).toMatchObject({
      a: { code: 'ERR_LEVERET_DECLARATION', replyCode: 406 },
      b: { code: 'ERR_LEVERET_DECLARATION', replyCode: 406 },
      c: { code: 'ERR_LEVERET_DECLARATION', replyCode: 403, message: expect.stringContaining("queue 'bad'") },
    });
    expect(link.channel.written).toEqual(['d']);
  });

  it('is asked for again after 405, as often as a message has retries and once more', async () => {
    const { publish, outcomes, link } = await opened();
    const locked = Promise.reject(closedByBroker(405, "RESOURCE_LOCKED - cannot obtain exclusive access to queue 'q'"));
    link.answers.set('q', locked);
    publish('a', { retry: 1 }, { queue: { name: 'q' } });
    publish('b', {}, { queue: { name: 'q' } });
    await vi.advanceTimersByTimeAsync(600);
    expect(outcomes).toMatchObject({
      a: { code: 'ERR_LEVERET_DELIVERY', outcome: 'not-sent', cause: { replyCode: 405 } },
    });
    expect(link.declared.length).toBe(3);
    link.answers.delete('q');
    await vi.advanceTimersByTimeAsync(300);
    expect(link.channel.written).toEqual(['b']);
  });
});

describe('a lost link', () => {
  it('has everything written again in the old order, whatever it waited for', async () => {
    const { publish, outcomes, outbox, link } = await opened();
    let declared = () => {};
    link.answers.set(
      'x',
      new Promise<void>((resolve) => {
        declared = resolve;
      }),
    );
    publish('1');
    publish('2', {}, { exchange: TOPIC });
    publish('3');
    publish('4');
    await settle();
    link.channel.confirm(2);
    expect(link.channel.written).toEqual(['1', '3', '4']);
    outbox.moveOut();
    outbox.failed(LOST);
    publish('5');
    declared();
    const next = new ModelPublishLink();
    await outbox.moveIn(next);
    publish('6');
    await settle();
    expect(link.channel.written).toEqual(['1', '3', '4']);
    // The exchange of 2 is declared first; the others do not wait for it.
    expect(next.channel.written).toEqual(['1', '4', '5', '6', '2']);
    next.channel.confirm(5, { multiple: true });
    await settle();
    expect(outcomes).toEqual({ 1: 2, 2: 1, 3: 1, 4: 2, 5: 1, 6: 1 });
    expect(events.filter(({ type }) => type === 'publish-repeated')).toMatchObject([{ attempt: 2 }, { attempt: 2 }]);
    expect(outbox.unconfirmed + outbox.waiting).toBe(0);
  });

  it('counts as a failure for each message, and ends those without retries', async () => {
    const { publish, outcomes, outbox } = await opened();
    publish('none', { retry: 0 });
    publish('one', { retry: 1 });
    for (let i = 0; i < 2; i += 1) {
      outbox.moveOut();
      outbox.failed(LOST);
      await settle();
      expect(Object.keys(outcomes)).toEqual(['none', 'one'].slice(0, i + 1));
    }
    expect(outcomes).toMatchObject({
      none: { outcome: 'unknown', cause: LOST },
      one: { outcome: 'unknown', cause: LOST },
    });
  });

  it('can hold more messages than a call has arguments', async () => {
    const { outbox } = await opened({ maxBuffered: 130_000 });
    const published = Array.from({ length: 130_000 }, () => outbox.publish({ routingKey: 'q' }, Buffer.alloc(0), {}));
    outbox.moveOut();
    const next = new ModelPublishLink();
    await outbox.moveIn(next);
    next.channel.confirm(0, { multiple: true });
    expect((await Promise.all(published)).every(({ attempts }) => attempts === 2)).toBe(true);
  }, 60_000);
});

describe('a channel that the broker closes', () => {
  const NOT_FOUND = closedByBroker(404, "NOT_FOUND - no exchange 'x' in vhost '/'");

  it('fails the messages that the broker names, and repeats the others', async () => {
    const { publish, outcomes, link } = await opened();
    publish('a', {}, { exchange: TOPIC });
    await settle();
    publish('b');
    link.channel.listener.closed(NOT_FOUND);
    await settle();
    expect(outcomes).toMatchObject({
      a: { code: 'ERR_LEVERET_NOT_FOUND', message: expect.stringContaining('b:5672') },
    });
    expect(link.channels.map(({ written }) => written)).toEqual([['a', 'b'], ['b']]);
    // What was declared may be gone as well.
    publish('c', {}, { exchange: TOPIC });
    await settle();
    expect(link.declared).toEqual(['topic exchange x', 'topic exchange x']);
  });

  it('is not closed again within a second for what it was closed for as forbidden, and then it may be', async () => {
    const { publish, outcomes, link } = await opened();
    publish('a');
    const text = "ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user 'u'";
    link.channel.listener.closed(closedByBroker(403, text));
    await settle();
    publish('b');
    publish('c', {}, { routingKey: 'other' });
    await settle();
    expect(outcomes).toMatchObject({ a: { outcome: 'refused' }, b: { outcome: 'refused' } });
    expect(link.channel.written).toEqual(['c']);
    await vi.advanceTimersByTimeAsync(1_001);
    publish('d');
    expect(link.channel.written).toEqual(['c', 'd']);
  });

  it('fails only the message of the size that it finds too large', async () => {
    const { publish, outcomes, link } = await opened();
    for (const body of ['small', 'larger', 'little']) publish(body);
    const text = 'PRECONDITION_FAILED - message size 5 is larger than configured max size 4';
    link.channel.listener.closed(closedByBroker(406, text));
    await settle();
    expect(outcomes).toMatchObject({ small: { code: 'ERR_LEVERET_DELIVERY', outcome: 'refused' } });
    expect(link.channel.written).toEqual(['larger', 'little']);
  });

  it('fails all when the broker does not say whose fault it is, as not known', async () => {
    const { publish, outcomes, link } = await opened();
    for (const body of ['a', 'b']) publish(body);
    link.channel.listener.closed(closedByBroker(406, 'PRECONDITION_FAILED - something'));
    await settle();
    expect(outcomes).toMatchObject({ a: { outcome: 'unknown' }, b: { outcome: 'unknown' } });
  });

  it('is closed together with its link, if there is no other channel to have', async () => {
    const { publish, link } = await opened();
    publish('a', {}, { exchange: TOPIC });
    await settle();
    link.openPublishChannel = () => Promise.reject(new Error('No channels left to allocate'));
    link.channel.listener.closed(NOT_FOUND);
    await settle();
    expect(link.closed).toBe(true);
  });
});

describe('a full buffer', () => {
  it('refuses by messages and by bytes, and takes one that is larger than all of it when it is empty', async () => {
    const { publish, outcomes, link } = await opened({ maxBuffered: { messages: 2, bytes: 10 } });
    publish('larger than ten');
    publish('a');
    link.channel.confirm(1);
    publish('b');
    publish('c');
    publish('d');
    await settle();
    expect(outcomes).toMatchObject({
      'larger than ten': 1,
      a: { outcome: 'not-sent', message: expect.stringContaining('more than 10 bytes would wait (maxBuffered.bytes)') },
      d: { outcome: 'not-sent', message: expect.stringContaining('2 messages wait already (maxBuffered)') },
    });
    expect(link.channel.written).toEqual(['larger than ten', 'b', 'c']);
  });

  it('has messages wait their turn, within their deadline and signal, in order', async () => {
    const { publish, outcomes, outbox, link } = await opened({ maxBuffered: 1, onFull: 'wait' });
    const controller = new AbortController();
    publish('a');
    publish('late', { timeoutMs: 100 });
    publish('aborted', { signal: controller.signal });
    publish('b');
    publish('c');
    controller.abort('enough');
    await vi.advanceTimersByTimeAsync(110);
    expect(outcomes).toMatchObject({
      late: { outcome: 'not-sent', message: expect.stringContaining('filled the buffer (maxBuffered) within 100 ms') },
      aborted: 'enough',
    });
    expect(outbox.waiting).toBe(2);
    link.channel.confirm(1);
    expect(link.channel.written).toEqual(['a', 'b']);
    link.channel.confirm(2);
    publish('d');
    expect(link.channel.written).toEqual(['a', 'b', 'c']);
    link.channel.confirm(3);
    link.channel.confirm(4);
    await settle();
    expect(outcomes).toMatchObject({ a: 1, b: 1, c: 1, d: 1 });
  });

  it('answers those outside of it too when no link follows', async () => {
    const { publish, outcomes, outbox } = open({ maxBuffered: 1, onFull: 'wait' });
    publish('a');
    publish('b');
    const drained = outbox.drained();
    const error = new ConnectionClosedError('closed');
    outbox.evict(error);
    await drained;
    expect(outcomes).toEqual({ a: error, b: error });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a blocked connection', () => {
  it('holds everything back, and lets it go in the old order', async () => {
    const { publish, outbox, link } = await opened();
    let declared = () => {};
    link.answers.set(
      'x',
      new Promise<void>((resolve) => {
        declared = resolve;
      }),
    );
    publish('1', {}, { exchange: TOPIC });
    await settle();
    outbox.blockedChanged(true);
    publish('2');
    declared();
    publish('3', {}, { exchange: TOPIC });
    await settle();
    expect(link.channel.written).toEqual([]);
    outbox.blockedChanged(false);
    await settle();
    expect(link.channel.written).toEqual(['1', '2', '3']);
  });
});

describe('a message that cannot be encoded', () => {
  it('is refused alone', async () => {
    const { publish, outcomes, link } = await opened();
    publish('a', { type: 'not encodable' });
    publish('b');
    await settle();
    expect(outcomes).toMatchObject({ a: { code: 'ERR_LEVERET_INVALID_ARGUMENT' } });
    expect(link.channel.written).toEqual(['b']);
  });
});
