import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  Ctx,
  MessagePattern,
  Payload,
  type RmqContext,
  type RmqOptions,
  Transport,
} from '@nestjs/microservices';
import type { Channel, Message } from 'amqplib';
import { firstValueFrom } from 'rxjs';
import { type Adapter, type Place, PREFETCH } from '../adapter.ts';

type Options = NonNullable<RmqOptions['options']>;

function options({ url, name, noDelay }: Place): Options {
  return {
    urls: [url],
    queue: name,
    queueOptions: { durable: false },
    ...(noDelay ? { socketOptions: { connectionOptions: { noDelay: true } } } : {}),
  };
}

class Echo {
  echo(value: string, context: RmqContext): string {
    const channel = context.getChannelRef() as Channel;
    channel.ack(context.getMessage() as Message);
    return value;
  }
}

class EchoModule {}

// What decorators do, said without their syntax, which Node does not strip.
Controller()(Echo);
const method = Object.getOwnPropertyDescriptor(Echo.prototype, 'echo') as PropertyDescriptor;
Payload()(Echo.prototype, 'echo', 0);
Ctx()(Echo.prototype, 'echo', 1);
MessagePattern('echo')(Echo.prototype, 'echo', method);
Module({ controllers: [Echo] })(EchoModule);

export const nestjs: Adapter = {
  label: 'NestJS microservices, RMQ',
  note: '@nestjs/microservices 12.1.1 over amqp-connection-manager and the same amqplib: its own client and server, an envelope of JSON, direct reply-to, confirms that nobody is told of (they are the default of what is below it), neither mandatory nor acks of replies; requests are acknowledged in the handler (`noAck: false`); no deadline; `noDelay` by its `socketOptions`',
  recovers: true,
  async startServer(place) {
    const app = await NestFactory.createMicroservice<RmqOptions>(EchoModule, {
      transport: Transport.RMQ,
      options: { ...options(place), noAck: false, prefetchCount: PREFETCH },
      logger: false,
    });
    await app.listen();
    return { close: () => app.close() };
  },
  async startClient(place) {
    const client = ClientProxyFactory.create({ transport: Transport.RMQ, options: options(place) });
    await client.connect();
    return {
      call: (value) => firstValueFrom(client.send('echo', value)),
      close: async () => client.close(),
    };
  },
};
