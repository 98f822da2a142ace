import { setTimeout as sleep } from 'node:timers/promises';
import {
  createRpcServer,
  type RequestInfo,
  RpcFault,
  type RpcServer,
  type RpcServerEvent,
  type Target,
} from '@leveret/rpc';
import type { Transport } from '@leveret/transport';

/** A virtual machine, as a compute server tells of it. */
export interface Instance {
  readonly instance_id: string;
  readonly flavor: string;
  readonly status: 'ACTIVE' | 'RESIZED';
  /** The server that answered. */
  readonly host: string;
  /** Of a resize: for whom, out of the caller's context. */
  readonly project_id?: string;
}

/** What one server has done of what was sent without awaiting an answer. */
export interface Counts {
  readonly host: string;
  readonly rebooted: number;
  readonly refreshed: number;
  /** Requests that came again and were not done again; a server that does not look at ids does not say. */
  readonly repeated?: number;
}

/** What can be asked of a compute server. `createRpcClient<ComputeApi>` has the compiler check every call. */
export interface ComputeApi {
  describe(args: { instance_id: string }): Instance;
  /** Slow. */
  resize(args: { instance_id: string; flavor: string }): Instance;
  /** Always fails, with an exception that reaches the caller. */
  fail(args: { reason: string }): never;
  /** For a cast to the server that has the instance. */
  reboot(args: { instance_id: string; request_id: string }): void;
  /** For a fanout: every server is told. */
  refresh(args: { token: string }): void;
  counts(args: Record<string, never>): Counts;
}

/** The version of {@link ComputeApi}: a new method raises the minor, one that changes raises the major. */
export const computeVersion = '1.0';

/** One host of the compute service, not started yet. `target` has the topic of all and the server's own name. */
export function createComputeServer(
  transport: Transport,
  target: Target & { readonly server: string },
  onEvent: (event: RpcServerEvent) => void,
): RpcServer {
  const endpoint = { target: { version: computeVersion }, methods: { ...computeMethods(target.server) } };
  return createRpcServer(transport, target, [endpoint], { onEvent });
}

/** The methods of an interface as a server has them: they may be asynchronous, and learn more than their arguments. */
type Methods<Api> = {
  readonly [Name in keyof Api]: Api[Name] extends (args: infer Args) => infer Result
    ? (args: Args, request: RequestInfo) => Result | Promise<Result>
    : never;
};

function computeMethods(host: string): Methods<ComputeApi> {
  const flavors = new Map<string, string>();
  const rebooted = new Set<string>();
  const refreshed = new Set<string>();
  let repeated = 0;
  // Where once matters, ids decide: a broker may deliver twice, to another server even.
  const isFirst = (seen: Set<string>, id: string): boolean => {
    const first = !seen.has(id);
    if (first) seen.add(id);
    else repeated += 1;
    return first;
  };

  return {
    describe: ({ instance_id }) => {
      return { instance_id, host, status: 'ACTIVE', flavor: flavors.get(instance_id) ?? 'm1.small' };
    },
    resize: async ({ instance_id, flavor }, { context, signal }) => {
      // Fires when this server is stopped and waits no longer; the work ends with it.
      await sleep(100 + Math.random() * 200, undefined, { signal });
      flavors.set(instance_id, flavor);
      return { instance_id, host, status: 'RESIZED', flavor, project_id: String(context['project_id']) };
    },
    fail: ({ reason }) => {
      throw new RpcFault('InstanceFault', reason, { remoteModule: 'compute' });
    },
    reboot: ({ request_id }) => {
      isFirst(rebooted, request_id);
    },
    refresh: ({ token }) => {
      if (isFirst(refreshed, token)) flavors.clear();
    },
    counts: () => ({ host, rebooted: rebooted.size, refreshed: refreshed.size, repeated }),
  };
}
