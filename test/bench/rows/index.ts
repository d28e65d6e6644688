import { backlog } from './backlog';
import { bulk } from './bulk';
import { ceiling } from './ceiling';
import { drain } from './drain';
import { history } from './history';
import { http } from './http';
import { latency } from './latency';
import { live } from './live';
import { notify } from './notify';
import { memory } from './memory';
import { payload } from './payload';
import type { Row } from './row';
import { scopes } from './scopes';
import { start } from './start';
import { triggers } from './triggers';
import { workers } from './workers';
import { ws } from './ws';

/** In the order in which they run and stand in the table. */
export const ROWS: Row[] = [
  live,
  scopes,
  drain,
  bulk,
  ceiling,
  latency,
  http,
  ws,
  triggers,
  payload,
  workers,
  backlog,
  history,
  notify,
  memory,
  start,
];
