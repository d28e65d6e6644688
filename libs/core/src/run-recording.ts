import type { JsonObject, JsonValue } from './envelope';
import type { EffectKind } from './run-ledger';

/** What a model is asked when a run of an agent begins. Tools and the output schema are kept as hashes. */
export interface AskedQuestion {
  system: string;
  messages: { role: string; text: string }[];
  /** By name: a hash of its description and its input. */
  tools: Record<string, string>;
  /** `null` for an agent that answers in text. */
  output: string | null;
}

/** An answer of a model, or why there was none. */
export interface RecordedAnswer {
  text: string;
  calls: { id: string; name: string; input: JsonValue; malformed?: string }[];
  error?: string;
}

/** One run of an agent: what it was asked first, and all that the model answered. */
export interface RecordedTalk {
  agent: string;
  question: AskedQuestion;
  answers: RecordedAnswer[];
}

/** A call of a tool: what it answered, or what the model was told. */
export interface RecordedCall {
  tool: string;
  input: JsonValue;
  output?: JsonValue;
  error?: string;
}

/** An event as a recording keeps it. */
export interface RecordedEvent {
  id: string;
  type: string;
  source: string;
  timestamp: string;
  received_at: string;
  meta: { trace_id: string; correlation_id: string; causation_id: string | null; depth: number };
  payload: JsonObject;
}

/** What a trigger remembered when its handler began. */
export interface RecordedContext {
  events: RecordedEvent[];
  scratch: JsonObject;
  filters: JsonObject;
  created_at: string;
  last_action_at: string | null;
}

/** A step, a wait or a memory that was done. */
export interface RecordedStep {
  key: string;
  kind: EffectKind;
  name: string;
  result: JsonValue;
}

/** All that a run of a trigger was given and did, with secrets and personal data replaced: enough to run it again. */
export interface RunRecording {
  version: 1;
  run: { id: string; trigger: string; scope: string | null; attempt: number; started_at: string };
  /** Where the code is: names of exported classes. */
  trigger_class: string;
  agent_classes: string[];
  /** Of the events, those that Reflex brings left out. */
  event_classes: string[];
  event: RecordedEvent;
  /** `null` for a trigger without memory. */
  context: RecordedContext | null;
  talks: RecordedTalk[];
  calls: RecordedCall[];
  steps: RecordedStep[];
  result: JsonValue;
  /** Type and own fields of what was published; `null` when handlers ran more than once for the event, so that nobody knows whose it is. */
  published: JsonObject[] | null;
  /** How many different values were replaced, by kind. */
  redacted: Record<string, number>;
}
