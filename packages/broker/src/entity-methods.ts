import type { Channel } from './channel.js';
import type { FieldTable } from './codec/field-table.js';
import type { Method, MethodFields } from './codec/methods.js';
import { REPLY_ADDRESS } from './direct-replies.js';
import { madeUpName } from './entity-checks.js';

/** Declares, binds, purges and deletes. Returns false for a method that is about something else. */
export function handleEntityMethod(channel: Channel, method: Method): boolean {
  switch (method.name) {
    case 'exchange.declare':
      declareExchange(channel, method.fields);
      return true;
    case 'exchange.delete': {
      const { exchange, ifUnused, noWait } = method.fields;
      channel.demand('configure', 'exchange', exchange);
      channel.session.virtualHost.deleteExchange(exchange, ifUnused);
      if (!noWait) channel.send('exchange.delete-ok', {});
      return true;
    }
    case 'exchange.bind':
      changeExchangeBinding(channel, method.fields, 'bind');
      return true;
    case 'exchange.unbind':
      changeExchangeBinding(channel, method.fields, 'unbind');
      return true;
    case 'queue.declare':
      declareQueue(channel, method.fields);
      return true;
    case 'queue.bind': {
      changeQueueBinding(channel, method.fields, 'bind');
      if (!method.fields.noWait) channel.send('queue.bind-ok', {});
      return true;
    }
    case 'queue.unbind':
      changeQueueBinding(channel, method.fields, 'unbind');
      channel.send('queue.unbind-ok', {});
      return true;
    case 'queue.purge': {
      const name = channel.queueName(method.fields.queue);
      channel.demand('read', 'queue', name);
      const messageCount = channel.session.virtualHost.purge(name, channel.session);
      if (!method.fields.noWait) channel.send('queue.purge-ok', { messageCount });
      return true;
    }
    case 'queue.delete': {
      const { ifUnused, ifEmpty, noWait } = method.fields;
      const name = channel.queueName(method.fields.queue);
      channel.demand('configure', 'queue', name);
      const { session } = channel;
      const messageCount = session.virtualHost.deleteQueue(name, { ifUnused, ifEmpty }, session);
      if (!noWait) channel.send('queue.delete-ok', { messageCount });
      return true;
    }
    default:
      return false;
  }
}

function declareExchange(channel: Channel, fields: MethodFields<'exchange.declare'>): void {
  const { exchange, passive, noWait } = fields;
  if (!passive) {
    channel.demand('configure', 'exchange', exchange);
    const alternate = nameIn(fields.arguments, 'alternate-exchange');
    if (alternate !== undefined) {
      channel.demand('read', 'exchange', exchange);
      channel.demand('write', 'exchange', alternate);
    }
  }
  channel.session.virtualHost.declareExchange(exchange, fields);
  if (!noWait) channel.send('exchange.declare-ok', {});
}

function declareQueue(channel: Channel, fields: MethodFields<'queue.declare'>): void {
  const { session } = channel;
  if (fields.passive && isReplyAddress(channel, fields.queue)) {
    channel.lastQueue = fields.queue;
    if (!fields.noWait) channel.send('queue.declare-ok', { queue: fields.queue, messageCount: 0, consumerCount: 1 });
    return;
  }
  const madeUp = madeUpName();
  if (!fields.passive) {
    const asked = fields.queue === '' ? madeUp : fields.queue;
    channel.demand('configure', 'queue', asked);
    const deadLetters = nameIn(fields.arguments, 'x-dead-letter-exchange');
    if (deadLetters !== undefined) {
      channel.demand('read', 'queue', asked);
      channel.demand('write', 'exchange', deadLetters);
    }
  }
  const queue = session.virtualHost.declareQueue(fields.queue, fields, session, madeUp);
  channel.lastQueue = queue.name;
  if (fields.noWait) return;
  channel.send('queue.declare-ok', {
    queue: queue.name,
    messageCount: queue.readyCount,
    consumerCount: queue.consumerCount,
  });
}

function changeQueueBinding(
  channel: Channel,
  fields: Omit<MethodFields<'queue.bind'>, 'noWait'>,
  change: 'bind' | 'unbind',
): void {
  const { session } = channel;
  const name = channel.queueName(fields.queue);
  // Both left empty: the queue declared last, by its own name.
  const routingKey = fields.queue === '' && fields.routingKey === '' && change === 'bind' ? name : fields.routingKey;
  channel.demand('write', 'queue', name);
  channel.demand('read', 'exchange', fields.exchange);
  const { virtualHost } = session;
  if (change === 'bind') virtualHost.bindQueue(name, fields.exchange, routingKey, fields.arguments, session);
  else virtualHost.unbindQueue(name, fields.exchange, routingKey, fields.arguments, session);
}

function changeExchangeBinding(
  channel: Channel,
  fields: MethodFields<'exchange.bind'>,
  change: 'bind' | 'unbind',
): void {
  const { destination, source, routingKey, noWait } = fields;
  channel.demand('write', 'exchange', destination);
  channel.demand('read', 'exchange', source);
  const { virtualHost } = channel.session;
  if (change === 'bind') {
    virtualHost.bindExchange(destination, source, routingKey, fields.arguments);
    if (!noWait) channel.send('exchange.bind-ok', {});
  } else {
    virtualHost.unbindExchange(destination, source, routingKey, fields.arguments);
    if (!noWait) channel.send('exchange.unbind-ok', {});
  }
}

function isReplyAddress(channel: Channel, name: string): boolean {
  return name === REPLY_ADDRESS || channel.session.host.directReplies.has(name);
}

function nameIn(table: FieldTable, argument: string): string | undefined {
  const field = table.get(argument);
  return field?.type === 'S' ? field.value : undefined;
}
