// A timer from code ticks while the trigger of its name is active; triggers that left the code are retired by the store.
const ACTIVE = `
  (t.origin = 'rest' or exists (select from reflex.triggers g where g.name = t.name and g.active))`;

const COLUMNS = `
  t.name, t.cron, t.every_ms::float8 as every_ms, t.tz, t.missed, t.origin, t.next_at, t.last_at,
  t.tick_count::float8 as tick_count, t.paused, t.created_at`;

export const NOW = `select date_trunc('milliseconds', now()) as now`;

export const DECLARE_TIMER = `
  insert into reflex.timers as t (name, cron, every_ms, tz, missed, next_at, origin)
  values ($1, $2, $3, $4, $5, $6, 'code')
  on conflict (name) do update
     set cron = excluded.cron, every_ms = excluded.every_ms, tz = excluded.tz, missed = excluded.missed,
         origin = excluded.origin, seen_at = now(),
         next_at = case when (t.cron, t.every_ms, t.tz) is not distinct from (excluded.cron, excluded.every_ms, excluded.tz)
                        then t.next_at else excluded.next_at end`;

export const CREATE_TIMER = `
  insert into reflex.timers as t (name, cron, every_ms, tz, missed, next_at, origin)
  values ($1, $2, $3, $4, $5, $6, 'rest')
  on conflict (name) do nothing
  returning ${COLUMNS}`;

export const COUNT_TIMERS = `select count(*)::int as count from reflex.timers where origin = 'rest'`;

export const LIST_TIMERS = `
  select ${COLUMNS}
    from reflex.timers t
   where ${ACTIVE}
   order by t.name`;

export const FIND_TIMER = `
  select ${COLUMNS}
    from reflex.timers t
   where t.name = $1 and ${ACTIVE}`;

export const DELETE_TIMER = `
  delete from reflex.timers
   where name = $1 and origin = 'rest'
  returning name`;

export const PAUSE_TIMER = `
  update reflex.timers t
     set paused = true
   where t.name = $1 and ${ACTIVE}
  returning ${COLUMNS}`;

export const RESUME_TIMER = `
  update reflex.timers t
     set paused = false, next_at = case when t.paused then $2 else t.next_at end
   where t.name = $1 and ${ACTIVE}
  returning ${COLUMNS}`;

// Without a lock: a process that stands still between this and the ticks must not hold up the others.
export const DUE_TIMERS = `
  select ${COLUMNS}, date_trunc('milliseconds', now()) as now
    from reflex.timers t
   where not t.paused and t.next_at <= now() and ${ACTIVE}
   order by t.next_at
   limit $1`;

export const TICK = `select reflex.tick($1::jsonb) as count`;

export const NEXT_TICK = `
  select extract(epoch from min(t.next_at) - clock_timestamp())::float8 * 1000 as ms
    from reflex.timers t
   where not t.paused and t.next_at is not null and ${ACTIVE}`;

// Between its registration and that of its trigger, a timer looks as if it had left the code.
export const FORGET_TIMERS = `
  delete from reflex.timers t
   where t.origin = 'code' and t.seen_at < now() - interval '1 minute' and not ${ACTIVE}`;
