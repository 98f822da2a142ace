import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Broker } from '../../src/broker.js';
import { encodeMethod } from '../../src/codec/methods.js';
import type { Random } from './random.js';

/** How a broker took what it was sent. */
export type Outcome = 'answered' | 'closed' | 'left';

const PATIENCE_MS = 5_000;
const FAREWELL = Buffer.concat([
  encodeMethod(0, 'connection.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 }),
  encodeMethod(0, 'connection.close-ok', {}),
]);

/**
 * Sends octets in pieces of any size, and then says goodbye. Throws if the broker neither answers that nor ends the
 * connection, or if what it writes is no sequence of frames.
 */
export async function play(broker: Broker, octets: Buffer, random: Random): Promise<Outcome> {
  const socket = connect({ port: broker.port, host: broker.host, noDelay: true });
  const answers: Buffer[] = [];
  let ended = false;
  socket.on('data', (chunk) => answers.push(chunk));
  socket.on('error', () => undefined);
  socket.on('end', () => {
    ended = true;
  });
  const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  void gone.then(() => {
    ended = true;
  });
  try {
    for (let at = 0; at < octets.length && !ended; ) {
      const size = random.oneIn(3) ? octets.length : 1 + random.below(200);
      socket.write(octets.subarray(at, at + size));
      at += size;
      await nextTurn();
    }
    // Some leave without a word.
    if (random.oneIn(10)) return 'left';
    if (!endsWithAFrame(octets)) {
      // In the middle of a frame nothing can be answered: the end of the socket has to be enough.
      socket.end();
      await until(() => ended, 'the broker keeps the socket of a client that has left');
      return 'left';
    }
    socket.write(FAREWELL);
    await until(() => ended || closesIn(Buffer.concat(answers)), 'the broker answers no connection.close');
    // Not by what came first: some runtimes tell of an answer and of the end in the same turn.
    return closesIn(Buffer.concat(answers)) ? 'answered' : 'closed';
  } finally {
    socket.destroy();
    await gone;
    check(Buffer.concat(answers));
  }
}

async function until(condition: () => boolean, otherwise: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${otherwise}, ${PATIENCE_MS} ms on`);
    await nextTurn();
  }
}

/** Whether a reader that goes by the sizes stands between two frames at the end. */
function endsWithAFrame(octets: Buffer): boolean {
  let at = 8;
  while (octets.length - at >= 7) at += 8 + octets.readUInt32BE(at + 3);
  return at === octets.length;
}

/** Whether connection.close or its answer is in it. */
function closesIn(answers: Buffer): boolean {
  return walk(answers).some((frame) => frame.length >= 11 && frame[8] === 10 && (frame[10] === 50 || frame[10] === 51));
}

function check(answers: Buffer): void {
  for (const frame of walk(answers)) {
    if (![1, 2, 3, 8].includes(frame[0] as number) || frame.at(-1) !== 0xce) {
      throw new Error(`the broker wrote what is no frame: ${frame.toString('hex')}`);
    }
  }
}

function walk(answers: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  // The protocol header is its only answer to who speaks something else.
  let at = answers.toString('latin1', 0, 4) === 'AMQP' ? 8 : 0;
  while (answers.length - at >= 7) {
    const end = at + 8 + answers.readUInt32BE(at + 3);
    if (end > answers.length) break;
    frames.push(answers.subarray(at, end));
    at = end;
  }
  return frames;
}
