import { applyDecorators } from '@nestjs/common';
import { ApiProduces, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';

export const EVENT_STREAM = 'text/event-stream';

/** Documents an answer of server-sent events, whose data have these schemas by the name of the event. */
export function ApiStream(events: Record<string, z.ZodType>, description: string): MethodDecorator {
  const oneOf = Object.entries(events).map(([name, schema]) => {
    const { $schema: _draft, ...json } = z.toJSONSchema(schema);
    return { ...json, 'x-event': name };
  });
  // Swagger's types know an older JSON Schema.
  const content = { [EVENT_STREAM]: { schema: { oneOf: oneOf as object[] } } };
  return applyDecorators(ApiProduces(EVENT_STREAM), ApiResponse({ status: 200, description, content }));
}
