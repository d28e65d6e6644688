import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What holds back: bounds on what clients may add, and who outside asked not to be called for a while. */
export class HoldingBack1763600000019 implements MigrationInterface {
  name = 'HoldingBack1763600000019';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table reflex.pauses (
        name text not null,
        until timestamptz not null,
        constraint pauses_pkey primary key (name)
      );

      alter table reflex.triggers add column max_waiting integer,
        add constraint triggers_max_waiting check (max_waiting > 0);
      create index deliveries_aside on reflex.deliveries (trigger_id) where status = 'aside' and parked is null;

      -- What waits for each active trigger: claimable, behind the head of a scope, or until its time. Counted up to the bound
      -- of the trigger or those given, whichever is more, so that a look costs no more when far more wait.
      create function reflex.backlog(per_trigger integer, per_source integer)
      returns table (name text, types text[], match jsonb, bound integer, waiting bigint)
      language sql stable
      set enable_seqscan = off set jit = off as $$
        select t.name, t.types, t.match, nullif(c.bound, 0),
               (select count(*) from (select from reflex.deliveries d
                                       where d.trigger_id = t.id and d.status = 'pending' and d.crashes < 2
                                       limit c.most) p)
               + (select coalesce(sum(l.live - 1), 0)
                    from (select l.live from reflex.lanes l where l.trigger_id = t.id limit c.most) l)
               + (select count(*) from (select from reflex.deliveries d
                                         where d.trigger_id = t.id and d.status = 'aside' and d.parked is null
                                         limit c.most) a)
          from reflex.triggers t
         cross join lateral (select coalesce(t.max_waiting, per_trigger) as bound,
                                    greatest(coalesce(t.max_waiting, per_trigger), per_source) as most) c
         where t.active and c.most > 0
      $$;

      -- Whose events wait most, as far as so many percent of the deliveries tell. By nested loops: the sample is small, the
      -- log is not.
      create function reflex.waiting_sources(percent real) returns table (source text, waiting double precision)
      language sql stable
      set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
        select e.source, count(*) * 100 / percent
          from reflex.deliveries d tablesample system (percent)
          join reflex.events e on e.received_at = d.event_at and e.seq = d.event_seq
         where d.status <> 'processing' and d.parked is null
         group by e.source
         order by 2 desc
         limit 1000
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.waiting_sources(real);
      drop function reflex.backlog(integer, integer);
      drop index reflex.deliveries_aside;
      alter table reflex.triggers drop column max_waiting;
      drop table reflex.pauses;
    `);
  }
}
