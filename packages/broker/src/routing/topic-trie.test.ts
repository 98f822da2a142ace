import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopicTrie } from './topic-trie.js';

function matches(pattern: string, key: string): boolean {
  const trie = new TopicTrie<string>();
  trie.add(pattern, pattern);
  return trie.match(key).length > 0;
}

/** The meaning of a pattern, by the slowest way: as a regular expression over words that each begin with a dot. */
function matchesByExpression(pattern: string, key: string): boolean {
  const dotted = (text: string): string[] => (text === '' ? [] : text.split('.').map((word) => `.${word}`));
  const source = dotted(pattern)
    .map((word) => (word === '.#' ? '(\\.[^.]*)*' : word === '.*' ? '\\.[^.]*' : `\\.${word.slice(1)}`))
    .join('');
  return new RegExp(`^${source}$`).test(dotted(key).join(''));
}

describe('a topic trie', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.b', 'a.b.c', false],
    ['*', 'a', true],
    ['*', '', false],
    ['*', 'a.b', false],
    ['*.b', 'a.b', true],
    ['a.*', 'a', false],
    ['a.*', 'a.', true],
    ['#', '', true],
    ['#', 'a.b.c', true],
    ['a.#', 'a', true],
    ['a.#.c', 'a.c', true],
    ['a.#.c', 'a.b.b.c', true],
    ['a.#.c', 'a.b.d', false],
    ['#.b.#', 'a.b.c', true],
    ['', '', true],
    ['', 'a', false],
    ['.', '.', true],
    ['a*', 'ab', false],
  ])('the pattern "%s" and the key "%s": %s', (pattern, key, expected) => {
    expect(matches(pattern, key)).toBe(expected);
  });

  it('finds what regular expressions find, whatever was added and removed', () => {
    const word = fc.constantFrom('a', 'b', '', '*', '#');
    const pattern = fc.array(word, { maxLength: 6 }).map((words) => words.join('.'));
    const key = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 6 }).map((words) => words.join('.'));
    fc.assert(
      fc.property(
        fc.uniqueArray(pattern, { maxLength: 12 }),
        fc.array(pattern, { maxLength: 6 }),
        key,
        (kept, gone, text) => {
          const trie = new TopicTrie<string>();
          for (const each of [...gone, ...kept]) trie.add(each, each);
          for (const each of gone) if (!kept.includes(each)) trie.remove(each, each);
          const expected = kept.filter((each) => matchesByExpression(each, text));
          expect(trie.match(text).sort()).toEqual(expected.sort());
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('keeps several values of one pattern apart', () => {
    const trie = new TopicTrie<number>();
    trie.add('a.#', 1);
    trie.add('a.#', 2);
    trie.remove('a.#', 1);
    expect(trie.match('a.b')).toEqual([2]);
  });

  it('takes a pattern full of # in its stride', () => {
    expect(matches(Array(40).fill('#.a').join('.'), Array(60).fill('a').join('.'))).toBe(true);
  });
});
