import { z } from 'zod';
import { RUN_FRAMES } from './run-frame';

const Failure = z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() });

const OfAnswer = { event_id: z.string(), trigger: z.string(), run_id: z.string() };
const OfRun = { ...OfAnswer, seq: z.int().describe('Counts the frames of a run from 1.') };

/** What a WebSocket client sends, by the name of the message. */
export const CLIENT_FRAMES = {
  message: z
    .strictObject({
      content: z.string(),
      id: z
        .string()
        .min(1)
        .max(128)
        .optional()
        .describe('Makes a resend after a reconnect harmless: the same id is stored once.'),
    })
    .meta({
      title: 'A message',
      description: 'Becomes a `ws.message` event.',
      examples: [{ content: 'What happened in the last hour?', id: '1' }],
    }),
  resume: z
    .strictObject({
      resume: z.string().min(1).max(128).describe('The id of the event, as it was acknowledged.'),
      after: z
        .record(z.string().max(20), z.int().min(0))
        .optional()
        .describe('The last `seq` that arrived of each `run_id`; what came after it is sent.'),
    })
    .meta({
      title: 'Go on with the answers to a message',
      description: 'After a reconnect, at any process. Only messages of the same client id can be resumed.',
      examples: [{ resume: '0199a0de-7f1c-7000-8000-000000000001', after: { 17: 4 } }],
    }),
  auth: z.strictObject({ auth: z.string() }).meta({
    title: 'An API key',
    description: 'The first frame of a client that could show its key in no header.',
    examples: [{ auth: '<API key>' }],
  }),
};

/** What a WebSocket client receives, by the name of the message. */
export const SERVER_FRAMES = {
  authenticated: z.object({ auth: z.literal('ok') }).meta({ title: 'The key is good' }),
  ack: z.object({ ack: z.string().describe('The id of the event.') }).meta({ title: 'The message is stored' }),
  refusal: z
    .object({ error: z.string().describe('A sentence that says what to do.'), details: Failure })
    .meta({ title: 'The message was not stored' }),
  token: z
    .object({ ...OfRun, ...RUN_FRAMES.token.shape })
    .meta({ title: 'What a model writes, while it does; the reply that follows is what counts' }),
  tool: z
    .object({ ...OfRun, ...RUN_FRAMES.tool.shape })
    .meta({ title: 'A tool was called; input and outcome only for keys that may read events' }),
  reply: z
    .object({ type: z.literal('reply'), ...OfAnswer, content: z.unknown() })
    .meta({ title: 'What a trigger returned for a message' }),
  failure: z
    .object({ type: z.literal('error'), ...OfAnswer, error: Failure })
    .meta({ title: 'A trigger gave up on a message' }),
};

export type ClientFrame = z.infer<typeof CLIENT_FRAMES.message>;
export type ResumeFrame = z.infer<typeof CLIENT_FRAMES.resume>;
export type AuthFrame = z.infer<typeof CLIENT_FRAMES.auth>;
export type ServerFrame = z.infer<(typeof SERVER_FRAMES)[keyof typeof SERVER_FRAMES]>;
