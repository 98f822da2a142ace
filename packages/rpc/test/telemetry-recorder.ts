import type { Tracer } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { createRpcTelemetry, type RpcTelemetry } from '../src/otel.js';

/** Telemetry that is kept in memory, to be looked at. */
export function recordTelemetry(): {
  readonly telemetry: RpcTelemetry;
  readonly tracer: Tracer;
  ended(): readonly ReadableSpan[];
  /** Per instrument: attributes and value, or how often it was recorded, in the order of their first time. */
  measured(): Promise<Record<string, [attributes: unknown, value: number][]>>;
  end(): Promise<void>;
} {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });
  return {
    telemetry: createRpcTelemetry({ tracerProvider, meterProvider, propagator }),
    tracer: tracerProvider.getTracer('test'),
    ended: () => spans.getFinishedSpans(),
    async measured() {
      exporter.reset();
      await reader.forceFlush();
      const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      return Object.fromEntries(
        scopes.flatMap(({ metrics }) =>
          metrics.map(({ descriptor, dataPoints }) => [
            descriptor.name,
            dataPoints.map(({ attributes, value }) => [
              attributes,
              typeof value === 'number' ? value : (value as { count: number }).count,
            ]),
          ]),
        ),
      );
    },
    end: () => meterProvider.shutdown(),
  };
}
