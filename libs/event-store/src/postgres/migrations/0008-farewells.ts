import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What ends: triggers that the code no longer has, days of history that are too old, and dead letters that live again. */
export class Farewells1763600000008 implements MigrationInterface {
  name = 'Farewells1763600000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Retires triggers of this app that no live worker has had in its code for the grace, and buries what still waits
      -- for them. The grace lets a new deployment restart while the old one, which lacks its triggers, still runs.
      create function reflex.retire_triggers(this_app text, worker bigint, lease_ms integer, grace_ms integer, most integer)
      returns integer
      language plpgsql
      set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        gone integer[];
        lane_triggers integer[];
        lane_scopes text[];
        seqs bigint[];
        owners integer[];
        buried jsonb;
        alive timestamptz := now() - make_interval(secs => lease_ms / 1000.0);
        grace interval := make_interval(secs => grace_ms / 1000.0);
      begin
        -- Only a worker that is itself alive may judge.
        if not exists (select from reflex.workers w where w.id = worker and w.app = this_app and w.beat_at >= alive) then
          return 0;
        end if;
        update reflex.triggers t set seen_at = now()
         where t.app = this_app and t.seen_at < now() - grace / 10
           and exists (select from reflex.workers w where w.beat_at >= alive and t.id = any (w.trigger_ids));
        select array_agg(t.id) into gone from reflex.triggers t
         where t.app = this_app and t.seen_at < now() - grace;
        if gone is null then return 0; end if;
        update reflex.triggers t set active = false where t.id = any (gone) and t.active;

        select array_agg(d.event_seq), array_agg(d.trigger_id),
               array_agg(d.trigger_id) filter (where d.scope is not null), array_agg(d.scope) filter (where d.scope is not null)
          into seqs, owners, lane_triggers, lane_scopes
          from (select d.event_seq, d.trigger_id, d.scope
                  from unnest(gone) as g(id)
                 cross join lateral (
                   select d.event_seq, d.trigger_id, d.scope from reflex.deliveries d
                    where d.trigger_id = g.id and d.status <> 'processing' limit most) d
                 limit most) d;
        if seqs is null then return 0; end if;
        if lane_triggers is not null then perform reflex.lock_lanes(lane_triggers, lane_scopes); end if;
        with taken as (
          delete from reflex.deliveries d
           where d.ctid = any (array(
             select at.tid from unnest(seqs, owners) as w(event_seq, trigger_id)
              cross join lateral (
                select k.ctid as tid, k.status from reflex.deliveries k
                 where k.event_seq = w.event_seq and k.trigger_id = w.trigger_id
                 limit 1
                   for update) at
              where at.status <> 'processing'))
          returning d.*
        )
        select jsonb_agg(jsonb_build_object('seq', t.event_seq, 'trigger', t.trigger_id, 'at', t.event_at, 'scope', t.scope,
                         'attempt', t.attempts, 'why', 'trigger_removed', 'event', t.event, 'error', jsonb_build_object(
                           'code', 'trigger_removed', 'message', 'No running worker has this trigger any more.'))),
               array_agg(t.trigger_id) filter (where t.scope is not null and t.status <> 'aside'),
               array_agg(t.scope) filter (where t.scope is not null and t.status <> 'aside')
          into buried, lane_triggers, lane_scopes
          from taken t;
        if lane_triggers is not null then
          perform reflex.leave_lanes(lane_triggers, lane_scopes, array_fill(1, array[cardinality(lane_triggers)]));
        end if;
        if buried is not null then perform reflex.bury(buried); end if;
        return coalesce(jsonb_array_length(buried), 0);
      end $$;

      -- Dead letters back to pending: attempts from zero, in their old place of the scope. Answers how many. One that is held
      -- back stays a dead letter.
      create function reflex.redrive(letters uuid[]) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        batch jsonb;
      begin
        -- As in reflex.enqueue, so that nothing becomes live between the look and then.
        perform pg_advisory_xact_lock(hashtext('reflex.enqueue'));
        with taken as (
          delete from reflex.dead_letters l where l.id = any (letters) and not reflex.is_held_back(l) returning l.*
        )
        select jsonb_agg(jsonb_build_object('seq', t.event_seq, 'at', t.event_at, 'trigger', t.trigger_id,
                                            'scope', t.scope, 'event', t.event))
          into batch from taken t;
        if batch is null then return 0; end if;
        return reflex.enqueue(batch);
      end $$;

      -- One step towards a history without days older than the retention; answers 0 when there is none left to take.
      -- What still waits for an old event gets a copy of it first: a batch of copies is a step, a dropped day is one.
      create function reflex.drop_partitions(history text, keep_days integer, most integer) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        part text;
        taken integer;
        last_seq bigint;
        first_kept timestamptz := ((now() at time zone 'utc')::date - keep_days)::timestamp at time zone 'utc';
      begin
        select c.relname into part
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent = format('reflex.%I', history)::regclass and c.relname ~ '_[0-9]{8}$'
           and to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp at time zone 'utc' < first_kept
         order by c.relname
         limit 1;
        if part is null then
          -- Nor may what went to the default partition stay for ever.
          execute format('delete from reflex.%I_default h where h.ctid = any (array(
                            select o.ctid from reflex.%I_default o where o.%I < %L limit %s)) %s', history, history,
                         case history when 'events' then 'received_at' else 'settled_at' end, first_kept, most,
                         case history when 'events' then 'and not exists (select from reflex.deliveries d
                                                           where d.event_seq = h.seq and d.event is null)' else '' end);
          get diagnostics taken = row_count;
          return taken;
        end if;

        if history = 'events' then
          execute format('select max(e.seq) from reflex.%I e', part) into last_seq;
          with old as materialized (
            select d.ctid as tid, d.event_at, d.event_seq from reflex.deliveries d
             where d.event_seq <= last_seq and d.event is null and d.event_at < first_kept
             order by d.event_seq
             limit most
               for update skip locked
          )
          update reflex.deliveries d set event = reflex.envelope(e)
            from old o join reflex.events e on e.received_at = o.event_at and e.seq = o.event_seq
           where d.ctid = o.tid;
          get diagnostics taken = row_count;
          if taken > 0 then return taken; end if;
        end if;
        -- Everybody waits behind us from here on: for the lock as shortly as for what is done under it.
        perform set_config('lock_timeout', '100ms', true);
        execute format('lock table only reflex.%I in access exclusive mode', history);
        if history = 'events' and exists (
          select from reflex.deliveries d
           join reflex.events e on e.received_at = d.event_at and e.seq = d.event_seq
          where d.event_seq <= last_seq and d.event is null and d.event_at < first_kept
        ) then
          -- Locked a moment ago, or made by a replay meanwhile.
          raise exception 'deliveries of % wait for their copies', part using errcode = 'lock_not_available';
        end if;
        execute format('drop table reflex.%I', part);
        return 1;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.drop_partitions(text, integer, integer);
      drop function reflex.redrive(uuid[]);
      drop function reflex.retire_triggers(text, bigint, integer, integer, integer);
    `);
  }
}
