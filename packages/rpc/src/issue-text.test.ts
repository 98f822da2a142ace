import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { describeIssue } from './issue-text.js';
import type { SchemaOutcome, StandardSchema } from './standard-schema.js';

function issuesOf(schema: StandardSchema, value: unknown) {
  const outcome = schema['~standard'].validate(value) as SchemaOutcome<unknown>;
  return (outcome.issues ?? []).map((issue) => describeIssue('args', value, issue));
}

const secret = 's3cret "and" \\more';

describe('the text of an issue', () => {
  it('has the path as it is written in JavaScript', () => {
    const schema = z.object({ volumes: z.array(z.object({ size: z.number() })) });
    expect(issuesOf(schema, { volumes: [{ size: 1 }, { size: 'x' }] })).toEqual([
      { path: 'args.volumes[1].size', message: 'Invalid input: expected number, received string' },
    ]);
    const ofValibot = v.object({ volumes: v.array(v.object({ size: v.number() })) });
    expect(issuesOf(ofValibot, { volumes: [{ size: null }] })).toEqual([
      { path: 'args.volumes[0].size', message: 'Invalid type: Expected number but received null' },
    ]);
    expect(issuesOf(type({ volumes: type({ size: 'number' }).array() }), { volumes: [{}] })).toEqual([
      { path: 'args.volumes[0].size', message: 'volumes[0].size must be a number (was missing)' },
    ]);
  });

  it('has a path for the whole, too', () => {
    const message = 'must be an object (was a string)';
    expect(issuesOf(type({ size: 'number' }), 'text')).toEqual([{ path: 'args', message }]);
    expect(issuesOf(z.object({}), 5)[0]?.path).toBe('args');
    expect(issuesOf(v.object({}), 5)[0]?.path).toBe('args');
  });

  it.each<[string, StandardSchema]>([
    ['zod', z.object({ password: z.string().refine(() => false, { error: ({ input }) => `not ${input}` }) })],
    ['valibot, of another type', v.object({ password: v.number() })],
    ['valibot, of another form', v.object({ password: v.pipe(v.string(), v.uuid()) })],
    ['arktype, of another form', type({ password: 'string.uuid' })],
    ['arktype, of another value', type({ password: "'a'|'b'" })],
  ])('never holds the value, although %s quotes it', (_name, schema) => {
    const issues = issuesOf(schema, { password: secret });
    expect(issues).toHaveLength(1);
    expect(issues[0]?.path).toBe('args.password');
    expect(issues[0]?.message).toContain('***');
    expect(issues[0]?.message).not.toMatch(/s3cret|more/u);
  });

  it('never holds a value that lies deeper, whatever its type', () => {
    const refuse = (value: unknown): StandardSchema => ({
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: JSON.stringify(value) }] }) },
    });
    const value = { user: { password: secret, pins: [4711, 47], admin: true }, at: 4711.5 };
    expect(issuesOf(refuse(value), value)).toEqual([
      { path: 'args', message: '{"user":{"password":***,"pins":[***,***],"admin":***},"at":***}' },
    ]);
  });

  it('quotes nothing of a value that is too large to be looked for', () => {
    const value = [...Array(200_000).fill(0), secret];
    const quoting = (message: string): StandardSchema => ({
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message }] }) },
    });
    expect(issuesOf(quoting(`was ${JSON.stringify(value)}`), value)).toEqual([
      { path: 'args', message: 'does not match' },
    ]);
    expect(issuesOf(quoting('must be shorter'), value)).toEqual([{ path: 'args', message: 'must be shorter' }]);
  });

  it('keeps the words and numbers of the schema', () => {
    expect(issuesOf(v.object({ size: v.pipe(v.number(), v.maxValue(120)) }), { size: 121 })).toEqual([
      { path: 'args.size', message: 'Invalid value: Expected <=120 but received ***' },
    ]);
    expect(issuesOf(z.object({ name: z.string().min(3) }), { name: 'a' })).toEqual([
      { path: 'args.name', message: 'Too small: expected string to have >=3 characters' },
    ]);
  });
});
