import type { Broker } from './broker.ts';
import { type ChildPart, startChildPart } from './child-part.ts';
import type { Host, HostOptions } from './compute-host.ts';

/** Starts an embedded broker in a process of its own. @throws {ChildPartError} */
export async function startBrokerProcess(): Promise<Broker & { readonly pid: number }> {
  const part = startChildPart();
  part.order({ type: 'be-broker' });
  const { broker } = await started(part, part.next('broker-started'));
  return {
    ...broker,
    kind: 'embedded',
    pid: part.pid,
    cut: async (number) => {
      const done = part.next('cut-done');
      part.order({ type: 'cut', number });
      const { connections, kind } = await done;
      return { connections, kind };
    },
    [Symbol.asyncDispose]: () => part.stop(),
  };
}

/** Starts a host of the compute service in a process of its own. @throws {ChildPartError} */
export async function startHostProcess({ onEvent, ...options }: HostOptions): Promise<Host> {
  const part = startChildPart((report) => {
    if (report.type === 'host-event') onEvent(report.event);
  });
  part.order({ type: 'be-host', options });
  await started(part, part.next('host-started'));
  return part;
}

/** What a part answers; one that fails is ended. */
async function started<T>(part: ChildPart, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    await part.stop();
    throw error;
  }
}
