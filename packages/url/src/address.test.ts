import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readHostname } from './address.js';

function isIpv6(text: string): boolean {
  try {
    return readHostname(`[${text}]`, 0, 'oslo') === text;
  } catch {
    return false;
  }
}

it.each([
  '::',
  '::1',
  '1::',
  'fe80::1',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7::',
  '::ffff:10.0.0.1',
  '1:2:3:4:5:6:1.2.3.4',
])('takes %s', (text) => expect(isIpv6(text)).toBe(true));

it.each([
  '',
  ':',
  ':::',
  '1',
  '1:2',
  '1::2::3',
  '12345::',
  'g::',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4::5:6:7:8',
  '::1.2.3',
  '::256.1.1.1',
])('refuses "%s"', (text) => expect(isIpv6(text)).toBe(false));

it('agrees with Node', () => {
  const near = fc.string({ unit: fc.constantFrom(...'0f1:.:2'), maxLength: 24 });
  fc.assert(
    fc.property(fc.oneof(near, fc.ipV6(), fc.ipV4()), (text) => isIpv6(text) === isIPv6(text)),
    { numRuns: 5000 },
  );
});
