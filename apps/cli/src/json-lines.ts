import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ReflexError } from '@reflex/core';

class UnwritableFile extends ReflexError {
  readonly code = 'unwritable_file';
}

/** Writes one JSON object a line to the file, or to standard output, no faster than it is read. Answers how many. */
export async function writeJsonLines(
  items: AsyncIterable<Record<string, unknown>>,
  output: string | undefined,
): Promise<number> {
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const item of items) {
      yield `${JSON.stringify(item)}\n`;
      count += 1;
    }
  }
  try {
    if (output === undefined) await pipeline(Readable.from(lines()), process.stdout, { end: false });
    else await pipeline(Readable.from(lines()), createWriteStream(output));
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (output === undefined || (syscall !== 'open' && syscall !== 'write')) throw error;
    throw new UnwritableFile(`${output} cannot be written (${code}). Choose another --output.`, { cause: error });
  }
  return count;
}
