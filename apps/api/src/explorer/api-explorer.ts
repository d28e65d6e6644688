import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { EventStore } from '@reflex/event-store';
import { EventRegistry } from '@reflex/events';
import { TriggerRegistry } from '@reflex/triggers';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { withCloudEvents } from '../cloud-events/cloud-event-examples';
import { asyncApi } from './async-api/async-api';
import { sampleIds, withSamples } from './sample-ids';

/** Serves the API explorer at /docs, its OpenAPI document at /docs/json, and the AsyncAPI document at /asyncapi.json. */
export function describeApi(app: NestFastifyApplication): void {
  const store = app.get(EventStore);
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    customSiteTitle: 'Reflex API',
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
    patchDocumentOnRequest: async (_request, _reply, document: OpenAPIObject) =>
      withSamples(document, await sampleIds(store)),
  });
  app.getHttpAdapter().get('/asyncapi.json', (request: FastifyRequest, reply: FastifyReply) => {
    void reply.send(asyncApiOf(app, request.host));
  });
}

/** The OpenAPI document of the application's routes. */
export function openApiOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Reflex')
    .setDescription('Events in, triggers and agents at work, everything to be seen and replayed.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key; none is needed where access is open.' })
    .addSecurityRequirements('bearer')
    .build();
  return withCloudEvents(SwaggerModule.createDocument(app, config));
}

/** The AsyncAPI document of the application's events, sockets and triggers, as reached at the host given. */
export function asyncApiOf(app: NestFastifyApplication, host: string): object {
  const registry = app.get(EventRegistry);
  const triggers = app.get(TriggerRegistry).all();
  return asyncApi({ registry, triggers, openApi: openApiOf(app), host });
}
