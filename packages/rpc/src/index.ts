// Use it.
export type { AcknowledgeTime } from './acknowledgement.js';
export type { MethodName, MethodParameters, NoArgs, ResultOf, UntypedApi } from './api.js';
// Handle its errors.
export type { CallStage } from './call-stage.js';
export { createRpcClient, type RpcCaller, type RpcClient } from './client.js';
// Configure it.
export type { ClientCall, ClientMiddleware, MessageDestination } from './client-middleware.js';
export type { CallOptions, ClientOptions, Overrides, Settings } from './client-options.js';
export { type Contract, type ContractApi, defineContract, type MethodContract } from './contract.js';
export type { ClientTrace, ServerTrace } from './diagnostics.js';
export type { AccessPolicy, Endpoint, Method, RequestInfo } from './endpoint.js';
export type { ErrorNames, MapError } from './error-mapper.js';
export {
  CallCancelledError,
  ClientClosedError,
  ClientSendError,
  DeadlineExceededError,
  InvalidArgumentError,
  InvalidTargetError,
  InvalidVersionError,
  MalformedMessageError,
  MessagingTimeoutError,
  MethodTimeoutError,
  RequestUndeliverableError,
  RpcError,
  RpcVersionCapError,
  ServerStoppedError,
} from './errors.js';
export type { ReplyDropReason, RpcClientEvent, RpcEvent, RpcServerEvent } from './events.js';
export { type ExpectedErrors, expectedErrors } from './expected-errors.js';
export { expose } from './expose.js';
export { createIdempotencyWindow, type IdempotencyStore, type IdempotencyWindowOptions } from './idempotency.js';
export { type Implementation, implement } from './implement.js';
export { type Middleware, MiddlewareError } from './middleware.js';
export type { RemoteErrorClass, RemoteErrors } from './remote-error-classes.js';
export {
  type FailureDetails,
  NoSuchMethodError,
  RemoteError,
  type RemoteErrorFacts,
  RpcFault,
  UnsupportedVersionError,
} from './remote-errors.js';
export type { Context } from './request.js';
export {
  formatRequestContext,
  parseRequestContext,
  type RequestContext,
  requestContextSerializer,
} from './request-context.js';
export type { Serializer } from './serializer.js';
export { createRpcServer, type RpcServer, type RpcServerStatus } from './server.js';
export type { ServerCall, ServerIdentity, ServerMiddleware } from './server-middleware.js';
export type { ServerOptions } from './server-options.js';
export type { SchemaInput, SchemaIssue, SchemaOutcome, SchemaOutput, StandardSchema } from './standard-schema.js';
export type { ResolvedTarget, Target } from './target.js';
export type { TopologyOptions } from './topology.js';
export {
  ArgsValidationError,
  ResultValidationError,
  ValidationError,
  type ValidationIssue,
} from './validation-errors.js';
