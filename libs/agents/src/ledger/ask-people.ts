import type { EffectError, RecordedEffect } from '@reflex/core';
import { waitsForApproval } from '../errors';
import { errorText } from '../recordable';
import type { AttemptRecord } from './attempt-record';
import { argsHash } from './call-keys';
import type { ValidCall } from './execute-once';

/** Nobody has to agree, or the approval that the call uses up, or why it may not be made. */
export type Permission = { approval?: string } | { refusal: EffectError };

/** Whether people let a call be made. Throws `Parked` while that is open. */
export async function askPeople(
  { ledger }: AttemptRecord,
  { agent, tool, input }: ValidCall,
  key: string,
  past: RecordedEffect | undefined,
): Promise<Permission> {
  const policy = tool.approval;
  if (!policy || (policy.when && !policy.when(input as never))) return {};
  if (!ledger) {
    return refusal('approval_impossible', 'People have to approve it, and only a run of a trigger can wait for them.');
  }
  const { people, withinMs } = policy;
  // What was begun and neither ended nor told is one call still: it goes on with the approval that it began with.
  const continuing = past !== undefined && past.error?.told !== true;
  const answer = await ledger.approval({
    key,
    agent,
    tool: tool.name,
    argsHash: argsHash(tool.name, input),
    input,
    people,
    withinMs,
    continuing,
  });
  if (answer.status === 'pending') throw waitsForApproval(tool.name, answer);
  if (answer.status === 'approved') return { approval: answer.id };
  if (answer.status === 'used') return {};
  if (answer.status === 'expired') {
    return refusal('approval_expired', 'Nobody approved it in time, so it was not done. Go on without it.');
  }
  const why = answer.decisions.find(({ decision }) => decision === 'denied')?.why;
  return refusal(
    'approval_denied',
    `A person refused it${why ? `: ${why.replace(/[.!?]?$/, '.')}` : '.'} Do not try it again.`,
  );
}

function refusal(code: string, message: string): Permission {
  return { refusal: { code, message: errorText(new Error(message)), told: true } };
}
