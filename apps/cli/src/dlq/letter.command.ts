import type { DeadLetterFilter } from '@reflex/event-store';
import { Option } from 'nest-commander';
import { Misuse } from '../complaint';
import { timePast } from '../point-in-time';
import { ReflexCommand, type CommonOptions } from '../reflex.command';

export interface LetterOptions extends CommonOptions {
  trigger?: string;
  type?: string;
  cluster?: string;
  from?: Date;
  to?: Date;
  text?: string;
}

export function filterOf({ trigger, type, cluster, from, to, text }: LetterOptions): DeadLetterFilter {
  return { trigger, type, cluster, from, to, text };
}

/** A command for the dead letters that a filter finds: all that is given must hold. */
export abstract class LetterCommand extends ReflexCommand {
  @Option({ flags: '--trigger <name>', description: 'Of this trigger' })
  parseTrigger(text: string): string {
    return text;
  }

  @Option({ flags: '--type <type>', description: 'Of events of this type' })
  parseType(text: string): string {
    return text;
  }

  @Option({ flags: '--cluster <cluster>', description: 'Whose error is alike, as "dlq clusters" names them' })
  parseCluster(text: string): string {
    if (/^[0-9a-f]{12}$/.test(text)) return text;
    throw new Misuse('--cluster must be 12 hexadecimal digits, as "reflex dlq clusters" prints them.');
  }

  @Option({ flags: '--from <time>', description: 'Gave up at or after: ISO 8601, or how long ago, such as 1h' })
  parseFrom(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--to <time>', description: 'Gave up before' })
  parseTo(text: string): Date {
    return timePast(text, Date.now());
  }

  @Option({ flags: '--text <text>', description: 'Stands in the error or the payload; case does not matter' })
  parseText(text: string): string {
    return text;
  }
}
