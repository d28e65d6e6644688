import { backlog } from './backlog';
import { bulk } from './bulk';
import { ceiling } from './ceiling';
import { drain } from './drain';
import { http } from './http';
import { latency } from './latency';
import { live } from './live';
import { notify } from './notify';
import type { Row } from './row';
import { scopes } from './scopes';

/** In the order in which they run and stand in the table. */
export const ROWS: Row[] = [live, scopes, drain, bulk, ceiling, latency, http, backlog, notify];
