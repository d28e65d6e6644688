import {
  approvalWaitKey,
  type ApprovalAnswer,
  effectWaitKey,
  Parked,
  PermanentError,
  ReflexError,
  type RecordedEffect,
} from '@reflex/core';

/** The application's agents do not fit together; it does not start. */
export class AgentSetupError extends ReflexError {
  readonly code = 'agent_setup';
}

/** The model never came to an answer. No retry: the next one would spend as much. */
export class AgentStepsExceeded extends PermanentError {
  override readonly code = 'agent_steps_exceeded';

  constructor(agent: string, maxSteps: number, lastCalls: string[]) {
    super(
      `Agent "${agent}" gave no answer within ${maxSteps} steps; its last step called ${lastCalls.join(', ') || 'nothing'}. ` +
        'Make the prompt clearer or raise maxSteps.',
    );
  }
}

/** The model asked for the same call again and again. No retry: it would go on in the same circle. */
export class RepeatedToolCall extends PermanentError {
  override readonly code = 'repeated_tool_call';

  constructor(agent: string, tool: string, times: number) {
    super(
      `Agent "${agent}" asked for "${tool}" with the same arguments ${times} times in a row, so it was stopped. ` +
        'Say in the prompt what to do with the answer, or let the tool tell why it is of no use.',
    );
  }
}

/** An agent with a memory was called where nothing says which conversation this is. */
export class NoConversation extends PermanentError {
  override readonly code = 'no_conversation';

  constructor(agent: string) {
    super(
      `Agent "${agent}" has a memory, but nothing says which conversation this is. Give the trigger a scope, or call run(input, { conversation }).`,
    );
  }
}

/** The run took longer than `budget.seconds`. */
export class AgentOutOfTime extends ReflexError {
  readonly code = 'agent_out_of_time';
  override readonly status = 504;

  constructor(agent: string, seconds: number) {
    super(`Agent "${agent}" used up its ${seconds} seconds. Raise budget.seconds or give it less to do.`);
  }
}

/** The answer did not fit the output schema, also after it was told so once. */
export class InvalidAgentOutput extends ReflexError {
  readonly code = 'invalid_agent_output';
  override readonly status = 502;

  constructor(agent: string, issues: string, words: string) {
    super(
      `Agent "${agent}" did not answer in the shape of its output schema: ${issues} It said: ${words.slice(0, 1_000)}`,
      {
        details: { issues, output: words },
      },
    );
  }
}

/** The provider did not answer, or with a fault of its own; a retry may help. */
export class ModelUnavailable extends ReflexError {
  readonly code = 'model_unavailable';
  override readonly status = 502;
}

/** The provider refuses us or the request; a retry would be refused too. */
export class ModelRefused extends PermanentError {
  override readonly code = 'model_refused';

  constructor(
    message: string,
    /** `account`: the key, the credit or the model's name is at fault, so another provider may well answer. */
    readonly fault: 'request' | 'account',
  ) {
    super(message);
  }
}

/** The answer went beyond a bound of ours and was cut off. No retry: the next one would cost as much. */
export class AnswerTooLong extends PermanentError {
  override readonly code = 'answer_too_long';

  constructor(model: string, bound: string) {
    super(`${model} did not come to an end within ${bound}. Ask for less, or raise the bound if it is meant to.`);
  }
}

/** A server of tools does not answer, or not as it should; a retry may help. */
export class McpUnavailable extends ReflexError {
  readonly code = 'mcp_unavailable';
  override readonly status = 502;

  constructor(server: string, why: string) {
    super(`The MCP server "${server}" cannot be used: ${why}. Check that it runs and what it offers.`);
  }
}

/**
 * A tool throws this when it cannot tell whether it acted, such as when the answer to its request is lost. A keyed call is
 * repeated with the same key by the next attempt; an unkeyed one waits for a person.
 */
export class OutcomeUnknown extends ReflexError {
  readonly code = 'outcome_unknown';
  override readonly status = 504;
}

/** A call that must not be repeated was interrupted: the run waits until a person has said whether it happened. */
export function waitsForPerson({ id, name }: RecordedEffect): Parked {
  return new Parked(
    `Nobody knows whether "${name}" happened: it was interrupted, and to call it again could do it twice. ` +
      `Look where it acts, then say so: reflex effects resolve ${id} --happened or --did-not-happen.`,
    { waitsFor: effectWaitKey(id) },
  );
}

/** People have to agree to a call first: the run waits until they have, one of them has refused, or time is up. */
export function waitsForApproval(tool: string, { id, people, decisions, expiresInMs }: ApprovalAnswer): Parked {
  const left = people - decisions.length;
  return new Parked(
    `"${tool}" waits for ${left === 1 ? 'a person' : `${left} people`} to approve it: reflex approvals show ${id}.`,
    { waitsFor: approvalWaitKey(id), timeoutMs: expiresInMs },
  );
}
