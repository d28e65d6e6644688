import type { OpenAPIObject } from '@nestjs/swagger';

const ONE = {
  specversion: '1.0',
  id: 'A234-1234-1234',
  type: 'http',
  source: '/shop/checkout',
  time: '2026-01-31T12:00:00Z',
  datacontenttype: 'application/json',
  data: { payload: { message: 'Hello, Reflex!' } },
};

const CLOUD_EVENTS = {
  'application/cloudevents+json': { schema: { type: 'object' }, example: ONE },
  'application/cloudevents-batch+json': {
    schema: { type: 'array', items: { type: 'object' } },
    example: [ONE, { ...ONE, id: 'B234-1234-1234' }],
  },
};

/** Adds to the explorer what `POST /events` takes besides our own JSON. */
export function withCloudEvents(document: OpenAPIObject): OpenAPIObject {
  const body = document.paths['/events']?.post?.requestBody;
  if (body && 'content' in body) Object.assign(body.content, CLOUD_EVENTS);
  return document;
}
