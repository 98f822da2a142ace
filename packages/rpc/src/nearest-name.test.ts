import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

describe('the nearest name', () => {
  const names = ['resize', 'describe', 'ls', 'attachVolume'];

  it.each([
    ['resise', 'resize'],
    ['rezise', 'resize'],
    ['Resize', 'resize'],
    ['attach_volume', 'attachVolume'],
    ['la', 'ls'],
  ])('of %s is %s', (name, nearest) => expect(nearestName(name, names)).toBe(nearest));

  it.each(['shutdown', '', 'rs', 'x'.repeat(100_000)])('is none for what is like none of them', (name) => {
    expect(nearestName(name, ['resize', 'describe', 'attachVolume'])).toBeUndefined();
  });
});
