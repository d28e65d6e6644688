import type { Payload } from './payload';

/** What a side is opened for, so that it can choose the settings that suit it best. */
export type Work = 'live' | 'bulk' | 'drain' | 'latency';

/** Connections to publish with, the same for all on PostgreSQL. */
export const POOL_SIZE = 16;

export interface SideSetup {
  work: Work;
  /** A database of its own on the shared PostgreSQL. */
  databaseUrl: string;
  /** `null` when redis-server is not installed. */
  redisUrl: string | null;
  /** For Reflex: group by the account and keep its order. */
  scoped?: boolean;
  /** For Reflex: send and hear notifications; default true. */
  notify?: boolean;
  /** For Reflex: triggers that each event goes to; default 1. */
  triggers?: number;
}

/** One contender, in a process of its own: the same calls for all of them. */
export interface Side {
  /** Stores one event or job; durable, by the side's own standard, when it answers. */
  publish(payload: Payload): Promise<void>;
  publishMany(payloads: Payload[]): Promise<void>;
  /** Works with a handler that does nothing but this call. */
  start(onHandled: (payload: Payload) => void): Promise<void>;
  /** Resolves once everything handled is also settled. */
  stop(): Promise<void>;
  /** Deliveries or jobs that are not done. */
  left(): Promise<number>;
  /** What waits takes on disk, indexes included; only where a row asks for it. */
  bytes?(): Promise<number>;
  /** As on the first day: each round begins from empty tables. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export type OpenSide = (setup: SideSetup) => Promise<Side>;
