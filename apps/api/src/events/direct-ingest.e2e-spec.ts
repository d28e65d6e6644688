import { ApplicationConfig } from '@nestjs/core';
import { testBed } from '../testing/test-service';

it('leaves out nothing that Nest does for all routes: whoever adds to it has to add it to direct-ingest.ts', async () => {
  const { service, stop } = await testBed();
  const config = service.app.get(ApplicationConfig);

  const names = (enhancers: object[]): string[] => enhancers.map(({ constructor }) => constructor.name);

  expect({
    guards: names(config.getGlobalGuards()),
    pipes: names(config.getGlobalPipes()),
    interceptors: names(config.getGlobalInterceptors()),
    filters: names(config.getGlobalFilters()),
  }).toEqual({ guards: ['ApiKeyGuard'], pipes: ['ValidRequest'], interceptors: [], filters: ['ErrorResponses'] });
  await stop();
});
