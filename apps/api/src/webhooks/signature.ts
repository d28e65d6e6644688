import { createHmac, timingSafeEqual } from 'node:crypto';

const SHA256_HEX = /^[0-9a-f]{64}$/i;

/**
 * Whether one of the given hexadecimal HMAC-SHA256 digests is that of the content under one of the secrets. Each wrong one
 * takes the same time, and all are tried.
 */
export function isSigned(
  digests: readonly string[],
  content: readonly (string | Buffer)[],
  secrets: readonly string[],
): boolean {
  const given = digests.filter((digest) => SHA256_HEX.test(digest)).map((digest) => Buffer.from(digest, 'hex'));
  let fits = false;
  for (const secret of secrets) {
    const hmac = createHmac('sha256', secret);
    for (const part of content) hmac.update(part);
    const expected = hmac.digest();
    for (const digest of given) if (timingSafeEqual(digest, expected)) fits = true;
  }
  return fits;
}
