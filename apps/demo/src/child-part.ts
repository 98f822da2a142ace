import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './child-messages.ts';

type ReportOf<Type extends Report['type']> = Extract<Report, { readonly type: Type }>;

/** A part of the demo in a process of its own. */
export interface ChildPart {
  readonly pid: number;
  /** Gives it an order. */
  order(order: Order): void;
  /** Its next report of this type. @throws {ChildPartError} when it fails or ends instead. */
  next<Type extends Report['type']>(type: Type): Promise<ReportOf<Type>>;
  /** Has it end in peace, and ends it when it has not after 12 s. Resolves when it has ended. Can be called twice. */
  stop(): Promise<void>;
}

/** A part of the demo failed, or ended when nobody had asked it to. */
class ChildPartError extends Error {
  override readonly name: string = 'ChildPartError';
}

// Longer than a host may take to let its requests end.
const STOP_MS = 12_000;

/** Starts a process that waits for its first order. */
export function startChildPart(onReport: (report: Report) => void = () => {}): ChildPart {
  const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), {
    // A Ctrl-C in the terminal is for this process, which still needs its parts; they end when it does.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Set<{ settle(report: Report): void; reject(error: Error): void }>();
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const finish = (why: string): void => {
      over = true;
      for (const { reject } of waiting) reject(new ChildPartError(why));
      waiting.clear();
      resolve();
    };
    child.once('exit', (status, signal) =>
      finish(`A process of the demo has ended (${signal ?? `status ${status}`}).`),
    );
    child.once('error', (error) => finish(error.message));
  });
  child.on('message', (report: Report) => {
    onReport(report);
    for (const { settle } of [...waiting]) settle(report);
  });
  const order = (next: Order): void => {
    // One that ends meanwhile is heard of by its end.
    if (child.connected) child.send(next, () => {});
  };
  const stop = async (): Promise<void> => {
    if (over) return;
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    order({ type: 'stop' });
    await ended;
    clearTimeout(timer);
  };
  return {
    pid: child.pid ?? 0,
    order,
    stop,
    next: <Type extends Report['type']>(type: Type) =>
      new Promise<ReportOf<Type>>((resolve, reject) => {
        if (over) return reject(new ChildPartError('A process of the demo has ended.'));
        const waiter = {
          reject,
          settle: (report: Report): void => {
            if (report.type !== type && report.type !== 'failed') return;
            waiting.delete(waiter);
            if (report.type === 'failed') reject(new ChildPartError(report.message));
            else resolve(report as ReportOf<Type>);
          },
        };
        waiting.add(waiter);
      }),
  };
}
