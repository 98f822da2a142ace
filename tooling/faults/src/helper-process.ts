import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A program of this folder in a process of its own, that talks in messages. */
export interface HelperProcess extends AsyncDisposable {
  send(message: object): void;
  /** The next message of the helper. Rejects when it ends before, with its exit code. */
  next<Message>(): Promise<Message>;
  /** Hears every message from now on. */
  onMessage(listen: (message: object) => void): void;
}

/** Starts one; `settings` is its only argument, as JSON. */
export function startHelper(program: string, settings: object, execArgv: readonly string[] = []): HelperProcess {
  const child: ChildProcess = fork(join(import.meta.dirname, program), [JSON.stringify(settings)], {
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`${program} ended with ${code ?? signal}.`)));
    child.once('error', reject);
  });
  // Heard by who waits for a message; nobody need wait.
  ended.catch(() => {});
  return {
    send: (message) => {
      child.send(message);
    },
    next: async <Message>() => {
      const heard = new AbortController();
      try {
        const [message] = await Promise.race([once(child, 'message', { signal: heard.signal }), ended]);
        return message as Message;
      } finally {
        heard.abort();
      }
    },
    onMessage: (listen) => {
      child.on('message', (message) => listen(message as object));
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The settings of the helper that this process is. */
export function helperSettings<Settings>(): Settings {
  return JSON.parse(process.argv[2] ?? '{}') as Settings;
}

/** Milliseconds on a clock that all processes of this machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
