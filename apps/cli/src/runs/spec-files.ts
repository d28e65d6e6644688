import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ReflexError, type RunRecording } from '@reflex/core';
import { sourcesOf } from './class-sources';

class UnwritableSpec extends ReflexError {
  readonly code = 'unwritable_spec';
}

export interface WrittenSpec {
  spec: string;
  fixture: string;
  /** Sentences for whoever asked for it. */
  notes: string[];
}

/** Writes a spec that runs the recording again, and the recording beside it. What is there already is not overwritten. */
export async function writeSpec(recording: RunRecording, spec: string, root = process.cwd()): Promise<WrittenSpec> {
  const fixture = spec.replace(/\.spec\.ts$/, '.recording.json');
  const classes = [recording.trigger_class, ...recording.agent_classes, ...recording.event_classes];
  const sources = sourcesOf(classes, root);
  const format = formatter(root);
  const files = [
    [spec, await format(spec, specText(recording, spec, fixture, sources, root))],
    [fixture, await format(fixture, JSON.stringify(recording, null, 2))],
  ] as const;
  const known = files.find(([file]) => existsSync(resolve(root, file)));
  if (known) throw new UnwritableSpec(`${known[0]} is there already. Remove it, or choose another --output.`);
  try {
    mkdirSync(dirname(resolve(root, spec)), { recursive: true });
    for (const [file, text] of files) writeFileSync(resolve(root, file), text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UnwritableSpec(`${spec} cannot be written (${code}). Choose another --output.`, { cause: error });
  }
  return { spec, fixture, notes: notesOn(recording) };
}

function specText(
  { run, event, trigger_class: trigger, agent_classes: agents, event_classes: events, published }: RunRecording,
  spec: string,
  fixture: string,
  sources: ReadonlyMap<string, string>,
  root: string,
): string {
  const folder = dirname(resolve(root, spec));
  const imports = [...Map.groupBy([...sources], ([, file]) => file)].map(([file, names]) => {
    const path = relative(folder, join(root, file)).split(sep).join('/').replace(/\.ts$/, '');
    return `import { ${names
      .map(([name]) => name)
      .sort()
      .join(', ')} } from '${path.startsWith('.') ? path : `./${path}`}';`;
  });
  const options = [
    `trigger: ${trigger}`,
    ...(events.length > 0 ? [`events: [${events.join(', ')}]`] : []),
    ...(agents.length > 0 ? [`providers: [${agents.join(', ')}]`] : []),
  ];
  const title = JSON.stringify(`${run.trigger} does with ${event.type} what it did in run ${run.id}`);
  return `import { replayRun } from '@reflex/testing';
${imports.join('\n')}
import recording from './${basename(fixture)}';

// Recorded on ${run.started_at.slice(0, 10)}: the event, the answers of the models and the results of the tools come from the fixture.
it(${title}, async () => {
  const replayed = await replayRun(recording, { ${options.join(', ')} });

  expect(replayed.calls).toEqual(recording.calls);
  expect(replayed.result).toEqual(recording.result);
${published ? '  expect(replayed.published).toEqual(recording.published);\n' : ''}});
`;
}

/** With the project's own prettier, if it has one. */
function formatter(root: string): (file: string, text: string) => Promise<string> {
  return async (file, text) => {
    const path = resolve(root, file);
    const prettier = prettierOf(root);
    if (!prettier) return text;
    const options = (await prettier.resolveConfig(path)) ?? {};
    return prettier.format(text, { ...options, filepath: path });
  };
}

interface Prettier {
  resolveConfig(path: string): Promise<object | null>;
  format(text: string, options: object): Promise<string>;
}

function prettierOf(root: string): Prettier | undefined {
  try {
    return createRequire(join(root, 'package.json'))('prettier') as Prettier;
  } catch {
    // It is no part of a service in production.
    return undefined;
  }
}

function notesOn({ redacted, published }: RunRecording): string[] {
  const kinds = Object.entries(redacted).filter(([, count]) => count > 0);
  return [
    kinds.length > 0
      ? `Replaced: ${kinds.map(([kind, count]) => `${count} × ${kind}`).join(', ')}. Look through the fixture before you commit it.`
      : 'Nothing in it looked like a secret or an address. Look through the fixture before you commit it.',
    ...(published
      ? []
      : ['What it published is not compared: handlers ran for the event more than once, so nobody knows whose it is.']),
  ];
}
