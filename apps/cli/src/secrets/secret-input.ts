import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Misuse } from '../complaint';

/** Longer than any value that the service takes, with all its characters of four bytes. */
const MAX_BYTES = 64 * 1024;

type Input = NodeJS.ReadableStream & { isTTY?: boolean };

/** A value from a pipe, without the newline at its end, or asked for at a terminal without being shown. */
export async function secretFrom(input: Input, question: string): Promise<string> {
  const value = input.isTTY ? await asked(input, question) : await piped(input);
  if (value === '') throw new Misuse('There is no value. Type it, or pipe it in: reflex secrets set NAME < file.');
  return value;
}

async function asked(input: Input, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  process.stderr.write(`${question}: `);
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once('close', () => reject(new Misuse('No value was given; nothing was stored.')));
      terminal.question('').then(resolve, reject);
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

async function piped(input: Input): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES) throw new Misuse('The value is longer than 8192 characters.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
