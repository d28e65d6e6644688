import {
  assertJsonLimits,
  CLIENT_FRAMES,
  ReflexError,
  type ClientFrame,
  type ResumeFrame,
  type ServerFrame,
} from '@reflex/core';

/** A frame that is not what a client may send. The connection stays open. */
export class InvalidFrame extends ReflexError {
  readonly code: string = 'invalid_frame';
  override readonly status = 422;
}

const EXPECTED = 'Send JSON such as {"content": "Hello"}.';
const FIELDS = new Set(['content', 'id']);
const MAX_ID_LENGTH = 128;

/** Reads a client's frame; throws a `ReflexError` whose sentence is the answer. */
export function parseFrame(text: string): ClientFrame | ResumeFrame {
  const frame = parseObject(text);
  assertJsonLimits(frame);
  if (Object.hasOwn(frame, 'resume')) return resumeOf(frame);
  if (typeof frame.content !== 'string') {
    throw new InvalidFrame(`The frame needs a text "content". ${EXPECTED}`, { details: [{ field: 'content' }] });
  }
  const unknown = Object.keys(frame).find((field) => !FIELDS.has(field));
  if (unknown !== undefined) {
    throw new InvalidFrame(`The frame has an unknown field "${unknown.slice(0, 64)}". ${EXPECTED}`, {
      details: [{ field: unknown.slice(0, 64) }],
    });
  }
  if (frame.id !== undefined && !isFrameId(frame.id)) {
    throw new InvalidFrame(`"id" must be text of 1 to ${MAX_ID_LENGTH} characters.`, { details: [{ field: 'id' }] });
  }
  return { content: frame.content, id: frame.id };
}

function resumeOf(frame: Record<string, unknown>): ResumeFrame {
  const resume = CLIENT_FRAMES.resume.safeParse(frame);
  if (resume.success) return resume.data;
  const field = String(resume.error.issues[0]?.path[0] ?? '');
  throw new InvalidFrame(
    'The frame does not say what to resume. Send JSON such as {"resume": "<event id>", "after": {"<run id>": 3}}.',
    { details: [{ field }] },
  );
}

/** What a client is told when its frame cannot be taken. */
export function errorFrame(error: ReflexError): ServerFrame {
  return { error: error.message, details: { code: error.code, message: error.message, details: error.details } };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidFrame(`The frame is not JSON. ${EXPECTED}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidFrame(`The frame is not a JSON object. ${EXPECTED}`);
  }
  return value as Record<string, unknown>;
}

function isFrameId(id: unknown): id is string {
  return typeof id === 'string' && id.length > 0 && id.length <= MAX_ID_LENGTH;
}
