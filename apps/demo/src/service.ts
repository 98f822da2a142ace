import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { createRpcClient, type RpcClient, type RpcServer } from '@leveret/rpc';
import { type OsloServer, startOsloServer } from '@leveret/tooling-oslo';
import { createTransport, type Transport } from '@leveret/transport';
import type { Broker } from './broker.ts';
import { type ComputeApi, computeVersion, createComputeServer } from './compute-server.ts';
import type { ConnectionChange, ConnectionWatch } from './connection-watch.ts';

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
  /** Hears when the connection that brings the client its answers is gone, or open. */
  readonly onAnswersChange: (open: boolean) => void;
}

/** A running compute service, and a client of it. */
export interface Service {
  readonly client: RpcClient<ComputeApi>;
  readonly hosts: readonly string[];
  readonly target: { readonly exchange: string; readonly topic: string };
  readonly oddities: Readonly<Oddities>;
  /** Lets what runs end, closes everything, and leaves no queue behind. Can be called twice. */
  close(): Promise<void>;
}

/** The exchange of the demo, so that it meets nobody else's on a broker of the user's. */
const EXCHANGE = 'leveret-demo';
const HOSTS = ['host-1', 'host-2', 'host-3'];
const PYTHON_HOST = 'host-py';
const DRAIN_MS = 5_000;
const GOODBYE_MS = 2_000;

/** Starts servers and client, each with a transport of its own, as if they were processes on several machines. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { broker, watch, oslo, onAnswersChange } = options;
  const target = { exchange: EXCHANGE, topic: `compute-${randomBytes(4).toString('hex')}` };
  const oddities: Oddities = { filtered: 0, givenBack: 0, repliesIgnored: 0 };
  const transports: Transport[] = [];
  const servers: RpcServer[] = [];
  let python: OsloServer | undefined;
  let client: RpcClient<ComputeApi> | undefined;

  const connect = async (owner: string, onChange?: (change: ConnectionChange) => void): Promise<Transport> => {
    const hostname = broker.host.slice(0, broker.host.lastIndexOf(':'));
    const transport = createTransport(broker.url, {
      onEvent: watch.listener(owner, onChange),
      connectionName: `leveret-demo ${owner}`,
      // The certificate is the broker's, also when a proxy stands before it.
      tls: isIP(hostname) === 0 ? { servername: hostname } : {},
    });
    transports.push(transport);
    await transport.connect({ signal: AbortSignal.timeout(15_000) });
    return transport;
  };
  const startServer = async (host: string): Promise<void> => {
    const server = createComputeServer(await connect(host), { ...target, server: host }, ({ type }) => {
      if (type === 'request-repeated') oddities.filtered += 1;
      if (type === 'request-lost') oddities.givenBack += 1;
    });
    servers.push(server);
    await server.start({ signal: AbortSignal.timeout(15_000) });
  };
  const close = async (): Promise<void> => {
    await Promise.all([...servers.map((server) => server.stop({ drainMs: DRAIN_MS })), python?.stop()]);
    await client?.close();
    const queues = [target.topic, ...HOSTS.concat(oslo ? PYTHON_HOST : []).map((host) => `${target.topic}.${host}`)];
    // On a broker that is gone there is nothing to tidy up.
    const signal = AbortSignal.timeout(GOODBYE_MS);
    await Promise.allSettled(queues.map((queue) => transports.at(-1)?.deleteQueue(queue, { signal })));
    await Promise.all(transports.map((transport) => transport.close({ drainMs: GOODBYE_MS })));
  };

  try {
    const startPython = async (): Promise<void> => {
      if (!oslo) return;
      python = await startOsloServer({ ...target, program: 'compute_server', server: PYTHON_HOST, url: broker.url });
    };
    await Promise.all([...HOSTS.map(startServer), startPython()]);
    const transport = await connect('client', ({ purpose, open }) => {
      if (purpose === 'consume') onAnswersChange(open);
    });
    client = createRpcClient<ComputeApi>(
      transport,
      { ...target, version: computeVersion },
      {
        context: { project_id: 'demo' },
        onEvent: ({ type }) => {
          if (type === 'reply-ignored') oddities.repliesIgnored += 1;
        },
      },
    );
    return { client, target, hosts: oslo ? [...HOSTS, PYTHON_HOST] : HOSTS, oddities, close };
  } catch (error) {
    await close();
    throw error;
  }
}
