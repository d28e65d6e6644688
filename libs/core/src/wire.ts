import type { ErrorEnvelope } from './errors';

/** What a WebSocket client sends. */
export interface ClientFrame {
  content: string;
  /** Makes a resend after a reconnect harmless: the same id is stored once. */
  id?: string;
}

/** The first frame of a client that could show its key in no header. */
export interface AuthFrame {
  auth: string;
}

/** What a WebSocket client receives. */
export type ServerFrame =
  | { auth: 'ok' }
  | { ack: string }
  | { error: string; details: ErrorEnvelope['error'] }
  | { type: 'reply'; event_id: string; trigger: string; content: unknown }
  | { type: 'error'; event_id: string; trigger: string; error: ErrorEnvelope['error'] };
