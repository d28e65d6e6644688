import { MultiBar, Presets } from 'cli-progress';

const NAME_WIDTH = 18;
const PLAIN_EVERY_MS = 2_000;

/** One line of the progress display. */
export interface Bar {
  add(count: number): void;
  set(value: number): void;
  setTotal(total: number): void;
}

export interface Progress {
  bar(name: string, total: number): Bar;
  /** Leaves it as it is; a second call does nothing. */
  stop(): void;
}

/** Bars on a terminal; elsewhere a plain line every two seconds. */
export function showProgress(stream: NodeJS.WriteStream): Progress {
  const progress = stream.isTTY ? barsOn(stream) : linesOn(stream);
  let running = true;
  return {
    bar: (name, total) => progress.bar(name, total),
    stop: () => {
      if (running) progress.stop();
      running = false;
    },
  };
}

function barsOn(stream: NodeJS.WriteStream): Progress {
  const format = `  {name} {bar} {value}/{total}`;
  const bars = new MultiBar(
    { stream, format, barsize: 36, hideCursor: true, clearOnComplete: false, autopadding: true, gracefulExit: false },
    Presets.shades_classic,
  );
  return {
    bar: (name, total) => {
      const bar = bars.create(total, 0, { name: name.padEnd(NAME_WIDTH) });
      return {
        add: (count) => bar.increment(count),
        set: (value) => bar.update(value),
        setTotal: (next) => bar.setTotal(next),
      };
    },
    stop: () => bars.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream): Progress {
  const bars: { name: string; value: number; total: number }[] = [];
  let last = '';
  const print = () => {
    const line = bars.map(({ name, value, total }) => `${name} ${value}/${total}`).join(' · ');
    if (line !== last) stream.write(`  ${line}\n`);
    last = line;
  };
  const timer = setInterval(print, PLAIN_EVERY_MS);
  return {
    bar: (name, total) => {
      const bar = { name, value: 0, total };
      bars.push(bar);
      return {
        add: (count) => void (bar.value += count),
        set: (value) => void (bar.value = value),
        setTotal: (next) => void (bar.total = next),
      };
    },
    stop: () => {
      clearInterval(timer);
      print();
    },
  };
}
