export { type HealthReport, type HealthStatus } from './health-report';
export { HealthModule } from './health.module';
export { ServiceHealth } from './service.health';
