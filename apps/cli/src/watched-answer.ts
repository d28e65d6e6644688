import type { ProgressLine } from '@reflex/core';
import { progressOf, type Progress } from './progress';

/** What a service says line by line: how far it is, and in the end what came out. Its last word; `null` when it broke off. */
export async function lastWord(
  response: Response,
  what: string,
): Promise<Exclude<ProgressLine, { progress: unknown }> | null> {
  let bar: Progress | undefined;
  try {
    for await (const line of linesOf(response)) {
      if (!('progress' in line)) return line;
      const { done, total } = line.progress;
      bar ??= progressOf(what, total);
      bar.at(done);
    }
    return null;
  } catch (error) {
    // What fetch throws when the connection ends too early.
    if (error instanceof TypeError) return null;
    throw error;
  } finally {
    bar?.end();
  }
}

async function* linesOf(response: Response): AsyncGenerator<ProgressLine> {
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') yield JSON.parse(line) as ProgressLine;
  }
}
