import type { OsloAnswer, OsloClient, OsloRequest } from '@leveret/tooling-oslo';
import type { RpcClient } from '../src/index.js';

/** What a request says besides its method and arguments, in the terms of both languages. */
export interface RequestOptions {
  readonly server?: string;
  readonly namespace?: string;
  readonly version?: string;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly timeoutMs?: number;
  readonly callMonitorTimeoutMs?: number;
  readonly mandatory?: boolean;
}

/** A failure as its caller sees it, by Python's names. */
export interface Failure {
  readonly type: string;
  readonly message: string;
  readonly traceback: string;
}

/** How a request ended. */
export type Outcome = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: Failure };

/** A client of either language: the same requests, and the same answers. */
export interface InteropCaller {
  call(topic: string, method: string, args?: Arguments, options?: RequestOptions): Promise<Outcome>;
  cast(topic: string, method: string, args?: Arguments, options?: RequestOptions): Promise<Outcome>;
  fanout(topic: string, method: string, args?: Arguments): Promise<Outcome>;
}

type Arguments = Readonly<Record<string, unknown>>;

/** Ours. */
export function typescriptCaller(client: RpcClient): InteropCaller {
  const outcome = (sent: Promise<unknown>): Promise<Outcome> =>
    sent.then(
      (result) => ({ ok: true, result }),
      (error: unknown) => ({ ok: false, error: describeOurs(error) }),
    );
  return {
    call: (topic, method, args, options) => outcome(client.call(method, args, { topic, ...options })),
    cast: (topic, method, args, options) => outcome(client.cast(method, args, { topic, ...options })),
    fanout: (topic, method, args) => outcome(client.cast(method, args, { topic, fanout: true })),
  };
}

// What is no error of a server, by oslo.messaging's name of it.
const OURS_IN_PYTHON: Readonly<Record<string, string>> = {
  ERR_LEVERET_TIMEOUT: 'MessagingTimeout',
  ERR_LEVERET_UNDELIVERABLE: 'MessageUndeliverable',
};

function describeOurs(error: unknown): Failure {
  const { code, message, remoteType, remoteMessage, remoteTraceback } = error as Readonly<Record<string, unknown>>;
  const type = remoteType ?? OURS_IN_PYTHON[String(code)] ?? code;
  const lines = Array.isArray(remoteTraceback) ? remoteTraceback : [];
  return { type: String(type), message: String(remoteMessage ?? message), traceback: lines.join('') };
}

/** oslo.messaging's. */
export function pythonCaller(client: OsloClient): InteropCaller {
  const send = async (request: OsloRequest): Promise<Outcome> => describeTheirs(await client.request(request));
  const options = ({ timeoutMs, callMonitorTimeoutMs, mandatory, ...target }: RequestOptions = {}) => ({
    ...target,
    timeout: (timeoutMs ?? 10_000) / 1000,
    ...(callMonitorTimeoutMs === undefined ? {} : { call_monitor_timeout: callMonitorTimeoutMs / 1000 }),
    ...(mandatory === undefined ? {} : { at_least_once: mandatory }),
  });
  return {
    call: (topic, method, args = {}, more) => send({ kind: 'call', topic, method, args, ...options(more) }),
    cast: (topic, method, args = {}, more) => send({ kind: 'cast', topic, method, args, ...options(more) }),
    fanout: (topic, method, args = {}) => send({ kind: 'fanout', topic, method, args }),
  };
}

function describeTheirs(answer: OsloAnswer): Outcome {
  if (answer.ok) return { ok: true, result: answer.result };
  const { class: name, exc_type: remoteType, value, str } = answer.error;
  // Python's own exceptions come with the traceback in their text, others as the attributes of a RemoteError.
  const at = str.search(/\n?Traceback \(most recent call last\)/u);
  return {
    ok: false,
    error: {
      type: remoteType ?? name,
      message: remoteType === null ? str.slice(0, at === -1 ? undefined : at) : String(value),
      traceback: at === -1 ? '' : str.slice(at),
    },
  };
}
