import { CLIENT_FRAMES, SERVER_FRAMES } from '@reflex/core';
import { z } from 'zod';

const ADDRESSES = { socket: '/ws', namedSocket: '/ws/{clientId}' };

/** The frames of the WebSocket as messages, the same for both of its addresses. */
export function frameMessages(): Record<string, object> {
  const frames = { ...CLIENT_FRAMES, ...SERVER_FRAMES };
  return Object.fromEntries(
    Object.entries(frames).map(([name, frame]) => {
      const { $schema: _draft, title, examples = [], ...payload } = z.toJSONSchema(frame);
      const shown = examples.map((example) => ({ payload: example }));
      return [`frame.${name}`, { name, title, payload, ...(shown.length > 0 ? { examples: shown } : {}) }];
    }),
  );
}

export function socketChannels(): Record<string, object> {
  const names = [...Object.keys(CLIENT_FRAMES), ...Object.keys(SERVER_FRAMES)];
  const messages = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/frame.${name}` }]));
  const parameters = {
    clientId: { description: 'Names the client, so that its messages have the same source later.' },
  };
  return Object.fromEntries(
    Object.entries(ADDRESSES).map(([channel, address]) => [
      channel,
      {
        address,
        title: 'WebSocket',
        description: 'Each message becomes a `ws.message` event; what its triggers return comes back.',
        servers: [{ $ref: '#/servers/socket' }],
        ...(address.includes('{') ? { parameters } : {}),
        messages,
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
    ]),
  );
}

export function socketOperations(): Record<string, object> {
  return Object.fromEntries(
    Object.keys(ADDRESSES).flatMap((channel) => [
      [
        `${channel}.take`,
        {
          action: 'receive',
          summary: 'Take a message',
          channel: { $ref: `#/channels/${channel}` },
          messages: Object.keys(CLIENT_FRAMES).map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
          security: [{ $ref: '#/components/securitySchemes/bearer' }],
        },
      ],
      [
        `${channel}.answer`,
        {
          action: 'send',
          summary: 'Say what became of a message',
          channel: { $ref: `#/channels/${channel}` },
          messages: Object.keys(SERVER_FRAMES).map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
          security: [{ $ref: '#/components/securitySchemes/bearer' }],
        },
      ],
    ]),
  );
}
