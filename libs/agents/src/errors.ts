import { PermanentError, ReflexError } from '@reflex/core';

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
}
