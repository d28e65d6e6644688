import type { HealthCheckResult } from '@nestjs/terminus';

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

export interface HealthReport {
  status: HealthStatus;
  /** By name: `up`, `degraded` or `down`, with the figures it was judged by and, if not up, a sentence. */
  indicators: Record<string, { status: string; message?: string }>;
}

const STATUSES: Record<HealthCheckResult['status'], HealthStatus> = {
  ok: 'healthy',
  degraded: 'degraded',
  error: 'unhealthy',
  shutting_down: 'unhealthy',
};

export function reportOf({ status, details }: HealthCheckResult): HealthReport {
  return { status: STATUSES[status], indicators: details };
}
