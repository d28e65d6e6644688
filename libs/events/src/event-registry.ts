import { assertJsonLimits, ENVELOPE_FIELDS } from '@reflex/core';
import { Injectable } from '@nestjs/common';
import type { BaseEvent, EventClass } from './base-event';
import { BUILT_IN_EVENTS } from './built-in-events';
import { readEnvelope } from './envelope-input';
import {
  DuplicateEventType,
  type FieldProblem,
  InvalidEvent,
  InvalidEventClass,
  ReservedType,
  UndecodableEvent,
  UnknownEventType,
} from './errors';
import { defineEvent, type EventDefinition } from './event-definition';
import { schemaOf } from './json-schema';
import { checkedInstance, restoredInstance, unknownField } from './own-fields';
import type { JsonSchema } from './rule-schemas';
import type { EncodedEvent } from './wire-form';

const ENVELOPE = new Set<string>(ENVELOPE_FIELDS);
const SERVER_NAMESPACES = new Set(['timer', 'lifecycle', 'workflow']);
const MAX_TYPE_LENGTH = 128;

/** Types that only the server may publish: `timer.*`, `lifecycle`, `lifecycle.*`, `workflow.*`. */
export function isReservedType(type: string): boolean {
  return SERVER_NAMESPACES.has(type.split('.', 1)[0]!);
}

/** Knows every event class of the app, turns JSON into checked events and stored rows into instances. */
@Injectable()
export class EventRegistry {
  private readonly definitions = new Map<string, EventDefinition>();

  constructor() {
    this.register(BUILT_IN_EVENTS);
  }

  /** Adds classes; the same class twice is no matter. Throws `InvalidEventClass` with a sentence for the start to print. */
  register(classes: readonly EventClass[]): this {
    for (const eventClass of classes) {
      const definition = defineEvent(eventClass);
      const known = this.definitions.get(definition.type);
      if (known && known.eventClass !== eventClass) {
        throw new DuplicateEventType(definition.type, known.eventClass.name, eventClass.name);
      }
      assertExample(definition);
      this.definitions.set(definition.type, definition);
    }
    return this;
  }

  /** The class of a type, or `undefined`. */
  classOf(type: string): EventClass | undefined {
    return this.definitions.get(type)?.eventClass;
  }

  /** Whether the class of the type has a field of this name of its own. */
  declares(type: unknown, field: string): boolean {
    return typeof type === 'string' && (this.definitions.get(type)?.fields.has(field) ?? false);
  }

  /** All registered types, sorted. */
  types(): string[] {
    return [...this.definitions.keys()].sort();
  }

  /** JSON Schema (draft 2020-12) of each type, by type. */
  schemas(): Record<string, JsonSchema> {
    return Object.fromEntries(this.types().map((type) => [type, schemaOf(this.definitions.get(type)!)]));
  }

  /**
   * Makes an event of a client's JSON. Everything is checked and nothing is silently dropped: throws `InvalidEvent`,
   * `UnknownEventType`, `ReservedType`, `ReservedField` or `InvalidJson`, all of them answered with 422.
   */
  parse(raw: unknown, defaults: { source?: string } = {}): BaseEvent {
    assertJsonLimits(raw);
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
      throw new InvalidEvent('An event is a JSON object with a "type" and the fields of that type. Send one.', []);
    }
    const input = raw as Record<string, unknown>;
    const definition = this.definitionFor(input['type']);
    const problems: FieldProblem[] = [];
    const envelope = readEnvelope(input, problems);
    const source = envelope.source ?? defaults.source;
    if (source === undefined && input['source'] === undefined) {
      problems.push({ field: 'source', message: 'source must say where the event comes from' });
    }
    const event = this.ownFieldsOf(definition, input, problems);
    return Object.assign(event, { ...envelope, source });
  }

  /** Makes an instance of a stored event. Fields that the class no longer has are kept, so that old events stay readable. */
  decode(stored: EncodedEvent): BaseEvent {
    const definition = this.definitions.get(stored.type);
    if (!definition) {
      throw new UndecodableEvent(
        `No class for the stored type "${stored.type}". Register one, then retry the dead letter.`,
      );
    }
    const { payload } = stored;
    if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
      throw new UndecodableEvent(`The payload of event ${stored.id} is not a JSON object. Correct it, then retry.`);
    }
    return restoredInstance(definition, stored, payload as Record<string, unknown>);
  }

  private definitionFor(type: unknown): EventDefinition {
    if (typeof type !== 'string' || type.length === 0 || type.length > MAX_TYPE_LENGTH) {
      const message = `type must be text of 1 to ${MAX_TYPE_LENGTH} characters`;
      throw new InvalidEvent(`The event cannot be read: ${message}.`, [{ field: 'type', message }]);
    }
    if (isReservedType(type)) throw new ReservedType(type);
    const definition = this.definitions.get(type);
    if (!definition) throw new UnknownEventType(type);
    return definition;
  }

  private ownFieldsOf(
    definition: EventDefinition,
    input: Record<string, unknown>,
    problems: FieldProblem[],
  ): BaseEvent {
    const own: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(input)) {
      if (definition.fields.has(field)) own[field] = value;
      else if (!ENVELOPE.has(field)) problems.push(unknownField(field, definition.type));
    }
    const event = checkedInstance(definition, own, problems);
    if (problems.length > 0) throw invalid(definition.type, problems);
    return event;
  }
}

function invalid(type: string, problems: FieldProblem[]): InvalidEvent {
  const messages = problems.slice(0, 3).map((problem) => problem.message);
  return new InvalidEvent(
    `The event "${type}" is not valid: ${messages.join('; ')}. Correct it and send it again.`,
    problems,
  );
}

function assertExample(definition: EventDefinition): void {
  const { example, eventClass, fields } = definition;
  if (!example) return;
  const problems = Object.keys(example)
    .filter((field) => !fields.has(field))
    .map((field) => unknownField(field, eventClass.name));
  checkedInstance(definition, example, problems);
  if (problems.length > 0) {
    throw new InvalidEventClass(
      `The example of ${eventClass.name} is not valid: ${problems[0]!.message}. Correct the example in @EventType.`,
    );
  }
}
