import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Settling. A statement sees the database as it was when it began, so one that waits for a lane's lock and then
 * looks for the next head would miss deliveries committed while it waited, and the lane would stand still for ever.
 * Therefore: lock the lanes first, in sorted order (as publishers do), then act in statements of their own.
 */
export class Settle1763600000004 implements MigrationInterface {
  name = 'Settle1763600000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function reflex.lock_lanes(triggers integer[], scopes text[]) returns void
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
      begin
        perform 1
           from (select distinct w.trigger_id, w.scope from unnest(triggers, scopes) as w(trigger_id, scope)
                  order by w.trigger_id, w.scope) w
          cross join lateral (
            select from reflex.lanes l where l.trigger_id = w.trigger_id and l.scope = w.scope
               for update) l;
      end $$;

      -- Locks deliveries in a statement of its own, so that the next one finds them where they are and what they are.
      create function reflex.lock_deliveries(seqs bigint[], triggers integer[]) returns void
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
      begin
        perform 1
           from (select w.seq, w.trigger_id from unnest(seqs, triggers) as w(seq, trigger_id)
                  order by w.seq, w.trigger_id) w
          cross join lateral (
            select from reflex.deliveries d where d.event_seq = w.seq and d.trigger_id = w.trigger_id
               for update) d;
      end $$;

      -- Makes the first delivery of each lane claimable, unless the lane is at work or waits for a retry.
      -- The lanes are locked by the caller. Answers how many.
      create function reflex.promote_heads(triggers integer[], scopes text[]) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
      declare
        promoted integer;
        heads tid[];
      begin
        select array_agg(locked.tid) into heads
          from (select distinct w.trigger_id, w.scope from unnest(triggers, scopes) as w(trigger_id, scope)) lane
         cross join lateral (
           select n.event_seq, n.status from reflex.deliveries n
            where n.trigger_id = lane.trigger_id and n.scope = lane.scope and n.scope is not null
              and n.status <> 'aside'
            order by n.event_seq + 0
            limit 1) head
          left join lateral (
           select a.event_seq from reflex.deliveries a
            where a.trigger_id = lane.trigger_id and a.scope = lane.scope and a.scope is not null
              and a.status in ('pending', 'processing')
            order by a.event_seq + 1
            limit 1) active on true
         cross join lateral (
           select d.ctid as tid from reflex.deliveries d
            where d.event_seq = head.event_seq and d.trigger_id = lane.trigger_id
            limit 1
              for update) locked
         where head.status = 'waiting' and active.event_seq is null;
        -- A statement of its own: it finds the rows where they are now that they are locked.
        update reflex.deliveries d set status = 'pending' where d.ctid = any (heads);
        get diagnostics promoted = row_count;
        return promoted;
      end $$;

      -- Takes counts off locked lanes, drops the empty ones and promotes in the others. Answers how many became claimable.
      create function reflex.leave_lanes(triggers integer[], scopes text[], counts integer[]) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
      declare
        left_triggers integer[];
        left_scopes text[];
      begin
        with gone as materialized (
          select w.trigger_id, w.scope, l.tid, l.live, sum(w.n) as n
            from unnest(triggers, scopes, counts) as w(trigger_id, scope, n)
           cross join lateral (
             select k.ctid as tid, k.live from reflex.lanes k
              where k.trigger_id = w.trigger_id and k.scope = w.scope limit 1) l
           group by w.trigger_id, w.scope, l.tid, l.live
        ), dropped as (
          delete from reflex.lanes l where l.ctid = any (array(select g.tid from gone g where g.live = g.n))
        ), lowered as (
          update reflex.lanes l set live = g.live - g.n from gone g where l.ctid = g.tid and g.live <> g.n and g.n <> 0
        )
        select array_agg(g.trigger_id), array_agg(g.scope) into left_triggers, left_scopes from gone g where g.live <> g.n;
        return case when left_triggers is null then 0 else reflex.promote_heads(left_triggers, left_scopes) end;
      end $$;

