import { durationMs, type Duration } from '@reflex/core';
import { AgentSetupError } from './errors';

/** Which calls people have to agree to, and how many of them. */
export interface ApprovalOptions<Input> {
  /** So many different people; default 1. */
  people?: number;
  /** Only calls with arguments for which it says so; default all. */
  when?: (input: Input) => boolean;
  /** How long they have, and how long their word holds; default 3 days. */
  within?: Duration;
}

/** `always`, a rule over the arguments, or more exactly. */
export type ToolApproval<Input> = 'always' | ((input: Input) => boolean) | ApprovalOptions<Input>;

/** The same, ready to be asked. */
export interface ApprovalPolicy {
  people: number;
  /** `null` for all calls. */
  when: ((input: never) => boolean) | null;
  withinMs: number;
}

const WITHIN: Duration = '3d';
const MOST_PEOPLE = 20;

export function approvalPolicy(approval: ToolApproval<never> | undefined, tool: string): ApprovalPolicy | null {
  if (approval === undefined) return null;
  const options: ApprovalOptions<never> =
    approval === 'always' ? {} : typeof approval === 'function' ? { when: approval } : approval;
  const { people = 1, when = null, within = WITHIN } = options;
  if (!Number.isInteger(people) || people < 1 || people > MOST_PEOPLE) {
    throw new AgentSetupError(
      `Tool "${tool}" wants ${people} people to approve. Say a whole number up to ${MOST_PEOPLE}.`,
    );
  }
  return { people, when, withinMs: durationMs(within) };
}
