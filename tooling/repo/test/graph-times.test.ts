import { describe, expect, it } from 'vitest';
import { formatTimes, readGraphRun, withTimes } from '../src/graph/times.ts';

describe('the times of the graph', () => {
  it('are read from what turbo prints at its end, in colours too', () => {
    const output =
      ' Tasks:    61 successful, 61 total\n\u001b[1mCached:\u001b[0m    12 cached, 61 total\n  Time:    4.9s\n';
    expect(readGraphRun('cold', 4.9, output)).toEqual({ name: 'cold', seconds: 4.9, tasks: 61, cached: 12 });
  });

  it('are not made up where turbo has not said what it ran', () => {
    expect(() => readGraphRun('cold', 4.9, 'turbo: no such task')).toThrow('no such task');
  });

  it('have a line for each run', () => {
    const runs = [
      { name: 'with an empty cache', seconds: 301.4, tasks: 61, cached: 0 },
      { name: 'again', seconds: 0.42, tasks: 61, cached: 61 },
    ];
    expect(formatTimes(runs).split('\n').slice(2)).toEqual([
      '| with an empty cache | 61 of 61 | 301 s |',
      '| again | 0 of 61 | 0.4 s |',
    ]);
  });

  it('stand between two marks, in the place of the last ones', () => {
    const page = 'a\n<!-- times of the graph, by npm run measure:graph -->\nold\n<!-- /times of the graph -->\nb\n';
    expect(withTimes(page, 'new')).toBe(
      'a\n<!-- times of the graph, by npm run measure:graph -->\n\nnew\n\n<!-- /times of the graph -->\nb\n',
    );
    expect(() => withTimes('a\nb\n', 'new')).toThrow('measure:graph');
  });
});
