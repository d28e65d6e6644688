import { clusterJson } from '@reflex/dlq';
import { SubCommand } from 'nest-commander';
import { printJson, printTable } from '../answer';
import { Workspace } from '../workspace';
import { filterOf, LetterCommand, type LetterOptions } from './letter.command';

@SubCommand({ name: 'clusters', description: 'Dead letters whose errors are alike, the largest cluster first' })
export class DlqClustersCommand extends LetterCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run(_words: string[], options: LetterOptions): Promise<void> {
    const { deadLetters } = await this.workspace.open();
    const clusters = await deadLetters.clusters(filterOf(options));
    if (options.json) return printJson({ items: clusters.map((cluster) => clusterJson(cluster)), next_cursor: null });
    printTable(
      clusters,
      [
        ['CLUSTER', ({ cluster }) => cluster],
        ['TRIGGER', ({ trigger }) => trigger],
        ['COUNT', ({ count }) => count],
        ['LAST', ({ lastAt }) => lastAt],
        ['ERROR', ({ shape }) => shape],
      ],
      'There are no dead letters.',
    );
  }
}
