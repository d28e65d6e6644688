import type { SecretRef } from './secret';

export interface EgressRequest {
  /** A secret that holds the URL keeps it out of sight, as for webhooks whose path is their password. */
  url: string | SecretRef;
  /** Default `GET`, with a body `POST`. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  headers?: Record<string, string | SecretRef>;
  /** Sent as JSON; secrets may stand in it. */
  body?: unknown;
  /** For all of it, with redirects and the whole answer. Default and most 10,000 ms. */
  timeoutMs?: number;
}

export interface EgressResponse {
  status: number;
  headers: Record<string, string>;
  /** At most 1 MiB, secrets taken out. */
  text: string;
  /** The text, parsed if it is JSON, otherwise as it is. */
  json(): unknown;
}
