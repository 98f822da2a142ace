import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type Fields = Record<string, unknown>;

interface Definitions {
  readonly encodeMethod: (id: number, channel: number, fields: Fields) => Buffer;
  readonly encodeProperties: (classId: number, channel: number, bodySize: number, properties: Fields) => Buffer;
  /** Fields of a method, or of properties when `id` is a class alone. */
  readonly decode: (id: number, octets: Buffer) => Fields;
  readonly info: (id: number) => {
    readonly name: string;
    readonly args: readonly { readonly name: string; readonly type: string }[];
  };
}

interface Tables {
  readonly encodeTable: (octets: Buffer, table: Fields, offset: number) => number;
  readonly decodeFields: (octets: Buffer) => Fields;
}

// amqplib does not export these, so they are found by where they lie.
const require = createRequire(import.meta.url);
const directory = join(dirname(require.resolve('amqplib')), 'lib');

/** amqplib's methods and properties, which ours are compared with. */
export const amqplibDefinitions: Definitions = require(join(directory, 'defs.js')) as Definitions;

/** amqplib's tables, which ours are compared with. */
export const amqplibTables: Tables = require(join(directory, 'codec.js')) as Tables;
