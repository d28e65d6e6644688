import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the sweeps do. Each looks without locks, locks the lanes in order, and then acts on what still holds. */
export class Sweeps1763600000005 implements MigrationInterface {
  name = 'Sweeps1763600000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Retries and delays that are due become claimable again. Answers how many and the milliseconds until the next.
      create function reflex.promote_due(most integer, out promoted integer, out next_in_ms float8)
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
      declare
        seqs bigint[];
        triggers integer[];
        lane_triggers integer[];
        lane_scopes text[];
      begin
        select array_agg(d.event_seq), array_agg(d.trigger_id),
               array_agg(d.trigger_id) filter (where d.scope is not null), array_agg(d.scope) filter (where d.scope is not null)
          into seqs, triggers, lane_triggers, lane_scopes
          from (select d.event_seq, d.trigger_id, d.scope from reflex.deliveries d
                 where d.status in ('scheduled', 'aside') and d.run_at <= now()
                 order by d.run_at limit most) d;
        promoted := coalesce(cardinality(seqs), 0);
        if promoted > 0 then
          if lane_triggers is not null then
            -- A delivery that stood aside left its lane, which may be gone by now.
            insert into reflex.lanes as l (trigger_id, scope, live)
            select distinct w.trigger_id, w.scope, 0 from unnest(lane_triggers, lane_scopes) as w(trigger_id, scope)
             order by w.trigger_id, w.scope
            on conflict (trigger_id, scope) do update set live = l.live;
          end if;
          perform reflex.lock_deliveries(seqs, triggers);
          with due as materialized (
            select w.trigger_id, d.scope, d.tid, d.status as before
              from unnest(seqs, triggers) as w(event_seq, trigger_id)
             cross join lateral (
               select d.ctid as tid, d.scope, d.status, d.run_at from reflex.deliveries d
                where d.event_seq = w.event_seq and d.trigger_id = w.trigger_id
                limit 1) d
             where d.status in ('scheduled', 'aside') and d.run_at <= now()
          ), moved as (
            update reflex.deliveries d
               set status = (case when d.scope is null then 'pending' else 'waiting' end)::reflex.delivery_status,
                   run_at = null
             where d.ctid = any (array(select tid from due))
          ), back as (
            select trigger_id, scope, count(*) as n from due
             where scope is not null and before = 'aside' group by trigger_id, scope
          )
          update reflex.lanes l set live = l.live + b.n
            from back b
           cross join lateral (
             select k.ctid as tid from reflex.lanes k where k.trigger_id = b.trigger_id and k.scope = b.scope limit 1) at
           where l.ctid = at.tid;
          if lane_triggers is not null then
            perform reflex.leave_lanes(lane_triggers, lane_scopes, array_fill(0, array[cardinality(lane_triggers)]));
          end if;
        end if;
        select extract(epoch from min(d.run_at) - clock_timestamp()) * 1000 into next_in_ms
          from reflex.deliveries d where d.status in ('scheduled', 'aside');
      end $$;

      -- Contexts whose time has come get a tick: an event of type timer.tick for that trigger and scope alone.
      create function reflex.wake_contexts(most integer, out woken integer, out next_in_ms float8)
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
      declare
        lane_triggers integer[];
        lane_scopes text[];
        ticks jsonb;
      begin
        select array_agg(c.trigger_id), array_agg(c.scope) into lane_triggers, lane_scopes
          from (select c.trigger_id, c.scope from reflex.contexts c
                 where c.wake_at <= now() order by c.wake_at limit most) c;
        woken := coalesce(cardinality(lane_triggers), 0);
        if woken > 0 then
          -- As in reflex.enqueue, and before any lane, or a redrive and this would wait for each other.
          perform pg_advisory_xact_lock(hashtext('reflex.enqueue'));
          insert into reflex.lanes as l (trigger_id, scope, live)
          select w.trigger_id, w.scope, 0 from unnest(lane_triggers, lane_scopes) as w(trigger_id, scope)
           order by w.trigger_id, w.scope
          on conflict (trigger_id, scope) do update set live = l.live;
          with due as (
            update reflex.contexts c set wake_at = null, ticks = c.ticks + 1
             where c.ctid = any (array(
               select at.tid from unnest(lane_triggers, lane_scopes) as w(trigger_id, scope)
                cross join lateral (
                  select k.ctid as tid, k.wake_at from reflex.contexts k
                   where k.trigger_id = w.trigger_id and k.scope = w.scope
                   limit 1
                     for update) at
                where at.wake_at <= now()))
            returning c.trigger_id, c.scope, c.ticks
          ), numbered as materialized (
            select d.*, t.name, nextval('reflex.event_seq') as seq, gen_random_uuid()::text as id
              from due d join reflex.triggers t on t.id = d.trigger_id
          ), stored as (
            insert into reflex.events (seq, id, type, source, "timestamp", trace_id, correlation_id, payload)
            select n.seq, n.id, 'timer.tick', 'timer:context', now(), replace(n.id, '-', ''), n.id,
                   jsonb_build_object('timer_name', 'context:' || n.name, 'tick_count', n.ticks)
              from numbered n
          )
          select jsonb_agg(jsonb_build_object('seq', n.seq, 'at', now(), 'trigger', n.trigger_id, 'scope', n.scope))
            into ticks from numbered n;
          if ticks is not null then perform reflex.enqueue(ticks); end if;
          perform reflex.leave_lanes(lane_triggers, lane_scopes, array_fill(0, array[woken]));
        end if;
        select extract(epoch from min(c.wake_at) - clock_timestamp()) * 1000 into next_in_ms
          from reflex.contexts c where c.wake_at is not null;
      end $$;

