// The statements of the store, in the order an event lives. What has to be one round trip is a function in the database
// (see migrations); what only reads stands here in full.

// --- publish

/** What stands between JSON texts that go to the database as one: JSON has it only escaped. */
export const BETWEEN_JSON = '\u001f';

// $1 ids, $2 types, $3 sources, $4 times, $5 traces, $6 correlations, $7 payloads, $8 what few have, $9 worker or null,
// $10 and $11 the triggers it offers slots to and how many, $12 the longest run of one scope
export const PUBLISH = `select * from reflex.publish($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`;

export const FIND_KEYS = `
  select key, event_id, body_hash
    from reflex.event_keys
   where key = any ($1::text[])`;

// $3 place in the log, $4 trigger: of a delivery that was parked, how many it has published already
export const COUNT_FOLLOW_UPS = `
  select reflex.count_follow_ups($1, $2) as count,
         coalesce((select (e.result ->> 'count')::integer from reflex.effects e
                    where e.event_seq = $3 and e.trigger_id = $4 and e.replay = reflex.replay_of($3, $4)
                      and e.key = 'context.publish'), 0) as published`;

// $1 place in the log, $2 trigger, $3 event, $4 how many, $5 attempt
export const NOTE_FOLLOW_UPS = `
  insert into reflex.effects (event_seq, trigger_id, replay, key, event_id, kind, name, effect, status, result, attempt, ended_at)
  values ($1, $2, reflex.replay_of($1, $2), 'context.publish', $3, 'step', 'context.publish', 'keyed', 'done',
          jsonb_build_object('count', $4::integer), $5, now())
  on conflict on constraint effects_pkey do update set result = excluded.result, ended_at = excluded.ended_at`;

// --- triggers

export const REGISTER_TRIGGER = `
  insert into reflex.triggers as t (app, name, types, patterns, scope, stateful, on_retry, priority, concurrency,
                                    throttle_limit, throttle_window_ms, match, max_waiting)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (name) do update
     set app = excluded.app, types = excluded.types, patterns = excluded.patterns, scope = excluded.scope,
         stateful = excluded.stateful, on_retry = excluded.on_retry, priority = excluded.priority,
         concurrency = excluded.concurrency, throttle_limit = excluded.throttle_limit,
         throttle_window_ms = excluded.throttle_window_ms, match = excluded.match,
         max_waiting = excluded.max_waiting, active = true, seen_at = now()
  returning t.*`;

export const LIST_TRIGGERS = `select * from reflex.triggers order by name`;

export const PAUSE_TRIGGER = `
  update reflex.triggers
     set paused = $2
   where name = $1
  returning id`;

// --- lease

export const OPEN_LEASE = `
  insert into reflex.workers (app, host, pid, trigger_ids)
  values ($1, $2, $3, $4)
  returning id`;

// A trigger may have been retired between its registration and now.
export const SERVE = `
  with served as (
    update reflex.triggers
       set active = true, seen_at = now()
     where id = any ($2)
  )
  update reflex.workers
     set trigger_ids = $2
   where id = $1`;

export const BEAT = `
  update reflex.workers
     set beat_at = now()
   where id = $1
  returning id`;

export const CLOSE_LEASE = `delete from reflex.workers where id = $1`;

// --- claim, settle

// Times in milliseconds since 1970: written, sent and read in a fraction of what a timestamp takes.
export const CLAIM = `
  select c.event_seq, c.trigger_id, c.scope, c.attempt, c.suspect, c.lease_token, c.copy,
         c.id, c.type, c.source, c.trace_id, c.correlation_id, c.causation_id, c.depth, c.payload,
         (date_part('epoch', c.at) * 1000000)::bigint / 1000 as at,
         (date_part('epoch', c.received_at) * 1000000)::bigint / 1000 as received_at,
         (date_part('epoch', now()) * 1000000)::bigint / 1000 as now
    from reflex.claim($1, $2, $3, $4, $5) c`;

