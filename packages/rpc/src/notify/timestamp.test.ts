import { expect, it } from 'vitest';
import { formatTimestamp } from './timestamp.js';

it.each([
  ['2026-11-22T14:14:04.433Z', '2026-11-22 14:14:04.433000'],
  ['2026-11-22T14:14:04.007Z', '2026-11-22 14:14:04.007000'],
  ['2026-11-22T14:14:04.000Z', '2026-11-22 14:14:04'],
  ['0999-01-02T03:04:05.600Z', '0999-01-02 03:04:05.600000'],
])('%s is %s for Python', (iso, expected) => {
  expect(formatTimestamp(new Date(iso))).toBe(expected);
});
