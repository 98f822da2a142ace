import { type TracingChannelSubscribers, tracingChannel } from 'node:diagnostics_channel';
import { onTestFinished } from 'vitest';

/** An event of a channel, with a copy of what its subscribers got. */
export type ChannelEvent = readonly [event: string, trace: Record<string, unknown>];

/** The events of a tracing channel from now on until `stop`, or the end of the test. */
export function listenToChannel(name: string): { readonly heard: readonly ChannelEvent[]; stop(): void } {
  const channel = tracingChannel<unknown, object>(name);
  const heard: ChannelEvent[] = [];
  const hear = (event: string) => (trace: object) => void heard.push([event, { ...trace }]);
  const subscribers: TracingChannelSubscribers<object> = {
    start: hear('start'),
    end: hear('end'),
    asyncStart: hear('asyncStart'),
    asyncEnd: hear('asyncEnd'),
    error: hear('error'),
  };
  const stop = (): void => {
    channel.unsubscribe(subscribers);
  };
  channel.subscribe(subscribers);
  onTestFinished(stop);
  return { heard, stop };
}
