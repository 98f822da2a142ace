// Use it.
export { createRpcTelemetry, type RpcTelemetry } from './otel/telemetry.js';
// Configure it.
export type { RpcTelemetryOptions } from './otel/telemetry-options.js';
