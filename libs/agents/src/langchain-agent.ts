import { Inject } from '@nestjs/common';
import { AgentRegistry } from './agent-registry';
import { AgentRunner, type AgentInput, type AgentOutcome, type RunOptions } from './agent-runner';

/** Root of all agents; the class itself is what triggers inject and call. `Answer` is the type of `@Agent`'s `output`. */
export abstract class LangChainAgent<Answer = string> {
  // Injected as properties, so that a subclass may have a constructor of its own without passing anything on.
  @Inject(AgentRegistry) private readonly registry!: AgentRegistry;
  @Inject(AgentRunner) private readonly runner!: AgentRunner;

  /**
   * Lets the model work with the tools until it answers. Text is taken as data that the model must not obey;
   * `{ task, data }` adds an instruction of ours. What was used is added to the current run.
   */
  async run(input: AgentInput, options: RunOptions = {}): Promise<Answer> {
    return (await this.runDetailed(input, options)).output;
  }

  /** The same, and tells which tools, tokens and model it took. */
  async runDetailed(input: AgentInput, options: RunOptions = {}): Promise<AgentOutcome<Answer>> {
    const definition = this.registry.definitionOf(this.constructor);
    return (await this.runner.run(definition, input, options)) as AgentOutcome<Answer>;
  }
}
