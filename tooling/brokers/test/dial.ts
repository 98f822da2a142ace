import { type ChannelModel, connect } from 'amqplib';
import { afterEach } from 'vitest';

/** Opens connections, and destroys those of a test after it: some tests leave a broker that would not answer. */
export function useConnections(): (
  url: string,
  connectionName?: string,
  tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string },
) => Promise<ChannelModel> {
  const open = new Set<ChannelModel>();
  afterEach(() => {
    for (const { connection } of open) (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
    open.clear();
  });
  return async (url, connectionName = '', tls = {}) => {
    const model = await connect(url, { ...tls, clientProperties: { connection_name: connectionName } });
    model.on('error', () => {});
    open.add(model);
    return model;
  };
}
