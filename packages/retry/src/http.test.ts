import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isIdempotent, isRetryableStatus, parseHttpDate, parseRetryAfter, retryAfterMs } from './http.js';

const noon = Date.UTC(2026, 10, 24, 12);
const atNoon = 'Tue, 24 Nov 2026 12:00:00 GMT';
const aMinuteLater = 'Tue, 24 Nov 2026 12:01:00 GMT';

it.each([
  ['2', 2000],
  ['0', 0],
  [' 120 ', 120_000],
  ['1.5', 1500],
  ['0.0001', 1],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  [aMinuteLater, 60_000],
  [atNoon, 0],
  ['Mon, 23 Nov 2026 12:00:00 GMT', 0],
  ['Tuesday, 24-Nov-26 12:00:05 GMT', 5000],
  ['Tue Nov 24 12:00:07 2026', 7000],
])('reads a Retry-After of %s', (value, ms) => {
  expect(parseRetryAfter(value, { now: noon })).toBe(ms);
});

it.each([
  '',
  ' ',
  'soon',
  '-1',
  '+1',
  '1e3',
  '0x10',
  'Infinity',
  'NaN',
  '5 s',
  '1,2',
  '2026-11-24T12:01:00Z',
  'Tue, 24 Nov 2026 12:01:00',
  'Tue, 24 Nov 2026 12:01:00 CET',
  'Tue, 31 Nov 2026 12:01:00 GMT',
  'Tue, 24 Nov 2026 24:01:00 GMT',
  'Tue, 24 ovD 2026 12:01:00 GMT',
])('reads no wait from a Retry-After of %j', (value) => {
  expect(parseRetryAfter(value, { now: noon })).toBeUndefined();
});

it('reads no wait where there is no header', () => {
  expect([parseRetryAfter(null), parseRetryAfter(undefined), retryAfterMs({}), retryAfterMs(new Headers())]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

it('measures a date by the clock of the server, so that ours may be wrong', () => {
  for (const skewMs of [-86_400_000, 0, 86_400_000]) {
    expect(parseRetryAfter(aMinuteLater, { date: atNoon, now: noon + skewMs })).toBe(60_000);
  }
});

it('measures a date by our clock where the server tells no time that can be read', () => {
  expect(parseRetryAfter(aMinuteLater, { date: 'noon', now: noon })).toBe(60_000);
  expect(parseRetryAfter(aMinuteLater, { date: null, now: noon + 10_000 })).toBe(50_000);
  expect(parseRetryAfter(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(50_000);
});

it('reads the headers of fetch, of Node and of undici', () => {
  expect(retryAfterMs(new Headers({ 'Retry-After': aMinuteLater, Date: atNoon }))).toBe(60_000);
  expect(retryAfterMs({ 'retry-after': aMinuteLater, date: atNoon })).toBe(60_000);
  expect(retryAfterMs({ 'retry-after': ['1', '3', 'soon', '2'] })).toBe(3000);
  expect(retryAfterMs({ 'retry-after-ms': '250' })).toBe(250);
  expect(retryAfterMs({ 'retry-after': '1', 'retry-after-ms': '250' })).toBe(1000);
});

it('reads every date that is written as dates must be', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
      const wholeSeconds = Math.floor(date.getTime() / 1000) * 1000;
      expect(parseHttpDate(date.toUTCString())).toBe(wholeSeconds);
    }),
  );
});

it('takes a year of two digits for one that is not more than 50 years ahead', () => {
  const year = (text: string): number => new Date(parseHttpDate(text) ?? 0).getUTCFullYear();
  expect(year('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(1994);
  expect(year('Sunday, 06-Nov-30 08:49:37 GMT')).toBe(2030);
});

it('reads a leap second, and the year 99', () => {
  expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
  expect(new Date(parseHttpDate('Thu, 01 Jan 0099 00:00:00 GMT') ?? 0).getUTCFullYear()).toBe(99);
});

it('never throws, and never asks for a wait that is none', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (value, date) => {
      const ms = parseRetryAfter(value, { date });
      expect(ms === undefined || (ms >= 0 && Number.isSafeInteger(ms))).toBe(true);
    }),
  );
});

it('knows what is worth another try, and what may be sent again', () => {
  expect([200, 301, 400, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504, 505].filter(isRetryableStatus)).toEqual([
    408, 425, 429, 500, 502, 503, 504,
  ]);
  expect(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PUT', 'DELETE'].every(isIdempotent)).toBe(true);
  expect(['POST', 'PATCH', 'CONNECT', 'get', ''].some(isIdempotent)).toBe(false);
});
