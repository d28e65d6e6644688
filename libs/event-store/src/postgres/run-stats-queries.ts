// What runs came to.

/** $1 milliseconds, in this transaction. */
export const LIMIT_TIME = `select set_config('statement_timeout', $1, true)`;

/**
 * $1 from, $2 to, $3 by agent, $4 by trigger, $5 by day, $6 limit, $7 offset. Attempts of filters and conditions that said no
 * are none. The window leaves out the partitions of all other days.
 */
export const RUN_STATS = `
  select u.agent, case when $4 then t.name end as trigger,
         case when $5 then to_char(r.settled_at at time zone 'utc', 'YYYY-MM-DD') end as day,
         count(*) filter (where r.outcome in ('completed', 'failed', 'dead_letter'))::int as runs,
         count(*) filter (where r.outcome in ('failed', 'dead_letter'))::int as failures,
         coalesce(sum(u.input_tokens), 0)::float8 as input_tokens, coalesce(sum(u.output_tokens), 0)::float8 as output_tokens,
         round(coalesce(sum(u.cost_usd), 0), 9)::float8 as cost_usd,
         avg(u.duration_ms) filter (where r.outcome in ('completed', 'failed', 'dead_letter')) as mean_ms,
         percentile_cont(0.5) within group (order by u.duration_ms)
           filter (where r.outcome in ('completed', 'failed', 'dead_letter')) as p50_ms,
         percentile_cont(0.95) within group (order by u.duration_ms)
           filter (where r.outcome in ('completed', 'failed', 'dead_letter')) as p95_ms
    from reflex.runs r
    join reflex.triggers t on t.id = r.trigger_id
   cross join lateral (
     select null as agent, r.duration_ms::float8 as duration_ms, (r.usage ->> 'input_tokens')::numeric as input_tokens,
            (r.usage ->> 'output_tokens')::numeric as output_tokens, (r.usage ->> 'cost_usd')::numeric as cost_usd
      where not $3
     union all
     select a ->> 'agent', (a ->> 'duration_ms')::float8 / greatest((a ->> 'runs')::integer, 1),
            (a ->> 'input_tokens')::numeric, (a ->> 'output_tokens')::numeric, (a ->> 'cost_usd')::numeric
       from jsonb_array_elements(r.usage -> 'agents') a
      where $3) u
   where r.settled_at >= $1 and r.settled_at < $2 and r.outcome not in ('filtered', 'accumulated')
   group by 1, 2, 3
   order by 3 desc nulls last, cost_usd desc, runs desc, 1, 2
   limit $6 offset $7`;
