import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Timers, and triggers that take only events with certain fields, such as the ticks of one timer. */
export class Timers1763600000006 implements MigrationInterface {
  name = 'Timers1763600000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table reflex.triggers add column match jsonb;

      create table reflex.timers (
        name text not null,
        cron text,
        every_ms bigint,
        tz text not null,
        missed text not null,
        origin text not null,
        next_at timestamptz,
        last_at timestamptz,
        tick_count bigint not null default 0,
        paused boolean not null default false,
        created_at timestamptz not null default now(),
        seen_at timestamptz not null default now(),
        constraint timers_pkey primary key (name),
        constraint timers_rhythm check ((cron is null) <> (every_ms is null)),
        constraint timers_missed check (missed in ('skip', 'once', 'catchUp')),
        constraint timers_origin check (origin in ('code', 'rest'))
      );
      create index timers_due on reflex.timers (next_at) where not paused and next_at is not null;

      -- Makes ticks that a process worked out, each timer's only if nobody else was faster: its next time must still be the
      -- one that the process saw. All in one call, so that a process that stands still holds no locks. The id of a tick
      -- says for which time it is, and its key lets no second one in. Answers how many ticks were made.
      -- batch: [{name, seen: next_at as read, ticks: [times], next}]
      create function reflex.tick(batch jsonb) returns integer
      language plpgsql as $$
      declare
        due record;
        events jsonb;
        total integer := 0;
        fed integer[];
      begin
        for due in
          select t.name, t.tick_count, r.ticks, r.next
            from jsonb_to_recordset(batch) as r(name text, seen timestamptz, ticks timestamptz[], next timestamptz)
            join reflex.timers t on t.name = r.name and t.next_at = r.seen
           where not t.paused
           order by t.name
             for update of t skip locked
        loop
          select jsonb_agg(jsonb_build_object(
                   'id', i.id, 'type', 'timer.tick', 'source', 'timer:' || due.name, 'at', now(),
                   'trace', replace(gen_random_uuid()::text, '-', ''), 'corr', i.id, 'depth', 0,
                   'key', 'id:' || i.id, 'hash', 'tick',
                   'payload', jsonb_build_object('timer_name', due.name, 'tick_count', due.tick_count + i.place,
                                                 'scheduled_at', i.at)) order by i.place)
            into events
            from (select k.place, s.at, 'timer:' || due.name || ':' || s.at as id
                    from unnest(due.ticks) with ordinality as k(due_at, place)
                   cross join lateral (
                     select to_char(k.due_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at) s) i;
          update reflex.timers t
             set next_at = due.next, tick_count = t.tick_count + cardinality(due.ticks),
                 last_at = coalesce(due.ticks[cardinality(due.ticks)], t.last_at)
           where t.name = due.name;
          continue when events is null;
          select p.fed into fed from reflex.publish(events) p;
          if cardinality(fed) > 0 then
            perform pg_notify('reflex', jsonb_build_object('from', 'timers', 'fed', to_jsonb(fed))::text);
          end if;
          total := total + cardinality(due.ticks);
        end loop;
        return total;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.tick(jsonb);
      drop table reflex.timers;
      alter table reflex.triggers drop column match;
    `);
  }
}
