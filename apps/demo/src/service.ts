import { randomBytes } from 'node:crypto';
import type { RpcClient } from '@leveret/rpc';
import { startOsloServer } from '@leveret/tooling-oslo';
import type { Broker } from './broker.ts';
import { type ComputeClient, startComputeClient } from './compute-client.ts';
import type { ComputeApi, Counts } from './compute-contract.ts';
import type { Host, HostEvent, HostOptions } from './compute-host.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import { type Heard, notificationQueue, type ServiceTarget } from './resize-notifications.ts';

/** What servers and client tell of messages that came, or went, more than once. */
export interface Oddities {
  filtered: number;
  givenBack: number;
  repliesIgnored: number;
}

/** What a service is started with. */
export interface ServiceOptions {
  readonly broker: Broker;
  readonly watch: ConnectionWatch;
  readonly oslo: boolean;
  /** Starts a host, here or in a process of its own. */
  readonly startHost: (options: HostOptions) => Promise<Host>;
  /** Hears when the connection that brings the client its answers is gone, or open. */
  readonly onAnswersChange: (open: boolean) => void;
}

/** A running compute service, and a client of it. */
export interface Service {
  readonly client: RpcClient<ComputeApi>;
  readonly hosts: readonly string[];
  /** Those of them that hear no cancels, and notify nobody. */
  readonly deafHosts: ReadonlySet<string>;
  /** What the client has heard of resizes. */
  readonly heard: Readonly<Heard>;
  /** What hosts that ran before had done already. */
  readonly before: ReadonlyMap<string, Counts>;
  readonly target: ServiceTarget;
  readonly oddities: Readonly<Oddities>;
  /** Lets what runs end, closes everything that was started, and leaves no queue of it behind. Can be called twice. */
  close(): Promise<void>;
}

/** The exchange of the demo, so that it meets nobody else's on a broker of the user's. */
export const EXCHANGE = 'leveret-demo';
const HOSTS = ['host-1', 'host-2', 'host-3'];
const PYTHON_HOST = 'host-py';
const GOODBYE_MS = 2_000;

/** Starts servers and client, each with a transport of its own, as if they were processes on several machines. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { broker, watch, oslo, onAnswersChange } = options;
  const target = { exchange: EXCHANGE, topic: `compute-${randomBytes(4).toString('hex')}` };
  const address = { url: broker.url, host: broker.host };
  const oddities: Oddities = { filtered: 0, givenBack: 0, repliesIgnored: 0 };
  const hosts: Host[] = [];
  const python = oslo ? [PYTHON_HOST] : [];
  let connected: ComputeClient | undefined;

  const startHost = async (name: string): Promise<void> => {
    const onEvent = (event: HostEvent): void => {
      if (event.type === 'request-repeated') oddities.filtered += 1;
      else if (event.type === 'request-lost') oddities.givenBack += 1;
      else watch.tell(name, event);
    };
    hosts.push(await options.startHost({ address, target, name, onEvent }));
  };
  const startPython = async (): Promise<void> => {
    hosts.push(await startOsloServer({ ...target, program: 'compute_server', server: PYTHON_HOST, url: broker.url }));
  };
  const close = async (): Promise<void> => {
    await Promise.all(hosts.map((host) => host.stop()));
    if (connected === undefined) return;
    const { transport } = connected;
    await connected.close();
    // The servers in TypeScript have removed theirs. On a broker that is gone there is nothing to tidy up.
    const signal = AbortSignal.timeout(GOODBYE_MS);
    const queues = [target.topic, notificationQueue(target.topic), ...python.map((host) => `${target.topic}.${host}`)];
    await Promise.allSettled(queues.map((queue) => transport.deleteQueue(queue, { signal })));
    await transport.close({ drainMs: GOODBYE_MS });
  };

  try {
    const starts = await Promise.allSettled([...HOSTS.map(startHost), ...(oslo ? [startPython()] : [])]);
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    connected = await startComputeClient({
      address,
      target,
      watch,
      onAnswersChange,
      onReplyIgnored: () => {
        oddities.repliesIgnored += 1;
      },
    });
    const { client, heard } = connected;
    const names = [...HOSTS, ...python];
    return { client, target, hosts: names, deafHosts: new Set(python), heard, before: new Map(), oddities, close };
  } catch (error) {
    await close();
    throw error;
  }
}
