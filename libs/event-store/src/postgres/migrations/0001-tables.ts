import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log, its fan-out, and the history. Daily partitions are made by `reflex.make_partitions`. */
export class Tables1763600000001 implements MigrationInterface {
  name = 'Tables1763600000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema if not exists reflex;

      create sequence reflex.event_seq;
      create sequence reflex.run_id;
      create sequence reflex.lease_token;

      create type reflex.delivery_status as enum ('waiting', 'pending', 'processing', 'scheduled', 'aside');
      create type reflex.run_outcome as enum
        ('completed', 'filtered', 'accumulated', 'failed', 'dead_letter', 'deferred');

      create table reflex.events (
        seq bigint not null default nextval('reflex.event_seq'),
        id text not null,
        type text not null,
        source text not null,
        "timestamp" timestamptz not null,
        received_at timestamptz not null default now(),
        trace_id text not null,
        correlation_id text not null,
        causation_id text,
        depth smallint not null default 0,
        payload jsonb not null,
        constraint events_pkey primary key (received_at, seq)
      ) partition by range (received_at);
      -- Hardly an entry of these occurs twice, so looking for such only costs.
      create index events_by_id on reflex.events (id) with (deduplicate_items = off);
      create index events_by_type on reflex.events (type, received_at, seq) with (deduplicate_items = off);
      create index events_by_source on reflex.events (source, received_at, seq) with (deduplicate_items = off);
      create index events_by_correlation on reflex.events (correlation_id) where depth > 0;

      create table reflex.event_keys (
        key text not null,
        event_id text not null,
        body_hash text not null,
        created_at timestamptz not null default now(),
        constraint event_keys_pkey primary key (key)
      );
      create index event_keys_by_age on reflex.event_keys (created_at);

      create table reflex.triggers (
        id integer generated always as identity,
        app text,
        name text not null,
        types text[] not null,
        patterns text[] not null,
        scope text[],
        stateful boolean not null,
        on_retry text not null,
        priority integer not null,
        concurrency integer,
        throttle_limit integer,
        throttle_window_ms integer,
        throttle_started_at timestamptz,
        throttle_used integer not null default 0,
        paused boolean not null default false,
        active boolean not null default true,
        seen_at timestamptz not null default now(),
        constraint triggers_pkey primary key (id),
        constraint triggers_name_key unique (name),
        constraint triggers_on_retry check (on_retry in ('block', 'pass')),
        constraint triggers_throttle check ((throttle_limit is null) = (throttle_window_ms is null))
      );

      create table reflex.workers (
        id bigint generated always as identity,
        app text not null,
        host text not null,
        pid integer not null,
        trigger_ids integer[] not null,
        started_at timestamptz not null default now(),
        beat_at timestamptz not null default now(),
        constraint workers_pkey primary key (id)
      );

      -- Live work only. waiting: behind the head of its lane · pending: claimable · processing: leased ·
      -- scheduled: retry that keeps its place in the lane · aside: retry or delay that lets the lane go on.
      create table reflex.deliveries (
        event_seq bigint not null,
        trigger_id integer not null,
        event_at timestamptz not null,
        scope text,
        status reflex.delivery_status not null,
        run_at timestamptz,
        attempts smallint not null default 0,
        crashes smallint not null default 0,
        error text,
        worker_id bigint,
        lease_token bigint,
        event jsonb,
        constraint deliveries_pkey primary key (event_seq, trigger_id),
        constraint deliveries_lease check ((status = 'processing') = (lease_token is not null)),
        constraint deliveries_owner check ((status = 'processing') = (worker_id is not null)),
        constraint deliveries_due check ((status in ('scheduled', 'aside')) = (run_at is not null)),
        constraint deliveries_lane check (status <> 'waiting' or scope is not null)
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
              autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000,
              autovacuum_vacuum_cost_delay = 0);
      -- "+ 0" and "+ 1": an order that this index alone has. The primary key orders by event_seq as well, and a plan that was
      -- made while the table was empty would walk it, past every delivery that is not claimable.
      create index deliveries_claimable on reflex.deliveries (trigger_id, (event_seq + 0))
        where status = 'pending' and crashes < 2;
      create index deliveries_suspect on reflex.deliveries ((event_seq + 0))
        where status = 'pending' and crashes >= 2;
      create index deliveries_leased on reflex.deliveries (worker_id) where status = 'processing';
      create index deliveries_due_at on reflex.deliveries (run_at) where status in ('scheduled', 'aside');
      create index deliveries_in_lane on reflex.deliveries (trigger_id, scope, (event_seq + 0))
        where scope is not null and status <> 'aside';
      create index deliveries_active_in_lane on reflex.deliveries (trigger_id, scope, (event_seq + 1))
        where scope is not null and status in ('pending', 'processing');

