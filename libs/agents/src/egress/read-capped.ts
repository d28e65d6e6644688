import type { Readable } from 'node:stream';
import { EgressFailed } from './errors';

export const MAX_RESPONSE_BYTES = 1024 * 1024;

/** The text of an answer; one that is too long is not read to its end. */
export async function readCapped(body: Readable, host: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    // Leaving the loop closes the connection.
    if (size > MAX_RESPONSE_BYTES) throw new EgressFailed(`${host} answered with more than 1 MiB.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
