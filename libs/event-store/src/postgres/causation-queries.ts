// How events, deliveries and runs hang together; in the order in which a graph is drawn.

const COLUMNS = `
  e.seq::text, e.id, e.type, e.source, e.received_at, e.causation_id, e.depth,
  (extract(epoch from e.received_at) * 1000000)::bigint::text as micros`;

/** $1 event, $2 most steps up. The oldest cause first, the event itself last. */
export const CAUSES = `
  with recursive chain as (
    (select e.*, 0 as steps from reflex.events e where e.id = $1 order by e.seq limit 1)
    union all
    select cause.*, c.steps + 1
      from chain c
     cross join lateral (select e.* from reflex.events e where e.id = c.causation_id order by e.seq limit 1) cause
     where c.steps < $2
  )
  select ${COLUMNS}, e.steps from chain e order by e.steps desc`;

/** $1 event, $2 most steps down, $3 limit. In the order of the log, generation by generation. */
export const EFFECTS = `
  with recursive below as (
    (select e.*, 0 as steps from reflex.events e where e.id = $1 order by e.seq limit 1)
    union all
    select follow_up.*, b.steps + 1
      from below b
      join reflex.events follow_up
        on follow_up.correlation_id = b.correlation_id and follow_up.depth > 0 and follow_up.causation_id = b.id
     where b.steps < $2
  )
  select * from (select ${COLUMNS}, e.steps from below e where e.steps > 0 limit $3) found
   order by steps, seq::bigint`;

/** $1 places in the log, $2 ids of the same events. What is live, and what gave up. */
export const OPEN_DELIVERIES = `
  select d.event_seq::text, t.name as trigger, d.scope, d.status::text, d.attempts, d.run_at, d.error, d.crashes, d.parked
    from reflex.deliveries d
    join reflex.triggers t on t.id = d.trigger_id
   where d.event_seq = any ($1::bigint[])
  union all
  select l.event_seq::text, t.name, l.scope, 'dead_letter', l.attempts, null, l.error ->> 'message', 0, null
    from reflex.dead_letters l
    join reflex.triggers t on t.id = l.trigger_id
   where l.event_id = any ($2)
   order by 1, 2`;

/** $1 places in the log, $2 limit. */
export const RUNS_OF_EVENTS = `
  select r.id::text, r.event_seq::text, t.name as trigger, r.scope, r.attempt, r.outcome::text, r.reason,
         r.error ->> 'message' as error, r.duration_ms, r.usage, r.settled_at,
         (extract(epoch from r.settled_at) * 1000000)::bigint::text as micros
    from reflex.runs r
    join reflex.triggers t on t.id = r.trigger_id
   where r.event_seq = any ($1::bigint[])
   order by r.event_seq, r.id
   limit $2`;
