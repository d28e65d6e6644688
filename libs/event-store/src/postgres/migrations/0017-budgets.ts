import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What agents may use, and have used: `libs/agents` reserves and settles, people raise. */
export class Budgets1763600000017 implements MigrationInterface {
  name = 'Budgets1763600000017';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One limit of one day in UTC; of a single run, whose day is that of its first refusal, when it was used up.
      -- agent: '' for all agents together. key: the trigger or scope, or the run. allowed: as the code says; raised: by people.
      create table reflex.budgets (
        id bigint generated always as identity,
        level text not null,
        agent text not null,
        key text not null,
        unit text not null,
        day date not null,
        allowed numeric not null,
        raised numeric not null default 0,
        spent numeric not null default 0,
        reserved numeric not null default 0,
        exhausted_at timestamptz,
        updated_at timestamptz not null default now(),
        constraint budgets_pkey primary key (id),
        constraint budgets_level check (level in ('run', 'day', 'trigger', 'scope')),
        constraint budgets_unit check (unit in ('usd', 'tokens', 'seconds', 'tool_calls')),
        constraint budgets_amounts check (allowed >= 0 and raised >= 0 and spent >= 0 and reserved >= 0)
      );
      create unique index budgets_by_day on reflex.budgets (day, level, agent, key, unit);
      create index budgets_by_key on reflex.budgets (key, agent, unit) where level = 'run';
      create index budgets_exhausted on reflex.budgets (id) where exhausted_at is not null;
      create index budgets_by_age on reflex.budgets (updated_at);

      -- What a call that is under way may cost at most, and what it has cost if nobody tells how it ended.
      create table reflex.budget_reservations (
        call uuid not null,
        budget_id bigint not null,
        most numeric not null,
        least numeric not null,
        expires_at timestamptz not null,
        constraint budget_reservations_pkey primary key (call, budget_id)
      );
      create index budget_reservations_by_age on reflex.budget_reservations (budget_id, expires_at);

      -- Reserves all that is wanted or nothing: [{level, agent, key, unit, allowed, share, most, least}].
      -- share: this part of the limit counts. A call is let through when it
      -- fits beside what is spent and reserved, or when it is the only one and anything is left: so what is used goes beyond
      -- a limit by less than one call. at_once: it is spent already. Rows are locked in one order everywhere.
      create function reflex.reserve_budgets(wanted json, call uuid, for_ms float8, at_once boolean,
                                             out verdict text, out refused json)
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        ids bigint[];
        refused_row reflex.budgets;
      begin
        with wish as materialized (
          select * from json_to_recordset(wanted) as w(level text, agent text, key text, unit text, allowed numeric)
        ), taken as (
          insert into reflex.budgets as b (level, agent, key, unit, day, allowed)
          select w.level, w.agent, w.key, w.unit, (now() at time zone 'utc')::date, w.allowed
            from wish w
           order by w.level, w.agent, w.key, w.unit
          on conflict (day, level, agent, key, unit) do update set allowed = excluded.allowed
          returning b.id
        )
        select array_agg(t.id) into ids from taken t;

        -- Whoever reserved these and never came back is dead, and its calls have cost something.
        with gone as (
          delete from reflex.budget_reservations r
           where r.budget_id = any (ids) and r.expires_at <= now()
          returning r.budget_id, r.most, r.least
        ), sums as (
          select g.budget_id, sum(g.most) as most, sum(g.least) as least from gone g group by g.budget_id
        )
        update reflex.budgets b
           set reserved = greatest(0, b.reserved - s.most), spent = b.spent + s.least, updated_at = now()
          from sums s
         where b.id = s.budget_id;

        select b.* into refused_row
          from json_to_recordset(wanted) as w(level text, agent text, key text, unit text, share numeric, most numeric)
          join reflex.budgets b on b.day = (now() at time zone 'utc')::date and b.level = w.level and b.agent = w.agent
           and b.key = w.key and b.unit = w.unit
         where b.id = any (ids) and w.most > 0 and b.spent >= (b.allowed + b.raised) * w.share
         order by b.id
         limit 1;
        if found then
          verdict := 'exhausted';
          refused := row_to_json(refused_row);
          update reflex.budgets b set exhausted_at = coalesce(b.exhausted_at, now()), updated_at = now()
           where b.id = refused_row.id and b.spent >= b.allowed + b.raised;
          return;
        end if;

