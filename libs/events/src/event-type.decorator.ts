import { InvalidEventClass } from './errors';

export interface EventTypeOptions {
  /** One sentence for the documentation and the JSON Schema. */
  description?: string;
  /** Own fields of a valid event; Swagger offers it as the body to try. */
  example?: Record<string, unknown>;
}

export interface EventTypeDeclaration extends EventTypeOptions {
  type: string;
}

const declarations = new WeakMap<object, EventTypeDeclaration>();

/** Names the type of an event class: dotted lower case, such as `order.created`. */
export function EventType(type: string, options: EventTypeOptions = {}): ClassDecorator {
  return (target) => {
    declarations.set(target, { ...options, type });
  };
}

/** What `@EventType` says of a class; throws for a class without it. A subclass does not inherit it. */
export function declarationOf(target: object): EventTypeDeclaration {
  const declaration = declarations.get(target);
  if (!declaration) {
    const className = typeof target === 'function' && target.name ? target.name : 'This class';
    throw new InvalidEventClass(`${className} is not an event: put @EventType('some.name') above the class.`);
  }
  return declaration;
}

/** The type of a decorated class; throws for a class without `@EventType`. */
export function typeOfClass(target: object): string {
  return declarationOf(target).type;
}
