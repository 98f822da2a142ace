import type { Adapter, CallClient, Closable, Place } from './adapter.ts';
import type { Figures, Load, Stock } from './contender.ts';
import { measureCalls, measureGap, measurePublishes, measureSetUp } from './measure.ts';
import { measureDeliveries } from './measure-deliveries.ts';
import { profiled, startProfile } from './profile.ts';
import { socketWrites } from './socket-writes.ts';

/** What the bench tells a client or server process, and what that answers. */
export type Command =
  | { readonly do: 'serve' | 'connect'; readonly place: Place }
  | { readonly do: 'calls'; readonly load: Load }
  | { readonly do: 'gap'; readonly durationMs: number }
  | { readonly do: 'set-up'; readonly place: Place; readonly times: number }
  | { readonly do: 'publish'; readonly place: Place; readonly load: Load; readonly warmUpMs: number }
  | { readonly do: 'consume'; readonly place: Place; readonly stock: Stock }
  | { readonly do: 'use' }
  | { readonly do: 'start-profile'; readonly file: string }
  | { readonly do: 'stop-profile' }
  | { readonly do: 'close' };

/** Carries out commands with the functions of one adapter. */
export class PeerCommands {
  readonly #adapter: Adapter;
  #server: Closable | undefined;
  #client: CallClient | undefined;
  #stopProfile: (() => Promise<void>) | undefined;

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  async run(command: Command): Promise<Figures> {
    switch (command.do) {
      case 'serve':
        this.#server = await this.#adapter.startServer?.(command.place);
        return {};
      case 'connect':
        this.#client = await this.#adapter.startClient?.(command.place);
        return {};
      case 'calls':
        return measureCalls(this.#connected(), command.load);
      case 'gap':
        return measureGap(this.#connected(), command.durationMs);
      case 'set-up':
        return this.#setUp(command.place, command.times);
      case 'publish':
        return this.#publish(command.place, command.load, command.warmUpMs);
      case 'consume':
        return this.#consume(command.place, command.stock);
      case 'use': {
        const { user, system } = process.cpuUsage();
        return { cpuUs: user + system, writes: socketWrites() };
      }
      case 'start-profile':
        this.#stopProfile = await startProfile(command.file);
        return {};
      case 'stop-profile':
        await this.#stopProfile?.();
        this.#stopProfile = undefined;
        return {};
      case 'close':
        await this.#client?.close();
        await this.#server?.close();
        return {};
    }
  }

  #connected(): CallClient {
    if (this.#client === undefined) throw new Error('This process was not told to connect.');
    return this.#client;
  }

  #setUp(place: Place, times: number): Promise<Figures> {
    const { startClient } = this.#adapter;
    if (startClient === undefined) throw new Error('This adapter does not call.');
    return measureSetUp(() => startClient(place), times);
  }

  async #publish(place: Place, load: Load, warmUpMs: number): Promise<Figures> {
    const publisher = await this.#adapter.startPublisher?.(place);
    if (publisher === undefined) throw new Error('This adapter does not publish.');
    try {
      const before = await measurePublishes(publisher, { ...load, durationMs: warmUpMs, profile: undefined });
      const figures = await measurePublishes(publisher, load);
      return { ...figures, confirmed: (before['done'] ?? 0) + (figures['done'] ?? 0) };
    } finally {
      await publisher.close();
    }
  }

  #consume(place: Place, stock: Stock): Promise<Figures> {
    const start = async (onMessage: () => void): Promise<Closable> => {
      const consumer = await this.#adapter.startConsumer?.(place, stock.prefetch, onMessage);
      if (consumer === undefined) throw new Error('This adapter does not consume.');
      return consumer;
    };
    return profiled(stock.profile, () => measureDeliveries(start, stock));
  }
}
