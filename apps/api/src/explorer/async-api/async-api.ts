import type { OpenAPIObject } from '@nestjs/swagger';
import { type EventRegistry, isReservedType } from '@reflex/events';
import type { Trigger } from '@reflex/triggers';
import { MAX_EVENTS } from '../../events/event-publisher';
import { eventMessages } from './event-messages';
import { frameMessages, socketChannels, socketOperations } from './socket-channels';
import { streamChannels, streamOperations } from './stream-channels';
import { triggerOperations } from './trigger-operations';

export interface AsyncApiSources {
  registry: EventRegistry;
  triggers: readonly Trigger[];
  openApi: OpenAPIObject;
  /** Where the service is reached, such as `127.0.0.1:8000`. */
  host: string;
}

/** The AsyncAPI 3.0 document of the service: what can be sent to it, what it sends, and which triggers hear what. */
export function asyncApi({ registry, triggers, openApi, host }: AsyncApiSources): object {
  const { schemas, sent, stored } = eventMessages(registry, isReservedType);
  const answer = openApi.components!.schemas!['PublishedDto']!;
  return {
    asyncapi: '3.0.0',
    info: {
      title: openApi.info.title,
      version: openApi.info.version,
      description: openApi.info.description,
    },
    defaultContentType: 'application/json',
    servers: {
      http: { host, protocol: 'http', description: 'Requests, answers and streams.' },
      socket: { host, protocol: 'ws', description: 'Messages and replies.' },
    },
    channels: {
      publish: publishChannel(sent),
      log: logChannel(stored),
      ...socketChannels(),
      ...streamChannels(openApi),
    },
    operations: {
      publish: publishOperation(Object.keys(sent)),
      ...socketOperations(),
      ...streamOperations(openApi),
      ...triggerOperations(triggers, Object.keys(stored)),
    },
    components: {
      schemas: { ...schemas, published: answer },
      messages: frameMessages(),
      securitySchemes: openApi.components!.securitySchemes,
    },
  };
}

function publishOperation(types: string[]): object {
  const message = (name: string): object => ({ $ref: `#/channels/publish/messages/${name}` });
  return {
    action: 'receive',
    summary: 'Publish one event, or several at once',
    channel: { $ref: '#/channels/publish' },
    messages: [...types, 'batch'].map(message),
    bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
    security: [{ $ref: '#/components/securitySchemes/bearer' }],
    reply: { channel: { $ref: '#/channels/publish' }, messages: [message('published')] },
  };
}

function publishChannel(sent: Record<string, object>): object {
  const items = { oneOf: Object.keys(sent).map((type) => ({ $ref: `#/components/schemas/sent.${type}` })) };
  return {
    address: '/events',
    title: 'Publish over HTTP',
    description: 'Stored when it is answered. Takes CloudEvents 1.0 as well.',
    servers: [{ $ref: '#/servers/http' }],
    messages: {
      ...sent,
      batch: {
        name: 'batch',
        title: 'Several events at once',
        summary: 'All of them are stored, or none.',
        payload: { type: 'array', minItems: 1, maxItems: MAX_EVENTS, items },
      },
      published: { name: 'published', title: 'Stored', payload: { $ref: '#/components/schemas/published' } },
    },
  };
}

function logChannel(stored: Record<string, object>): object {
  return {
    address: null,
    title: 'The event log',
    description: 'Every event, in the order in which it was stored. Triggers listen to it.',
    messages: stored,
  };
}
