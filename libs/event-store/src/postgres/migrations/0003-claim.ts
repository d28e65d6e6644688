import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Claiming: at most the wanted slots, never a row that another process holds, on the database's clock. */
export class Claim1763600000003 implements MigrationInterface {
  name = 'Claim1763600000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Cuts the wanted slots of triggers with a limit over all processes: those in work now, and starts per window.
      -- Locks these triggers, so that two processes cannot both take the last slot.
      create function reflex.allowed_slots(triggers integer[], slots integer[]) returns integer[]
      language plpgsql as $$
      declare
        limited record;
        place integer;
        free integer;
      begin
        for limited in
          select t.* from reflex.triggers t
           where t.id = any (triggers) and (t.concurrency is not null or t.throttle_limit is not null)
           order by t.id
             for no key update
        loop
          place := array_position(triggers, limited.id);
          free := slots[place];
          if limited.concurrency is not null then
            free := least(free, limited.concurrency - (
              select count(*) from reflex.deliveries d where d.status = 'processing' and d.trigger_id = limited.id));
          end if;
          if limited.throttle_limit is not null then
            if limited.throttle_started_at is null or
               limited.throttle_started_at + make_interval(secs => limited.throttle_window_ms / 1000.0) <= now() then
              update reflex.triggers set throttle_started_at = now(), throttle_used = 0 where id = limited.id;
              limited.throttle_used := 0;
            end if;
            free := least(free, limited.throttle_limit - limited.throttle_used);
          end if;
          slots[place] := greatest(free, 0);
        end loop;
        return slots;
      end $$;

      -- triggers[i] gets up to slots[i] claim units: single deliveries, or runs of up to run_length of one scope.
      -- A delivery that saw two processes die is a suspect: it comes alone, at most \`suspects\` of them.
      create function reflex.claim(worker bigint, triggers integer[], slots integer[], suspects integer, run_length integer)
      returns table (
        event_seq bigint, trigger_id integer, scope text, attempt integer, suspect boolean, lease_token bigint, copy jsonb,
        id text, type text, source text, at timestamptz, received_at timestamptz,
        trace_id text, correlation_id text, causation_id text, depth smallint, payload jsonb
      )
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off set plan_cache_mode = force_generic_plan as $$
      #variable_conflict use_column
      declare
        token bigint := nextval('reflex.lease_token');
        taken tid[];
        -- Of the partitions of the log, only those between these times are looked at, or even opened.
        oldest timestamptz;
        newest timestamptz;
        has_limits boolean := exists (
          select from reflex.triggers t
           where t.id = any (triggers) and (t.concurrency is not null or t.throttle_limit is not null));
      begin
        -- Without a lease, what we took would be rescued at once and count as a death of its process.
        if not exists (select from reflex.workers w where w.id = worker) then
          raise exception 'worker % has no lease', worker using errcode = 'RX001';
        end if;
        if has_limits then slots := reflex.allowed_slots(triggers, slots); end if;

        -- The rows are locked and found by their place in the table, never by a join: a join's order is the planner's to
        -- choose, and it chooses by what the tables held when the plan was made.
        with wanted as materialized (
          select w.trigger_id, w.slots, t.concurrency is null and t.throttle_limit is null as unlimited
            from unnest(triggers, slots) as w(trigger_id, slots)
            join reflex.triggers t on t.id = w.trigger_id
           where not t.paused and w.slots > 0
        ), heads as materialized (
          select h.tid, h.event_seq, h.event_at, h.trigger_id, h.scope, w.unlimited and h.crashes = 0 as leads
            from wanted w
           cross join lateral (
             select d.ctid as tid, d.event_seq, d.event_at, d.trigger_id, d.scope, d.crashes
               from reflex.deliveries d
              where d.trigger_id = w.trigger_id and d.status = 'pending' and d.crashes < 2
              order by d.event_seq + 0
              limit w.slots
                for update skip locked) h
        ), suspected as materialized (
          select d.ctid as tid, d.event_at
            from reflex.deliveries d
           where d.status = 'pending' and d.crashes >= 2 and d.trigger_id = any (triggers)
             and not exists (select from reflex.triggers t where t.id = d.trigger_id and t.paused)
           order by d.event_seq + 0
           limit suspects
             for update of d skip locked
        ), followers as materialized (
          select f.tid, f.event_at
            from heads h
           cross join lateral (
             select n.tid, n.event_at, bool_and(n.status = 'waiting' and n.crashes = 0) over (order by n.event_seq) as next
               from (select d.ctid as tid, d.event_seq, d.event_at, d.status, d.crashes
                       from reflex.deliveries d
                      where d.trigger_id = h.trigger_id and d.scope = h.scope and d.scope is not null
                        and d.status <> 'aside' and d.event_seq + 0 > h.event_seq
                      order by d.event_seq + 0
                      limit run_length - 1
                        for update) n) f
           where h.leads and h.scope is not null and f.next
        )
        select array_agg(a.tid), min(a.event_at), max(a.event_at) into taken, oldest, newest
          from (select h.tid, h.event_at from heads h union all select * from suspected union all select * from followers) a;
        if taken is null then return; end if;

        return query
        with claimed as (
          update reflex.deliveries d
             set status = 'processing', worker_id = worker, lease_token = token
           where d.ctid = any (taken)
          returning d.event_seq, d.trigger_id, d.scope, d.attempts, d.crashes, d.event_at, d.event
        ), throttled as (
          update reflex.triggers t
             set throttle_used = t.throttle_used + used.starts
            from (select c.trigger_id, count(*) as starts from claimed c group by c.trigger_id) used
           where has_limits and t.id = used.trigger_id and t.throttle_limit is not null
        )
        select c.event_seq, c.trigger_id, c.scope, c.attempts + 1, c.crashes >= 2, token, c.event,
               e.id, e.type, e.source, e."timestamp", e.received_at,
               e.trace_id, e.correlation_id, e.causation_id, e.depth, e.payload
          from claimed c
          left join lateral (
            select * from reflex.events e
             where e.received_at = c.event_at and e.seq = c.event_seq and e.received_at between oldest and newest
             limit 1) e on true
         order by c.trigger_id, c.scope, c.event_seq;
      end $$;

      -- The decision contexts of some lanes, each with its newest events, oldest first.
      create function reflex.load_contexts(triggers integer[], scopes text[], most integer)
      returns table (trigger_id integer, scope text, scratch jsonb, filters jsonb, created_at timestamptz,
                     last_action_at timestamptz, events jsonb)
      language sql stable
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
        select c.trigger_id, c.scope, c.scratch, c.filters, c.created_at, c.last_action_at,
               coalesce((select jsonb_agg(n.event order by n.event_seq)
                           from (select e.event_seq, e.event from reflex.context_events e
                                  where e.trigger_id = c.trigger_id and e.scope = c.scope
                                  order by e.event_seq desc
                                  limit most) n), '[]')
          from unnest(triggers, scopes) as w(trigger_id, scope)
         cross join lateral (
           select * from reflex.contexts c where c.trigger_id = w.trigger_id and c.scope = w.scope limit 1) c
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.load_contexts(integer[], text[], integer);
      drop function reflex.claim(bigint, integer[], integer[], integer, integer);
      drop function reflex.allowed_slots(integer[], integer[]);
    `);
  }
}
