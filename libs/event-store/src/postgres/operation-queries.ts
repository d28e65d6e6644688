// Work of operators that takes a while. `reflex.advance_operation` takes its next step.

const OPERATION_COLUMNS = `
  o.id, o.kind, o.status, o.actor, o.request, o.total, o.done, o.skipped, o.reason, o.created_at, o.ended_at,
  (select jsonb_object_agg(i.state, i.count)
     from (select i.state, count(*) from reflex.operation_items i where i.operation_id = o.id group by i.state) i) as items`;

/** $1 actor, $2 request. What ended a month ago is forgotten on the way. */
export const BEGIN_RETRY = `
  with old as (
    delete from reflex.operations where ended_at < now() - interval '30 days' returning id
  ), items as (
    delete from reflex.operation_items i using old where i.operation_id = old.id
  ), found as (
    select count(*)::int as count from reflex.find_letters($2::jsonb -> 'filter')
  )
  insert into reflex.operations (kind, actor, request, total)
  select 'dead_letters.retry', $1, $2::jsonb, least(found.count, ($2::jsonb ->> 'limit')::int) from found
  returning id`;

/** $1 actor, $2 request, $3 how many there are. */
export const BEGIN_REPLAY = `
  insert into reflex.operations (kind, actor, request, total)
  values ('events.replay', $1, $2::jsonb, $3)
  returning id`;

export const ADVANCE_OPERATION = `select state, next_in_ms, given_back from reflex.advance_operation($1)`;

/** Running, yet nobody came for the next step in time; $1 ms. */
export const ABANDONED_OPERATIONS = `
  select id from reflex.operations
   where status = 'running' and next_at < now() - make_interval(secs => $1 / 1000.0)
   order by next_at
   limit 100`;

export const LIST_OPERATIONS = `
  select ${OPERATION_COLUMNS} from reflex.operations o order by o.created_at desc, o.id desc limit 100`;

export const NOTE_ENDINGS = `select reflex.note_endings($1)`;

export const FIND_OPERATION = `select ${OPERATION_COLUMNS} from reflex.operations o where o.id = $1`;

export const STOP_OPERATION = `
  update reflex.operations
     set status = 'stopped', ended_at = now(), reason = 'Stopped by ' || $2::text || '.'
   where id = $1 and status = 'running'`;

// --- replay

/**
 * One page of what a replay would deliver. $1 from, $2 to, $3 type patterns, $4 trigger names or null for all, $5 and $6 the
 * last row before, $7 limit. Ticks of contexts are nobody's to replay.
 */
export const FORECAST_REPLAY = `
  with page as materialized (
    select e.* from reflex.events e
     where e.received_at >= $1 and e.received_at < $2
       and ($3::text[] is null or e.type like any ($3))
       and ($5::bigint is null
            or (e.received_at, e.seq) > (timestamptz 'epoch' + $5::bigint * interval '1 microsecond', $6::bigint))
       and e.source <> 'timer:context'
     order by e.received_at, e.seq
     limit $7
  ), matched as (
    select t.name, count(*)::int as count
      from page e
      join reflex.triggers t on t.active and e.type like any (t.patterns)
       and (t.match is null or e.payload @> t.match) and ($4::text[] is null or t.name = any ($4))
     where not exists (select from reflex.deliveries d where d.event_seq = e.seq and d.trigger_id = t.id)
     group by t.name
  )
  select (select count(*) from page)::int as events,
         (select max((extract(epoch from e.received_at) * 1000000)::bigint)::text from page e) as micros,
         (select e.seq::text from page e order by e.received_at desc, e.seq desc limit 1) as seq,
         coalesce((select jsonb_object_agg(m.name, m.count) from matched m), '{}') as deliveries`;
