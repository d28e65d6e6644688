import { ConfigurableModuleBuilder } from '@nestjs/common';

/** Limits of the sockets of one process. */
export abstract class RealtimeOptions {
  /** Origins, such as `https://console.example.com`, that may connect besides the server's own. */
  abstract readonly allowedOrigins: readonly string[];
  /** Accept only `localhost` and loopback addresses as Host, which defeats DNS rebinding on a developer's machine. */
  abstract readonly loopbackOnly: boolean;
  /** Open connections of this process; further ones are closed with 1013. */
  abstract readonly maxConnections: number;
  /** Open connections of one API key to this process; further ones are closed with 1013. */
  abstract readonly maxConnectionsPerKey: number;
  /** Connections from one address that have not shown a key yet; further ones are closed with 1013. */
  abstract readonly maxUnprovenPerAddress: number;
  /** How long a client that showed no key before the handshake has to send one. */
  abstract readonly keyWithinMs: number;
  /** How often it is asked whether the keys of open connections still hold. */
  abstract readonly recheckEveryMs: number;
  /** Frames per second of all connections of one API key; bursts of twice as many pass. */
  abstract readonly messagesPerSecondAndKey: number;
  /** Frames per second and connection; bursts of twice as many pass. */
  abstract readonly messagesPerSecond: number;
  /** Largest frame in bytes; a larger one closes its connection with 1009. */
  abstract readonly maxFrameBytes: number;
  /** What a client may leave unread, in bytes, before it is closed with 1013. */
  abstract readonly maxBufferedBytes: number;
  /** Between pings; a client that answered none of them for as long is dropped. */
  abstract readonly pingEveryMs: number;
  /** How often unanswered events are looked at when no hint arrives, at first; later ever more rarely. */
  abstract readonly pollEveryMs: number;
}

export const DEFAULT_REALTIME_OPTIONS = {
  allowedOrigins: [] as readonly string[],
  loopbackOnly: false,
  maxConnections: 5_000,
  maxConnectionsPerKey: 1_000,
  maxUnprovenPerAddress: 100,
  keyWithinMs: 5_000,
  // With the ten seconds for which a key is remembered, a revoked one is out after half a minute.
  recheckEveryMs: 20_000,
  messagesPerSecondAndKey: 2_000,
  messagesPerSecond: 50,
  maxFrameBytes: 64 * 1024,
  maxBufferedBytes: 1024 * 1024,
  pingEveryMs: 30_000,
  pollEveryMs: 1_000,
};

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<
  Partial<RealtimeOptions>
>({ moduleName: 'Realtime' })
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();
