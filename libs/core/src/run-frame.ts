import { z } from 'zod';

const Text = z.string().describe('What was written since the frame before.');
const Turn = z.int().describe('Counts the answers of models in a run; a new one begins a new text.');

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

export type RunFrame = z.infer<(typeof RUN_FRAMES)[keyof typeof RUN_FRAMES]>;
export type TokenFrame = z.infer<typeof RUN_FRAMES.token>;
