import { type CancelMessage, isCancel, parseCancel } from '../cancel-message.js';
import { decodeEnvelope, joined } from '../envelope.js';
import { type ClientOptions, createRpcClient, type RpcClient, type RpcClientEvent } from '../index.js';
import { encodeReply } from '../reply.js';
import { FakeTransport } from './fake-transport.js';

/** A client with its transport, and what it tells. */
export function setUpClient(options: ClientOptions = {}): {
  transport: FakeTransport;
  client: RpcClient;
  events: RpcClientEvent[];
} {
  const transport = new FakeTransport();
  const events: RpcClientEvent[] = [];
  const client = createRpcClient(
    transport,
    { topic: 't' },
    { onEvent: (event) => void events.push(event), ...options },
  );
  return { transport, client, events };
}

/** The request that was published last, or as the so many-th. */
export function request(transport: FakeTransport, index = -1): Record<string, unknown> {
  const requests = transport.published.filter((published) => !isCancel(published));
  return decodeEnvelope(requests.at(index)?.body ?? '');
}

/** What servers were told of calls that were given up. */
export function cancels(transport: FakeTransport): (CancelMessage & { readonly routingKey: string })[] {
  return transport.published
    .filter(isCancel)
    .map(({ body, routingKey }) => ({ ...parseCancel(decodeEnvelope(body)), routingKey }));
}

/** Puts a reply to that request where it is awaited. */
export function answer(transport: FakeTransport, facts: object = {}, index = -1): void {
  const { _msg_id: messageId, _reply_q: queue } = request(transport, index);
  const reply = { result: null, failure: null, ending: true, messageId: String(messageId), uniqueId: 'u', ...facts };
  transport.inject(String(queue), joined(encodeReply(reply)));
}
