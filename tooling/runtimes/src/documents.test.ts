import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeDocuments } from './documents.ts';
import { repositoryRoot } from './folders.ts';
import { readResults } from './results.ts';

describe('what documents say of runtimes', () => {
  const documents = writeDocuments(readResults());

  it.each(documents)('$path says what docs/runtimes.json has', ({ path, text }) => {
    expect(readFileSync(join(repositoryRoot, path), 'utf8')).toBe(text);
  });

  it('is of runs in which nothing failed', () => {
    expect(readResults().filter(({ failed }) => failed > 0)).toEqual([]);
  });
});
