import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deliveries that wait for something outside: they hold no worker and use no attempt until they are woken. */
export class Parking1763600000010 implements MigrationInterface {
  name = 'Parking1763600000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter type reflex.run_outcome add value if not exists 'parked';

      -- A parked delivery is scheduled or aside like a retry, with its deadline as the time. parked says why: {reason,
      -- waits_for, deadline}, and once a sweep has looked at it, the key it is filed under. woken: the newest wake of each
      -- key that it was woken by.
      alter table reflex.deliveries add column parked jsonb, add column woken jsonb;
      create index deliveries_parked on reflex.deliveries ((parked ->> 'key')) where parked is not null;

      -- One row per wake, for all that wait for a key or for one delivery. Rows are only inserted, so that whoever wakes
      -- waits for nobody; they stay for days, for a delivery that is being parked may not be seen yet.
      create table reflex.wakes (
        version bigint generated always as identity,
        key text,
        event_seq bigint,
        trigger_id integer,
        looked boolean not null default false,
        woken_at timestamptz not null default now(),
        constraint wakes_pkey primary key (version),
        constraint wakes_whom check (
          (key is null) = (event_seq is not null) and (event_seq is null) = (trigger_id is null) and key <> '')
      );
      create index wakes_unlooked on reflex.wakes (version) where not looked;
      create index wakes_by_key on reflex.wakes (key, version) where key is not null;
      create index wakes_by_delivery on reflex.wakes (event_seq, trigger_id) where event_seq is not null;
      create index wakes_by_age on reflex.wakes (woken_at);

      create function reflex.wake(keys text[], seqs bigint[] default '{}', triggers integer[] default '{}') returns void
      language sql as $$
        insert into reflex.wakes (key) select distinct k from unnest(keys) as k;
        insert into reflex.wakes (event_seq, trigger_id) select distinct * from unnest(seqs, triggers) as d(seq, trigger_id);
      $$;

      -- Brings wakes and parked deliveries together: those that meet are due at once. Answers how many.
      -- Both sides are looked at only once they are committed, and by one process at a time: of a wake and a delivery
      -- that is being parked, whichever is looked at later finds the other.
      create function reflex.wake_parked(most integer) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off as $$
      declare
        fresh bigint[];
        seqs bigint[];
        triggers integer[];
        due integer := 0;
      begin
        perform pg_advisory_xact_lock(hashtext('reflex.wake_parked'));
        fresh := array(select w.version from reflex.wakes w where not w.looked order by w.version limit most);
        select array_agg(met.event_seq), array_agg(met.trigger_id) into seqs, triggers
          from (
            (select d.event_seq, d.trigger_id from reflex.deliveries d
              where d.parked is not null and d.parked ->> 'key' is null limit most)
            union
            select d.event_seq, d.trigger_id
              from unnest(fresh) as f(version)
             cross join lateral (select w.version, w.key from reflex.wakes w where w.version = f.version limit 1) w
             cross join lateral (
               select d.event_seq, d.trigger_id from reflex.deliveries d
                where d.parked ->> 'key' = w.key and d.parked is not null and d.status in ('scheduled', 'aside')
                  and coalesce((d.woken ->> w.key)::bigint, 0) < w.version
                limit most) d
            union
            select w.event_seq, w.trigger_id
              from unnest(fresh) as f(version)
             cross join lateral (
               select w.event_seq, w.trigger_id from reflex.wakes w where w.version = f.version limit 1) w
             where w.event_seq is not null) met;

        if seqs is not null then
          perform reflex.lock_deliveries(seqs, triggers);
          with parked as materialized (
            select d.tid, d.event_seq, d.trigger_id, d.parked ->> 'waits_for' as waits_for, called.version,
                   (called.version is not null or addressed.yes) and d.status in ('scheduled', 'aside') as meets
              from unnest(seqs, triggers) as m(event_seq, trigger_id)
             cross join lateral (
               select d.ctid as tid, d.event_seq, d.trigger_id, d.status, d.parked, d.woken from reflex.deliveries d
                where d.event_seq = m.event_seq and d.trigger_id = m.trigger_id
                limit 1) d
             cross join lateral (
               select max(w.version) as version from reflex.wakes w
                where w.key = d.parked ->> 'waits_for'
                  and w.version > coalesce((d.woken ->> (d.parked ->> 'waits_for'))::bigint, 0)) called
             cross join lateral (
               select exists (select from reflex.wakes w
                               where w.event_seq = d.event_seq and w.trigger_id = d.trigger_id) as yes) addressed
             where d.parked is not null
          ), spent as (
            -- What is addressed to one delivery wakes it once.
            delete from reflex.wakes w
             where w.version = any (array(
               select a.version from parked p
                cross join lateral (select a.version from reflex.wakes a
                                     where a.event_seq = p.event_seq and a.trigger_id = p.trigger_id) a
                where p.meets))
          ), filed as (
            update reflex.deliveries d
               set parked = d.parked || jsonb_build_object('key', coalesce(d.parked ->> 'waits_for', ''))
             where d.ctid = any (array(select p.tid from parked p where not p.meets))
          ), woken as (
            update reflex.deliveries d
               set run_at = now(), parked = null,
                   woken = case when p.version is null then d.woken
                                else coalesce(d.woken, '{}') || jsonb_build_object(p.waits_for, p.version) end
              from parked p
             where d.ctid = p.tid and p.meets
            returning 1
          )
          select count(*) into due from woken;
        end if;

        -- A key that more waited for than were taken is looked at again.
        update reflex.wakes w set looked = true
         where w.version = any (fresh)
           and not exists (
             select from reflex.deliveries d
              where d.parked ->> 'key' = w.key and d.parked is not null and d.status in ('scheduled', 'aside')
                and coalesce((d.woken ->> w.key)::bigint, 0) < w.version);
        return due;
      end $$;

      -- Removes wakes that have been looked at and are older than any attempt can be. Answers how many.
      create function reflex.forget_wakes(days integer, most integer) returns integer
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      declare
        forgotten integer;
      begin
        delete from reflex.wakes w
         where w.ctid = any (array(
           select o.ctid from reflex.wakes o
            where o.woken_at < now() - make_interval(days => days) and o.looked
            order by o.woken_at limit most));
        get diagnostics forgotten = row_count;
        return forgotten;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The outcome stays: PostgreSQL takes no value away from an enum, and runs may have it.
    await runner.query(`
      drop function reflex.forget_wakes(integer, integer);
      drop function reflex.wake_parked(integer);
      drop function reflex.wake(text[], bigint[], integer[]);
      drop table reflex.wakes;
      drop index reflex.deliveries_parked;
      alter table reflex.deliveries drop column woken, drop column parked;
    `);
  }
}
