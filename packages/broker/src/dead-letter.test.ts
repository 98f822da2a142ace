import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeTable, type FieldTable, plainTable, tableOf } from './codec/field-table.js';
import { encodeProperties, type Properties } from './codec/properties.js';
import { type Death, deadLetter, isCycle } from './dead-letter.js';
import { Message } from './message.js';

const REJECTED: Death = { reason: 'rejected', queue: 'a', exchange: 'dlx', routingKey: undefined };
const EXPIRED: Death = { ...REJECTED, reason: 'expired' };

function published(routingKey: string, properties: Properties): Message {
  return new Message('', routingKey, encodeProperties(properties), Buffer.from('body'));
}

/** The headers as on the wire, without the four octets of the length. */
function hexOf(message: Message): string {
  return encodeTable(message.properties.headers ?? new Map())
    .subarray(4)
    .toString('hex');
}

function deathsOf(message: Message): unknown {
  return plainTable(message.properties.headers ?? new Map())['x-death'];
}

function deaths(...list: { queue: string; reason: string; count?: number }[]): FieldTable {
  return tableOf({ 'x-death': list });
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_795_487_472_999 });
});

afterEach(() => {
  vi.useRealTimers();
});

// The octets are what RabbitMQ 3.10.8 sent for the same messages, at the same time.
describe('a dead letter, to the octet', () => {
  const message = published('a', {
    contentType: 'text/plain',
    headers: tableOf({ zeta: true, alpha: 's', CC: ['cc1'] }),
    deliveryMode: 2,
    priority: 3,
    expiration: '60000',
  });
  const zeta = '047a6574617401';
  const first =
    '0243434100000008530000000363633105616c70686153000000017307782d6465617468410000008e460000008905636f756e746c0000' +
    '00000000000106726561736f6e530000000872656a65637465640571756575655300000001610474696d6554000000006b04f6f0086578' +
    '6368616e676553000000000c726f7574696e672d6b657973410000000e5300000001615300000003636331136f726967696e616c2d6578' +
    '7069726174696f6e5300000005363030303016782d66697273742d64656174682d65786368616e6765530000000013782d66697273742d' +
    '64656174682d717565756553000000016114782d66697273742d64656174682d726561736f6e530000000872656a6563746564';
  const second =
    '0243434100000008530000000363633105616c70686153000000017307782d6465617468410000008e460000008905636f756e746c0000' +
    '0000000000020865786368616e67655300000000136f726967696e616c2d65787069726174696f6e530000000536303030300571756575' +
    '6553000000016106726561736f6e530000000872656a65637465640c726f7574696e672d6b657973410000000e53000000016153000000' +
    '036363310474696d6554000000006b04f6f016782d66697273742d64656174682d65786368616e6765530000000013782d66697273742d' +
    '64656174682d717565756553000000016114782d66697273742d64656174682d726561736f6e530000000872656a6563746564';

  it('tells of its first death', () => {
    const letter = deadLetter(message, REJECTED);
    expect(hexOf(letter)).toBe(first + zeta);
    expect(letter).toMatchObject({ exchange: 'dlx', routingKey: 'a', body: message.body });
    const { headers: _, ...others } = letter.properties;
    expect(others).toEqual({ contentType: 'text/plain', deliveryMode: 2, priority: 3 });
  });

  it('counts a second death for the same reason in the same queue, and keeps the time of the first', () => {
    const again = deadLetter(message, REJECTED);
    vi.setSystemTime(1_795_487_473_000);
    const { headers, ...others } = again.properties;
    const letter = deadLetter(published('a', { ...others, headers: headers ?? new Map() }), REJECTED);
    expect(hexOf(letter)).toBe(second + zeta);
  });

  it('has headers where the message had none', () => {
    vi.setSystemTime(1_795_487_474_000);
    const letter = deadLetter(published('a', { expiration: '0' }), EXPIRED);
    expect(hexOf(letter)).toBe(
      '07782d64656174684100000081460000007c05636f756e746c000000000000000106726561736f6e5300000007657870697265640571756575' +
        '655300000001610474696d6554000000006b04f6f20865786368616e676553000000000c726f7574696e672d6b65797341000000065300' +
        '00000161136f726967696e616c2d65787069726174696f6e53000000013016782d66697273742d64656174682d65786368616e676553' +
        '0000000013782d66697273742d64656174682d717565756553000000016114782d66697273742d64656174682d726561736f6e53000000' +
        '0765787069726564',
    );
  });

  it('replaces an x-death of another type, and then names no first death', () => {
    vi.setSystemTime(1_795_487_474_000);
    const headers = tableOf({ 'x-death': 'nonsense' });
    expect(hexOf(deadLetter(published('a', { headers, expiration: '0' }), EXPIRED))).toBe(
      '07782d64656174684100000081460000007c05636f756e746c000000000000000106726561736f6e5300000007657870697265640571756575' +
        '655300000001610474696d6554000000006b04f6f20865786368616e676553000000000c726f7574696e672d6b65797341000000065300' +
        '00000161136f726967696e616c2d65787069726174696f6e530000000130',
    );
  });
});

