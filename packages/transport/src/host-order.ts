/** The hosts of one connection in the order in which they are tried: one that has failed goes to the end. */
export class HostOrder<Host> {
  #hosts: readonly Host[];

  /** `'shuffle'` is an order of its own for every connection, so that they spread over the hosts; `'given'` is the URL's. */
  constructor(hosts: readonly Host[], order: 'shuffle' | 'given') {
    this.#hosts = order === 'shuffle' ? shuffled(hosts) : hosts;
  }

  get hosts(): readonly Host[] {
    return this.#hosts;
  }

  failed(host: Host): void {
    this.#hosts = [...this.#hosts.filter((other) => other !== host), host];
  }
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
