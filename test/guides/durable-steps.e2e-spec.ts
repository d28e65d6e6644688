import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventStore } from '@reflex/event-store';
import { eventually, freshDatabase, type TestDatabase } from '@reflex/test';
import { readSettings } from '../../apps/api/src/config';
import { startService, type Service } from '../../apps/api/src/service';
import { Agency, TripConfirmed, TripOrdered, TripsModule } from './durable-steps.module';

const GUIDE = readFileSync(join(__dirname, '..', '..', 'docs', 'guides', 'durable-steps.md'), 'utf8');
const CODE = unindented(readFileSync(join(__dirname, 'durable-steps.module.ts'), 'utf8'));

describe('the guide to durable steps', () => {
  let database: TestDatabase;
  let service: Service;
  let store: EventStore;

  beforeAll(async () => {
    database = await freshDatabase();
    const settings = readSettings({
      DATABASE_URL: database.url,
      API_PORT: '0',
      LOG_LEVEL: 'silent',
      EVENT_RETRY_BASE_DELAY: '0.05',
    });
    service = await startService(settings, { domain: [{ module: TripsModule }] });
    store = service.app.get(EventStore);
  });
  afterAll(async () => {
    await service?.stop();
    await database.drop();
  });

  it('shows only code that this test runs', () => {
    const blocks = [...GUIDE.matchAll(/```ts\n([^]*?)```/g)].map(([, block]) => unindented(block!));

    expect(blocks.length).toBeGreaterThan(1);
    expect(blocks.filter((block) => !CODE.includes(block))).toEqual([]);
  });

  it('has a trip that is booked once, although the agency fails and the customer takes long', async () => {
    const agency = service.app.get(Agency, { strict: false });
    agency.broken = true;
    const [published] = await store.publish(
      TripOrdered.of({ trip: 't1', city: 'Rome', cents: 10_000, source: 'test' }),
    );
    await eventually(() => expect(agency.calls).toHaveLength(1));
    agency.broken = false;
    await eventually(async () => expect(await statusOf(published!.id, 'book-trip')).toBe('parked'));

    const shown = await (await fetch(`${service.url}/events/${published!.id}`)).json();
    await store.publish(TripConfirmed.of({ trip: 't1', by: 'ann', source: 'test' }));

    expect((shown as { deliveries: unknown[] }).deliveries).toContainEqual(
      expect.objectContaining({ trigger: 'book-trip', status: 'parked', waits_for: 'Waits for trip.confirmed.' }),
    );
    await eventually(async () => {
      const { items } = await store.searchRuns({ trigger: 'book-trip', outcome: 'completed' });
      expect(items.map(({ result }) => result)).toEqual([
        { hotel: 'hotel in Rome-2', train: 'train to Rome-3', by: 'ann' },
      ]);
    });
    expect(agency.calls.map(({ what }) => what)).toEqual(['hotel in Rome', 'hotel in Rome', 'train to Rome']);
    expect(agency.calls[0]!.key).toBe(agency.calls[1]!.key);
    expect((await store.search({ types: ['trip.reminder'] })).items).toHaveLength(1);
  });

  it('has a price that another trigger answers', async () => {
    await eventually(async () => {
      const { items } = await store.searchRuns({ trigger: 'price-trip', outcome: 'completed' });
      expect(items.map(({ result }) => result)).toEqual([11_900]);
    });
  });

  async function statusOf(id: string, trigger: string): Promise<string | undefined> {
    return (await store.find(id))?.deliveries.find((one) => one.trigger === trigger)?.status;
  }
});

function unindented(text: string): string {
  return text.replaceAll(/^ +/gm, '').trim();
}
