export { type OsloAnswer, type OsloClient, type OsloFailure, type OsloRequest, startOsloClient } from './client.ts';
export { OsloToolingError, type OsloToolingErrorCode } from './errors.ts';
export { ensureOslo, type Oslo } from './find-oslo.ts';
export { type OsloNotification, type OsloNotifier, startOsloNotifier } from './notifier.ts';
export { type OsloPeerOptions, type OsloProgram, osloUrl, type Peer, type PeerLine, startPeer } from './peer.ts';
export { runOsloPeer } from './run.ts';
export { type OsloServer, type OsloServerOptions, startOsloServer } from './server.ts';
