import { progressOf } from './progress';

/** Keeps what is written. */
function output(isTTY: boolean) {
  const written: string[] = [];
  const nothing = (): boolean => true;
  return {
    written,
    isTTY,
    columns: 80,
    cursorTo: nothing,
    moveCursor: nothing,
    clearLine: nothing,
    write: (text: string) => written.push(text) > 0,
  };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('draws a bar in a terminal', () => {
  const terminal = output(true);

  const progress = progressOf('retried', 20, terminal);
  progress.at(5);
  jest.advanceTimersByTime(500);
  progress.at(20);
  progress.end();

  expect(terminal.written.join('')).toMatch(/5\/20 retried/);
  expect(terminal.written.join('')).toMatch(/20\/20 retried/);
});

it('says a line every five seconds in a log, and nothing when it is over sooner', () => {
  const log = output(false);

  const progress = progressOf('events', 100, log);
  progress.at(10);
  jest.advanceTimersByTime(5_000);
  progress.at(40);
  progress.at(41);
  jest.advanceTimersByTime(5_000);
  progress.at(90);
  progress.end();

  expect(log.written).toEqual(['40/100 events\n', '90/100 events\n']);
});
