export { type RabbitmqAccess, uniqueName, useRabbitmq } from './access.ts';
export { type Certificates, type Identity, makeCertificates } from './certificates.ts';
export { type ClusterOptions, type RabbitmqCluster, startRabbitmqCluster } from './cluster.ts';
export {
  type ConnectionInfo,
  createControl,
  type Permissions,
  type QueueInfo,
  type RabbitmqControl,
  type VirtualHost,
} from './control.ts';
export type { RabbitmqCoordinates } from './coordinates.ts';
export { canInstallDebianPackages, installDebianPackages } from './debian.ts';
export { RabbitmqToolingError, type RabbitmqToolingErrorCode } from './errors.ts';
export type { RabbitmqNode, RabbitmqState } from './node.ts';
export { freePorts } from './ports.ts';
export { type Rabbitmq, type RabbitmqOptions, startRabbitmq } from './rabbitmq.ts';
export { type ProgramResult, type RunOptions, runProgram } from './run.ts';
export { startTcpProxy, type TcpProxy, type TcpProxyTarget } from './tcp-proxy.ts';
export { type TlsListener, type TlsListenerOptions, tlsUrls } from './tls-listener.ts';
