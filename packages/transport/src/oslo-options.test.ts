import { readFileSync } from 'node:fs';
import { parseTransportUrl } from '@leveret/url';
import { describe, expect, it } from 'vitest';
import { ALL_ROWS } from './option-table.js';
import { resolveOptions } from './options.js';
import { OSLO_OPTIONS, type OsloName, type OsloRow } from './oslo-options.js';
import { createTransport } from './transport.js';

interface RealOption {
  readonly id: string;
  readonly type: 'Boolean' | 'Integer' | 'Float' | 'String';
  readonly default: boolean | number | string | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly choices: readonly string[] | null;
  readonly deprecated_names: readonly string[];
}

interface QueryCase {
  readonly id: string;
  readonly in: { readonly url: string };
  readonly out: { readonly error: object | null };
  readonly out_master?: { readonly error: object | null };
}

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../test/fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

const real = fixture<Record<'14.0.3' | 'master', readonly RealOption[]>>('oslo-options');
const names = Object.keys(OSLO_OPTIONS) as OsloName[];

function rowOf(id: string): OsloRow {
  const name = names.find((each) => each === id || OSLO_OPTIONS[each].aliases?.includes(id));
  if (name === undefined) throw new Error(`There is no row for ${id}.`);
  return OSLO_OPTIONS[name];
}

describe('the table of oslo’s options', () => {
  const both = [...real['14.0.3'], ...real.master];

  it('has every option of both versions, and no other', () => {
    expect([...names].sort()).toEqual([...new Set(both.map(({ id }) => id.replace('quroum', 'quorum')))].sort());
  });

  it.each(real.master)('$id is as on oslo.messaging’s master', (option) => {
    const row = rowOf(option.id);
    expect(row.default).toBe(option.default);
    for (const alias of option.deprecated_names) expect(row.aliases).toContain(alias);
    // Of a number that has no limits there, any that means something is taken.
    if (option.default !== null && option.default !== '') expect(row.kind.check(option.default)).toBe(option.default);
    if (option.min !== null) expect(row.kind.check(option.min)).toBe(option.min);
    if (option.min !== null) expect(row.kind.check(option.min - 1)).toBeUndefined();
    if (option.max !== null) expect(row.kind.check(option.max)).toBe(option.max);
    if (option.max !== null) expect(row.kind.check(option.max + 1)).toBeUndefined();
    if (option.type === 'Float') expect(row.kind.check(0.5)).toBe(0.5);
    if (option.type === 'Integer') expect(row.kind.check(1.5)).toBeUndefined();
    for (const each of option.choices ?? []) expect(row.kind.check(each)).toBe(each);
    if (option.choices !== null) expect(row.kind.check('another')).toBeUndefined();
  });

  it.each(real['14.0.3'])('$id of 14.0.3 is known, with its default and its older names', (option) => {
    const row = rowOf(option.id);
    expect(row.default14 ?? row.default).toBe(option.default);
    for (const alias of option.deprecated_names) expect(row.aliases).toContain(alias);
  });

  it('says which options only one of the two has', () => {
    const has = (version: '14.0.3' | 'master', name: string) =>
      real[version].some(({ id }) => id.replace('quroum', 'quorum') === name);
    for (const name of names) {
      const only = has('master', name) ? (has('14.0.3', name) ? undefined : 'master') : '14.0.3';
      expect([name, OSLO_OPTIONS[name].only]).toEqual([name, only]);
    }
  });

  it('says of every option what it sets, or why it has no effect', () => {
    const set = Object.values(ALL_ROWS).flatMap(({ oslo }) => oslo?.names ?? []);
    const idle = names.filter((name) => OSLO_OPTIONS[name].noEffect !== undefined);
    expect([...set, ...idle].sort()).toEqual([...names].sort());
  });
});

describe('the query of a rabbit URL', () => {
  it.each(fixture<{ cases: readonly QueryCase[] }>('oslo-queries').cases)('$id', ({ in: { url }, out, out_master }) => {
    // What one of the two takes is taken.
    const refused = out.error !== null && (out_master ?? out).error !== null;
    const create = () => createTransport(url, { env: false });
    if (refused) expect(create).toThrow(/must be |is no option of|Configuration Error: |ssl=true/);
    else expect(create).not.toThrow();
  });

  it.each([
    [
      'heartbeatMs=1',
      "A parameter of the URL is no option of oslo_messaging_rabbit; did you mean 'heartbeat_timeout_threshold'?",
    ],
    ['rabbit_quorm_queue=true', "did you mean 'rabbit_quorum_queue'?"],
    ['rabbitQuorumQueue=true', "did you mean 'rabbit_quorum_queue'?"],
    ['rabbit_login_method=RABBIT-CR-DEMO', 'rabbit_login_method: what it sets, authMechanism, must be '],
    ['kombu_compression=bz2', 'kombu_compression: what it sets, compression, must be '],
    ['heartbeat=30', "did you mean 'heartbeat_timeout_threshold'?"],
  ])('refuses %s, and says what was meant', (query, words) => {
    expect(() => createTransport(`rabbit://h/?${query}`, { env: false })).toThrow(words);
  });

  it('repeats nothing of a URL: it may be a piece of a password', () => {
    const urls = ['rabbit://u:p4ss?w0rd=x@h/', 'rabbit://h/?heartbeat_rate=S3cret', 'rabbit://h/?hartbeat_rate=S3cret'];
    for (const url of urls) {
      const create = () => createTransport(url, { env: false });
      expect(create).toThrow();
      expect(create).not.toThrow(/w0rd|S3cret|hartbeat/);
    }
  });

  it.each([
    ['heartbeat_timeout_threshold=10', { heartbeatMs: 10_000 }],
    ['rabbit_qos_prefetch_count=7', { prefetch: 7 }],
    ['rabbit_quroum_max_memory_length=5', { entities: { quorumMaxMemoryLength: 5 } }],
    ['rabbit_quorum_max_memory_bytes=5', { entities: { quorumMaxMemoryBytes: 5 } }],
    ['kombu_reconnect_timeout=5', { missingReplyQueueTimeoutMs: 5_000 }],
    ['rabbit_use_ssl=1', { tlsEnabled: true }],
    ['kombu_compression=gzip', { compression: 'gzip' }],
    ['rabbit_login_method=EXTERNAL', { authMechanism: 'EXTERNAL' }],
    ['rabbit_ha_queues=on', { entities: { mirrored: true } }],
    ['enable_cancel_on_failover=TRUE', { entities: { cancelOnFailover: true } }],
    [
      'use_queue_manager=true&hostname=n&processname=p',
      { entities: { queueManager: true, hostName: 'n', processName: 'p' } },
    ],
    [
      'rabbit_stream_fanout=1&rabbit_transient_quorum_queue=1&rabbit_qos_prefetch_count=1',
      { entities: { streamFanout: true } },
    ],
  ])('%s', (query, expected) => {
    expect(resolveOptions({ env: false }, '0', parseTransportUrl(`rabbit://h/?${query}`))).toMatchObject(expected);
  });
});
