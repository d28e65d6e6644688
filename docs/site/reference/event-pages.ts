import { blocks, code, fence, type Page, prose, table } from './markdown';
import { fieldTable, type Schema } from './schema-table';

/** What the reference reads of an AsyncAPI document. */
export interface AsyncApi {
  channels: Record<string, Channel>;
  operations: Record<string, { action: string; title?: string; summary?: string; messages?: { $ref: string }[] }>;
  components: { schemas: Record<string, Schema>; messages: Record<string, Message> };
}

interface Channel {
  address: string | null;
  title?: string;
  description?: string;
  messages: Record<string, Message | { $ref: string }>;
}

interface Message {
  title?: string;
  summary?: string;
  payload: Schema;
  examples?: { payload: unknown }[];
}

const ENVELOPE = ['id', 'type', 'source', 'timestamp', 'meta', 'delay', 'deliver_at'];

/** The event types, and what goes over WebSockets and streams. */
export function eventPages(document: AsyncApi): Page[] {
  return [eventsPage(document), channelsPage(document)];
}

function eventsPage({ channels, operations, components: { schemas } }: AsyncApi): Page {
  const stored = channels['log']!.messages as Record<string, Message>;
  const sent = channels['publish']!.messages as Record<string, Message>;
  const [anySent] = Object.values(sent);
  const envelope = schemas[anySent!.payload.$ref!.split('/').at(-1)!]!;
  const common = Object.fromEntries(ENVELOPE.map((field) => [field, envelope.properties![field]!]));
  const type = { type: 'string', description: 'One of the types below.' };
  const text = blocks(
    '# Events',
    'Every event type that is registered, from its class. A running service describes them at `GET /events/types` as JSON Schema, and at ' +
      '`GET /asyncapi.json` as AsyncAPI 3.0.',
    '## The envelope',
    'Every event has these, beside its own fields.',
    fieldTable({ properties: { ...common, type }, required: ['type'] }, schemas),
    ...Object.entries(stored).flatMap(([name, message]) => [
      `## ${name}`,
      message.summary && prose(message.summary),
      !(name in sent) && 'Only the server makes it.',
      fieldTable(sent[name]?.payload ?? message.payload, schemas, ENVELOPE),
      listeners(name, operations),
      ...(sent[name]?.examples ?? []).map(({ payload }) => fence('json', JSON.stringify(payload, null, 2))),
    ]),
  );
  return { path: 'reference/events', text };
}

function listeners(type: string, operations: AsyncApi['operations']): string {
  const names = Object.values(operations)
    .filter(({ messages = [] }) => messages.some(({ $ref }) => $ref === `#/channels/log/messages/${type}`))
    .map(({ title }) => code(title!));
  return names.length > 0 ? `Triggers: ${names.join(', ')}.` : '';
}

function channelsPage({ channels, operations, components }: AsyncApi): Page {
  const open = Object.entries(channels).filter(([name]) => name !== 'log' && name !== 'publish');
  const text = blocks(
    '# WebSockets and streams',
    'What comes in and goes out besides requests, from the AsyncAPI document (`GET /asyncapi.json`).',
    ...open.flatMap(([name, channel]) => [
      `## ${channel.address?.replace(/\{(\w+)\}/g, ':$1')}`,
      channel.description && prose(channel.description),
      ...Object.entries(channel.messages).flatMap(([key, reference]) =>
        messageOf(directionOf(`#/channels/${name}/messages/${key}`, operations), resolve(reference, components)),
      ),
    ]),
  );
  return { path: 'reference/channels', text };

  function messageOf(direction: string, { title, payload, examples = [] }: Message): string[] {
    return [
      `**${title}** ${direction}`,
      payload.description ? prose(payload.description) : '',
      fieldTable(payload, components.schemas),
      ...examples.map((example) => fence('json', JSON.stringify(example.payload, null, 2))),
    ];
  }
}

function resolve(message: Message | { $ref: string }, { messages }: AsyncApi['components']): Message {
  return '$ref' in message ? messages[message.$ref.split('/').at(-1)!]! : message;
}

function directionOf(reference: string, operations: AsyncApi['operations']): string {
  const operation = Object.values(operations).find(({ messages = [] }) =>
    messages.some(({ $ref }) => $ref === reference),
  );
  return operation?.action === 'receive' ? '(from the client)' : '(from the server)';
}

/** For the index: each trigger and what it hears. */
export function triggerTable({ operations }: AsyncApi): string {
  const rows = Object.entries(operations)
    .filter(([name]) => name.startsWith('trigger.'))
    .map(([, { title, summary, messages = [] }]) => [
      code(title!),
      messages.map(({ $ref }) => code($ref.split('/').at(-1)!)).join(', '),
      prose(summary ?? ''),
    ]);
  return table(['Trigger', 'Listens to', 'Acts on'], rows);
}
