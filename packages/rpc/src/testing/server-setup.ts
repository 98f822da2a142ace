import { decodeEnvelope, joined, type Message } from '../envelope.js';
import { createRpcServer, type Endpoint, type RpcServer, type RpcServerEvent, type ServerOptions } from '../index.js';
import { encodeRequest } from '../request.js';
import { FakeTransport } from './fake-transport.js';

/** Whose queues are `t` and `t.s`. */
export const TARGET: { readonly topic: string; readonly server: string } = { topic: 't', server: 's' };

/** A server with its transport, a queue for replies, and what it tells. */
export function setUpServer(
  methods: Endpoint['methods'],
  options: ServerOptions = {},
): { transport: FakeTransport; server: RpcServer; events: RpcServerEvent[] } {
  const transport = new FakeTransport();
  transport.declare('reply_q');
  const events: RpcServerEvent[] = [];
  const server = createRpcServer(transport, TARGET, [{ methods }], {
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return { transport, server, events };
}

let lastId = 0;
/** The body of a request. */
export function body(
  method: string,
  args: Record<string, unknown> = {},
  options: { cast?: boolean; id?: string; queue?: string; monitor?: unknown } = {},
): string {
  lastId += 1;
  const reply = {
    messageId: `M${lastId}`,
    queue: options.queue ?? 'reply_q',
    monitorSeconds: (options.monitor ?? null) as number,
  };
  const request = {
    method,
    args,
    namespace: null,
    version: null,
    context: { user: 'bob' },
    uniqueId: options.id ?? `U${lastId}`,
  };
  return joined(encodeRequest(options.cast === true ? request : { ...request, reply }));
}

/** The replies that came. */
export function replies(transport: FakeTransport): Message[] {
  return transport.waiting('reply_q').map(decodeEnvelope);
}

/** The results in the replies that came. */
export function results(transport: FakeTransport): unknown[] {
  return replies(transport).map((reply) => reply['result']);
}

/** A promise to be settled by hand. */
export function gate(): { promise: Promise<unknown>; open(value?: unknown): void } {
  let open = (_value?: unknown): void => {};
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
