import { type Attributes, type Histogram, type Span, SpanStatusCode } from '@opentelemetry/api';
import { errorType } from './attributes.js';

/** Starts the clock; what it returns ends the span, and records how long it took. */
export function begin(
  span: Span,
  duration: Histogram,
  attributes: Attributes,
): (failure?: { readonly error: unknown }) => void {
  const started = performance.now();
  return (failure) => {
    const seconds = (performance.now() - started) / 1000;
    if (failure === undefined) duration.record(seconds, attributes);
    else {
      const type = errorType(failure.error);
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(failure.error) });
      duration.record(seconds, { ...attributes, 'error.type': type });
    }
    span.end();
  };
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : '';
  } catch {
    // A proxy whose prototype cannot be asked for.
    return '';
  }
}
