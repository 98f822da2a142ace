import { DecompressionError, InvalidArgumentError } from './errors.js';

/**
 * How a body is compressed, by kombu's names. `gzip` and `zlib` are one and the same to kombu, and are what every receiver
 * understands; `brotli` (`br`) and `zstd` need a receiver that has them (`zstd`: Node.js 22.15, and so does the sender).
 */
export type Compression = 'gzip' | 'zlib' | 'brotli' | 'br' | 'zstd';

/** What of a message says whether and how its body is compressed; a delivery fits. */
export interface CompressedMessage {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** How much a body may become. */
export interface DecompressOptions {
  /** Bytes; more is a DecompressionError. Default 134 217 728, which is as much as RabbitMQ takes by default. */
  readonly maxBytes?: number;
}

interface Limit {
  readonly maxOutputLength: number;
}

interface Method {
  /** What the header `compression` says. */
  readonly mediaType: string;
  compress(body: Buffer): Promise<Buffer>;
  decompress(body: Buffer, limit: Limit): Promise<Buffer>;
  decompressSync(body: Buffer, limit: Limit): Buffer;
}

/** By the name in options, and by the media type in messages. */
interface Methods {
  readonly byName: ReadonlyMap<string, Method>;
  readonly byMediaType: ReadonlyMap<string, Method>;
}

let found: Methods | undefined;

function methods(): Methods {
  found ??= findMethods();
  return found;
}

// Not imported: most of those who load this compress nothing. See docs/decisions/0023.
function findMethods(): Methods {
  const zlib = process.getBuiltinModule('node:zlib');
  const { promisify } = process.getBuiltinModule('node:util');
  const deflate: Method = {
    // kombu's "gzip" is a zlib stream and no gzip file, and so is ours; both are read.
    mediaType: 'application/x-gzip',
    compress: promisify<Buffer, Buffer>(zlib.deflate),
    decompress: promisify<Buffer, Limit, Buffer>(zlib.unzip),
    decompressSync: (body, limit) => zlib.unzipSync(body, limit),
  };
  const brotli: Method = {
    mediaType: 'application/x-brotli',
    compress: promisify<Buffer, Buffer>(zlib.brotliCompress),
    decompress: promisify<Buffer, Limit, Buffer>(zlib.brotliDecompress),
    decompressSync: (body, limit) => zlib.brotliDecompressSync(body, limit),
  };
  const byName = new Map<string, Method>([
    ['gzip', deflate],
    ['zlib', deflate],
    ['brotli', brotli],
    ['br', brotli],
  ]);
  // Not in every Node.js that this runs on.
  if (typeof zlib.zstdCompress === 'function') {
    byName.set('zstd', {
      mediaType: 'application/zstd',
      compress: promisify<Buffer, Buffer>(zlib.zstdCompress),
      decompress: promisify<Buffer, Limit, Buffer>(zlib.zstdDecompress),
      decompressSync: (body, limit) => zlib.zstdDecompressSync(body, limit),
    });
  }
  return { byName, byMediaType: new Map([...byName.values()].map((method) => [method.mediaType, method])) };
}

/** What there is in this Node.js. */
export function compressions(): readonly Compression[] {
  return [...methods().byName.keys()] as Compression[];
}

/** @throws InvalidArgumentError that says what works. */
export function checkCompression(name: unknown): asserts name is Compression {
  if (typeof name === 'string' && methods().byName.has(name)) return;
  throw new InvalidArgumentError(
    `compression '${String(name)}' is not to be had in this Node.js; there are ${compressions().join(', ')} and none. gzip is what every kombu reads.`,
  );
}

/** The body compressed, and what the header `compression` says of it. In a thread of Node's own. */
export async function compressBody(body: Buffer, name: Compression): Promise<{ body: Buffer; mediaType: string }> {
  checkCompression(name);
  const { compress, mediaType } = methods().byName.get(name) as Method;
  return { body: await compress(body), mediaType };
}

/**
 * The body of a delivery as it was before kombu, or the option `compression`, compressed it; as it is when the header
 * `compression` is absent. In a thread of Node's own.
 * @throws DecompressionError.
 */
export async function decompress(message: CompressedMessage, options: DecompressOptions = {}): Promise<Buffer> {
  const method = methodOf(message);
  if (method === undefined) return message.body;
  const limit = limitOf(options);
  try {
    return await method.decompress(message.body, limit);
  } catch (error) {
    throw decompressionError(method, limit, error);
  }
}

/** As `decompress`, and at once: this thread does nothing else meanwhile. @throws DecompressionError. */
export function decompressSync(message: CompressedMessage, options: DecompressOptions = {}): Buffer {
  const method = methodOf(message);
  if (method === undefined) return message.body;
  const limit = limitOf(options);
  try {
    return method.decompressSync(message.body, limit);
  } catch (error) {
    throw decompressionError(method, limit, error);
  }
}

function methodOf({ headers }: CompressedMessage): Method | undefined {
  const mediaType = headers['compression'];
  if (mediaType === undefined || mediaType === null || mediaType === '') return undefined;
  const { byMediaType } = methods();
  const method = byMediaType.get(mediaType as string);
  if (method !== undefined) return method;
  throw new DecompressionError(
    'unknown-method',
    `A message is compressed in a way that is not understood; understood are ${[...byMediaType.keys()].join(', ')}.`,
  );
}

function limitOf({ maxBytes = 134_217_728 }: DecompressOptions): Limit {
  if (!(Number.isInteger(maxBytes) && maxBytes > 0)) {
    throw new InvalidArgumentError(`maxBytes must be a whole number of at least 1, got ${maxBytes}.`);
  }
  return { maxOutputLength: maxBytes };
}

function decompressionError({ mediaType }: Method, { maxOutputLength }: Limit, cause: unknown): DecompressionError {
  return (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    ? new DecompressionError(
        'too-large',
        `A compressed message unfolds to more than ${maxOutputLength} bytes (maxBytes).`,
        { cause },
      )
    : new DecompressionError('damaged', `A message says that it is ${mediaType}, and cannot be decompressed.`, {
        cause,
      });
}
