import type { OpenAPIObject } from '@nestjs/swagger';
import type { JsonSchema } from '@reflex/events';
import { EVENT_STREAM } from '../../http/api-stream';

/** A route that answers with server-sent events, as the OpenAPI document tells of it. */
interface Stream {
  /** Its path with points, such as `runs.id.stream`. */
  channel: string;
  path: string;
  summary?: string;
  description?: string;
  parameters: { name: string; in: string; description?: string }[];
  messages: JsonSchema[];
}

export function streamChannels(openApi: OpenAPIObject): Record<string, object> {
  return Object.fromEntries(streamsOf(openApi).map((stream) => [stream.channel, channelOf(stream)]));
}

export function streamOperations(openApi: OpenAPIObject): Record<string, object> {
  return Object.fromEntries(
    streamsOf(openApi).map(({ channel, summary, messages }) => [
      `${channel}.send`,
      {
        action: 'send',
        summary,
        channel: { $ref: `#/channels/${channel}` },
        messages: messages.map((message) => ({ $ref: `#/channels/${channel}/messages/${nameOf(message)}` })),
        bindings: { http: { method: 'GET', bindingVersion: '0.3.0' } },
        security: [{ $ref: '#/components/securitySchemes/bearer' }],
      },
    ]),
  );
}

function channelOf({ path, summary, description, parameters, messages }: Stream): object {
  const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => [name, {}]);
  return {
    address: path,
    title: summary,
    description,
    servers: [{ $ref: '#/servers/http' }],
    ...(inPath.length > 0 ? { parameters: Object.fromEntries(inPath) as object } : {}),
    messages: Object.fromEntries(messages.map((message) => [nameOf(message), messageOf(message)])),
  };
}

function messageOf(message: JsonSchema): object {
  const { title, 'x-event': name, ...payload } = message;
  return { name, title, contentType: EVENT_STREAM, payload };
}

function nameOf(message: JsonSchema): string {
  return message['x-event'] as string;
}

function streamsOf({ paths }: OpenAPIObject): Stream[] {
  return Object.entries(paths).flatMap(([path, { get }]) => {
    const answer = get?.responses['200'];
    const schema = answer && 'content' in answer ? answer.content?.[EVENT_STREAM]?.schema : undefined;
    if (!get || !schema) return [];
    const channel = path.replace(/[{}]/g, '').split('/').filter(Boolean).join('.');
    const parameters = (get.parameters ?? []) as Stream['parameters'];
    const messages = ('oneOf' in schema ? (schema.oneOf ?? []) : []) as JsonSchema[];
    return [{ channel, path, summary: get.summary, description: get.description, parameters, messages }];
  });
}
