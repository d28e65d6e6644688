import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether `header` is GitHub's `sha256=<hex>` of the body under the secret; takes the same time for every wrong one. */
export function isSignedByGitHub(header: string | undefined, body: Buffer, secret: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1];
  const expected = createHmac('sha256', secret).update(body).digest();
  return given !== undefined && timingSafeEqual(Buffer.from(given, 'hex'), expected);
}
