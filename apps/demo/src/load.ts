import { randomUUID } from 'node:crypto';
import { ArgsValidationError, MessagingTimeoutError, RemoteError, type RpcCaller } from '@leveret/rpc';
import type { CallOutcome, CallTally } from './call-tally.ts';
import type { ComputeApi, Flavor } from './compute-contract.ts';

/** What a load is made of. */
export interface LoadOptions {
  readonly client: RpcCaller<ComputeApi>;
  readonly hosts: readonly string[];
  /** Those of them that hear no cancels. */
  readonly deafHosts: ReadonlySet<string>;
  readonly calls: number;
  readonly concurrency: number;
  readonly tally: CallTally;
  /** The deadline of each call, and of each cast's confirm. */
  readonly deadlineMs: number;
  /** Awaited before each call. */
  readonly mayBegin: (call: number) => Promise<void>;
  readonly onAnswer: () => void;
  readonly onEnded: (ended: number) => void;
  /** Ends the load: nothing is begun any more, what runs is awaited. */
  readonly signal: AbortSignal;
}

/** What was sent without awaiting an answer. */
export interface Sent {
  /** Reboots, by the host they were sent to. */
  readonly reboots: Map<string, number>;
  refreshes: number;
  /** The broker did not take it, and the caller was told so. */
  notSent: number;
}

const INSTANCES = 48;
const FLAVORS: readonly Flavor[] = ['m1.small', 'm1.medium', 'm1.large'];
const PATIENCE_MS = 20;

/** Runs the calls, so many at a time; every tenth brings a reboot along, every fiftieth a refresh. Never rejects. */
export async function runLoad(options: LoadOptions): Promise<Sent> {
  const { calls, concurrency, signal } = options;
  const sent: Sent = { reboots: new Map(options.hosts.map((host) => [host, 0])), refreshes: 0, notSent: 0 };
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < calls && !signal.aborted) {
      const call = next;
      next += 1;
      await options.mayBegin(call);
      if (signal.aborted) return;
      await oneCall(options, call);
      if (call % 10 === 5) await reboot(options, call, sent);
      if (call % 50 === 25) await refresh(options, sent);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return sent;
}

async function oneCall(options: LoadOptions, call: number): Promise<void> {
  const { tally, deadlineMs } = options;
  const { row, ask, outcomeOf } = question(options, call);
  const startedAt = performance.now();
  tally.sent(row);
  let outcome: CallOutcome;
  let surprise: string | undefined;
  try {
    outcome = (await ask()) ? 'answered' : 'wrong';
    if (outcome === 'wrong') surprise = `A call of '${row}' got the answer to another question.`;
  } catch (error) {
    outcome = outcomeOf?.(error) ?? unmeant(error);
    if (!outcome.endsWith('AsMeant')) surprise = error instanceof Error ? error.message : String(error);
  }
  tally.settled(row, outcome, performance.now() - startedAt, deadlineMs, surprise);
  if (outcome === 'answered' || outcome === 'failedAsMeant') options.onAnswer();
  options.onEnded(tally.ended);
}

/** One call to make. */
interface Question {
  /** The row of the table that it counts in. */
  readonly row: string;
  /** Resolves to whether the answer is one to this question. */
  readonly ask: () => Promise<boolean>;
  /** How it has ended, if this error is one that is meant. */
  readonly outcomeOf?: (error: unknown) => CallOutcome | undefined;
}

function question(options: LoadOptions, call: number): Question {
  const { client, deadlineMs: timeoutMs } = options;
  const { instance_id, host } = instanceOf(options, call);
  if (call % 20 === 7) return failing(options, call);
  if (call % 50 === 11) return refused(options, call);
  if (call % 50 === 13 && !options.deafHosts.has(host)) return givenUp(options, call);
  if (call % 5 === 3) {
    const flavor = FLAVORS[call % FLAVORS.length] ?? 'm1.small';
    return {
      row: 'resize',
      ask: async () => {
        const answer = await client.call('resize', { instance_id, flavor }, { server: host, timeoutMs });
        // A server in Python does not repeat the context.
        const isOurs = answer.project_id === undefined || answer.project_id === 'demo';
        return isOurs && answer.instance_id === instance_id && answer.flavor === flavor && answer.host === host;
      },
    };
  }
  return {
    row: 'describe',
    ask: async () => (await client.call('describe', { instance_id }, { timeoutMs })).instance_id === instance_id,
  };
}

/** The method raises, and its exception reaches the caller. */
function failing({ client, deadlineMs: timeoutMs }: LoadOptions, call: number): Question {
  const reason = `no. ${call}`;
  return {
    row: 'fail',
    ask: () => client.call('fail', { reason }, { timeoutMs }).then(() => false),
    outcomeOf: (error) => {
      const meant = error instanceof RemoteError && error.remoteType === 'InstanceFault';
      return meant && error.remoteMessage === reason ? 'failedAsMeant' : undefined;
    },
  };
}

/** The contract has no such flavor: nothing is sent. */
function refused(options: LoadOptions, call: number): Question {
  const { instance_id, host: server } = instanceOf(options, call);
  return {
    row: 'bad args',
    ask: async () => {
      // @ts-expect-error The compiler refuses it, too.
      await options.client.call('resize', { instance_id, flavor: 'm1.huge' }, { server });
      return false;
    },
    outcomeOf: (error) =>
      error instanceof ArgsValidationError && error.path === 'args.flavor' ? 'refusedAsMeant' : undefined,
  };
}

/** It takes longer than its caller likes to wait, who says so, and the method ends. */
function givenUp(options: LoadOptions, call: number): Question {
  const { instance_id, host: server } = instanceOf(options, call);
  let patience: AbortSignal | undefined;
  return {
    row: 'resize',
    ask: async () => {
      const signal = AbortSignal.timeout(PATIENCE_MS + Math.round(Math.random() * 2 * PATIENCE_MS));
      patience = signal;
      const args = { instance_id, flavor: 'm1.xlarge' } as const;
      const answer = await options.client.call('resize', args, { server, timeoutMs: options.deadlineMs, signal });
      return answer.instance_id === instance_id;
    },
    outcomeOf: (error) => (error === patience?.reason ? 'cancelledAsMeant' : undefined),
  };
}

function unmeant(error: unknown): CallOutcome {
  if (error instanceof MessagingTimeoutError) return 'timedOut';
  return (error as { code?: unknown } | null)?.code === 'ERR_LEVERET_CLIENT_SEND' ? 'notSent' : 'wrong';
}

async function reboot(options: LoadOptions, call: number, sent: Sent): Promise<void> {
  const { instance_id, host } = instanceOf(options, Math.floor(call / 10));
  try {
    await options.client.cast(
      'reboot',
      { instance_id, request_id: `req-${randomUUID()}` },
      { server: host, timeoutMs: options.deadlineMs },
    );
    sent.reboots.set(host, (sent.reboots.get(host) ?? 0) + 1);
  } catch {
    sent.notSent += 1;
  }
}

async function refresh({ client, deadlineMs }: LoadOptions, sent: Sent): Promise<void> {
  try {
    await client.cast('refresh', { token: randomUUID() }, { fanout: true, timeoutMs: deadlineMs });
    sent.refreshes += 1;
  } catch {
    sent.notSent += 1;
  }
}

function instanceOf({ hosts }: LoadOptions, number: number): { instance_id: string; host: string } {
  const instance = number % INSTANCES;
  return { instance_id: `vm-${instance}`, host: hosts[instance % hosts.length] ?? '' };
}
