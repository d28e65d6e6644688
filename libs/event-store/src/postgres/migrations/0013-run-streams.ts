import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What runs tell while they go on, for whoever follows them; kept for an hour. */
export class RunStreams1763600000013 implements MigrationInterface {
  name = 'RunStreams1763600000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- One row per attempt that tells; run_id is the id that its run will be recorded under.
      create table reflex.run_streams (
        run_id bigint not null default nextval('reflex.run_id'),
        event_seq bigint not null,
        trigger_id integer not null,
        lease_token bigint not null,
        event_id text not null,
        attempt smallint not null,
        started_at timestamptz not null default now(),
        constraint run_streams_pkey primary key (run_id),
        constraint run_streams_attempt unique (event_seq, trigger_id, lease_token)
      );
      create index run_streams_by_event on reflex.run_streams (event_id);
      create index run_streams_by_age on reflex.run_streams (started_at);

      create table reflex.run_frames (
        run_id bigint not null,
        seq integer not null,
        frame jsonb not null,
        constraint run_frames_pkey primary key (run_id, seq)
      );

      -- Stores what runs told: [{s: seq, t: trigger, k: lease token, e: event id, a: attempt, f: [[number, frame]]}].
      -- Answers their ids. Can be called again with the same.
      create function reflex.tell_runs(told jsonb) returns table (s bigint, t integer, k bigint, run_id bigint)
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      #variable_conflict use_column
      begin
        -- Nobody is promised these frames: they may be lost with the server's memory, and no disk is waited for.
        perform set_config('synchronous_commit', 'off', true);
        insert into reflex.run_streams (event_seq, trigger_id, lease_token, event_id, attempt)
        select r.s, r.t, r.k, r.e, r.a
          from jsonb_to_recordset(told) as r(s bigint, t integer, k bigint, e text, a smallint)
        on conflict do nothing;
        insert into reflex.run_frames (run_id, seq, frame)
        select st.run_id, (f.item ->> 0)::integer, f.item -> 1
          from jsonb_to_recordset(told) as r(s bigint, t integer, k bigint, f jsonb)
         cross join lateral (
           select st.run_id from reflex.run_streams st
            where st.event_seq = r.s and st.trigger_id = r.t and st.lease_token = r.k limit 1) st
         cross join lateral jsonb_array_elements(r.f) as f(item)
        on conflict do nothing;
        return query
          select r.s, r.t, r.k, st.run_id
            from jsonb_to_recordset(told) as r(s bigint, t integer, k bigint)
           cross join lateral (
             select st.run_id from reflex.run_streams st
              where st.event_seq = r.s and st.trigger_id = r.t and st.lease_token = r.k limit 1) st;
      end $$;

      -- Removes streams that began so long ago, unless their attempt is still at work. Answers how many.
      create function reflex.forget_streams(minutes float8, most integer) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        old bigint[];
      begin
        old := array(
          select st.run_id from reflex.run_streams st
           where st.started_at < now() - minutes * interval '1 minute'
             and not exists (select from reflex.deliveries d
                              where d.event_seq = st.event_seq and d.trigger_id = st.trigger_id
                                and d.lease_token = st.lease_token)
           order by st.started_at limit most);
        delete from reflex.run_frames f where f.run_id = any (old);
        delete from reflex.run_streams st where st.run_id = any (old);
        return cardinality(old);
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.forget_streams(float8, integer);
      drop function reflex.tell_runs(jsonb);
      drop table reflex.run_frames, reflex.run_streams;
    `);
  }
}
