import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { modelName } from '@reflex/agents/testing';
import { ReflexError } from '@reflex/core';
import { evaluate } from '@reflex/testing';
import { loadSettings } from '../../apps/api/src/config';
import { agentsOf } from '../../apps/api/src/model-settings';
import { goldenSets, wantedSets } from './golden-files';
import { scoreTable, tooLow } from './score-table';

/** Scores the agents by their golden sets; exits with 1 when one is below its threshold. */
async function main(words: string[]): Promise<void> {
  const settings = agentsOf(loadSettings());
  const sets = wantedSets(goldenSets(), words);
  if (sets.length === 0) return say('There is no golden set yet. Write one as <agent>.golden.ts beside your agent.');
  Logger.overrideLogger(['error', 'fatal']);
  const name = modelName(settings);
  const model = { name, isOffline: name.startsWith('offline:') };
  say(`Agents are scored with ${model.name}${model.isOffline ? ': rules, which understand nothing' : ''}.\n`);
  const rows = [];
  for (const { file, set } of sets) rows.push({ file, set, scored: await evaluate(set, settings) });
  say(scoreTable(rows, model));
  if (tooLow(rows, model).length > 0) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof ReflexError ? error.message : String((error as Error).stack ?? error)}\n`);
  process.exitCode = 2;
});
