import { describe, expect, it } from 'vitest';
import { compileFilter, type Filterable, type NotificationFilter } from './filter.js';

const NOTIFICATION: Filterable = {
  publisherId: 'compute.host1',
  eventType: 'compute.instance.create.end',
  context: { tenant_id: '5f643cfc', roles: ['private'], user: null },
  metadata: { messageId: 'd21bfa64', timestamp: '2026-11-22 14:14:04.433665' },
  payload: { state: 'active', size: 4 },
};

const matches = (filter: NotificationFilter, notification: Partial<Filterable> = {}): boolean =>
  compileFilter('filter', filter)({ ...NOTIFICATION, ...notification });

describe('a filter', () => {
  it.each<[string, NotificationFilter, boolean]>([
    ['nothing', {}, true],
    ['a beginning', { publisherId: 'compute' }, true],
    ['a beginning, said twice', { publisherId: /^compute.*/ }, true],
    ['a middle', { publisherId: 'host1' }, false],
    ['one of two alternatives, of which the second is a middle', { publisherId: /nova|host1/ }, false],
    ['an end that is not reached', { eventType: String.raw`compute\.instance\.create$` }, false],
    ['letters of another size', { eventType: /COMPUTE/i }, true],
    ['the beginning of any line', { payload: { state: /^active/m } }, true],
    ['all of several', { publisherId: 'compute', eventType: 'compute', payload: { state: 'act' } }, true],
    ['not all of several', { publisherId: 'compute', eventType: 'network' }, false],
    ['a key of the context', { context: { tenant_id: '^5f643cfc$' } }, true],
    ['a key that is a list', { context: { roles: 'private' } }, false],
    ['a key that is null', { context: { user: '' } }, false],
    ['a key that is not there', { context: { project: '' } }, false],
    ['a key that every object has', { context: { constructor: '' } as never }, false],
    ['a number', { payload: { size: '4' } }, false],
    ['the metadata', { metadata: { timestamp: '2026-1[12]' } }, true],
    ['other metadata', { metadata: { messageId: 'x' } }, false],
    ['no keys', { payload: {} }, true],
  ])('of %s', (_name, filter, expected) => {
    expect(matches(filter)).toBe(expected);
    // Expressions with a memory would say something else the second time.
    expect(matches(filter)).toBe(expected);
  });

  it('says the same each time for an expression with a memory', () => {
    const filter = compileFilter('filter', { eventType: /compute/g });
    expect([filter(NOTIFICATION), filter(NOTIFICATION), filter(NOTIFICATION)]).toEqual([true, true, true]);
  });

  it('of a payload lets none through that has no keys', () => {
    for (const payload of [null, 'active', 7, undefined]) {
      expect(matches({ payload: { state: 'active' } }, { payload })).toBe(false);
    }
    expect(matches({ payload: {} }, { payload: null })).toBe(true);
    expect(matches({ publisherId: '' }, { publisherId: null })).toBe(false);
  });

  it('that makes no sense is refused', () => {
    const compile = (filter: object) => () => compileFilter('endpoints[0].filter', filter);
    expect(compile({ publisher_id: 'x' })).toThrow(
      "There is no option 'publisher_id' of endpoints[0].filter; there are publisherId",
    );
    expect(compile({ eventType: '(' })).toThrow(
      'endpoints[0].filter.eventType is no regular expression of JavaScript: (',
    );
    expect(compile({ eventType: 7 })).toThrow('endpoints[0].filter.eventType must be a regular expression');
    expect(compile({ payload: 'x' })).toThrow('endpoints[0].filter.payload must be an object');
    expect(compile({ metadata: { message_id: 'x' } })).toThrow("There is no option 'message_id'");
  });
});
