import { PassThrough } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { ReflexError, type ProgressLine } from '@reflex/core';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Watched {
  onProgress: (done: number, total: number) => void;
  /** Aborts when the client has gone. */
  signal: AbortSignal;
}

const NDJSON = 'application/x-ndjson';
const TELL_EVERY_MS = 250;

/**
 * Work that a client may watch: with `Accept: application/x-ndjson` it answers lines, `{progress}` on the way and `{result}` or
 * `{error}` at the end; otherwise the result alone. A client that leaves ends the work.
 */
export async function withProgress(
  request: FastifyRequest,
  reply: FastifyReply,
  work: (watched: Watched) => Promise<unknown>,
): Promise<unknown> {
  const gone = new AbortController();
  reply.raw.on('close', () => gone.abort());
  if (!(request.headers.accept ?? '').includes(NDJSON))
    return work({ onProgress: () => undefined, signal: gone.signal });
  const lines = new PassThrough();
  const write = (line: ProgressLine): void => void (gone.signal.aborted || lines.write(`${JSON.stringify(line)}\n`));
  let toldAt = 0;
  const onProgress = (done: number, total: number): void => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    write({ progress: { done, total } });
  };
  void work({ onProgress, signal: gone.signal })
    .then(
      (result) => write({ result }),
      (error: unknown) => write({ error: told(error) }),
    )
    .finally(() => lines.end());
  return new StreamableFile(lines, { type: `${NDJSON}; charset=utf-8` });
}

function told(error: unknown): { code: string; message: string } {
  if (error instanceof ReflexError) return { code: error.code, message: error.message };
  return { code: 'internal_error', message: 'It failed unexpectedly; the log of the service tells more.' };
}
