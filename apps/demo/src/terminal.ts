import { styleText } from 'node:util';
import { count, type Paint } from './report.ts';

/** Where the demo writes to. */
export interface Terminal {
  readonly paint: Paint;
  /** A line that stays. */
  line(text: string): void;
  /** What is going on, in a line that is written over; only on a terminal. */
  status(text: string): void;
  /** How far the load is: on a terminal the line that is written over, elsewhere a line now and then. */
  progress(progress: Progress): void;
  /** Takes the line away that is written over. */
  done(): void;
}

/** How far the load is. */
export interface Progress {
  readonly ended: number;
  readonly calls: number;
  readonly perSecond: number;
  readonly text: string;
}

/** A line with a name before it, as all that the demo tells have. */
export function labelled({ paint }: Pick<Terminal, 'paint'>, name: string, text: string): string {
  return `  ${paint('dim', name.padEnd(10))} ${text}`;
}

const BAR = 24;

/** A terminal for people; without a TTY it writes no control characters, and one line for each fifth of the load. */
export function createTerminal(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Terminal {
  const paint: Paint = (style, text) => styleText(style, text, { stream });
  if (!stream.isTTY) return plainTerminal(stream, paint);
  const utf8 = /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  const [full, empty] = utf8 ? ['█', '░'] : ['#', '.'];
  let shown = '';
  // One write each, so that no half line is ever seen.
  const show = (line: string, after: string): void => {
    if (line === '' && after === shown) return;
    stream.write(`${shown === '' ? '' : '\r\x1b[2K'}${line}${after}`);
    shown = after;
  };
  return {
    paint,
    line: (text) => show(`${text}\n`, shown),
    status: (text) => show('', text),
    progress: ({ ended, calls, perSecond, text }) => {
      const filled = Math.floor((BAR * ended) / calls);
      const bar = `${paint('cyan', full.repeat(filled))}${paint('dim', empty.repeat(BAR - filled))}`;
      const rest = ` ${count(ended)} of ${count(calls)} calls, ${count(perSecond)}/s${text}`;
      // A line that wraps cannot be written over.
      show('', `  ${bar}${rest.slice(0, Math.max(0, (stream.columns || 80) - BAR - 3))}`);
    },
    done: () => show('', ''),
  };
}

/** A terminal that nobody looks at. */
export function silentTerminal(): Terminal {
  return { paint: (_style, text) => text, line: () => {}, status: () => {}, progress: () => {}, done: () => {} };
}

function plainTerminal(stream: NodeJS.WriteStream, paint: Paint): Terminal {
  let fifths = 0;
  return {
    paint,
    line: (text) => void stream.write(`${text}\n`),
    status: () => {},
    progress: ({ ended, calls, perSecond }) => {
      const now = Math.floor((ended * 5) / calls);
      if (now <= fifths) return;
      fifths = now;
      stream.write(`  ${count(ended)} of ${count(calls)} calls, ${count(perSecond)}/s\n`);
    },
    done: () => {},
  };
}
