export const REGISTER = `
  insert into reflex.triggers (app, name, types, patterns, stateful, on_retry, priority)
  values ('bench', 'bench', '{bench.event}', '{bench.event}', false, 'block', 0)
  returning id`;

// $1 trigger, $2 ids, $3 times, $4 traces, $5 payloads
export const PUBLISH = `
  with stored as (
    insert into reflex.events (id, type, source, "timestamp", trace_id, correlation_id, payload)
    select n.id, 'bench.event', 'internal', n.at, n.trace, n.id, n.payload
      from unnest($2::text[], $3::timestamptz[], $4::text[], $5::jsonb[]) as n(id, at, trace, payload)
    returning seq, received_at
  )
  insert into reflex.deliveries (event_seq, trigger_id, event_at, status)
  select s.seq, $1, s.received_at, 'pending' from stored s`;

// Rows are reached by index alone, and changed by their place: no plan can do worse, whatever the statistics say.

// $1 trigger, $2 limit
export const CLAIM = `
  with claimed as (
    update reflex.deliveries d
       set status = 'processing', worker_id = 1, lease_token = nextval('reflex.lease_token')
     where d.ctid = any (array(
       select h.ctid
         from reflex.deliveries h
        where h.trigger_id = $1 and h.status = 'pending' and h.crashes < 2
        order by h.event_seq
        limit $2
          for update skip locked))
    returning d.event_seq, d.event_at, d.lease_token
  )
  select c.event_seq, c.lease_token, e.id, e.trace_id, e.payload
    from claimed c
   cross join lateral (
     select * from reflex.events e where e.received_at = c.event_at and e.seq = c.event_seq limit 1) e
   order by c.event_seq`;

// $1 trigger, $2 places, $3 tokens, $4 ids, $5 traces, $6 starts, $7 durations
export const SETTLE = `
  with input as materialized (
    select * from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::real[])
      as n(seq, token, id, trace, started_at, duration_ms)
  ), ended as (
    delete from reflex.deliveries d
     where d.ctid = any (array(
       select l.ctid
         from input i
        cross join lateral (
          select x.ctid from reflex.deliveries x
           where x.event_seq = i.seq and x.trigger_id = $1 and x.lease_token = i.token
           limit 1) l))
    returning d.event_seq
  )
  insert into reflex.runs (event_seq, event_id, trigger_id, attempt, outcome, started_at, duration_ms, trace_id)
  select i.seq, i.id, $1, 1, 'completed', i.started_at, i.duration_ms, i.trace
    from input i
   where i.seq in (select x.event_seq from ended x)`;
