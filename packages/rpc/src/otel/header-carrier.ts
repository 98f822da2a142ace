import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';

/** Reads the headers of a message; what is no text there is not the context of a span. */
export const headerGetter: TextMapGetter<Readonly<Record<string, unknown>>> = {
  keys: (headers) => Object.keys(headers),
  get(headers, key) {
    const value = Object.hasOwn(headers, key) ? headers[key] : undefined;
    return typeof value === 'string' ? value : undefined;
  },
};

/** Writes to the headers of a message. */
export const headerSetter: TextMapSetter<Record<string, string>> = {
  set(headers, key, value) {
    headers[key] = value;
  },
};