// $2 the lease tokens of what this process knows to be in work
export const UNKNOWN_CLAIMS = `
  select event_seq::text, trigger_id, scope, lease_token::text
    from reflex.deliveries
   where status = 'processing' and worker_id = $1 and lease_token <> all ($2::bigint[])`;

export const LOAD_CONTEXTS = `select * from reflex.load_contexts($1, $2, $3)`;

export const SETTLE = `
  select stale, promoted
    from reflex.settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`;

// --- sweeps

// $1 place in the log, $2 trigger, $3 replay, $4 name
export const OPEN_WAIT = `select reflex.open_wait($1, $2, $3, $4, $5::jsonb)`;

export const LOOK_FOR = `select * from reflex.look_for($1, $2, $3, $4, $5::text[])`;

export const CLOSE_WAIT = `select reflex.close_wait($1, $2, $3, $4)`;

export const WATCH_WAITS = `select * from reflex.watch_waits($1)`;

export const FORGET_WAITS = `select reflex.forget_waits($1) as count`;

export const WAKE = `select reflex.wake($1::text[], $2::bigint[], $3::integer[])`;

export const WAKE_PARKED = `select reflex.wake_parked($1) as count`;

export const PROMOTE_DUE = `select * from reflex.promote_due($1)`;

export const WAKE_CONTEXTS = `select * from reflex.wake_contexts($1)`;

export const RESCUE = `select reflex.rescue($1, $2, $3) as count`;

export const FORGET_WORKERS = `select reflex.forget_workers($1) as count`;

export const RETIRE_TRIGGERS = `select reflex.retire_triggers($1, $2, $3, $4, $5) as count`;

export const MAKE_PARTITIONS = `select reflex.make_partitions($1) as count`;

export const DROP_PARTITIONS = `select reflex.drop_partitions($1, $2, $3) as count`;

export const FORGET_KEYS = `
  with old as (
    select key from reflex.event_keys where created_at < now() - make_interval(days => $1) limit 10000
  )
  delete from reflex.event_keys k using old where k.key = old.key`;

export const FORGET_WAKES = `select reflex.forget_wakes($1, $2) as count`;

// --- look

const EVENT_COLUMNS = `
  e.seq::text, e.id, e.type, e.source, e."timestamp" as at, e.received_at, e.trace_id, e.correlation_id, e.causation_id,
  e.depth, e.payload`;

export const FIND_EVENT = `
  select ${EVENT_COLUMNS}
    from reflex.events e
   where e.id = $1
   order by e.seq
   limit 1`;

// $1 type patterns, $2 source patterns, $3 from, $4 to, $5 correlation, $6 and $7 the last row of the page before, $8 limit
const EVENT_FILTER = `
   where ($1::text[] is null or e.type like any ($1))
     and ($2::text[] is null or e.source like any ($2))
     and e.received_at >= coalesce($3::timestamptz, '-infinity')
     and e.received_at < coalesce($4::timestamptz, 'infinity')
     and ($5::text is null or e.correlation_id = $5)`;

// Microseconds, because a JavaScript date would lose them and with them rows at the border of a page.
const CURSOR_COLUMN = `(extract(epoch from e.received_at) * 1000000)::bigint::text as micros`;
const CURSOR_TIME = `timestamptz 'epoch' + $6::bigint * interval '1 microsecond'`;

export const SEARCH_NEWEST = `
  select ${EVENT_COLUMNS}, ${CURSOR_COLUMN}
    from reflex.events e ${EVENT_FILTER}
     and ($6::bigint is null or (e.received_at, e.seq) < (${CURSOR_TIME}, $7::bigint))
   order by e.received_at desc, e.seq desc
   limit $8`;

export const SEARCH_OLDEST = `
  select ${EVENT_COLUMNS}, ${CURSOR_COLUMN}
    from reflex.events e ${EVENT_FILTER}
     and ($6::bigint is null or (e.received_at, e.seq) > (${CURSOR_TIME}, $7::bigint))
   order by e.received_at, e.seq
   limit $8`;