      -- Takes deliveries back from processes that stopped beating. The first of each lane is taken to be the one that was
      -- at work: after three deaths it goes to the dead letters. Answers how many.
      create function reflex.rescue(lease_ms integer, most integer, deaths integer) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
      declare
        rescued jsonb;
        lane_triggers integer[];
        lane_scopes text[];
        lane_counts integer[];
        buried jsonb;
        expired timestamptz := now() - make_interval(secs => lease_ms / 1000.0);
      begin
        with found as materialized (
          select d.event_seq, d.trigger_id, d.scope, d.lease_token
            from (select * from reflex.deliveries d where d.status = 'processing' order by d.worker_id offset 0) d
            left join lateral (select w.id, w.beat_at from reflex.workers w where w.id = d.worker_id limit 1) w on true
           where w.id is null or w.beat_at < expired
           order by d.trigger_id, d.scope, d.event_seq
           limit most
        ), lost as (
          select * from found
          union
          -- A lane is taken back whole: the second half of one would look as if it had been at work.
          select d.event_seq, d.trigger_id, d.scope, d.lease_token
            from (select distinct s.trigger_id, s.scope, s.lease_token from found s where s.scope is not null) s
           cross join lateral (
             select * from reflex.deliveries d
              where d.trigger_id = s.trigger_id and d.scope = s.scope and d.scope is not null
                and d.status in ('pending', 'processing')
              order by d.event_seq + 1 offset 0) d
           where d.status = 'processing' and d.lease_token = s.lease_token
        )
        select jsonb_agg(jsonb_build_object('s', l.event_seq, 't', l.trigger_id, 'c', l.scope, 'k', l.lease_token,
                         'first', l.scope is null or l.place = 1)),
               array_agg(l.trigger_id) filter (where l.scope is not null), array_agg(l.scope) filter (where l.scope is not null)
          into rescued, lane_triggers, lane_scopes
          from (select l.*, row_number() over (partition by l.trigger_id, l.scope order by l.event_seq) as place from lost l) l;
        if rescued is null then return 0; end if;

        if lane_triggers is not null then perform reflex.lock_lanes(lane_triggers, lane_scopes); end if;
        perform reflex.lock_deliveries(array_agg(r.s), array_agg(r.t))
           from jsonb_to_recordset(rescued) as r(s bigint, t integer);
        with input as materialized (
          select r.* from jsonb_to_recordset(rescued) as r(s bigint, t integer, k bigint, first boolean)
        ), taken as materialized (
          select d.*, i.first, i.first and d.crashes + 1 >= deaths as gone
            from input i
           cross join lateral (
             select d.ctid as tid, d.* from reflex.deliveries d
              where d.event_seq = i.s and d.trigger_id = i.t
              limit 1) d
           where d.lease_token = i.k
        ), dead as (
          delete from reflex.deliveries d where d.ctid = any (array(select t.tid from taken t where t.gone))
        ), back as (
          update reflex.deliveries d
             set status = (case when d.scope is null then 'pending' else 'waiting' end)::reflex.delivery_status,
                 crashes = d.crashes + t.first::int, worker_id = null, lease_token = null
            from taken t
           where d.ctid = t.tid and not t.gone
        ), logged as (
          insert into reflex.runs (event_seq, event_id, trigger_id, scope, attempt, outcome, started_at, duration_ms, error)
          select t.event_seq, coalesce(e.id, 'seq:' || t.event_seq), t.trigger_id, t.scope, t.attempts + 1,
                 (case when t.gone then 'dead_letter' else 'failed' end)::reflex.run_outcome, now(), 0,
                 jsonb_build_object('code', 'worker_died', 'message', 'The process that worked on it stopped answering.')
            from taken t
            left join lateral (
              select e.id from reflex.events e where e.received_at = t.event_at and e.seq = t.event_seq limit 1) e on true
           where t.first
        )
        select array_agg(t.trigger_id) filter (where t.scope is not null),
               array_agg(t.scope) filter (where t.scope is not null),
               array_agg(t.gone::int) filter (where t.scope is not null),
               jsonb_agg(jsonb_build_object('seq', t.event_seq, 'trigger', t.trigger_id, 'at', t.event_at, 'scope', t.scope,
                         'attempt', t.attempts + 1, 'why', 'poison', 'event', t.event, 'error', jsonb_build_object(
                           'code', 'poison', 'message', deaths || ' processes died while they worked on this delivery.')))
                 filter (where t.gone)
          into lane_triggers, lane_scopes, lane_counts, buried
          from taken t;
        if lane_triggers is not null then perform reflex.leave_lanes(lane_triggers, lane_scopes, lane_counts); end if;
        if buried is not null then perform reflex.bury(buried); end if;
        return jsonb_array_length(rescued);
      end $$;

      -- Removes the rows of dead processes that hold nothing any more.
      create function reflex.forget_workers(lease_ms integer) returns integer
      language plpgsql as $$
      declare
        forgotten integer;
      begin
        delete from reflex.workers w
         where w.beat_at < now() - make_interval(secs => lease_ms / 1000.0)
           and not exists (select from reflex.deliveries d where d.status = 'processing' and d.worker_id = w.id);
        get diagnostics forgotten = row_count;
        return forgotten;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.forget_workers(integer);
      drop function reflex.rescue(integer, integer, integer);
      drop function reflex.wake_contexts(integer);
      drop function reflex.promote_due(integer);
    `);
  }
}
