import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Publishing. Functions pin the planner: a plan that was cached while the tables were empty must not scan them once
 * they are full, whatever the statistics say.
 */
export class Publish1763600000002 implements MigrationInterface {
  name = 'Publish1763600000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The scope of an event for one trigger: the values at the paths, joined with colons; '' where a value is missing.
      -- Long values are cut and hashed, since an index entry must stay below 2.7 kB.
      create function reflex.scope_of(paths text[], source text, type text, payload jsonb) returns text
      language plpgsql immutable as $$
      declare
        path text;
        part text;
        result text;
      begin
        if paths is null then return null; end if;
        if paths = '{*}' then return '*'; end if;
        foreach path in array paths loop
          part := case path
            when 'source' then source
            when 'type' then type
            else coalesce(payload #>> string_to_array(path, '.'), '') end;
          if cardinality(paths) > 1 then part := replace(replace(part, '\\', '\\\\'), ':', '\\:'); end if;
          result := case when result is null then part else result || ':' || part end;
        end loop;
        if octet_length(result) > 512 then result := left(result, 64) || '#' || md5(result); end if;
        return result;
      end $$;

      -- An event as it is kept where it must outlive the log: dead letters, contexts, edited deliveries.
      create function reflex.envelope(e reflex.events) returns jsonb language sql stable as $$
        select jsonb_build_object(
          'id', e.id, 'type', e.type, 'source', e.source, 'timestamp', e."timestamp", 'received_at', e.received_at,
          'trace_id', e.trace_id, 'correlation_id', e.correlation_id, 'causation_id', e.causation_id,
          'depth', e.depth, 'payload', e.payload)
      $$;

      -- Stores a batch, fans it out to the active triggers, and answers which keys were stored before and which triggers
      -- have new work. An event whose key was stored before is left out. One with a time (due, or delay in milliseconds)
      -- stands aside until then. A trigger with a match takes only payloads that contain it.
      -- Each event is a place of the arrays (times in milliseconds since 1970), and of the payloads and of more, which is ''
      -- or {cause, depth, key, hash, due, delay}: JSON with U+001F between the places, a character that JSON has only
      -- escaped. As text it is read once, an array of JSON would be read twice.
      -- A worker in the publishing process may take deliveries at their birth, as if it had claimed them: takers[i] has
      -- slots[i] free claim units. They are answered with the place of their event in the batch, ordered as by reflex.claim.
      create function reflex.publish(
        ids text[], types text[], sources text[], times float8[], traces text[], correlations text[],
        payloads text, more text, worker bigint default null, takers integer[] default '{}', slots integer[] default '{}',
        run_length integer default 1,
        out taken text[], out fed integer[], out at timestamptz, out token bigint,
        out given_ids text[], out given_seqs bigint[], out given_triggers integer[], out given_scopes text[])
      language plpgsql
      set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
      #variable_conflict use_column
      declare
        lease bigint;
      begin
        -- Without a lease, what we gave away would be rescued at once and count as a death of its process.
        if worker is not null and exists (select from reflex.workers w where w.id = worker) then
          lease := nextval('reflex.lease_token');
        end if;

        with input as materialized (
          select r.*, r.more ->> 'key' as key
            from (select u.id, u.type, u.source, u.at, u.trace, u.corr, u.payload::jsonb as payload, u.more::jsonb as more
                    from unnest(ids, types, sources, times, traces, correlations,
                                string_to_array(payloads, chr(31)), string_to_array(more, chr(31), ''))
                      as u(id, type, source, at, trace, corr, payload, more)) r
        ), delayed as materialized (
          select d.id, max(d.run_at) as run_at
            from (select i.id, coalesce((i.more ->> 'due')::timestamptz,
                                        now() + (i.more ->> 'delay')::float8 * interval '1 millisecond') as run_at
                    from input i where i.more is not null) d
           where d.run_at > now()
           group by d.id
        ), fresh as (
          insert into reflex.event_keys (key, event_id, body_hash)
          select i.key, i.id, i.more ->> 'hash' from input i where i.key is not null
           order by i.key
          on conflict (key) do nothing
          returning key
        ), stored as (
          insert into reflex.events (id, type, source, "timestamp", trace_id, correlation_id, causation_id, depth, payload)
          select i.id, i.type, i.source, to_timestamp(i.at / 1000), i.trace, i.corr, i.more ->> 'cause', coalesce((i.more ->> 'depth')::smallint, 0), i.payload
            from input i
           where i.key is null or i.key in (select f.key from fresh f)
          returning seq, id, received_at, type, source, payload
        ), subscribed as materialized (
          select ty.type, t.id as trigger_id, t.scope as paths, t.match,
                 case when lease is not null and not t.paused then o.slots else 0 end as slots
            from (select distinct i.type from input i) ty
            join reflex.triggers t on t.active and ty.type like any (t.patterns)
            left join unnest(takers, slots) as o(trigger_id, slots) on o.trigger_id = t.id
        ), fanned as materialized (
          select e.seq, e.id, e.received_at, s.trigger_id, s.slots, d.run_at,
                 case when s.paths is not null
                      then reflex.scope_of(s.paths, e.source, e.type, e.payload) end as scope
            from stored e
            join subscribed s on s.type = e.type and (s.match is null or e.payload @> s.match)
            left join delayed d on d.id = e.id
        ), laned as (
          insert into reflex.lanes as l (trigger_id, scope, live)
          select f.trigger_id, f.scope, count(*) from fanned f where f.scope is not null and f.run_at is null
           group by f.trigger_id, f.scope
           order by f.trigger_id, f.scope
          on conflict (trigger_id, scope) do update set live = l.live + excluded.live
          returning l.trigger_id, l.scope, l.live
        ), born as materialized (
          select f.seq, f.id, f.trigger_id, f.received_at, f.scope, f.run_at,
                 (case when f.run_at is not null then 'aside'
                       when f.place <= f.slots then 'processing'
                       else 'pending' end)::reflex.delivery_status as status
            from (select f.*, row_number() over (partition by f.trigger_id, f.run_at is null) as place
                    from fanned f where f.scope is null or f.run_at is not null) f
          union all
          -- A lane that was empty before counts exactly what we add: its first delivery is the head.
          select f.seq, f.id, f.trigger_id, f.received_at, f.scope, null,
                 (case when f.live > f.added then 'waiting'
                       when f.lane <= f.slots and f.place <= run_length then 'processing'
                       when f.place = 1 then 'pending'
                       else 'waiting' end)::reflex.delivery_status
            from (select f.*, dense_rank() over (partition by f.trigger_id, f.live > f.added order by f.scope) as lane
                    from (select f.*, l.live, count(*) over lane as added,
                                 row_number() over (partition by f.trigger_id, f.scope order by f.seq) as place
                            from fanned f
                            join laned l on l.trigger_id = f.trigger_id and l.scope = f.scope
                           where f.run_at is null
                          window lane as (partition by f.trigger_id, f.scope)) f) f
        ), delivered as (
          insert into reflex.deliveries (event_seq, trigger_id, event_at, scope, run_at, status, worker_id, lease_token)
          select b.seq, b.trigger_id, b.received_at, b.scope, b.run_at, b.status,
                 case when b.status = 'processing' then worker end, case when b.status = 'processing' then lease end
            from born b
        )
        select array(select i.key from input i where i.key is not null and i.key not in (select f.key from fresh f)),
               array(select distinct b.trigger_id from born b where b.status in ('pending', 'waiting')),
               now(), lease, array_agg(g.id), array_agg(g.seq), array_agg(g.trigger_id), array_agg(g.scope)
          into taken, fed, at, token, given_ids, given_seqs, given_triggers, given_scopes
          from (select * from born b where b.status = 'processing' order by b.trigger_id, b.scope, b.seq) g;
        if exists (select from reflex.wait_shapes) then
          fed := fed || reflex.meet_waits(ids, types, correlations, string_to_array(payloads, chr(31))::jsonb[]);
        end if;
      end $$;

      -- The same for callers in SQL: [{id, type, source, at, trace, corr, cause, depth, key, hash, due, delay, payload}]
      create function reflex.publish(batch jsonb, out taken text[], out fed integer[])
      language sql as $$
        select p.taken, p.fed
          from (select array_agg(r.id) as ids, array_agg(r.type) as types, array_agg(r.source) as sources,
                       array_agg(date_part('epoch', r.at) * 1000) as times, array_agg(r.trace) as traces, array_agg(r.corr) as correlations,
                       string_agg(r.payload::text, chr(31)) as payloads,
                       string_agg(jsonb_build_object('cause', r.cause, 'depth', r.depth, 'key', r.key, 'hash', r.hash,
                                                     'due', r.due, 'delay', r.delay)::text, chr(31)) as more
                  from jsonb_to_recordset(batch) as r(id text, type text, source text, at timestamptz, trace text, corr text,
                         cause text, depth smallint, key text, hash text, due timestamptz, delay float8, payload jsonb)) b
         cross join lateral reflex.publish(b.ids, b.types, b.sources, b.times, b.traces, b.correlations, b.payloads, b.more) p
      $$;

      -- Gives stored events to named triggers again: retries of dead letters, replays, ticks of a context.
      -- Deliveries that are still live are left alone. Answers how many were made.
      -- batch: [{seq, at, trigger, scope, event}], event being a copy to use instead of the log, or null
      create function reflex.enqueue(batch jsonb) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off set plan_cache_mode = force_generic_plan as $$
      declare
        made integer;
        lane_triggers integer[];
        lane_scopes text[];
      begin
        -- Publishing never makes a delivery for an old event, so only callers of this function could collide.
        perform pg_advisory_xact_lock(hashtext('reflex.enqueue'));
        with input as materialized (
          select distinct on (r.seq, r.trigger) r.*
            from jsonb_to_recordset(batch) as r(seq bigint, at timestamptz, trigger integer, scope text, event jsonb)
            left join lateral (
              select d.event_seq from reflex.deliveries d
               where d.event_seq = r.seq and d.trigger_id = r.trigger limit 1) live on true
           where live.event_seq is null
           order by r.seq, r.trigger
        ), laned as (
          insert into reflex.lanes as l (trigger_id, scope, live)
          select i.trigger, i.scope, count(*) from input i where i.scope is not null
           group by i.trigger, i.scope
           order by i.trigger, i.scope
          on conflict (trigger_id, scope) do update set live = l.live + excluded.live
          returning 1
        ), delivered as (
          insert into reflex.deliveries (event_seq, trigger_id, event_at, scope, event, status)
          select i.seq, i.trigger, i.at, i.scope, i.event,
                 (case when i.scope is null then 'pending' else 'waiting' end)::reflex.delivery_status
            from input i, (select count(*) from laned) locked
          returning trigger_id, scope
        )
        select count(*), array_agg(d.trigger_id) filter (where d.scope is not null),
               array_agg(d.scope) filter (where d.scope is not null)
          into made, lane_triggers, lane_scopes
          from delivered d;
        -- An old event may come to stand before one that waits for its retry, and does not wait with it.
        if lane_triggers is not null then perform reflex.promote_heads(lane_triggers, lane_scopes); end if;
        return made;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.enqueue(jsonb);
      drop function reflex.publish(jsonb);
      drop function reflex.publish(
        text[], text[], text[], float8[], text[], text[], text, text, bigint, integer[], integer[], integer);
      drop function reflex.envelope(reflex.events);
      drop function reflex.scope_of(text[], text, text, jsonb);
    `);
  }
}
