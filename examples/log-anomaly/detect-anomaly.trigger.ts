import { Injectable } from '@nestjs/common';
import { count, type DecisionContext, field, OnEvent } from '@reflex/triggers';
import { LogAnomaly, LogEntry } from './log.events';
import { mostFrequent, patternOf } from './log-pattern';

const MAX_SAMPLES = 5;
const isFailure = (level: unknown): boolean => level === 'error' || level === 'fatal';

/** Five failures of one service within a minute. Everything else only passes by. */
@Injectable()
export class DetectAnomalyTrigger {
  @OnEvent(LogEntry, {
    name: 'detect-anomaly',
    filter: field('level', isFailure),
    scope: 'service',
    when: count(5).within('60s'),
  })
  detect(context: DecisionContext<LogEntry>): string {
    const messages = context.events.map(({ message }) => message);
    const pattern = mostFrequent(messages.map(patternOf));
    const samples = messages.filter((message) => patternOf(message) === pattern);

    context.publish(
      LogAnomaly.of({
        service: context.event.service,
        pattern,
        count: samples.length,
        samples: samples.slice(-MAX_SAMPLES),
      }),
    );
    return pattern;
  }
}
