import type { Socket } from 'node:net';

function method(classId: number, methodId: number, ...fields: readonly Buffer[]): Buffer {
  return methodFrame(0, classId, methodId, ...fields);
}

/** A method frame on any channel. */
export function methodFrame(channel: number, classId: number, methodId: number, ...fields: readonly Buffer[]): Buffer {
  return frameOf(1, channel, Buffer.concat([Buffer.from([0, classId, 0, methodId]), ...fields]));
}

/** A frame: 1 method, 2 header, 3 body. */
export function frameOf(type: number, channel: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(7 + payload.length + 1);
  frame.writeUInt8(type, 0);
  frame.writeUInt16BE(channel, 1);
  frame.writeUInt32BE(payload.length, 3);
  payload.copy(frame, 7);
  frame.writeUInt8(0xce, frame.length - 1);
  return frame;
}

export const short = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
/** AMQP's fields. */
export const long = (value: number): Buffer =>
  Buffer.from([value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff]);
export const shortString = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
export const longString = (text: string): Buffer => Buffer.concat([long(text.length), Buffer.from(text)]);

/** connection.start with no properties, PLAIN only. */
export const START: Buffer = method(10, 10, Buffer.from([0, 9]), long(0), longString('PLAIN'), longString('en_US'));
/** connection.tune: 2 047 channels, frames of 128 kB, no heartbeat. */
export const TUNE: Buffer = method(10, 30, short(2047), long(131_072), short(0));
/** connection.open-ok. */
export const OPEN_OK: Buffer = method(10, 41, shortString(''));
/** connection.close with a reply code. */
export const close = (replyCode: number, replyText: string): Buffer =>
  method(10, 50, short(replyCode), shortString(replyText), short(0), short(0));

/** Answers the client's header with `start`, its start-ok with `tune`, and its open with `last`. */
export function shakeHands(socket: Socket, last: Buffer, start: Buffer = START, tune: Buffer = TUNE): void {
  answerInTurn(socket, [
    ['AMQP', start],
    ['\x00\x0a\x00\x0b', tune],
    ['\x00\x0a\x00\x28', last],
  ]);
}

/** connection.tune with values of one's own. */
export const tune = (channelMax: number, frameMax: number, heartbeat: number): Buffer =>
  method(10, 30, short(channelMax), long(frameMax), short(heartbeat));

/** Where a broker can go wrong: what it should answer with. `confirm` is the answer to a publish. */
export type Stage = 'start' | 'tune' | 'open-ok' | 'channel.open-ok' | 'select-ok' | 'confirm';

/** A broker that behaves until `stage`, there writes something else, and then says no more. */
export function goWrongAt(stage: Stage, write: (socket: Socket) => void): (socket: Socket) => void {
  const script: readonly (readonly [stage: Stage, question: string, answer: Buffer])[] = [
    ['start', 'AMQP', START],
    ['tune', '\x00\x0a\x00\x0b', TUNE],
    ['open-ok', '\x00\x0a\x00\x28', OPEN_OK],
    ['channel.open-ok', '\x00\x14\x00\x0a', methodFrame(1, 20, 11, longString(''))],
    ['select-ok', '\x00\x55\x00\x0a', methodFrame(1, 85, 11)],
    ['confirm', '\x00\x3c\x00\x28', Buffer.alloc(0)],
  ];
  const until = script.findIndex(([name]) => name === stage);
  return (socket) => {
    const steps = script.slice(0, until + 1).map(([name, question, answer]): Step => {
      return [question, name === stage ? write : answer];
    });
    answerInTurn(socket, steps);
  };
}

type Step = readonly [question: string, answer: Buffer | ((socket: Socket) => void)];

function answerInTurn(socket: Socket, steps: readonly Step[]): void {
  let received = Buffer.alloc(0);
  const left = [...steps];
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const [question = '', answer] = left[0] ?? [];
      if (answer === undefined || !received.includes(question, 0, 'latin1')) return;
      left.shift();
      if (typeof answer === 'function') answer(socket);
      else socket.write(answer);
    }
  });
}
