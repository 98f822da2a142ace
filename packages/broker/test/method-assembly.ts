import { type Content, decodeContentHeader, decodeMethod, type Fields } from './amqplib-codec.js';

/** Types of frames. */
export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;

/** A frame as it came. */
export interface WireFrame {
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
}

/** A method as it came, with its content if it has one. Fields have amqplib's names: `nowait`, `consumerTag`, `replyCode`. */
export interface WireMethod {
  readonly channel: number;
  /** `queue.declare-ok`. */
  readonly name: string;
  readonly fields: Fields;
  readonly content?: Content;
}

interface Assembling {
  readonly method: WireMethod;
  readonly parts: Buffer[];
  header?: { readonly properties: Fields; readonly bodySize: number };
}

const withContent = new Set(['basic.deliver', 'basic.return', 'basic.get-ok']);

/** Puts methods together with the frames of their content, on each channel by itself. */
export class MethodAssembly {
  readonly #assembling = new Map<number, Assembling>();

  /** Takes a frame that is no heartbeat; returns the method that is complete with it. */
  take({ type, channel, payload }: WireFrame): WireMethod | undefined {
    if (type === FRAME.method) {
      const method = { channel, ...decodeMethod(payload) };
      if (!withContent.has(method.name)) return method;
      this.#assembling.set(channel, { method, parts: [] });
      return undefined;
    }
    const assembling = this.#assembling.get(channel);
    if (assembling === undefined) throw new Error(`A frame of type ${type} came with no method before it.`);
    if (type === FRAME.header) assembling.header = decodeContentHeader(payload);
    else assembling.parts.push(payload);
    const { method, header, parts } = assembling;
    const body = Buffer.concat(parts);
    if (header === undefined || body.length < header.bodySize) return undefined;
    this.#assembling.delete(channel);
    return { ...method, content: { properties: header.properties, body, frames: parts.length } };
  }
}
