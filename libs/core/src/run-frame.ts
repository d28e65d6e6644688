import { z } from 'zod';

const Text = z.string().describe('What was written since the frame before.');
const Turn = z.int().describe('Counts the answers of models in a run; a new one begins a new text.');

const OF_STREAM = {
  event_id: z.string(),
  trigger: z.string(),
  run_id: z.string(),
  attempt: z.int().describe('Which attempt it is, from 1.'),
  seq: z.int().describe('Counts the frames of a run from 1; also the id of the event.'),
};

/** What a run tells while it goes on. */
export const RUN_FRAMES = {
  token: z.object({ type: z.literal('token'), agent: z.string(), turn: Turn, text: Text }),
  tool: z.object({
    type: z.literal('tool'),
    agent: z.string(),
    call_id: z.string(),
    tool: z.string(),
    status: z.enum(['started', 'done', 'failed']),
    input: z.unknown().optional(),
    output: z.unknown().optional(),
    error: z.string().optional(),
    duration_ms: z.number().optional(),
  }),
};

/** What a stream of a run sends, by the name of the event. */
export const RUN_STREAM = {
  token: z
    .strictObject({ ...RUN_FRAMES.token.shape, ...OF_STREAM })
    .meta({ title: 'What a model writes, while it does' }),
  tool: z.strictObject({ ...RUN_FRAMES.tool.shape, ...OF_STREAM }).meta({ title: 'A tool was called or has answered' }),
  end: z.looseObject({ id: z.string(), outcome: z.string() }).meta({ title: 'The record of the run; nothing follows' }),
};

export type RunFrame = z.infer<(typeof RUN_FRAMES)[keyof typeof RUN_FRAMES]>;
export type TokenFrame = z.infer<typeof RUN_FRAMES.token>;
