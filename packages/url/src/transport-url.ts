import type { Secret } from './secret.js';

/**
 * How a URL is read. `oslo`: as oslo.messaging's TransportURL. `rabbitmq`: as RabbitMQ's URI specification, with a
 * comma-separated list of hosts on top of it.
 */
export type Dialect = 'oslo' | 'rabbitmq';

/** One host of the list, as written: nothing is defaulted and nothing is inherited. Absent (undefined) is not empty. */
export interface TransportHost {
  /** Without the brackets of IPv6. As written in oslo's dialect, percent-decoded in RabbitMQ's. */
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
}

/** What is legal, and probably not meant. */
export type UrlWarningCode =
  | 'mixed-credentials'
  | 'host-list'
  | 'raw-at-sign'
  | 'at-sign-after-hosts'
  | 'bad-escape'
  | 'fragment'
  | 'empty-parameter-dropped'
  | 'tls-on-plain-port';

/** Something legal that is probably not meant. The message holds nothing of the URL. */
export interface UrlWarning {
  readonly code: UrlWarningCode;
  readonly message: string;
  /** Where in the text, in UTF-16 units from 0. */
  readonly offset: number;
}

/** A transport URL in parts. Frozen. Every way to print it, `toString()` and JSON included, hides the secrets. */
export interface TransportUrl {
  /** The scheme, in lower case, whole: `rabbit`, `amqps`, `kombu+rabbit`. */
  readonly transport: string;
  readonly dialect: Dialect;
  readonly hosts: readonly TransportHost[];
  /** Decoded. `undefined` where no slash follows the hosts (`rabbit://h`), `''` where nothing follows it (`rabbit://h/`). */
  readonly virtualHost: string | undefined;
  /** Decoded. A repeated name has its values joined by commas. Values may be secrets; printing the map hides those. */
  readonly query: ReadonlyMap<string, string>;
  readonly warnings: readonly UrlWarning[];
  /** The URL with its secrets replaced by `***`. */
  toString(): string;
  /** The same as toString(). */
  toJSON(): string;
}

/** The parts of a URL that are written. */
export type TransportUrlParts = Omit<TransportUrl, 'query' | 'warnings' | 'toString' | 'toJSON'> & {
  readonly query: Iterable<readonly [string, string]>;
};
