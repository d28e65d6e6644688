export { BaseEvent, type EventClass, type EventFields } from './base-event';
export { EventType, typeOfClass } from './event-type.decorator';
