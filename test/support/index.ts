export { startProcess, type Ended, type TestProcess } from './child-process';
export { postgresCluster, type PostgresCluster } from './cluster';
export { freshDatabase, type TestDatabase } from './databases';
export { eventually } from './eventually';
export { startProxy, type TcpProxy } from './tcp-proxy';
export { startHttpReceiver, type HttpReceiver, type ReceivedRequest } from './http-receiver';
export { calling, startModelServer, type ModelServer } from './model-server';
export {
  anthropicBeginning,
  openaiPiece,
  startRawModelServer,
  streamHead,
  type RawAnswer,
  type RawModelServer,
} from './raw-model-server';
