import { BaseEvent, EventRegistry, EventType } from '@reflex/events';
import Ajv from 'ajv';
import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { eventMessages } from './event-messages';

class Line {
  @IsString() sku!: string;
  @IsInt() count!: number;
}

@EventType('basket.filled', { example: { lines: [{ sku: 'A', count: 1 }] } })
class BasketFilled extends BaseEvent {
  @ValidateNested({ each: true })
  @Type(() => Line)
  lines!: Line[];
}

const { schemas, sent, stored } = eventMessages(
  new EventRegistry().register([BasketFilled]),
  (type) => type === 'lifecycle',
);
const ajv = new Ajv({ strict: false, validateFormats: false });
const accepts = (schema: string, event: object): boolean =>
  ajv.compile({ $ref: `#/components/schemas/${schema}`, components: { schemas } })(event);

const filled = (sku: unknown): object => ({ type: 'basket.filled', lines: [{ sku, count: 1 }] });
const envelope = {
  id: '1',
  source: 'shop',
  timestamp: '2026-01-31T12:00:00Z',
  meta: { trace_id: 't', correlation_id: 'c', causation_id: null, depth: 0 },
};

describe('the messages of event types', () => {
  it('follow nested classes to where they stand in the document', () => {
    expect([accepts('sent.basket.filled', filled('A')), accepts('sent.basket.filled', filled(7))]).toEqual([
      true,
      false,
    ]);
  });

  it('have the whole envelope once they are stored, and may have fields of older versions', () => {
    expect(accepts('stored.basket.filled', { ...filled('A'), ...envelope, colour: 'red' })).toBe(true);
    expect(accepts('stored.basket.filled', filled('A'))).toBe(false);
  });

  it('may be delayed when they are sent, and are not then stored with their delay', () => {
    expect(accepts('sent.basket.filled', { ...filled('A'), delay: '10m' })).toBe(true);
    expect(schemas['stored.basket.filled']!['properties']).not.toHaveProperty('delay');
  });

  it('are sent with an example, unless only the server makes them', () => {
    expect(sent['basket.filled']).toMatchObject({ examples: [{ payload: { lines: [{ sku: 'A', count: 1 }] } }] });
    expect([Object.hasOwn(sent, 'lifecycle'), Object.hasOwn(stored, 'lifecycle')]).toEqual([false, true]);
  });
});
