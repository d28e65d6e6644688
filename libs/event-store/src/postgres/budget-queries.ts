// What agents may use and have used. `libs/agents` reserves and settles.

const BUDGET_COLUMNS = `
  b.id::text, b.level, nullif(b.agent, '') as agent, nullif(b.key, '') as key, b.unit, to_char(b.day, 'YYYY-MM-DD') as day,
  b.allowed::float8, b.raised::float8, b.spent::float8, b.reserved::float8, b.exhausted_at,
  (select count(*) from (select from reflex.deliveries d
                          where d.parked ->> 'key' = 'budget:' || b.id and d.parked is not null limit 1000) w)::int as waiting`;

/** $1 exhausted, $2 level, $3 agent, $4 day, $5 the last id of the page before, $6 limit. */
export const LIST_BUDGETS = `
  select ${BUDGET_COLUMNS}
    from reflex.budgets b
   where (not $1 or b.exhausted_at is not null and (b.level = 'run' or b.day = (now() at time zone 'utc')::date))
     and ($2::text is null or b.level = $2)
     and ($3::text is null or b.agent = $3)
     and ($4::date is null or b.day = $4)
     and ($5::bigint is null or b.id < $5)
   order by b.id desc
   limit $6`;

export const FIND_BUDGET = `
  select ${BUDGET_COLUMNS}
    from reflex.budgets b
   where b.id = $1`;

/** $1 budget, $2 by how much. */
export const RAISE_BUDGET = `select count(*)::int as count from reflex.raise_budget($1, $2)`;

/** $1 days, $2 limit. */
export const FORGET_BUDGETS = `select reflex.forget_budgets($1, $2) as count`;
