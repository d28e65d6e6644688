export { BaseEvent, type EventClass, type EventFields } from './base-event';
export { HttpPayload, HttpRequest, Lifecycle, LIFECYCLE_ACTIONS, TimerTick, WebSocketMessage } from './built-in-events';
export {
  DuplicateEventType,
  InvalidEvent,
  InvalidEventClass,
  ReservedField,
  ReservedType,
  UndecodableEvent,
  UnknownEventType,
  type FieldProblem,
} from './errors';
export { EventRegistry, isReservedType } from './event-registry';
export { EventType, typeOfClass, type EventTypeOptions } from './event-type.decorator';
export { EventsModule } from './events.module';
export { type JsonSchema } from './rule-schemas';
export { payloadOf, toEnvelope, type EncodedEvent } from './wire-form';
