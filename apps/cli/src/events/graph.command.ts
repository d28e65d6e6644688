import { causationTree, mermaid, NotFound } from '@reflex/core';
import { Command, Option } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { ReflexCommand, type CommonOptions } from '../reflex.command';
import { Workspace } from '../workspace';

interface Options extends CommonOptions {
  mermaid?: boolean;
}

@Command({
  name: 'graph',
  arguments: '<event>',
  description: 'What caused an event, and all that followed from it',
})
export class GraphCommand extends ReflexCommand {
  constructor(private readonly workspace: Workspace) {
    super();
  }

  async run([id]: [string], { mermaid: asMermaid, json }: Options): Promise<void> {
    const { store } = await this.workspace.open();
    const graph = await store.graph(id);
    if (!graph) throw new NotFound(`There is no event "${id}". Look for it with "reflex tail".`);
    if (json) printJson(graph);
    else if (asMermaid) process.stdout.write(mermaid(graph));
    else printLine(causationTree(graph, { colours: process.stdout.hasColors?.() ?? false }));
  }

  @Option({ flags: '--mermaid', description: 'As a flowchart to paste into a ticket' })
  parseMermaid(): boolean {
    return true;
  }
}
