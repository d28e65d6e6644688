import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  at(done: number): void;
  end(): void;
}

type Output = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean };

const LINE_EVERY_MS = 5_000;

/** A bar on standard error for a person who watches; in a log, a line every five seconds. */
export function progressOf(what: string, total: number, output: Output = process.stderr): Progress {
  return output.isTTY ? barOf(what, total, output as NodeJS.WriteStream) : linesOf(what, total, output);
}

function barOf(what: string, total: number, stream: NodeJS.WriteStream): Progress {
  const format = `{bar} {value}/{total} ${what} · {duration_formatted}`;
  const bar = new SingleBar({ format, stream, hideCursor: true }, Presets.shades_classic);
  bar.start(total, 0);
  return { at: (done) => bar.update(done), end: () => bar.stop() };
}

function linesOf(what: string, total: number, output: Output): Progress {
  let spokenAt = performance.now();
  return {
    at: (done) => {
      if (performance.now() - spokenAt < LINE_EVERY_MS) return;
      spokenAt = performance.now();
      output.write(`${done}/${total} ${what}\n`);
    },
    end: () => undefined,
  };
}
