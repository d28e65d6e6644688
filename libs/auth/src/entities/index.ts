import { ApiKeyEntity } from './api-key.entity';
import { AuditEntity } from './audit.entity';
import { RateBucketEntity } from './rate-bucket.entity';

/** The tables as TypeORM sees them, for reports. Only this lib writes to them. */
export const AUTH_ENTITIES = [ApiKeyEntity, AuditEntity, RateBucketEntity];
