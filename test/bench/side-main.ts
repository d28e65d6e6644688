import type { Side, SideSetup } from './sides/side';
import { SIDES, type SideName } from './sides';
import { CREW } from './crew';
import { WORKLOADS } from './workloads';

/** What the parent asks of the process of one side. */
export type SideRequest =
  | { id: number; do: 'open'; side: SideName; setup: SideSetup }
  | { id: number; do: keyof typeof TASKS; options: object }
  | { id: number; do: 'close' };

export interface SideAnswer {
  id: number;
  result?: unknown;
  error?: string;
}

const TASKS = { ...WORKLOADS, ...CREW };

let side: Side | null = null;
// Between two rounds a side may have nothing open, and would end.
process.channel?.ref();

process.on('message', (request: SideRequest) => {
  void answer(request).then((message) => process.send!(message));
});

async function answer(request: SideRequest): Promise<SideAnswer> {
  try {
    return { id: request.id, result: await perform(request) };
  } catch (error) {
    return { id: request.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function perform(request: SideRequest): Promise<unknown> {
  if (request.do === 'open') {
    side = await SIDES[request.side](request.setup);
    return undefined;
  }
  if (request.do === 'close') {
    await side?.close();
    // Only a process that ends by itself writes its profile.
    setImmediate(() => process.exit(0));
    return undefined;
  }
  const task = TASKS[request.do] as (side: Side, options: object) => Promise<unknown>;
  return task(side!, request.options);
}
