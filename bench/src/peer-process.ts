import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Figures } from './contender.ts';
import type { Command } from './peer-commands.ts';

/** A client or server process of the bench. It ends when this process does, in whatever way. */
export interface PeerProcess {
  /** Rejects when the process ends first, or says nothing for `limitMs`. */
  ask(command: Command, limitMs: number): Promise<Figures>;
  /** Ends it, by SIGKILL if it does not exit by itself; resolves when it has ended. */
  end(): Promise<void>;
}

interface Answer {
  readonly id: number;
  readonly figures?: Figures;
  readonly error?: string;
}

const EXIT_LIMIT_MS = 5_000;

/** Starts a process that knows one adapter. */
export function startPeerProcess(adapter: string): PeerProcess {
  const child = fork(fileURLToPath(new URL('./peer-main.ts', import.meta.url)), [adapter], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  let lastId = 0;
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4_000);
  });
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  const ended = once(child, 'exit').then(() => {
    for (const [id, answer] of waiting) answer({ id, error: `its process ended early. ${log.trim()}` });
  });
  return {
    ask: async (command, limitMs) => {
      if (child.exitCode !== null || !child.connected)
        throw new Error(`${adapter}: its process has ended. ${log.trim()}`);
      lastId += 1;
      const id = lastId;
      let timer: NodeJS.Timeout | undefined;
      const { figures, error } = await new Promise<Answer>((resolve) => {
        waiting.set(id, resolve);
        timer = setTimeout(() => resolve({ id, error: `no answer within ${limitMs} ms` }), limitMs);
        child.send({ id, command });
      });
      waiting.delete(id);
      clearTimeout(timer);
      if (figures === undefined) throw new Error(`${adapter}, ${command.do}: ${error}`);
      return figures;
    },
    end: async () => {
      const limit = setTimeout(() => child.kill('SIGKILL'), EXIT_LIMIT_MS);
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(limit);
    },
  };
}
