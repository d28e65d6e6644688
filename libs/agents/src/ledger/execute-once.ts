import { Parked, PermanentError, RetryLater, type RecordedEffect, type RunLedger } from '@reflex/core';
import type { ToolDefinition } from '../agent-definition';
import { OutcomeUnknown, waitsForPerson } from '../errors';
import { plainJson } from '../plain-json';
import { effectError, errorText, recordable } from '../recordable';
import { untilAborted } from '../until-aborted';
import { askPeople } from './ask-people';
import type { AttemptRecord } from './attempt-record';
import { argsHash } from './call-keys';

export interface ValidCall {
  agent: string;
  tool: ToolDefinition;
  input: unknown;
  /** The model's own id of the call. */
  callId: string;
  /** The answer that asks for it is one that an earlier attempt had got. */
  replayed: boolean;
  signal: AbortSignal;
}

/** What came of a call: what it answered, or what the model has to be told. */
export type CallOutcome = { output: unknown; reused: boolean } | { failure: string; reused: boolean };

/**
 * Calls a tool, unless this delivery did so already. Throws what decides about the whole attempt: permanent, come back
 * later, aborted, a lost lease, or a person has to say whether an interrupted effect happened.
 */
export async function executeOnce(record: AttemptRecord, call: ValidCall): Promise<CallOutcome> {
  const { agent, tool, input, signal } = call;
  const taken = await record.keyOfCall(agent, tool.name, input);
  const execute = (): Promise<unknown> =>
    untilAborted(() => tool.execute(input as never, { key: taken.key, signal, callId: call.callId }), signal);
  const { ledger } = record;

  const past = await ledger?.find(taken.key);
  if (past?.status === 'done') return { output: past.result, reused: true };
  if (past?.error?.told && call.replayed) {
    taken.giveBack();
    return { failure: past.error.message, reused: true };
  }
  if (past && isUncertain(past)) throw waitsForPerson(await asUnknown(ledger!, past));

  signal.throwIfAborted();
  const permission = await askPeople(record, call, taken.key, past);
  if ('refusal' in permission) {
    await ledger?.start({ ...effectOf(call), key: taken.key, refused: permission.refusal });
    taken.giveBack();
    return { failure: permission.refusal.message, reused: false };
  }
  const begun = await ledger?.start({ ...effectOf(call), key: taken.key, ...permission });
  // In a rehearsal, where nothing may happen.
  if (begun?.status === 'done') return { output: begun.result, reused: true };
  let output: unknown;
  try {
    output = recordable(await execute());
  } catch (error) {
    const told = await noteFailure(ledger, taken.key, call, error);
    taken.giveBack();
    return { failure: told, reused: false };
  }
  await ledger?.finish(taken.key, { status: 'done', result: output });
  return { output, reused: false };
}

function effectOf({ tool, input }: ValidCall) {
  const { name, effect } = tool;
  return { kind: 'tool' as const, name, effect, argsHash: argsHash(name, input), input: plainJson(input) };
}

/** Nobody knows whether it happened, and to repeat it would make it happen twice. */
function isUncertain({ status, effect }: RecordedEffect): boolean {
  return status === 'unknown' || (status === 'started' && effect === 'unkeyed');
}

async function asUnknown(ledger: RunLedger, past: RecordedEffect): Promise<RecordedEffect> {
  return past.status === 'unknown' ? past : ledger.finish(past.key, { status: 'unknown' });
}

/** Answers what the model is told; throws what decides about the attempt. */
async function noteFailure(
  ledger: RunLedger | undefined,
  key: string,
  { tool, signal }: ValidCall,
  error: unknown,
): Promise<string> {
  if (signal.aborted || error instanceof OutcomeUnknown) {
    // A keyed call stays as begun: the next attempt repeats it with the same key.
    if (tool.effect !== 'unkeyed' || !ledger) throw error;
    const unknown = await ledger.finish(key, { status: 'unknown', error: effectError(error) });
    throw signal.aborted ? error : waitsForPerson(unknown);
  }
  const told = !(error instanceof PermanentError || error instanceof RetryLater || error instanceof Parked);
  await ledger?.finish(key, { status: 'failed', error: { ...effectError(error), told } });
  if (!told) throw error;
  return errorText(error);
}
