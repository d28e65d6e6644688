import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { EventStore } from '@reflex/event-store';
import { withCloudEvents } from '../cloud-events/cloud-event-examples';
import { sampleIds, withSamples } from './sample-ids';

/** Serves the API explorer at /docs and its OpenAPI document at /docs/json. */
export function describeApi(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Reflex')
    .setDescription('Events in, triggers and agents at work, everything to be seen and replayed.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key; none is needed where access is open.' })
    .addSecurityRequirements('bearer')
    .build();
  const store = app.get(EventStore);
  SwaggerModule.setup('docs', app, () => withCloudEvents(SwaggerModule.createDocument(app, config)), {
    customSiteTitle: 'Reflex API',
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
    patchDocumentOnRequest: async (_request, _reply, document: OpenAPIObject) =>
      withSamples(document, await sampleIds(store)),
  });
}
