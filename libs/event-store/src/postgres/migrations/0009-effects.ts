import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What deliveries do outside of the database: recorded before and after, so that no later attempt repeats it. */
export class Effects1763600000009 implements MigrationInterface {
  name = 'Effects1763600000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- key: names the effect within its delivery · replay: 0, or the execute-replay that it belongs to.
      -- input and result are json, since a result that is used again must be the same text, in the same order.
      create table reflex.effects (
        id bigint generated always as identity,
        event_seq bigint not null,
        trigger_id integer not null,
        replay integer not null,
        key text not null,
        event_id text not null,
        kind text not null,
        name text not null,
        effect text not null,
        args_hash text,
        input json,
        status text not null,
        result json,
        error jsonb,
        attempt smallint not null,
        tries smallint not null default 1,
        model text,
        input_tokens integer,
        output_tokens integer,
        usd numeric,
        resolution jsonb,
        started_at timestamptz not null default now(),
        ended_at timestamptz,
        constraint effects_pkey primary key (event_seq, trigger_id, replay, key),
        constraint effects_id_key unique (id),
        constraint effects_kind check (kind in ('tool', 'model', 'step', 'wait')),
        constraint effects_effect check (effect in ('none', 'keyed', 'unkeyed')),
        constraint effects_status check (status in ('started', 'done', 'failed', 'unknown')),
        constraint effects_ended check ((status = 'started') = (ended_at is null))
      );
      create index effects_unknown on reflex.effects (id) where status = 'unknown';
      create index effects_by_trigger on reflex.effects (trigger_id, id);
      create index effects_by_age on reflex.effects (started_at);

      -- How often a delivery was executed again by a replay.
      create table reflex.replays (
        event_seq bigint not null,
        trigger_id integer not null,
        number integer not null default 1,
        replayed_at timestamptz not null default now(),
        constraint replays_pkey primary key (event_seq, trigger_id)
      );
      create index replays_by_age on reflex.replays (replayed_at);

      -- True while the lease holds; and it holds until the caller's transaction ends, since a rescue waits for the lock.
      create function reflex.holds_lease(seq bigint, owner integer, token bigint) returns boolean
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      begin
        perform from reflex.deliveries d
          where d.event_seq = seq and d.trigger_id = owner and d.lease_token = token
          limit 1
            for share;
        return found;
      end $$;

      -- Answers nothing when the lease is lost or the effect is done.
      create function reflex.start_effect(seq bigint, owner integer, token bigint, replay integer, begun json)
      returns setof reflex.effects
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      begin
        if not reflex.holds_lease(seq, owner, token) then return; end if;
        return query
        insert into reflex.effects as e (event_seq, trigger_id, replay, key, event_id, kind, name, effect, args_hash, input,
                                         status, attempt)
        select seq, owner, start_effect.replay, b.key, b.event_id, b.kind, b.name, b.effect, b.args_hash, b.input,
               'started', b.attempt
          from json_to_record(begun) as b(key text, event_id text, kind text, name text, effect text, args_hash text,
                                           input json, attempt smallint)
        on conflict on constraint effects_pkey do update
           set status = 'started', effect = excluded.effect, input = excluded.input, result = null, error = null,
               resolution = null, attempt = excluded.attempt, tries = e.tries + 1, started_at = now(), ended_at = null
         where e.status <> 'done'
        returning e.*;
      end $$;

      create function reflex.finish_effect(seq bigint, owner integer, token bigint, replay integer, the_key text, ending json)
      returns setof reflex.effects
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      begin
        if not reflex.holds_lease(seq, owner, token) then return; end if;
        return query
        update reflex.effects e
           set status = b.status, result = b.result, error = b.error, ended_at = now(),
               model = coalesce(b.model, e.model), input_tokens = coalesce(b.input_tokens, e.input_tokens),
               output_tokens = coalesce(b.output_tokens, e.output_tokens), usd = coalesce(b.usd, e.usd)
          from json_to_record(ending) as b(status text, result json, error jsonb, model text, input_tokens integer,
                                            output_tokens integer, usd numeric)
         where e.event_seq = seq and e.trigger_id = owner and e.replay = finish_effect.replay and e.key = the_key
        returning e.*;
      end $$;

      -- Enqueues for a replay: what is not live gets effects of its own.
      create function reflex.enqueue_replay(batch jsonb) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      begin
        -- As in reflex.enqueue, which then sees the same deliveries live.
        perform pg_advisory_xact_lock(hashtext('reflex.enqueue'));
        insert into reflex.replays as r (event_seq, trigger_id)
        select distinct i.seq, i.trigger
          from jsonb_to_recordset(batch) as i(seq bigint, trigger integer)
          left join lateral (
            select d.event_seq from reflex.deliveries d where d.event_seq = i.seq and d.trigger_id = i.trigger limit 1) live
            on true
         where live.event_seq is null
         order by 1, 2
        on conflict (event_seq, trigger_id) do update set number = r.number + 1, replayed_at = now();
        return reflex.enqueue(batch);
      end $$;

      -- Forgets the effects of deliveries that are neither live nor dead letters, and replays of events that are gone.
      create function reflex.forget_effects(keep_days integer, most integer) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        old timestamptz := now() - make_interval(days => keep_days);
        effects integer;
        replays integer;
      begin
        delete from reflex.effects e
         where e.ctid = any (array(
           select o.ctid from reflex.effects o
            where o.started_at < old
              and not exists (select from reflex.deliveries d where d.event_seq = o.event_seq and d.trigger_id = o.trigger_id)
              and not exists (select from reflex.dead_letters l where l.event_seq = o.event_seq and l.trigger_id = o.trigger_id)
            order by o.started_at
            limit most));
        get diagnostics effects = row_count;
        delete from reflex.replays r
         where r.ctid = any (array(
           select o.ctid from reflex.replays o
            where o.replayed_at < old
              and not exists (select from reflex.deliveries d where d.event_seq = o.event_seq and d.trigger_id = o.trigger_id)
              and not exists (select from reflex.dead_letters l where l.event_seq = o.event_seq and l.trigger_id = o.trigger_id)
            order by o.replayed_at
            limit most));
        get diagnostics replays = row_count;
        return greatest(effects, replays);
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.forget_effects(integer, integer);
      drop function reflex.enqueue_replay(jsonb);
      drop function reflex.finish_effect(bigint, integer, bigint, integer, text, json);
      drop function reflex.start_effect(bigint, integer, bigint, integer, json);
      drop function reflex.holds_lease(bigint, integer, bigint);
      drop table reflex.replays, reflex.effects;
    `);
  }
}
