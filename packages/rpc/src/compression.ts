import { unzipSync } from 'node:zlib';
import { MalformedMessageError } from './errors.js';

// As much as RabbitMQ takes by default, so that a small message cannot unfold into all memory.
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * The body as it was before kombu compressed it. Its "gzip" is a zlib stream; a real gzip file is understood too.
 * spec 6. @throws MalformedMessageError
 */
export function decompress(body: Buffer, compression: unknown): Buffer {
  if (compression === undefined || compression === null || compression === '') return body;
  if (compression !== 'application/x-gzip') {
    throw new MalformedMessageError(`it is compressed in a way that is not understood; application/x-gzip is.`);
  }
  try {
    return unzipSync(body, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    throw new MalformedMessageError('it says that it is compressed, and cannot be decompressed.', { cause });
  }
}