      -- One row per (trigger, scope) with live deliveries that are not aside. Its lock orders publishers and settlers.
      create table reflex.lanes (
        trigger_id integer not null,
        scope text not null,
        live integer not null,
        constraint lanes_pkey primary key (trigger_id, scope),
        constraint lanes_live check (live >= 0)
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
              autovacuum_vacuum_cost_delay = 0);

      create table reflex.contexts (
        trigger_id integer not null,
        scope text not null,
        scratch jsonb not null,
        filters jsonb not null,
        size integer not null default 0,
        created_at timestamptz not null default now(),
        last_action_at timestamptz,
        wake_at timestamptz,
        ticks integer not null default 0,
        constraint contexts_pkey primary key (trigger_id, scope)
      );
      create index contexts_due on reflex.contexts (wake_at) where wake_at is not null;

      create table reflex.context_events (
        trigger_id integer not null,
        scope text not null,
        event_seq bigint not null,
        event jsonb not null,
        constraint context_events_pkey primary key (trigger_id, scope, event_seq)
      );

      create table reflex.runs (
        id bigint not null default nextval('reflex.run_id'),
        settled_at timestamptz not null default now(),
        event_seq bigint not null,
        event_id text not null,
        trigger_id integer not null,
        scope text,
        attempt smallint not null,
        outcome reflex.run_outcome not null,
        started_at timestamptz not null,
        duration_ms real not null,
        trace_id text,
        reason text,
        error jsonb,
        result jsonb,
        usage jsonb,
        constraint runs_pkey primary key (id, settled_at)
      ) partition by range (settled_at);
      create index runs_by_event on reflex.runs (event_seq) with (deduplicate_items = off);
      create index runs_by_trigger on reflex.runs (trigger_id, id) with (deduplicate_items = off);

      create table reflex.dead_letters (
        id uuid not null,
        trigger_id integer not null,
        scope text,
        reason text not null,
        error jsonb not null,
        attempts smallint not null,
        history jsonb not null,
        event_seq bigint not null,
        event_at timestamptz not null,
        event_id text not null,
        event jsonb not null,
        created_at timestamptz not null default now(),
        constraint dead_letters_pkey primary key (id),
        constraint dead_letters_reason check
          (reason in ('attempts_exhausted', 'permanent', 'poison', 'undecodable', 'trigger_removed'))
      );
      create index dead_letters_by_event on reflex.dead_letters (event_id);
      create index dead_letters_by_age on reflex.dead_letters (created_at, id);

      create table reflex.events_default partition of reflex.events default;
      create table reflex.runs_default partition of reflex.runs default;

      -- Daily partitions (UTC) of both histories, from today for so many days. A no-op when they are there. A day of which
      -- the default partition has rows already stays there; the days after it get theirs.
      create function reflex.make_partitions(days integer) returns integer language plpgsql as $$
      declare
        history text;
        day date;
        made integer := 0;
        part text;
        field text;
      begin
        -- Replicas that start together must not both create the same day.
        perform pg_advisory_xact_lock(hashtext('reflex.make_partitions'));
        -- Behind a wait for the lock of a history all of its readers wait as well, so it must be a short one.
        perform set_config('lock_timeout', '100ms', true);
        foreach history in array array['events', 'runs'] loop
          for day in select generate_series(0, days) + (now() at time zone 'utc')::date loop
            part := history || to_char(day, '_YYYYMMDD');
            if to_regclass(format('reflex.%I', part)) is null then
              begin
                -- Attaching, unlike 'create table ... partition of', lets publishers and workers go on.
                execute format('create table reflex.%I (like reflex.%I including all)', part, history);
                execute format('alter table reflex.%I attach partition reflex.%I for values from (%L) to (%L)', history, part,
                  day::timestamp at time zone 'utc', (day + 1)::timestamp at time zone 'utc');
              exception when check_violation then
                continue;
              end;
              made := made + 1;
              -- Without statistics PostgreSQL 18 takes a look-up by place in the log for a skip scan over all sources.
              if history = 'events' and current_setting('server_version_num')::integer >= 180000 then
                foreach field in array array['type', 'source'] loop
                  execute format('select pg_restore_attribute_stats(''schemaname'', ''reflex'', ''relname'', %L, ''attname'', %L,
                    ''inherited'', false, ''null_frac'', 0::real, ''avg_width'', 16, ''n_distinct'', (-0.2)::real)', part, field);
                end loop;
              end if;
            end if;
          end loop;
        end loop;
        return made;
      end $$;
      select reflex.make_partitions(7);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.make_partitions(integer);
      drop table reflex.events, reflex.event_keys, reflex.triggers, reflex.workers, reflex.deliveries, reflex.lanes,
        reflex.contexts, reflex.context_events, reflex.runs, reflex.dead_letters;
      drop type reflex.delivery_status, reflex.run_outcome;
      drop sequence reflex.event_seq, reflex.run_id, reflex.lease_token;
    `);
  }
}