      -- Copies deliveries that are about to go into the dead letters, with the errors of their earlier attempts.
      -- buried: [{seq, trigger, at, scope, attempt, why, error, event}]
      create function reflex.bury(buried jsonb) returns void
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
      begin
        insert into reflex.dead_letters
               (id, trigger_id, scope, reason, error, attempts, history, event_seq, event_at, event_id, event)
        select gen_random_uuid(), b.trigger, b.scope, b.why, b.error, b.attempt, coalesce(h.history, '[]'), b.seq, b.at,
               kept.event ->> 'id', kept.event
          from jsonb_to_recordset(buried) as b(seq bigint, trigger integer, at timestamptz, scope text, attempt smallint,
                                               why text, error jsonb, event jsonb)
          left join lateral (
            select reflex.envelope(e) as envelope from reflex.events e
             where e.received_at = b.at and e.seq = b.seq limit 1) e on true
          left join lateral (
            select jsonb_agg(jsonb_build_object('attempt', r.attempt, 'outcome', r.outcome,
                                                'error', r.error ->> 'message', 'at', r.settled_at) order by r.id) as history
              from (select * from reflex.runs r
                     where r.event_seq = b.seq and r.trigger_id = b.trigger and r.error is not null
                     order by r.id desc limit 20) r) h on true
         cross join lateral (
           -- Even a delivery whose event is gone from the log leaves a dead letter.
           select coalesce(b.event, e.envelope, jsonb_build_object(
             'id', 'seq:' || b.seq, 'type', 'unknown', 'source', 'unknown', 'timestamp', b.at, 'received_at', b.at,
             'trace_id', '', 'correlation_id', '', 'causation_id', null, 'depth', 0, 'payload', '{}'::jsonb)) as event
         ) kept;
      end $$;

      -- Ends attempts, one at each place of the arrays. Each is fenced by its lease token; the places of those that lost it,
      -- which change nothing, are answered as stale. Also answers how many deliveries of their scopes became claimable.
      -- more: null, or {n: run id, rs: reason, er: error, re: result, us: usage, w: wait ms, pk: parked, why: dead letter reason,
      --       x: {clear, append, scratch, filters, acted, wake}}
      -- as JSON, with U+001F between the places as in reflex.publish. Starts are milliseconds since 1970.
      -- Outcome 'released' gives a delivery back without a trace.
      create function reflex.settle(
        seqs bigint[], triggers integer[], tokens bigint[], scopes text[], outcomes text[], attempts smallint[],
        ids text[], traces text[], starts float8[], durations real[], more text, thoughtful boolean, most integer,
        out stale integer[], out promoted integer)
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
      #variable_conflict use_column
      declare
        lane_triggers integer[];
        lane_scopes text[];
        lane_counts integer[];
        buried jsonb;
        moved bigint;
      begin
        if cardinality(array_remove(scopes, null)) > 0 then
          perform reflex.lock_lanes(array_agg(w.t), array_agg(w.c)) from unnest(triggers, scopes) as w(t, c) where w.c is not null;
        end if;

        with ours as materialized (
          -- Locked in the order of reflex.lock_deliveries, as a rescue may be after the same ones; and none that is not ours.
          select i.*, d.tid, d.attempts, d.event_at, d.event, d.error, tr.on_retry
            from (select i.s, i.t, i.k, i.c, i.o, i.a, i.e, i.tr, i.b, i.d, i.m::jsonb as m, i.place
                    from unnest(seqs, triggers, tokens, scopes, outcomes, attempts, ids, traces, starts, durations,
                                string_to_array(more, chr(31), ''))
                         with ordinality as i(s, t, k, c, o, a, e, tr, b, d, m, place)
                   order by i.s, i.t) i
           cross join lateral (
             select d.ctid as tid, d.attempts, d.event_at, d.event, d.error
               from reflex.deliveries d
              where d.event_seq = i.s and d.trigger_id = i.t and d.lease_token = i.k
              limit 1
                for update) d
            left join lateral (
             select tr.on_retry from reflex.triggers tr
              where tr.id = i.t and i.o in ('failed', 'deferred', 'parked') limit 1) tr on true
        ), ended as (
          delete from reflex.deliveries d
           where d.ctid = any (array(
             select o.tid from ours o where o.o in ('completed', 'filtered', 'accumulated', 'dead_letter')))
          returning 1
        ), kept as (
          update reflex.deliveries d
             set status = (case
                   when o.o = 'released' and o.c is null then 'pending'
                   when o.o = 'released' then 'waiting'
                   when o.c is null or o.on_retry = 'pass' then 'aside'
                   else 'scheduled' end)::reflex.delivery_status,
                 run_at = case when o.o <> 'released' then now() + (o.m ->> 'w')::float8 * interval '1 millisecond' end,
                 attempts = o.attempts + (o.o = 'failed')::int,
                 error = coalesce(o.m -> 'er' ->> 'message', o.error),
                 parked = o.m -> 'pk',
                 worker_id = null,
                 lease_token = null
            from ours o
           where d.ctid = o.tid and o.o in ('failed', 'deferred', 'parked', 'released')
          returning 1
        ), logged as (
          insert into reflex.runs (id, event_seq, event_id, trigger_id, scope, attempt, outcome, started_at, duration_ms,
                                   trace_id, reason, error, result, usage)
          select coalesce((x.m ->> 'n')::bigint, nextval('reflex.run_id')), x.s, x.e, x.t, x.c, x.a, x.o::reflex.run_outcome, to_timestamp(x.b / 1000), x.d, x.tr,
                 x.m ->> 'rs', x.m -> 'er', x.m -> 're', x.m -> 'us'
            from ours x
           where x.o <> 'released'
        )
        select array_agg(x.t) filter (where x.c is not null),
               array_agg(x.c) filter (where x.c is not null),
               array_agg((x.o in ('completed', 'filtered', 'accumulated', 'dead_letter')
                          or x.o <> 'released' and x.on_retry = 'pass')::int) filter (where x.c is not null),
               jsonb_agg(jsonb_build_object('seq', x.s, 'trigger', x.t, 'at', x.event_at, 'scope', x.c, 'attempt', x.a,
                         'why', x.m ->> 'why', 'error', x.m -> 'er', 'event', x.event)) filter (where x.o = 'dead_letter'),
               case when count(*) < cardinality(seqs) then array(
                 select place from generate_subscripts(seqs, 1) as place
                  where place <> all (array(select y.place from ours y))) end,
               count(*) - (select count(*) from ended) - (select count(*) from kept)
          into lane_triggers, lane_scopes, lane_counts, buried, stale, moved
          from ours x;
        -- What was found, locked and changed in one statement: a row that somebody moved between the look and the lock would
        -- be counted and not changed. Then all of it is undone, and the caller tries again.
        if moved <> 0 then
          raise exception '% deliveries were moved meanwhile', moved using errcode = 'serialization_failure';
        end if;

