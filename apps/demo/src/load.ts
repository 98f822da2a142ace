import { randomUUID } from 'node:crypto';
import { MessagingTimeoutError, RemoteError, type RpcCaller } from '@leveret/rpc';
import type { CallOutcome, CallTally } from './call-tally.ts';
import type { ComputeApi } from './compute-server.ts';

/** What a load is made of. */
export interface LoadOptions {
  readonly client: RpcCaller<ComputeApi>;
  readonly hosts: readonly string[];
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
const FLAVORS = ['m1.small', 'm1.medium', 'm1.large'];

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
  const { method, ask } = question(options, call);
  const startedAt = performance.now();
  tally.sent(method);
  let outcome: CallOutcome;
  let surprise: string | undefined;
  try {
    outcome = (await ask()) ? 'answered' : 'wrong';
    if (outcome === 'wrong') surprise = `A call of '${method}' got the answer to another question.`;
  } catch (error) {
    outcome = outcomeOf(method, call, error);
    if (outcome !== 'failedAsMeant') surprise = error instanceof Error ? error.message : String(error);
  }
  tally.settled(method, outcome, performance.now() - startedAt, deadlineMs, surprise);
  if (outcome === 'answered' || outcome === 'failedAsMeant') options.onAnswer();
  options.onEnded(tally.ended);
}

/** Which method the call is of, and the asking, which resolves to whether the answer is one to this question. */
function question(options: LoadOptions, call: number): { method: keyof ComputeApi; ask: () => Promise<boolean> } {
  const { client, deadlineMs: timeoutMs } = options;
  const { instance_id, host } = instanceOf(options, call);
  if (call % 20 === 7) {
    return {
      method: 'fail',
      ask: () => client.call('fail', { reason: `no. ${call}` }, { timeoutMs }).then(() => false),
    };
  }
  if (call % 5 === 3) {
    const flavor = FLAVORS[call % FLAVORS.length] ?? 'm1.small';
    return {
      method: 'resize',
      ask: async () => {
        const answer = await client.call('resize', { instance_id, flavor }, { server: host, timeoutMs });
        // A server in Python does not repeat the context.
        const isOurs = answer.project_id === undefined || answer.project_id === 'demo';
        return isOurs && answer.instance_id === instance_id && answer.flavor === flavor && answer.host === host;
      },
    };
  }
  return {
    method: 'describe',
    ask: async () => (await client.call('describe', { instance_id }, { timeoutMs })).instance_id === instance_id,
  };
}

function outcomeOf(method: string, call: number, error: unknown): CallOutcome {
  if (error instanceof MessagingTimeoutError) return 'timedOut';
  if (error instanceof RemoteError) {
    const meant = method === 'fail' && error.remoteType === 'InstanceFault' && error.remoteMessage === `no. ${call}`;
    return meant ? 'failedAsMeant' : 'wrong';
  }
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
