import { z } from 'zod';

const Failure = z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() });

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
  reply: z
    .object({ type: z.literal('reply'), event_id: z.string(), trigger: z.string(), content: z.unknown() })
    .meta({ title: 'What a trigger returned for a message' }),
  failure: z
    .object({ type: z.literal('error'), event_id: z.string(), trigger: z.string(), error: Failure })
    .meta({ title: 'A trigger gave up on a message' }),
};

export type ClientFrame = z.infer<typeof CLIENT_FRAMES.message>;
export type AuthFrame = z.infer<typeof CLIENT_FRAMES.auth>;
export type ServerFrame = z.infer<(typeof SERVER_FRAMES)[keyof typeof SERVER_FRAMES]>;
