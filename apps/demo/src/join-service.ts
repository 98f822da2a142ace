import type { RpcCaller } from '@leveret/rpc';
import type { Broker } from './broker.ts';
import { startComputeClient } from './compute-client.ts';
import type { ComputeApi, Counts } from './compute-contract.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { ServiceTarget } from './resize-notifications.ts';
import { EXCHANGE, type Service, type ServiceOptions } from './service.ts';

/** Exchange and topic of servers and clients that are started one by one. */
export const sharedTarget: ServiceTarget = { exchange: EXCHANGE, topic: 'compute' };

/** There is nobody to call. */
class NoServerError extends Error {
  override readonly name: string = 'NoServerError';

  constructor(cause: unknown) {
    super('No server answered. Start one, or several, in other terminals: npm run demo -- server', { cause });
  }
}

const ASK_MS = 5_000;
// A broker gives requests to its consumers in turn: of so many, each of a dozen servers answers some.
const QUESTIONS = 60;

/** A client of the servers that run already. @throws {NoServerError}, and the transport's errors. */
export async function joinService({
  broker,
  watch,
  onAnswersChange,
}: Pick<ServiceOptions, 'onAnswersChange'> & {
  readonly broker: Broker;
  readonly watch: ConnectionWatch;
}): Promise<Service> {
  const oddities = { filtered: 0, givenBack: 0, repliesIgnored: 0 };
  const connected = await startComputeClient({
    address: broker,
    target: sharedTarget,
    watch,
    onAnswersChange,
    onReplyIgnored: () => {
      oddities.repliesIgnored += 1;
    },
  });
  const { client, heard } = connected;
  const close = async (): Promise<void> => {
    await connected.close();
    await connected.transport.close();
  };
  try {
    const hosts = await findHosts(client);
    const counts = await Promise.all(hosts.map((server) => client.call('counts', {}, { server, timeoutMs: ASK_MS })));
    const before = new Map<string, Counts>(counts.map((each) => [each.host, each]));
    const deafHosts = new Set(hosts.filter((host) => before.get(host)?.cancelled === undefined));
    return { client, target: sharedTarget, hosts, deafHosts, heard, before, oddities, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Who answers to the topic. */
async function findHosts(client: RpcCaller<ComputeApi>): Promise<string[]> {
  const ask = async (): Promise<string> => {
    // Mandatory: where no server has ever been, the broker says so at once.
    const options = { mandatory: true, timeoutMs: ASK_MS };
    return (await client.call('describe', { instance_id: 'vm-0' }, options)).host;
  };
  try {
    const answers = await Promise.all(Array.from({ length: QUESTIONS }, ask));
    return [...new Set(answers)].sort();
  } catch (error) {
    throw new NoServerError(error);
  }
}