export const DELIVERIES_OF_EVENT = `
  select t.name as trigger, d.status::text, d.attempts, d.run_at, d.error, d.crashes, d.parked,
         (select s.run_id::text from reflex.run_streams s
           where s.event_seq = d.event_seq and s.trigger_id = d.trigger_id and s.lease_token = d.lease_token) as run_id
    from reflex.deliveries d
    join reflex.triggers t on t.id = d.trigger_id
   where d.event_seq = $1
  union all
  select t.name, 'dead_letter', l.attempts, null, l.error ->> 'message', 0, null, null
    from reflex.dead_letters l
    join reflex.triggers t on t.id = l.trigger_id
   where l.event_id = $2
  union all
  (select distinct on (r.trigger_id) t.name, 'completed', r.attempt, null, null, 0, null, r.id::text
     from reflex.runs r
     join reflex.triggers t on t.id = r.trigger_id
    where r.event_seq = $1 and r.outcome in ('completed', 'filtered', 'accumulated')
      and not exists (select from reflex.deliveries d where d.event_seq = $1 and d.trigger_id = r.trigger_id)
      and not exists (select from reflex.dead_letters l where l.event_id = $2 and l.trigger_id = r.trigger_id)
    order by r.trigger_id, r.id desc)
   order by 1`;

const RUN_COLUMNS = `
  r.id::text, r.settled_at, r.event_id, t.name as trigger, r.scope, r.attempt, r.outcome::text, r.started_at,
  r.duration_ms, r.trace_id, r.reason, r.error, r.result, r.usage`;

export const SEARCH_RUNS = `
  select ${RUN_COLUMNS}
    from reflex.runs r
    join reflex.triggers t on t.id = r.trigger_id
   where ($1::text is null or r.trigger_id = (select w.id from reflex.triggers w where w.name = $1))
     and ($2::text is null or r.event_seq in (select e.seq from reflex.events e where e.id = $2))
     and ($3::text is null or r.outcome = $3::reflex.run_outcome)
     and ($4::bigint is null or r.id < $4)
   order by r.id desc
   limit $5`;

export const FIND_RUN = `
  select ${RUN_COLUMNS}
    from reflex.runs r
    join reflex.triggers t on t.id = r.trigger_id
   where r.id = $1`;

// Counting stops at 10,000: health asks whether a queue is long, and must cost the same when it is very long.
export const STATS = `
  select (select count(*) from (select from reflex.deliveries where status = 'pending' and crashes < 2 limit 10000) p)::int
           as claimable,
         (select coalesce(sum(live - 1), 0) from (select live from reflex.lanes limit 10000) l)::int as waiting,
         (select count(*) from (select from reflex.deliveries where status = 'processing' limit 10000) p)::int as processing,
         (select count(*) from (select from reflex.deliveries
                                 where status in ('scheduled', 'aside') and parked is null limit 10000) s)::int as scheduled,
         (select count(*) from (select from reflex.deliveries
                                 where status in ('scheduled', 'aside') and parked is not null limit 10000) s)::int as parked,
         (select count(*) from (select from reflex.dead_letters limit 10000) d)::int as dead_letters,
         (select extract(epoch from now() - min(h.event_at))::float8
            from reflex.triggers t
           cross join lateral (
             select d.event_at from reflex.deliveries d
              where d.trigger_id = t.id and d.status = 'pending' and d.crashes < 2
              order by d.event_seq limit 1) h
           where not t.paused) as oldest_seconds,
         (select count(*) from reflex.deliveries d
            left join reflex.workers w on w.id = d.worker_id
           where d.status = 'processing'
             and (w.id is null or w.beat_at < now() - make_interval(secs => $1 / 1000.0)))::int as stuck,
         (select count(*) from reflex.workers where beat_at >= now() - make_interval(secs => $1 / 1000.0))::int as workers`;
