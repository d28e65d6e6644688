import { Module } from '@nestjs/common';
import { EventGateway } from './event.gateway';
import {
  ConfigurableModuleClass,
  DEFAULT_REALTIME_OPTIONS,
  MODULE_OPTIONS_TOKEN,
  RealtimeOptions,
} from './realtime-options';
import { Replies } from './runs/replies';
import { RunFollower } from './runs/run-follower';
import { SocketAccess } from './socket-access';
import { SocketServer } from './socket-server';

/** WebSockets for event clients, and whoever else follows runs; global. Needs an `EventStore`, and `Access` and `ApiKeys` of auth, from global modules. */
@Module({
  providers: [
    EventGateway,
    Replies,
    RunFollower,
    SocketAccess,
    SocketServer,
    {
      provide: RealtimeOptions,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: Partial<RealtimeOptions>): RealtimeOptions => ({ ...DEFAULT_REALTIME_OPTIONS, ...options }),
    },
  ],
  exports: [RunFollower, SocketServer],
})
export class RealtimeModule extends ConfigurableModuleClass {}
