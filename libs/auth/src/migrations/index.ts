import { Access1763600100001 } from './0001-access';
import { RateBuckets1763600100002 } from './0002-rate-buckets';
import { ApprovalsScope1763600100003 } from './0003-approvals-scope';

/** In order; never edited once released. Give them to the module that connects to the database. */
export const AUTH_MIGRATIONS = [Access1763600100001, RateBuckets1763600100002, ApprovalsScope1763600100003];