        if lane_triggers is not null then promoted := reflex.leave_lanes(lane_triggers, lane_scopes, lane_counts); end if;
        if buried is not null then perform reflex.bury(buried); end if;
        if thoughtful then perform reflex.save_contexts(seqs, triggers, scopes, more, coalesce(stale, '{}'), most); end if;
      end $$;

      -- Applies the context changes of settlements that were not stale, in the order of the batch; of the accumulated
      -- events the newest \`most\` are kept.
      create function reflex.save_contexts(
        seqs bigint[], triggers integer[], scopes text[], more text, stale integer[], most integer) returns void
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
      declare
        change record;
        size integer;
      begin
        for change in
          select r.seq, r.trigger_id, r.scope, r.m::jsonb -> 'x' as x
            from unnest(seqs, triggers, scopes, string_to_array(more, chr(31), ''))
                 with ordinality as r(seq, trigger_id, scope, m, place)
           where r.m::jsonb -> 'x' is not null and r.place <> all (stale)
           order by r.place
        loop
          if (change.x ->> 'clear')::boolean then
            update reflex.contexts c set size = 0 where c.trigger_id = change.trigger_id and c.scope = change.scope;
            delete from reflex.context_events e where e.trigger_id = change.trigger_id and e.scope = change.scope;
          end if;
          if (change.x ->> 'append')::boolean then
            insert into reflex.context_events (trigger_id, scope, event_seq, event)
            select change.trigger_id, change.scope, change.seq, change.x -> 'event'
            on conflict do nothing;
          end if;
          insert into reflex.contexts as c (trigger_id, scope, scratch, filters, size, last_action_at, wake_at)
          values (change.trigger_id, change.scope, change.x -> 'scratch', change.x -> 'filters',
                  coalesce((change.x ->> 'append')::boolean, false)::int,
                  case when (change.x ->> 'acted')::boolean then now() end,
                  now() + (change.x ->> 'wake')::float8 * interval '1 millisecond')
          on conflict (trigger_id, scope) do update
             set scratch = excluded.scratch, filters = excluded.filters, wake_at = excluded.wake_at,
                 size = c.size + excluded.size,
                 last_action_at = coalesce(excluded.last_action_at, c.last_action_at)
          returning c.size into size;
          -- Nobody reads more than the newest ones; forget the others now and then, not at every event.
          if size > most and size % 100 = 0 then
            delete from reflex.context_events e
             where e.trigger_id = change.trigger_id and e.scope = change.scope
               and e.event_seq < (select k.event_seq from reflex.context_events k
                                   where k.trigger_id = change.trigger_id and k.scope = change.scope
                                   order by k.event_seq desc offset most - 1 limit 1);
          end if;
        end loop;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.save_contexts(bigint[], integer[], text[], text, integer[], integer);
      drop function reflex.settle(
        bigint[], integer[], bigint[], text[], text[], smallint[], text[], text[], float8[], real[], text, boolean, integer);
      drop function reflex.bury(jsonb);
      drop function reflex.leave_lanes(integer[], text[], integer[]);
      drop function reflex.promote_heads(integer[], text[]);
      drop function reflex.lock_deliveries(bigint[], integer[]);
      drop function reflex.lock_lanes(integer[], text[]);
    `);
  }
}
