import type { Broker } from '../broker.js';
import type { BrokerOptions } from '../options.js';
import { DISCLAIMER } from './usage.js';

/** What the command line needs of a broker. */
export type RunningBroker = Pick<Broker, 'host' | 'port' | 'urlOf' | 'close'>;

/** What there is to say about a broker that has been started. */
export interface Announcement {
  readonly version: string;
  /** One for each virtual host, for the first user; the password only if it is everybody's guest. */
  readonly urls: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly pid: number;
}

/** Gathers it. No password of a user's own gets into it. */
export function announce(broker: RunningBroker, options: BrokerOptions, version: string, pid: number): Announcement {
  const [username = 'guest', password = 'guest'] = Object.entries(options.users ?? {})[0] ?? [];
  const isGuest = username === 'guest' && password === 'guest';
  const user = { username, password: isGuest ? password : '***' };
  const urls = (options.virtualHosts ?? ['/']).map((name) => broker.urlOf(name, user));
  return { version, urls, host: broker.host, port: broker.port, pid };
}

/** One line of JSON for programs. */
export function formatJson({ urls, ...rest }: Announcement): string {
  return `${JSON.stringify({ url: urls[0], urls, ...rest })}\n`;
}

/** A few lines for people. */
export function formatBanner({ version, urls, pid }: Announcement): string {
  const [first, ...others] = urls;
  return [
    '',
    `  leveret broker ${version}, AMQP 0-9-1 as RabbitMQ speaks it`,
    '',
    `  url    ${first}`,
    ...others.map((url) => `         ${url}`),
    `  stop   Ctrl-C, or kill ${pid}`,
    '',
    `  ${DISCLAIMER}`,
    '',
    '',
  ].join('\n');
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(host);
}

/** What to say when a broker listens on other addresses than this machine's own; undefined when it does not. */
export function networkWarning(host: string, options: BrokerOptions): string | undefined {
  if (isLoopback(host)) return undefined;
  const users = options.users === undefined ? ', with the user and password guest that everybody knows' : '';
  const secrets = options.tls === undefined ? ' Passwords and messages travel in clear.' : '';
  return `${host} is not only this machine: whoever reaches it reaches this broker${users}.${secrets}`;
}