        select b.* into refused_row
          from json_to_recordset(wanted) as w(level text, agent text, key text, unit text, share numeric, most numeric)
          join reflex.budgets b on b.day = (now() at time zone 'utc')::date and b.level = w.level and b.agent = w.agent
           and b.key = w.key and b.unit = w.unit
         where b.id = any (ids) and w.most > 0 and b.reserved > 0
           and b.spent + b.reserved + w.most > (b.allowed + b.raised) * w.share
         order by b.id
         limit 1;
        if found then
          verdict := 'busy';
          refused := row_to_json(refused_row);
          return;
        end if;

        verdict := 'granted';
        with mine as (
          select b.id, w.most, w.least
            from json_to_recordset(wanted) as w(level text, agent text, key text, unit text, most numeric, least numeric)
            join reflex.budgets b on b.day = (now() at time zone 'utc')::date and b.level = w.level and b.agent = w.agent
             and b.key = w.key and b.unit = w.unit
           where b.id = any (ids)
        ), noted as (
          insert into reflex.budget_reservations (call, budget_id, most, least, expires_at)
          select reserve_budgets.call, m.id, m.most, m.least, now() + for_ms * interval '1 millisecond'
            from mine m
           where not at_once
        )
        update reflex.budgets b
           set reserved = b.reserved + case when at_once then 0 else m.most end,
               spent = b.spent + case when at_once then m.most else 0 end, updated_at = now()
          from mine m
         where b.id = m.id;
      end $$;

      -- Replaces what was reserved by what was used: {usd, tokens, seconds}.
      create function reflex.settle_budgets(call uuid, used json) returns void
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      begin
        perform from reflex.budgets b
          where b.id = any (array(select r.budget_id from reflex.budget_reservations r where r.call = settle_budgets.call))
          order by b.level, b.agent, b.key, b.unit
            for update;
        with mine as (
          delete from reflex.budget_reservations r where r.call = settle_budgets.call returning r.budget_id, r.most
        )
        update reflex.budgets b
           set reserved = greatest(0, b.reserved - m.most),
               spent = b.spent + coalesce((used ->> b.unit)::numeric, 0), updated_at = now()
          from mine m
         where b.id = m.budget_id;
      end $$;

      -- A run has used up its own budget; answers what people have raised it by.
      create function reflex.exhaust_run_budget(run_agent text, run_key text, run_unit text, most numeric, used numeric)
      returns setof reflex.budgets
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      begin
        return query
        update reflex.budgets b
           set allowed = most, spent = used, updated_at = now(),
               exhausted_at = case when used >= most + b.raised then coalesce(b.exhausted_at, now()) end
         where b.level = 'run' and b.agent = run_agent and b.key = run_key and b.unit = run_unit
        returning b.*;
        if found then return; end if;
        return query
        insert into reflex.budgets as b (level, agent, key, unit, day, allowed, spent, exhausted_at)
        values ('run', run_agent, run_key, run_unit, (now() at time zone 'utc')::date, most, used, now())
        on conflict (day, level, agent, key, unit) do update set spent = excluded.spent
        returning b.*;
      end $$;

      -- Lets those go on that wait for it. Nothing, when it is of a day that is over.
      create function reflex.raise_budget(budget bigint, amount numeric) returns setof reflex.budgets
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      begin
        return query
        update reflex.budgets b
           set raised = b.raised + amount, updated_at = now(),
               exhausted_at = case when b.spent >= b.allowed + b.raised + amount then b.exhausted_at end
         where b.id = budget and (b.level = 'run' or b.day = (now() at time zone 'utc')::date)
        returning b.*;
        if found then perform reflex.wake(array['budget:' || budget]); end if;
      end $$;

      -- Forgets what nobody has used or asked for in so many days.
      create function reflex.forget_budgets(keep_days integer, most integer) returns integer
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      declare
        forgotten integer;
      begin
        with old as (
          delete from reflex.budgets b
           where b.ctid = any (array(
             select o.ctid from reflex.budgets o
              where o.updated_at < now() - make_interval(days => keep_days)
              order by o.updated_at
              limit most))
          returning b.id
        ), reservations as (
          delete from reflex.budget_reservations r where r.budget_id = any (array(select o.id from old o))
        )
        select count(*) into forgotten from old;
        return forgotten;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.forget_budgets(integer, integer);
      drop function reflex.raise_budget(bigint, numeric);
      drop function reflex.exhaust_run_budget(text, text, text, numeric, numeric);
      drop function reflex.settle_budgets(uuid, json);
      drop function reflex.reserve_budgets(json, uuid, float8, boolean);
      drop table reflex.budget_reservations, reflex.budgets;
    `);
  }
}
