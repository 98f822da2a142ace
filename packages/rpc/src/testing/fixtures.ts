import { readFileSync } from 'node:fs';

/** One golden vector: what went into the real library, and what came out. */
export interface Vector<In, Out> {
  readonly id: string;
  readonly kind?: string;
  readonly in: In;
  readonly out: Out;
}

/** The cases of a file in `test/fixtures`, all or those of one kind. */
export function loadVectors<Case extends { readonly kind?: string }>(name: string, kind?: string): readonly Case[] {
  const text = readFileSync(new URL(`../../test/fixtures/${name}.json`, import.meta.url), 'utf8');
  const { cases } = JSON.parse(text) as { cases: readonly Case[] };
  return kind === undefined ? cases : cases.filter((each) => each.kind === kind);
}
