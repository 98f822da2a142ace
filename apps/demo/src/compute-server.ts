import { setTimeout as sleep } from 'node:timers/promises';
import {
  createRpcServer,
  type Endpoint,
  type Implementation,
  implement,
  RpcFault,
  type RpcServer,
  type RpcServerEvent,
  type ServerMiddleware,
} from '@leveret/rpc';
import { createNotifier, type Notifier } from '@leveret/rpc/notify';
import type { Transport } from '@leveret/transport';
import { type Counts, computeContract, type Flavor } from './compute-contract.ts';
import { notificationTopic, RESIZE_ENDED, type ServiceTarget } from './resize-notifications.ts';

// Longer than the patience of its callers.
const LARGEST_MS = 2_000;
const NOTIFY_MS = 10_000;

/** All that a server counts. */
type Done = { -readonly [Name in keyof Counts]-?: NonNullable<Counts[Name]> };

/** One host of the compute service, not started yet. `target` has exchange and topic of all, and the server's own name. */
export function createComputeServer(
  transport: Transport,
  target: ServiceTarget & { readonly server: string },
  onEvent: (event: RpcServerEvent) => void,
): RpcServer {
  const counts: Done = {
    host: target.server,
    rebooted: 0,
    refreshed: 0,
    repeated: 0,
    notified: 0,
    cancelled: 0,
    busy_ms: 0,
  };
  const notifier = createNotifier(transport, {
    publisherId: `compute.${target.server}`,
    topics: [notificationTopic(target.topic)],
    controlExchange: target.exchange,
    timeoutMs: NOTIFY_MS,
  });
  const timed: ServerMiddleware = async (_call, next) => {
    const startedAt = performance.now();
    try {
      return await next();
    } finally {
      counts.busy_ms += performance.now() - startedAt;
    }
  };
  return createRpcServer(transport, target, [computeEndpoint(counts, notifier)], {
    middleware: [timed],
    onEvent: (event) => {
      if (event.type === 'request-cancelled') counts.cancelled += 1;
      onEvent(event);
    },
  });
}

/** The methods; `counts` is what they have done, and whose they are. */
function computeEndpoint(counts: Done, notifier: Notifier): Endpoint {
  const { host } = counts;
  const flavors = new Map<string, Flavor>();
  const rebooted = new Set<string>();
  const refreshed = new Set<string>();
  // Where once matters, ids decide: a broker may deliver twice, to another server even.
  const isFirst = (seen: Set<string>, id: string): boolean => {
    const first = !seen.has(id);
    if (first) seen.add(id);
    else counts.repeated += 1;
    return first;
  };

  const methods: Implementation<typeof computeContract> = {
    describe: ({ instance_id }) => {
      return { instance_id, host, status: 'ACTIVE', flavor: flavors.get(instance_id) ?? 'm1.small' };
    },
    resize: async ({ instance_id, flavor }, { context, signal }) => {
      const workMs = flavor === 'm1.xlarge' ? LARGEST_MS : 100 + Math.random() * 200;
      // It fires when the caller has given up, and when this server is stopped and waits no longer; the work ends with it.
      await sleep(workMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      flavors.set(instance_id, flavor);
      // Whoever has the answer knows that others can hear of it.
      await notifier.info(RESIZE_ENDED, { instance_id, flavor, host }, { context });
      counts.notified += 1;
      return { instance_id, host, status: 'RESIZED', flavor, project_id: String(context['project_id']) };
    },
    fail: ({ reason }) => {
      throw new RpcFault('InstanceFault', reason, { remoteModule: 'compute' });
    },
    reboot: ({ request_id }) => {
      if (isFirst(rebooted, request_id)) counts.rebooted += 1;
    },
    refresh: ({ token }) => {
      if (!isFirst(refreshed, token)) return;
      counts.refreshed += 1;
      flavors.clear();
    },
    counts: () => counts,
  };
  return implement(computeContract, methods);
}
