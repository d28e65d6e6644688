import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@reflex/auth';
import { Registry } from 'prom-client';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly registry: Registry) {}

  @Get()
  @RequireScope('events:read')
  @Header('content-type', TEXT)
  @ApiOperation({ summary: 'Figures of this process and of the store, for Prometheus' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  read(): Promise<string> {
    return this.registry.metrics();
  }
}
