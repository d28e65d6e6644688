import type { RunRecording } from '@reflex/core';
import { Option, SubCommand } from 'nest-commander';
import { printJson, printLine } from '../answer';
import { Misuse } from '../complaint';
import { ServiceCommand, type ServiceOptions } from '../service';
import { writeSpec } from './spec-files';

interface Options extends ServiceOptions {
  asTest?: boolean;
  output?: string;
}

@SubCommand({
  name: 'export',
  arguments: '<id>',
  description: 'All that a completed run was given and did: as JSON, or with --as-test as a spec that runs it again',
})
export class RunsExportCommand extends ServiceCommand {
  async run([id]: [string], { asTest = false, output, ...options }: Options): Promise<void> {
    if (output !== undefined && !asTest) throw new Misuse('--output goes with --as-test; without, redirect the JSON.');
    const path = `/runs/${encodeURIComponent(id)}/recording`;
    const recording = (await this.ask(options, 'GET', path)) as RunRecording;
    if (!asTest) return printJson(recording);
    const { trigger } = recording.run;
    const file = output ?? `test/recorded/${trigger.replace(/[^\w-]+/g, '-')}-${recording.run.id}.spec.ts`;
    const written = await writeSpec(recording, file);
    if (options.json) return printJson(written);
    printLine(`Wrote ${written.spec} and ${written.fixture}. Run it: npm run jest -- ${written.spec}`);
    for (const note of written.notes) printLine(note);
  }

  @Option({ flags: '--as-test', description: 'Write a Jest spec and its fixture, which pass without a network' })
  parseAsTest(): boolean {
    return true;
  }

  @Option({
    flags: '-o, --output <file>',
    description: 'The spec; default test/recorded/<trigger>-<id>.spec.ts. The fixture is written beside it',
  })
  parseOutput(text: string): string {
    if (text.endsWith('.spec.ts')) return text;
    throw new Misuse('--output must end in .spec.ts, so that Jest finds it.');
  }
}
