import { ReflexError } from '@reflex/core';

/** Exit codes: what was asked could not be done, or nobody understood what was asked. */
const FAILED = 1;
const MISUSED = 2;

/** The command does not say what it has to; exits with 2. */
export class Misuse extends ReflexError {
  readonly code = 'misuse';
}

/** Tells a person in one sentence what is wrong and leaves with the right exit code. */
export function complain(error: unknown): void {
  const commander = commanderCode(error);
  if (commander !== undefined) {
    // Help is no mistake when it was asked for. What commander has to say it has said already.
    process.exitCode = /helpDisplayed|version/.test(commander) ? 0 : MISUSED;
    return;
  }
  process.exitCode = error instanceof Misuse ? MISUSED : FAILED;
  process.stderr.write(`${sentenceOf(error)}\n`);
}

function commanderCode(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('commander.') ? code : undefined;
}

function sentenceOf(error: unknown): string {
  if (error instanceof ReflexError) return error.message;
  return `This failed unexpectedly: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
