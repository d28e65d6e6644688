export { CLOSE, type Connection } from './connection';
export { refusedOrigin, type OriginPolicy } from './origin-policy';
export { RealtimeModule } from './realtime.module';
export { RealtimeOptions } from './realtime-options';
export { RunFollower, type Follower, type Following } from './runs/run-follower';
export { SocketServer, type SocketRoute } from './socket-server';
