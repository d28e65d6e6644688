import { CommandRunner, Option } from 'nest-commander';

export interface CommonOptions {
  json?: boolean;
}

export interface OperatorOptions extends CommonOptions {
  reason?: string;
}

/** A command whose answer is a table for people, or JSON for programs. */
export abstract class ReflexCommand extends CommandRunner {
  @Option({ flags: '--json', description: 'Answer in JSON' })
  parseJson(): boolean {
    return true;
  }
}

/** Marks the parser of `--reason`. */
export function ReasonOption(): MethodDecorator {
  return Option({ flags: '--reason <text>', description: 'Why, for the audit' });
}

/** A command that changes something, of which the audit keeps a row. */
export abstract class OperatorCommand extends ReflexCommand {
  @ReasonOption()
  parseReason(text: string): string {
    return text;
  }
}
