import type { TransportUrl } from './all.js';

/** A URL as plain data, passwords in clear, so that two can be compared (a Secret equals every other Secret). */
export function partsOf(url: TransportUrl): unknown {
  return {
    transport: url.transport,
    dialect: url.dialect,
    hosts: url.hosts.map((host) => ({ ...host, password: host.password?.reveal() })),
    virtualHost: url.virtualHost,
    query: Array.from(url.query),
  };
}
