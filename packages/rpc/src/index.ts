// Use it.

// Handle its errors.
export type { CallStage } from './call-stage.js';
export { createRpcClient, type RpcCaller, type RpcClient, type UntypedApi } from './client.js';
// Configure it.
export type { CallOptions, ClientOptions, Overrides, Settings } from './client-options.js';
export type { AccessPolicy, Endpoint, Method, RequestInfo } from './endpoint.js';
export {
  ClientClosedError,
  ClientSendError,
  InvalidArgumentError,
  InvalidTargetError,
  InvalidVersionError,
  MalformedMessageError,
  MessagingTimeoutError,
  RequestUndeliverableError,
  RpcError,
  RpcVersionCapError,
  ServerStoppedError,
} from './errors.js';
export type { ReplyDropReason, RpcClientEvent, RpcEvent, RpcServerEvent } from './events.js';
export { expectedErrors } from './expected-errors.js';
export {
  type FailureDetails,
  NoSuchMethodError,
  RemoteError,
  RpcFault,
  UnsupportedVersionError,
} from './remote-errors.js';
export type { Context } from './request.js';
export type { Serializer } from './serializer.js';
export { createRpcServer, type RpcServer, type RpcServerStatus } from './server.js';
export type { ServerOptions } from './server-options.js';
export type { Target } from './target.js';
export type { TopologyOptions } from './topology.js';
