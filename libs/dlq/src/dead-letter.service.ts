import { Injectable, Logger } from '@nestjs/common';
import { NotFound } from '@reflex/core';
import { EventStore, type DeadLetter, type DeadLetterSearch } from '@reflex/event-store';

/**
 * The operator's view of deliveries that gave up. An id names one dead letter, or an event and so all of its dead letters.
 * What changes something is logged with its id, since it is a person who does it.
 */
@Injectable()
export class DeadLetterService {
  private readonly logger = new Logger(DeadLetterService.name);

  constructor(private readonly store: EventStore) {}

  list(search: DeadLetterSearch): Promise<{ count: number; items: DeadLetter[]; nextCursor: string | null }> {
    return this.store.deadLetters.list(search);
  }

  /** At least one; throws `NotFound` otherwise. */
  async get(id: string): Promise<[DeadLetter, ...DeadLetter[]]> {
    const [first, ...others] = await this.store.deadLetters.find(id);
    if (!first) throw notFound(id);
    return [first, ...others];
  }

  /** Puts them back to pending with all their attempts ahead; answers the id of the event they belong to. */
  async retry(id: string): Promise<{ eventId: string; retried: number }> {
    const [{ event }] = await this.get(id);
    const retried = await this.store.deadLetters.retry(id);
    // Somebody else was faster: it is no dead letter any more.
    if (retried === 0) throw notFound(id);
    this.logger.log(`Retrying ${retried} dead letter(s) of event ${event.id}`);
    return { eventId: event.id, retried };
  }

  async delete(id: string): Promise<{ deleted: number }> {
    const deleted = await this.store.deadLetters.delete(id);
    if (deleted === 0) throw notFound(id);
    this.logger.log(`Deleted ${deleted} dead letter(s) of ${id}`);
    return { deleted };
  }
}

function notFound(id: string): NotFound {
  return new NotFound(`"${id}" is neither a dead letter nor an event that has one. List them with GET /events/dlq.`);
}
