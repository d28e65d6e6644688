// What agents reserve and use; the functions are in a migration of the store.

/** $1 wishes, $2 call, $3 for how many ms, $4 whether it is used at once. */
export const RESERVE = `
  select verdict, refused,
         (extract(epoch from date_trunc('day', now() at time zone 'utc') + interval '1 day'
                             - (now() at time zone 'utc')) * 1000)::float8 as next_day_in_ms
    from reflex.reserve_budgets($1, $2, $3, $4)`;

/** $1 call, $2 what it has used. */
export const SETTLE = `select reflex.settle_budgets($1, $2)`;

/** $1 agent, $2 run, $3 unit, $4 allowed, $5 spent. */
export const EXHAUST_RUN = `select id::text, raised::float8 from reflex.exhaust_run_budget($1, $2, $3, $4, $5)`;
