import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as deviations from './oslo-deviations.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');

it('shows the example as it is', () => {
  expect(/```ts\n([\s\S]*?)```/.exec(readme)?.[1]).toBe(read('../examples/readme.ts'));
});

it('lists every deviation from oslo.messaging', () => {
  const listed = Object.values(deviations).flatMap((ids) => (Array.isArray(ids) ? ids : Object.keys(ids)));
  expect(listed).toHaveLength(26);
  for (const id of listed) expect(readme).toContain(`\`${id}\``);
});
