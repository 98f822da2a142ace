import { describe, expect, it } from 'vitest';
import type { FieldValue } from './codec/field-table.js';
import { checkSameArguments, checkSameProperty } from './equivalence.js';

const resource = "queue 'q' in vhost '/'";

function complaint(current: FieldValue | undefined, received: FieldValue | undefined, name = 'x-arg'): string {
  const table = (value: FieldValue | undefined) => new Map(value === undefined ? [] : [[name, value]]);
  try {
    checkSameArguments(resource, [name], table(current), table(received));
  } catch (error) {
    return (error as Error).message.replace(`PRECONDITION_FAILED - inequivalent arg '${name}' for ${resource}: `, '');
  }
  return 'the same';
}

// All of it as RabbitMQ 3.10.8 answers.
describe('a second declaration', () => {
  it('names the property that differs', () => {
    expect(() => checkSameProperty(resource, 'durable', false, true)).toThrow(
      "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': received 'true' but current is 'false'",
    );
  });

  it('tells values, and types where there is no other value', () => {
    const thousand = { type: 'I', value: 1000 } as const;
    expect(complaint(undefined, thousand)).toBe("received the value '1000' of type 'signedint' but current is none");
    expect(complaint(thousand, undefined)).toBe("received none but current is the value '1000' of type 'signedint'");
    expect(complaint(thousand, { type: 's', value: 2000 })).toBe("received '2000' but current is '1000'");
    expect(complaint(thousand, { type: 'S', value: 'x' })).toBe("received 'x' but current is '1000'");
    expect(complaint(undefined, { type: 'A', value: [thousand, { type: 'S', value: 'a' }] })).toBe(
      "received the value '[{signedint,1000},{longstr,<<\"a\">>}]' of type 'array' but current is none",
    );
  });

  it('may use another type of integer, not a floating point number', () => {
    const thousand = { type: 'I', value: 1000 } as const;
    expect(complaint(thousand, { type: 'l', value: 1000n })).toBe('the same');
    expect(complaint(thousand, { type: 'T', value: 1000n })).toBe('the same');
    expect(complaint(thousand, { type: 'd', value: 1000 })).toBe("received '1.0e3' but current is '1000'");
  });

  it('may leave out that a queue is classic', () => {
    expect(complaint(undefined, { type: 'S', value: 'classic' }, 'x-queue-type')).toBe('the same');
    expect(complaint({ type: 'S', value: 'classic' }, undefined, 'x-queue-type')).toBe('the same');
    expect(complaint(undefined, { type: 'S', value: 'quorum' }, 'x-queue-type')).toBe(
      "received the value 'quorum' of type 'longstr' but current is none",
    );
  });

  it('is compared by the arguments that count only', () => {
    const received = new Map([['x-other', { type: 't', value: true } as const]]);
    expect(() => checkSameArguments(resource, ['x-arg'], new Map(), received)).not.toThrow();
  });
});
