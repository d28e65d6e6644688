/** What every side stores: JSON of 300 bytes, or of as many as a row asks for. */
export interface Payload {
  number: number;
  /** The scope, where a row has scopes. */
  account: string;
  note: string;
}

const FIXED = '{"number":,"account":"","note":""}'.length;
const LARGEST = 64 * 1024;
const WORDS = 'order invoice parcel customer refund shelf warehouse courier label quantity bridge morning window'.split(
  ' ',
);
const TEXT = textOf(LARGEST + WORDS.length * 100);

/** The n-th payload; accounts are dealt out as by chance, but the same way each time. */
export function payload(number: number, accounts: number, bytes = 300): Payload {
  const account = `account-${scatter(number) % accounts}`;
  const length = bytes - FIXED - String(number).length - account.length;
  const from = scatter(number) % 1_000;
  return { number, account, note: TEXT.slice(from, from + length) };
}

// Knuth's multiplicative hash.
function scatter(number: number): number {
  return Math.imul(number, 2_654_435_761) >>> 8;
}

// Words with numbers between them compress about as well as real text does.
function textOf(length: number): string {
  let text = '';
  for (let index = 0; text.length < length; index += 1) {
    text += `${WORDS[scatter(index) % WORDS.length]!} ${scatter(index * 7)} `;
  }
  return text;
}
