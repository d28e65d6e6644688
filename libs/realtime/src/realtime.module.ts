import { Module } from '@nestjs/common';
import { EventGateway } from './event.gateway';
import {
  ConfigurableModuleClass,
  DEFAULT_REALTIME_OPTIONS,
  MODULE_OPTIONS_TOKEN,
  RealtimeOptions,
} from './realtime-options';
import { Replies } from './replies';
import { SocketAccess } from './socket-access';
import { SocketServer } from './socket-server';

/** WebSockets for event clients. Needs an `EventStore`, and `Access` and `ApiKeys` of auth, from global modules. */
@Module({
  providers: [
    EventGateway,
    Replies,
    SocketAccess,
    SocketServer,
    {
      provide: RealtimeOptions,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: Partial<RealtimeOptions>): RealtimeOptions => ({ ...DEFAULT_REALTIME_OPTIONS, ...options }),
    },
  ],
  exports: [SocketServer],
})
export class RealtimeModule extends ConfigurableModuleClass {}
