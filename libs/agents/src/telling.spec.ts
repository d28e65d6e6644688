import type { RunFrame } from '@reflex/core';
import { runWith } from '@reflex/observability';
import { calling } from '@reflex/test';
import { openCourt, respond, runOf, type Court } from './testing/court';

let court: Court;

afterEach(() => court.close());

async function told(work: () => Promise<unknown>, eventId = 'event-1'): Promise<RunFrame[]> {
  const frames: RunFrame[] = [];
  await runWith({ ...runOf(eventId), tell: (frame) => frames.push(frame) }, work);
  return frames;
}

const textOf = (frames: RunFrame[], turn: number) =>
  frames.flatMap((frame) => (frame.type === 'token' && frame.turn === turn ? [frame.text] : []));

describe('what people see of a run', () => {
  it('is its text piece by piece', async () => {
    const words = 'The disk is full, and has been since this morning. Somebody should make room.';
    court = await openCourt({ content: words });

    const frames = await told(() => court.talker.run('Hi'));

    expect(textOf(frames, 1).length).toBeGreaterThan(2);
    expect(textOf(frames, 1).join('')).toBe(words);
    expect(new Set(frames.map(({ agent }) => agent))).toEqual(new Set(['talker']));
  });

  it('is the tools that it calls, with what came of them, but not how it answers', async () => {
    court = await openCourt(calling(['look_up', { word: 'disk' }], ['fly', {}]), respond);

    const frames = await told(() => court.judge.run('x'));

    const [first, second] = frames as { call_id: string }[];
    expect(frames).toEqual([
      {
        type: 'tool',
        agent: 'judge',
        call_id: first!.call_id,
        tool: 'look_up',
        status: 'started',
        input: { word: 'disk' },
      },
      { type: 'tool', agent: 'judge', call_id: second!.call_id, tool: 'fly', status: 'started', input: {} },
      expect.objectContaining({
        call_id: second!.call_id,
        status: 'failed',
        error: expect.stringMatching(/no tool/) as string,
      }),
      expect.objectContaining({ call_id: first!.call_id, status: 'done', output: { found: 'disk', nul: 'ab' } }),
    ]);
  });

  it('counts the texts of all agents of one attempt together', async () => {
    court = await openCourt({ content: 'One.' }, { content: 'Two.' });

    const frames = await told(async () => {
      await court.talker.run('1');
      await court.talker.run('2');
    });

    expect([textOf(frames, 1).join(''), textOf(frames, 2).join('')]).toEqual(['One.', 'Two.']);
  });
});
