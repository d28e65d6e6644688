/** What every side stores: 300 bytes of JSON. */
export interface Payload {
  number: number;
  /** The scope, where a row has scopes. */
  account: string;
  note: string;
}

const BYTES = 300;
const FIXED = '{"number":,"account":"","note":""}'.length;
const FILLER = 'the quick brown fox jumps over the lazy dog and '.repeat(8);

/** The n-th payload; accounts are dealt out as by chance, but the same way each time. */
export function payload(number: number, accounts: number): Payload {
  const account = `account-${scatter(number) % accounts}`;
  const note = FILLER.slice(0, BYTES - FIXED - String(number).length - account.length);
  return { number, account, note };
}

// Knuth's multiplicative hash.
function scatter(number: number): number {
  return Math.imul(number, 2_654_435_761) >>> 8;
}
