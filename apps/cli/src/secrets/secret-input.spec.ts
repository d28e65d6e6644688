import { PassThrough } from 'node:stream';
import { secretFrom } from './secret-input';

/** A terminal at which somebody types. */
function terminal(): PassThrough & { isTTY: true; setRawMode(raw: boolean): void } {
  return Object.assign(new PassThrough(), { isTTY: true as const, setRawMode: () => undefined });
}

function piped(...chunks: (string | Buffer)[]): PassThrough {
  const input = new PassThrough();
  for (const chunk of chunks) input.write(chunk);
  input.end();
  return input;
}

describe('a value from a pipe', () => {
  it.each([
    ['the-value\n', 'the-value'],
    ['the-value\r\n', 'the-value'],
    ['the-value', 'the-value'],
    ['two\nlines\n\n', 'two\nlines\n'],
    [' spaces ', ' spaces '],
  ])('of %j is %j', async (text, value) => {
    expect(await secretFrom(piped(text), 'Value')).toBe(value);
  });

  it('may be cut anywhere', async () => {
    const bytes = Buffer.from('schlüssel');

    expect(await secretFrom(piped(bytes.subarray(0, 5), bytes.subarray(5)), 'Value')).toBe('schlüssel');
  });

  it.each(['', '\n'])('cannot be %j', async (text) => {
    await expect(secretFrom(piped(text), 'Value')).rejects.toMatchObject({ code: 'misuse' });
  });

  it('cannot be without end', async () => {
    await expect(secretFrom(piped('x'.repeat(70_000)), 'Value')).rejects.toThrow('longer than 8192');
  });
});

describe('a value from a terminal', () => {
  let printed: string;
  beforeEach(() => {
    printed = '';
    const keep = (chunk: unknown): boolean => {
      printed += String(chunk);
      return true;
    };
    jest.spyOn(process.stderr, 'write').mockImplementation(keep);
    jest.spyOn(process.stdout, 'write').mockImplementation(keep);
  });
  afterEach(() => jest.restoreAllMocks());

  it('is asked for and not shown', async () => {
    const input = terminal();

    const answer = secretFrom(input, 'Value of TOKEN');
    input.write('the-valuX\u007fe\r');

    expect(await answer).toBe('the-value');
    expect(printed).toBe('Value of TOKEN: \n');
  });

  it.each([
    ['Ctrl+C', '\u0003'],
    ['Ctrl+D', '\u0004'],
  ])('is none after %s', async (_key, typed) => {
    const input = terminal();

    const answer = secretFrom(input, 'Value');
    input.write(typed);

    await expect(answer).rejects.toThrow('nothing was stored');
  });
});
