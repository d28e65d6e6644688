import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  at(done: number): void;
  end(): void;
}

/** A bar on standard error for a person who watches; nothing where nobody does. */
export function progressOf(what: string, total: number): Progress {
  if (!process.stderr.isTTY) return { at: () => undefined, end: () => undefined };
  const format = `{bar} {value}/{total} ${what} · {duration_formatted}`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic);
  bar.start(total, 0);
  return { at: (done) => bar.update(done), end: () => bar.stop() };
}
