import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public, RequireScope } from '@reflex/auth';
import { ServiceHealth, type HealthReport } from '@reflex/health';
import { RequestRefused } from '../http/refusals';

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(private readonly health: ServiceHealth) {}

  @Get('health')
  @Public()
  @ApiOperation({ summary: 'Liveness: this process answers' })
  alive(): { status: 'healthy'; timestamp: string } {
    return { status: 'healthy', timestamp: new Date().toISOString() };
  }

  @Get('ready')
  @Public()
  @ApiOperation({ summary: 'Readiness: the database answers' })
  async ready(): Promise<{ status: 'ready' }> {
    const report = await this.health.ready();
    if (report.status === 'unhealthy') throw notWell('not_ready', report);
    return { status: 'ready' };
  }

  @Get('health/detailed')
  @RequireScope('events:read')
  @ApiOperation({ summary: 'Whether work gets done: 503 when not, `degraded` when somebody should look' })
  async detailed(): Promise<HealthReport> {
    const report = await this.health.detailed();
    if (report.status === 'unhealthy') throw notWell('unhealthy', report);
    return report;
  }
}

function notWell(code: string, report: HealthReport): RequestRefused {
  const down = Object.values(report.indicators).filter(({ status }) => status === 'down');
  const why = down.map(({ message }) => message).join(' ') || 'The service is shutting down.';
  return new RequestRefused(503, code, why, { details: report, retryAfterSeconds: 5 });
}
