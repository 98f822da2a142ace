import {
  type MeterProvider,
  metrics,
  propagation,
  type TextMapPropagator,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';

/** Where spans and metrics go. All are optional. */
export interface RpcTelemetryOptions {
  /** Default: the global one. */
  readonly tracerProvider?: TracerProvider;
  /** Default: the global one. */
  readonly meterProvider?: MeterProvider;
  /** How a span's context is written to, and read from, the headers of a message. Default: the global one. */
  readonly propagator?: Pick<TextMapPropagator, 'inject' | 'extract'>;
}

/** The same, with nothing left open. */
export type ResolvedTelemetryOptions = Required<RpcTelemetryOptions>;

export function resolveTelemetryOptions(options: RpcTelemetryOptions): ResolvedTelemetryOptions {
  return {
    tracerProvider: options.tracerProvider ?? trace.getTracerProvider(),
    meterProvider: options.meterProvider ?? metrics.getMeterProvider(),
    propagator: options.propagator ?? propagation,
  };
}
