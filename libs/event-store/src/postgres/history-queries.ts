// What rehearsals read. $1 from, $2 to, $3 type patterns, $4 takers: [{name, patterns, scope, match}].

const OF_RANGE = `
   where e.received_at >= $1 and e.received_at < $2
     and ($3::text[] is null or e.type like any ($3))
     and e.type like any (array(select unnest(w.patterns) from wanted w))
     and e.source <> 'timer:context'`;

const WANTED = `
  with wanted as materialized (
    select * from jsonb_to_recordset($4::jsonb) as w(name text, patterns text[], scope text[], match jsonb)
  )`;

const TAKES = `e.type like any (w.patterns) and (w.match is null or e.payload @> w.match)`;

/** A page of events; takers is null where the payload is not what anybody asks for. $5 and $6 the last row before, $7 limit. */
export const TAKEN_EVENTS = `${WANTED}, page as materialized (
    select e.* from reflex.events e ${OF_RANGE}
     and ($5::bigint is null
          or (e.received_at, e.seq) > (timestamptz 'epoch' + $5::bigint * interval '1 microsecond', $6::bigint))
   order by e.received_at, e.seq
   limit $7
  )
  select e.seq::text, e.id, e.type, e.source, e."timestamp" as at, e.received_at, e.trace_id, e.correlation_id, e.causation_id,
         e.depth, e.payload, (extract(epoch from e.received_at) * 1000000)::bigint::text as micros,
         (select jsonb_agg(jsonb_build_object(
                   'name', w.name, 'scope', reflex.scope_of(w.scope, e.source, e.type, e.payload),
                   'live', exists (select from reflex.deliveries d
                                     join reflex.triggers t on t.id = d.trigger_id
                                    where d.event_seq = e.seq and t.name = w.name)))
            from wanted w where ${TAKES}) as takers
    from page e
   order by e.received_at, e.seq`;

export const COUNT_TAKEN = `${WANTED}
  select count(*)::int as count from reflex.events e ${OF_RANGE}
     and exists (select from wanted w where ${TAKES})`;

/**
 * $1 trigger, $2 from, $3 to, $4 type patterns. A handler began in each attempt that was not turned away before: neither by
 * filter or condition, nor because the event could not be read or judged.
 */
export const FIRINGS = `
  select distinct on (e.received_at, e.seq)
         e.id as event_id, e.type, e.source, e.received_at, r.scope, e.source = 'timer:context' as is_tick, r.outcome, r.id as run_id
    from reflex.runs r
   cross join lateral (
     select e.* from reflex.events e where e.id = r.event_id and e.received_at >= $2 and e.received_at < $3 limit 1) e
   where r.trigger_id = (select t.id from reflex.triggers t where t.name = $1)
     and r.settled_at >= $2
     and r.outcome in ('completed', 'failed', 'dead_letter', 'parked')
     and coalesce(r.error ->> 'code', '') not in ('undecodable_event', 'unknown_event_type', 'not_synchronous', 'poison')
     and ($4::text[] is null or e.type like any ($4))
   order by e.received_at, e.seq, r.id desc`;
