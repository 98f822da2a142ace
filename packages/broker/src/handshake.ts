import { Client } from './client.js';
import type { Method, MethodFields, MethodName } from './codec/methods.js';
import { MECHANISMS, readCredentials } from './credentials.js';
import { connectionFailure, NO_METHOD } from './failure.js';
import type { Settings } from './options.js';
import { SERVER_PROPERTIES } from './server-properties.js';
import { agree, type Tuning } from './tuning.js';
import type { Users } from './users.js';
import type { VirtualHost } from './virtual-host.js';

/** The eight octets that open AMQP 0-9-1. */
export const PROTOCOL_HEADER: Buffer = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

/** How far a handshake is: what it waits for. */
export type HandshakeStep = 'header' | 'start-ok' | 'tune-ok' | 'open';

/** Where a handshake leads. */
export interface HandshakeListener {
  send<N extends MethodName>(name: N, fields: MethodFields<N>): void;
  /** The client said who it is; whether that is true comes next. */
  introduced(client: Client): void;
  agreed(tuning: Tuning): void;
  opened(virtualHost: VirtualHost): void;
}

/** What a handshake looks up. */
export interface HandshakeHost {
  readonly settings: Settings;
  readonly users: Users;
  findVirtualHost(name: string): VirtualHost | undefined;
}

/** From the first octet to connection.open-ok. Throws an AmqpFailure for what a client does wrong on the way. */
export class Handshake {
  readonly #host: HandshakeHost;
  readonly #listener: HandshakeListener;
  #step: HandshakeStep = 'header';
  #header: Buffer = Buffer.alloc(0);
  #user = '';

  constructor(host: HandshakeHost, listener: HandshakeListener) {
    this.#host = host;
    this.#listener = listener;
  }

  get step(): HandshakeStep {
    return this.#step;
  }

  /** Takes the first octets: what follows the header once it is complete, undefined before; `wrong` if it is another one. */
  header(chunk: Buffer): Buffer | 'wrong' | undefined {
    const header = Buffer.concat([this.#header, chunk]);
    this.#header = header;
    if (header.length < PROTOCOL_HEADER.length) return undefined;
    if (!header.subarray(0, PROTOCOL_HEADER.length).equals(PROTOCOL_HEADER)) return 'wrong';
    this.#step = 'start-ok';
    this.#listener.send('connection.start', {
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: SERVER_PROPERTIES,
      mechanisms: Buffer.from(MECHANISMS),
      locales: Buffer.from('en_US'),
    });
    return header.subarray(PROTOCOL_HEADER.length);
  }

  /** Takes a method; false for one that does not come now. */
  handle(method: Method): boolean {
    if (method.name === 'connection.start-ok' && this.#step === 'start-ok') this.#logIn(method.fields);
    else if (method.name === 'connection.tune-ok' && this.#step === 'tune-ok') this.#tune(method.fields);
    else if (method.name === 'connection.open' && this.#step === 'open') this.#open(method.fields.virtualHost);
    else return false;
    return true;
  }

  #logIn({ clientProperties, mechanism, response }: MethodFields<'connection.start-ok'>): void {
    this.#listener.introduced(new Client('', clientProperties));
    const { username, password } = readCredentials(mechanism, response);
    if (!this.#host.users.authenticates(username, password)) {
      throw connectionFailure(
        403,
        `Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`,
        { detail: `wrong user name or password, for the user ${JSON.stringify(username)}`, concerns: NO_METHOD },
      );
    }
    this.#user = username;
    this.#listener.introduced(new Client(username, clientProperties));
    this.#step = 'tune-ok';
    const { limits, heartbeatSeconds } = this.#host.settings;
    const { channelMax, frameMaxBytes } = limits;
    this.#listener.send('connection.tune', { channelMax, frameMax: frameMaxBytes, heartbeat: heartbeatSeconds });
  }

  #tune(answer: MethodFields<'connection.tune-ok'>): void {
    this.#listener.agreed(agree(answer, this.#host.settings.limits));
    this.#step = 'open';
  }

  #open(name: string): void {
    const virtualHost = this.#host.findVirtualHost(name);
    if (virtualHost === undefined) throw connectionFailure(530, `vhost ${name} not found`);
    if (this.#host.users.rulesOf(this.#user, name) === undefined) {
      throw connectionFailure(530, `access to vhost '${name}' refused for user '${this.#user}'`);
    }
    this.#listener.send('connection.open-ok', {});
    this.#listener.opened(virtualHost);
  }
}