// Orders and counts as RabbitMQ 3.10.8 gave them.
describe('the deaths of a dead letter', () => {
  it('begin with the latest, those of before turned round', () => {
    const headers = deaths(...['1', '2', '3'].map((queue) => ({ queue, reason: 'expired' })));
    const list = deathsOf(deadLetter(published('a', { headers }), EXPIRED)) as { queue: string; count: unknown }[];
    expect(list.map(({ queue, count }) => [queue, Number(count)])).toEqual([
      ['a', 1],
      ['3', 1],
      ['2', 1],
      ['1', 1],
    ]);
  });

  it('bring one of before to the front when it happens again', () => {
    const headers = deaths(
      { queue: '1', reason: 'expired' },
      { queue: 'a', reason: 'expired', count: 7 },
      { queue: '3', reason: 'expired' },
    );
    const letter = deadLetter(published('a', { headers }), EXPIRED);
    expect(JSON.stringify(deathsOf(letter), (_, value) => (typeof value === 'bigint' ? Number(value) : value))).toBe(
      '[{"count":8,"queue":"a","reason":"expired"},{"count":1,"queue":"3","reason":"expired"},{"count":1,"queue":"1","reason":"expired"}]',
    );
  });

  it('are counted together where they come apart', () => {
    const headers = deaths(
      { queue: '1', reason: 'expired' },
      { queue: '2', reason: 'expired' },
      { queue: '1', reason: 'expired' },
    );
    const list = deathsOf(deadLetter(published('a', { headers }), EXPIRED)) as { queue: string; count: unknown }[];
    expect(list.map(({ queue, count }) => [queue, Number(count)])).toEqual([
      ['a', 1],
      ['2', 1],
      ['1', 2],
    ]);
  });
});

describe('the routing key of a dead letter', () => {
  it('stands for the keys of CC too when the queue names one', () => {
    const headers = tableOf({ CC: ['cc2'] });
    const letter = deadLetter(published('b', { headers }), { ...REJECTED, routingKey: 'rk' });
    expect(letter.routingKey).toBe('rk');
    expect(letter.properties.headers?.has('CC')).toBe(false);
    expect(deathsOf(letter)).toMatchObject([{ 'routing-keys': ['b', 'cc2'] }]);
  });
});

describe('a cycle', () => {
  it('is a return to a queue without a rejection since', () => {
    const letter = deadLetter(published('a', {}), EXPIRED);
    expect(isCycle(letter, 'a')).toBe(true);
    expect(isCycle(letter, 'b')).toBe(false);
  });

  it('is none when someone rejected the message on the way', () => {
    expect(isCycle(deadLetter(published('a', {}), REJECTED), 'a')).toBe(false);
    const headers = deaths(
      { queue: 'b', reason: 'expired' },
      { queue: 'c', reason: 'rejected' },
      { queue: 'a', reason: 'expired' },
    );
    expect(isCycle(published('a', { headers }), 'a')).toBe(false);
    expect(isCycle(published('a', { headers }), 'b')).toBe(true);
  });

  it('is none for a message that was never dead', () => {
    expect(isCycle(published('a', {}), 'a')).toBe(false);
  });
});
