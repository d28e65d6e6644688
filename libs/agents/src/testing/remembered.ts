import { Conversations, type Past, type Place, type Said } from '../memory/conversations';
import type { SaidBefore } from '../prompt';

/** Conversations without a database: they begin with what a test says, and are gone with it. */
export class RememberedConversations extends Conversations {
  private readonly said = new Map<string, (Said & { id: string })[]>();

  constructor(private readonly before: Readonly<Record<string, SaidBefore>> = {}) {
    super(undefined as never);
  }

  override recall({ agent, scope, run }: Place): Promise<Past> {
    const { summary = null, said = [] } = this.before[agent] ?? {};
    // Asked for what is to be condensed.
    if (run === '') return Promise.resolve({ summary, summarizedTo: '0', said: [] });
    const earlier = said.map((one, index) => ({ ...one, tokens: 0, id: String(index - said.length) }));
    return Promise.resolve({ summary, summarizedTo: '0', said: [...earlier, ...this.of(agent, scope)] });
  }

  override say({ agent, scope }: Place, said: Said[]): Promise<void> {
    const known = this.of(agent, scope);
    known.push(...said.map((one, index) => ({ ...one, id: String(known.length + index + 1) })));
    return Promise.resolve();
  }

  override condense(): Promise<void> {
    return Promise.resolve();
  }

  override forget(scope: string, agent: string | null = null): Promise<void> {
    for (const key of this.said.keys()) {
      const [of, where] = JSON.parse(key) as [string, string];
      if (where === scope && (agent === null || of === agent)) this.said.delete(key);
    }
    return Promise.resolve();
  }

  private of(agent: string, scope: string): (Said & { id: string })[] {
    const key = JSON.stringify([agent, scope]);
    const known = this.said.get(key) ?? [];
    this.said.set(key, known);
    return known;
  }
}
