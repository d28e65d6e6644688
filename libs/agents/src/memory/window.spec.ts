import type { Said } from './conversations';
import { countTokens } from './token-count';
import { fitting, overflow } from './window';

function talk(...tokens: number[]): Said[] {
  return tokens.map((count, place) => ({
    role: place % 2 ? 'assistant' : 'user',
    content: String(place),
    tokens: count,
  }));
}

describe('the window of a conversation', () => {
  it('shows the newest that fit, from a question on', () => {
    const said = talk(10, 10, 10, 10, 10, 10);

    expect(fitting(said, 40).map(({ content }) => content)).toEqual(['2', '3', '4', '5']);
    expect(fitting(said, 35).map(({ content }) => content)).toEqual(['4', '5']);
    expect(fitting(said, 9)).toEqual([]);
    expect(fitting(said, 60)).toEqual(said);
  });

  it('leaves to the summary what is in the way of half a window', () => {
    const said = talk(10, 10, 10, 10, 10, 10);

    expect(overflow(said, 60)).toEqual([]);
    expect(overflow(said, 59).map(({ content }) => content)).toEqual(['0', '1', '2', '3']);
  });

  it('counts tokens as models do, also of texts without spaces, in time', async () => {
    expect(await countTokens('Where is my parcel?')).toBe(5);
    expect(await countTokens('')).toBe(0);
    // Counted in one piece this would take minutes, however quick the machine.
    expect(await countTokens('a'.repeat(240_000))).toBeGreaterThan(10_000);
  });
});
