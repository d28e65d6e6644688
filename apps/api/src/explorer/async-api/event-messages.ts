import type { EventRegistry, JsonSchema } from '@reflex/events';

/** What the document says about the event types: schemas to share, and a message of each type for either direction. */
export interface EventMessages {
  schemas: Record<string, JsonSchema>;
  /** As a client sends them, without those that only the server makes. */
  sent: Record<string, object>;
  /** As they are stored, handed to triggers and shown. */
  stored: Record<string, object>;
}

const META: JsonSchema = {
  title: 'EventMeta',
  description: 'How an event hangs together with others.',
  type: 'object',
  properties: {
    trace_id: { type: 'string', description: 'Joins the spans of one request.' },
    correlation_id: { type: 'string', description: 'Shared by an event and everything that follows from it.' },
    causation_id: { type: ['string', 'null'], description: 'The event that directly caused this one.' },
    depth: { type: 'integer', minimum: 0, description: '0 for an event from outside, parent + 1 for a follow-up.' },
  },
  required: ['trace_id', 'correlation_id', 'causation_id', 'depth'],
};

const DELAY: JsonSchema = {
  delay: { type: 'string', examples: ['10m'], description: 'Hand it out after this time. Not stored.' },
  deliver_at: { type: 'string', format: 'date-time', description: 'Hand it out at this time. Not stored.' },
};

/** Both forms of every registered event type. */
export function eventMessages(registry: EventRegistry, isReserved: (type: string) => boolean): EventMessages {
  const messages: EventMessages = { schemas: { 'event-meta': META }, sent: {}, stored: {} };
  for (const [type, { $schema: _draft, $defs, ...schema }] of Object.entries(registry.schemas())) {
    const nested = hoisted(type, ($defs ?? {}) as Record<string, JsonSchema>);
    Object.assign(messages.schemas, nested.schemas);
    messages.schemas[`stored.${type}`] = nested.within(storedForm(schema));
    messages.stored[type] = message(type, schema, `stored.${type}`);
    if (isReserved(type)) continue;
    messages.schemas[`sent.${type}`] = nested.within(sentForm(schema));
    messages.sent[type] = message(type, schema, `sent.${type}`);
  }
  return messages;
}

function message(type: string, { title, description, examples }: JsonSchema, schema: string): object {
  const [payload] = (examples ?? []) as object[];
  return {
    name: type,
    title,
    ...(description === undefined ? {} : { summary: description }),
    payload: { $ref: `#/components/schemas/${schema}` },
    ...(payload === undefined || schema.startsWith('stored.') ? {} : { examples: [{ payload }] }),
  };
}

function sentForm(schema: JsonSchema): JsonSchema {
  return { ...schema, properties: { ...DELAY, ...(schema['properties'] as JsonSchema) } };
}

/** Fields that the class has no longer stay in old events, so more fields are allowed. */
function storedForm({ examples: _sent, additionalProperties: _none, ...schema }: JsonSchema): JsonSchema {
  const { id, source, timestamp, ...properties } = schema['properties'] as Record<string, JsonSchema>;
  const own = schema['required'] as string[];
  return {
    ...schema,
    properties: {
      id: { ...id, description: 'Given by the store, unless the publisher chose it.' },
      source,
      timestamp: { ...timestamp, description: 'When it happened.' },
      ...properties,
      meta: { $ref: '#/components/schemas/event-meta' },
    },
    required: ['id', 'source', 'timestamp', 'meta', ...own],
  };
}

/** Nested classes stand in `$defs` of their type; a reference within a larger document needs them by their full path. */
function hoisted(type: string, definitions: Record<string, JsonSchema>) {
  const within = (schema: JsonSchema): JsonSchema =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"#/components/schemas/within.${type}.`)) as JsonSchema;
  const schemas = Object.entries(definitions).map(([name, schema]) => [`within.${type}.${name}`, within(schema)]);
  return { within, schemas: Object.fromEntries(schemas) as Record<string, JsonSchema> };
}
