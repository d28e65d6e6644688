import type { DataSource } from 'typeorm';
import { CONDENSE, FORGET_MESSAGES, FORGET_SUMMARY, PRUNE, RECALL, SAY } from './queries';

/** Messages of one conversation that stay at most; the model sees fewer. */
const KEPT = 1_000;

export interface Said {
  role: 'user' | 'assistant';
  content: string;
  tokens: number;
}

/** What came before, oldest first, and a summary of what came before that. */
export interface Past {
  summary: string | null;
  summarizedTo: string;
  said: (Said & { id: string })[];
}

/** Where in a conversation something is said: the same in each attempt, so that it is kept once. */
export interface Place {
  agent: string;
  scope: string;
  run: string;
  place: number;
}

/** What agents have been told and have answered, by agent and scope. */
export class Conversations {
  constructor(private readonly dataSource: DataSource) {}

  async recall({ agent, scope, run, place }: Place): Promise<Past> {
    type Row = Said & { summary: string | null; summarized_to: string | null; id: string | null };
    const rows = await this.dataSource.query<Row[]>(RECALL, [agent, scope, run, place]);
    const said = rows.flatMap(({ id, role, content, tokens }) => (id === null ? [] : [{ id, role, content, tokens }]));
    const { summary, summarized_to } = rows[0]!;
    return { summary, summarizedTo: summarized_to ?? '0', said: said.toReversed() };
  }

  async say({ agent, scope, run, place }: Place, said: Said[]): Promise<void> {
    const column = <K extends keyof Said>(name: K): Said[K][] => said.map((one) => one[name]);
    await this.dataSource.query(SAY, [agent, scope, run, place, column('role'), column('content'), column('tokens')]);
    await this.dataSource.query(PRUNE, [agent, scope, KEPT]);
  }

  /** Takes a summary in place of the messages up to `to`, unless somebody else was faster. */
  async condense({ agent, scope }: Place, summary: string, from: string, to: string): Promise<void> {
    await this.dataSource.query(CONDENSE, [agent, scope, summary, to, from]);
  }

  /** Forgets what was said in a scope, to one agent or to all. */
  async forget(scope: string, agent: string | null = null): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(FORGET_SUMMARY, [scope, agent]);
      await manager.query(FORGET_MESSAGES, [scope, agent]);
    });
  }
}
