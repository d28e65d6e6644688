/** A server that takes events. */
export interface BenchServer {
  /** Of the route `POST /events`, or of the socket. */
  url: string;
  /** How many events it has stored. */
  stored(): Promise<number>;
  stop(): Promise<void>;
}

/** The same for all that have one. */
export const POOL_SIZE = 10;
