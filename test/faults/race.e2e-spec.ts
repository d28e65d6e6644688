import { freshDatabase, type TestDatabase } from '@reflex/test';
import { setTimeout as delay } from 'node:timers/promises';
import { full, report } from './form';
import { MODEL_TRIGGERS, type ModelDelivery, type Outcome } from './model/delivery-model';
import { StoreFunctions, WORKERS } from './model/store-functions';

const WAVES = full ? 2_000 : 150;
const ACTORS = 6;
const NAMES = MODEL_TRIGGERS.map(({ name }) => name);
const SCOPES = ['a', 'b', 'c'];
const OUTCOMES: Outcome[] = ['completed', 'completed', 'completed', 'failed', 'deferred', 'dead_letter', 'released'];

/** What must hold whenever nobody is at work, whoever raced whom. */
const BROKEN = `
  select 'more than one run of a lane' as rule, trigger_id || '/' || scope as what
    from reflex.deliveries where scope is not null and status in ('pending', 'processing')
   group by trigger_id, scope
  having count(*) filter (where status = 'pending') + count(distinct lease_token) > 1
  union all
  select 'live is not the number of rows', coalesce(l.trigger_id, d.trigger_id) || '/' || coalesce(l.scope, d.scope)
    from reflex.lanes l
    full join (select trigger_id, scope, count(*) as rows from reflex.deliveries
                where scope is not null and status <> 'aside' group by 1, 2) d using (trigger_id, scope)
   where l.live is distinct from d.rows
  union all
  select 'a lane that stands still', d.trigger_id || '/' || d.scope
    from (select distinct on (trigger_id, scope) * from reflex.deliveries where scope is not null and status <> 'aside'
           order by trigger_id, scope, event_seq) d
   where d.status = 'waiting'
     and not exists (select from reflex.deliveries a where a.trigger_id = d.trigger_id and a.scope = d.scope
                        and a.status in ('pending', 'processing'))
  union all
  select 'settled twice', event_seq || '/' || trigger_id
    from reflex.runs where outcome in ('completed', 'dead_letter') group by event_seq, trigger_id
  having count(*) > 1 + (select count(*) from public.revived r where r.seq = event_seq and r.trigger = trigger_id)
  union all
  select 'lost', e.seq || '/' || t.name
    from reflex.events e cross join reflex.triggers t
   where e.type = 'model.event'
     and not exists (select from reflex.deliveries d where d.event_seq = e.seq and d.trigger_id = t.id)
     and not exists (select from reflex.dead_letters l where l.event_seq = e.seq and l.trigger_id = t.id)
     and not exists (select from reflex.runs r where r.event_seq = e.seq and r.trigger_id = t.id and r.outcome = 'completed')`;

describe('claim, settle, rescue, promote, redrive and replay', () => {
  let database: TestDatabase;
  let store: StoreFunctions;
  let actors: StoreFunctions[];
  beforeAll(async () => {
    database = await freshDatabase();
    store = await StoreFunctions.open(database.url);
    await store.reset();
    await store.rows('create table public.revived (seq bigint, trigger int)', []);
    await store.rows(
      `create function note_revival() returns trigger language plpgsql as $$
       begin
         insert into public.revived select old.event_seq, old.trigger_id;
         return old;
       end $$`,
      [],
    );
    await store.rows(
      'create trigger revival after delete on reflex.dead_letters for each row execute function note_revival()',
      [],
    );
    actors = await Promise.all(
      Array.from({ length: ACTORS }, async () => (await StoreFunctions.open(database.url)).like(store)),
    );
  });
  afterAll(async () => {
    await Promise.all([store, ...actors].map((each) => each.close()));
    await database.drop();
  });

  it(
    'model: keep their promises and never wait for each other in a circle while they race',
    async () => {
      const errors = new Map<string, number>();
      const held: ModelDelivery[] = [];
      let acts = 0;
      /** Each act is a transaction that is held open for a moment, so that the others run into its locks. */
      const race = async (actor: StoreFunctions) => {
        acts += 1;
        await actor.rows('begin', []);
        try {
          await anyAct(actor, held);
          await delay(Math.random() * 15);
          await actor.rows('commit', []);
        } catch (error) {
          await actor.rows('rollback', []);
          const message = String(error);
          // Here, unlike in a worker, a delivery may be settled before the claim that took it is committed.
          if (message.includes('were moved meanwhile')) return;
          errors.set(message, (errors.get(message) ?? 0) + 1);
        }
      };

      for (let wave = 0; wave < WAVES; wave += 1) {
        await Promise.all(actors.map(race));
        await store.wantTicks(SCOPES);
        if (Math.random() < 0.2) await store.die(index(WORKERS));
        const broken = await store.rows(BROKEN, []);
        if (broken.length > 0) throw new Error(`After wave ${wave}: ${JSON.stringify(broken.slice(0, 5))}`);
      }

      const settled = await store.runs();
      report('races', { waves: WAVES, acts, published: await eventCount(store), completed: settled['completed'] ?? 0 });
      expect(Object.fromEntries(errors)).toEqual({});
      expect(settled['completed']).toBeGreaterThan(WAVES / 2);
    },
    full ? 1_200_000 : 120_000,
  );
});

async function eventCount(store: StoreFunctions): Promise<number> {
  return (await store.rows<{ count: number }>('select count(*)::int as count from reflex.events', []))[0]!.count;
}

async function anyAct(actor: StoreFunctions, held: ModelDelivery[]): Promise<void> {
  const dice = Math.random();
  if (dice < 0.17) await actor.publish(Array.from({ length: 1 + index(4) }, () => SCOPES[index(3)]!));
  else if (dice < 0.42) {
    const claimed = await actor.claim(index(WORKERS), NAMES, 1 + index(3), index(2), 1 + index(4));
    held.push(...claimed);
  } else if (dice < 0.7) {
    // Never the same delivery twice in one batch: the store's TypeScript sees to that.
    const endings = [...new Set(held.splice(0, 1 + index(5)))].map((delivery) => {
      return { delivery, outcome: OUTCOMES[index(OUTCOMES.length)]! };
    });
    // Some of them twice, late, or by someone else at the same time.
    if (Math.random() < 0.1) held.push(...endings.map(({ delivery }) => delivery));
    if (endings.length > 0) await actor.settle(endings, index(40));
  } else if (dice < 0.77) await actor.rescue([1, 3, 1_000][index(3)]!);
  else if (dice < 0.85) await actor.promoteDue([2, 1_000][index(2)]!);
  else if (dice < 0.93) await actor.redriveSome(3);
  else await actor.wakeContexts(2);
}

function index(below: number): number {
  return Math.floor(Math.random() * below);
}
