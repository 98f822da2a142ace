import { describe, expect, it } from 'vitest';
import { EndJudge } from './consumer-end.js';
import { DeclarationError, DestinationNotFoundError } from './errors.js';

const missing = new DestinationNotFoundError("NOT_FOUND - no queue 'q' in vhost '/'");
const down = new DestinationNotFoundError("NOT_FOUND - home node 'a' of durable queue 'q' is down or inaccessible");
const locked = new DeclarationError(405, "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q'");
const inUse = new DeclarationError(403, "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use");
const forbidden = new DeclarationError(403, "ACCESS_REFUSED - access to queue 'q' refused for user 'u'");
const unequal = new DeclarationError(406, "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q'");

describe('a consumer that was refused', () => {
  it.each([missing, down, forbidden, unequal])('that may declare its queue tries on: %s', (error) => {
    const judge = new EndJudge(1_000);
    for (let now = 0; now < 100_000; now += 1_000) expect(judge.judge(error, true, now)).toBeUndefined();
  });

  it('that may not declare ends when the queue is missing twice in a row', () => {
    const judge = new EndJudge(1_000);
    expect(judge.judge(missing, false, 0)).toBeUndefined();
    judge.reset();
    expect(judge.judge(missing, false, 10)).toBeUndefined();
    expect(judge.judge(missing, false, 20)).toEqual({ reason: 'queue-deleted', error: missing });
  });

  it('that may not declare waits for a queue whose node is away', () => {
    const judge = new EndJudge(1_000);
    for (let now = 0; now < 100_000; now += 1_000) expect(judge.judge(down, false, now)).toBeUndefined();
  });

  it.each([locked, inUse])('because another holds its queue ends when that lasts too long: %s', (error) => {
    const judge = new EndJudge(1_000);
    expect(judge.judge(error, true, 5_000)).toBeUndefined();
    expect(judge.judge(error, true, 5_999)).toBeUndefined();
    expect(judge.judge(error, true, 6_000)).toEqual({ reason: 'queue-locked', error });
    judge.reset();
    expect(judge.judge(error, true, 7_000)).toBeUndefined();
  });
});
