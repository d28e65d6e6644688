import { Inject, Injectable, Optional } from '@nestjs/common';
import { Audit, type Operator } from '@reflex/auth';
import { ENVELOPE_FIELDS } from '@reflex/core';
import {
  EventStore,
  type DeadLetter,
  type DeadLetterCluster,
  type DeadLetterFilter,
  type DeadLetterSearch,
  type Operation,
  type RetryRequest,
} from '@reflex/event-store';
import { EventRegistry, InvalidEvent, payloadOf } from '@reflex/events';
import { noDeadLetter, SeveralDeadLetters, UnexpectedCount } from './errors';
import { OperationDriver } from './operation-driver.service';
import { effectForecasts, Explainer, type RetryForecast } from './retry-forecast';

/**
 * The operator's view of deliveries that gave up, for the API and the command line. An id names one dead letter, or an
 * event and so all of its dead letters. Whatever changes something leaves a row in the audit.
 */
@Injectable()
export class DeadLetterService {
  constructor(
    private readonly store: EventStore,
    private readonly audit: Audit,
    private readonly events: EventRegistry,
    private readonly driver: OperationDriver,
    @Optional() @Inject(Explainer) private readonly explainer: Explainer | null = null,
  ) {}

  list(search: DeadLetterSearch): Promise<{ count: number; items: DeadLetter[]; nextCursor: string | null }> {
    return this.store.deadLetters.list(search);
  }

  clusters(filter: DeadLetterFilter): Promise<DeadLetterCluster[]> {
    return this.store.deadLetters.clusters(filter);
  }

  /** At least one; throws `NotFound` otherwise. */
  async get(id: string): Promise<[DeadLetter, ...DeadLetter[]]> {
    const [first, ...others] = await this.store.deadLetters.find(id);
    if (!first) throw noDeadLetter(id);
    return [first, ...others];
  }

  /** All that the filter finds, newest first, read in pages. */
  async export(filter: DeadLetterFilter, by: Operator): Promise<AsyncIterable<DeadLetter>> {
    const action = { ...by, action: 'dead_letter.export', target: targetOf(filter), details: { filter } };
    return this.audit.perform(action, () => Promise.resolve(this.store.deadLetters.read(filter)));
  }

  /** Replaces the event's own fields for the retry; throws `InvalidEvent` when they are not what its type promises. */
  async edit(id: string, payload: Record<string, unknown>, by: Operator): Promise<DeadLetter> {
    const letters = await this.get(id);
    if (letters.length > 1) throw new SeveralDeadLetters(id, letters);
    const [letter] = letters;
    const valid = this.validPayload(letter.event.type, payload);
    const action = { ...by, action: 'dead_letter.edit', target: letter.id, details: { event_id: letter.event.id } };
    return this.audit.perform(action, async () => {
      const edited = await this.store.deadLetters.edit(letter.id, valid, by.actor);
      if (!edited) throw noDeadLetter(id);
      return edited;
    });
  }

  /** What a retry would do; changes nothing. */
  async forecast(id: string): Promise<RetryForecast[]> {
    const letters = await this.get(id);
    return Promise.all(letters.map((letter) => this.forecastOf(letter)));
  }

  /** Puts them back to pending with all their attempts ahead; answers the id of the event they belong to. */
  async retry(id: string, by: Operator, approval?: string): Promise<{ eventId: string; retried: number }> {
    const action = { ...by, action: 'dead_letter.retry', target: id, ...(approval && { details: { approval } }) };
    const act = async (): Promise<{ eventId: string; retried: number }> => {
      const [{ event }] = await this.get(id);
      const retried = await this.store.deadLetters.retry(id);
      // Somebody else was faster: it is no dead letter any more.
      if (retried === 0) throw noDeadLetter(id);
      return { eventId: event.id, retried };
    };
    return this.audit.perform(action, act, ({ eventId, retried }) => ({ event_id: eventId, retried }));
  }

  async delete(id: string, by: Operator): Promise<{ deleted: number }> {
    const action = { ...by, action: 'dead_letter.delete', target: id };
    const act = async (): Promise<{ deleted: number }> => {
      const deleted = await this.store.deadLetters.delete(id);
      if (deleted === 0) throw noDeadLetter(id);
      return { deleted };
    };
    return this.audit.perform(action, act, (result) => result);
  }

  /** Deletes what the filter finds; throws `UnexpectedCount`, having deleted nothing, when that is not `expected`. */
  async purge(filter: DeadLetterFilter, expected: number, by: Operator): Promise<{ deleted: number }> {
    const action = { ...by, action: 'dead_letter.purge', target: targetOf(filter), details: { filter, expected } };
    const act = async (): Promise<{ deleted: number }> => {
      const { found, deleted } = await this.store.deadLetters.purge(filter, expected);
      if (found !== expected) throw new UnexpectedCount(found, expected);
      return { deleted };
    };
    return this.audit.perform(action, act, (result) => result);
  }

  /** Begins to retry many. It goes on by itself, also in another process when this one ends. */
  async retryMany(request: RetryRequest, by: Operator): Promise<Operation> {
    const { filter, limit, rate, stopOnFailure } = request;
    const details = { filter, limit, rate_per_second: rate, stop_on_failure: stopOnFailure };
    const action = { ...by, action: 'dead_letter.retry_many', target: targetOf(filter), details };
    const act = (): Promise<Operation> => this.store.operations.beginRetry(request, by.actor);
    const operation = await this.audit.perform(action, act, ({ id, total }) => ({ operation: id, total }));
    void this.driver.drive(operation.id);
    return operation;
  }

  private async forecastOf(letter: DeadLetter): Promise<RetryForecast> {
    const { id, trigger, scope, event, history } = letter;
    const effects = effectForecasts(await this.store.effects.ofDeadLetter(id));
    return {
      deadLetterId: id,
      trigger,
      scope,
      attempt: 1,
      edited: history.some(({ outcome }) => outcome === 'edited'),
      problem: this.problemOf(letter),
      explanation: (await this.explainer?.explain(trigger, event, scope)) ?? null,
      effects,
    };
  }

  private problemOf({ event }: DeadLetter): string | null {
    try {
      this.events.decode(event);
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private validPayload(type: string, payload: Record<string, unknown>): Record<string, unknown> {
    const taken = ENVELOPE_FIELDS.filter((field) => Object.hasOwn(payload, field));
    if (taken.length > 0) {
      const problems = taken.map((field) => ({ field, message: `${field} is not a field of the payload` }));
      throw new InvalidEvent(`Only the payload can be edited, not ${taken.join(', ')}. Leave that out.`, problems);
    }
    return payloadOf(this.events.parse({ ...payload, type, source: 'dead-letter' }));
  }
}

function targetOf({ trigger, cluster }: DeadLetterFilter): string {
  return cluster ?? trigger ?? '*';
}
