import { type CompressedMessage, type DecompressionError, decompressSync } from '@leveret/transport';
import { MalformedMessageError } from './errors.js';

const PROBLEMS: Readonly<Record<DecompressionError['reason'], string>> = {
  'unknown-method': 'it is compressed in a way that is not understood.',
  'too-large': 'it is compressed, and larger decompressed than a message may be.',
  damaged: 'it says that it is compressed, and cannot be decompressed.',
};

/** The body as it was before kombu compressed it, if it is not larger. spec 6. @throws MalformedMessageError */
export function decompressedBody(delivery: CompressedMessage, maxBytes: number): Buffer {
  try {
    return decompressSync(delivery, { maxBytes });
  } catch (cause) {
    throw new MalformedMessageError(PROBLEMS[(cause as DecompressionError).reason], { cause });
  }
}
