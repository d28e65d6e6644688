import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Deliveries that wait for an event. The log is the truth: whoever waits looks at it, and publishing tells those who wait.
 */
export class Waits1763600000014 implements MigrationInterface {
  name = 'Waits1763600000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create function reflex.replay_of(seq bigint, owner integer) returns integer
      language sql stable
      set enable_seqscan = off as $$
        select coalesce((select r.number from reflex.replays r where r.event_seq = seq and r.trigger_id = owner), 0)
      $$;

      -- What deliveries wait for: an event of the type that has the fields of match, or without one the same correlation.
      -- paths and key: the part of it that an index can answer. seen_until: publishers that began later saw this row; of
      -- the others, what was received by then is looked for in the log, until they must have committed.
      create table reflex.waits (
        event_seq bigint not null,
        trigger_id integer not null,
        replay integer not null,
        name text not null,
        type text not null,
        paths text[] not null,
        key text not null,
        match jsonb,
        taken text[] not null,
        event_at timestamptz not null,
        deadline timestamptz,
        registered_at timestamptz not null default clock_timestamp(),
        seen_until timestamptz,
        look_at timestamptz,
        constraint waits_pkey primary key (event_seq, trigger_id, replay, name)
      );
      create index waits_by_key on reflex.waits (type, paths, key);
      create index waits_to_look on reflex.waits (look_at) where look_at is not null;

      -- The paths by which somebody has ever waited for a type: publishing an event of another type costs nothing.
      create table reflex.wait_shapes (
        type text not null,
        paths text[] not null,
        constraint wait_shapes_pkey primary key (type, paths)
      );

      -- What arrived. Rows are only inserted, so that publishers wait neither for each other nor for those who wait.
      create table reflex.wait_matches (
        event_seq bigint not null,
        trigger_id integer not null,
        replay integer not null,
        name text not null,
        match_seq bigint not null,
        event jsonb not null,
        constraint wait_matches_pkey primary key (event_seq, trigger_id, replay, name, match_seq)
      );

      create function reflex.wait_key(paths text[], correlation text, payload jsonb) returns text
      language sql immutable as $$
        select case paths when '{@correlation}' then correlation when '{}' then '' else reflex.scope_of(paths, '', '', payload) end
      $$;

      -- Notes what a delivery waits for, unless it is noted already. It must be committed before the first look.
      create function reflex.open_wait(seq bigint, owner integer, which integer, the_name text, wanted jsonb) returns void
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      declare
        w record;
        the_paths text[];
      begin
        select * into w from jsonb_to_record(wanted)
          as w(type text, match jsonb, correlation text, taken text[], event_at timestamptz, timeout float8);
        the_paths := case
          when w.match is null then array['@correlation']
          else array(select f.key from jsonb_each(w.match) f
                      where jsonb_typeof(f.value) in ('string', 'number', 'boolean') and f.key !~ '^(source|type|[*])$|[.]'
                      order by f.key) end;
        insert into reflex.wait_shapes (type, paths) values (w.type, the_paths) on conflict do nothing;
        insert into reflex.waits (event_seq, trigger_id, replay, name, type, paths, key, match, taken, event_at, deadline, look_at)
        values (seq, owner, which, the_name, w.type, the_paths,
                reflex.wait_key(the_paths, w.correlation, coalesce(w.match, '{}')), w.match, w.taken, w.event_at,
                clock_timestamp() + w.timeout * interval '1 millisecond', clock_timestamp() + interval '200 milliseconds')
        on conflict do nothing;
      end $$;

      -- What came to the log before those who publish could see the wait, the first of it. No further back than a day.
      create function reflex.straggler(w reflex.waits, taken text[]) returns jsonb
      language plpgsql stable
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off set jit = off as $$
      declare
        found jsonb;
      begin
        select reflex.envelope(e) into found
          from reflex.events e
         where e.type = w.type
           and e.received_at >= greatest(w.event_at - interval '10 minutes', w.registered_at - interval '1 day')
           and e.received_at <= w.seen_until and e.seq > w.event_seq
           and (w.match is null or e.payload @> w.match) and (w.match is not null or e.correlation_id = w.key)
           and e.id <> all (w.taken) and e.id <> all (taken)
         order by e.received_at, e.seq
         limit 1;
        return found;
      end $$;

      -- The event that a delivery waits for, if it has come, and how long it may still take; null for ever.
      create function reflex.look_for(seq bigint, owner integer, which integer, the_name text, taken text[],
                                      out event jsonb, out left_ms float8)
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      declare
        w reflex.waits;
      begin
        update reflex.waits x set seen_until = coalesce(x.seen_until, clock_timestamp())
         where x.event_seq = seq and x.trigger_id = owner and x.replay = which and x.name = the_name
        returning x.* into strict w;
        select m.event into event from reflex.wait_matches m
         where m.event_seq = seq and m.trigger_id = owner and m.replay = which and m.name = the_name
           and m.event ->> 'id' <> all (taken)
         order by m.match_seq
         limit 1;
        event := coalesce(event, reflex.straggler(w, taken));
        left_ms := extract(epoch from w.deadline - clock_timestamp()) * 1000;
      end $$;

      create function reflex.close_wait(seq bigint, owner integer, which integer, the_name text) returns void
      language plpgsql
      set enable_seqscan = off as $$
      begin
        delete from reflex.waits w
         where w.event_seq = seq and w.trigger_id = owner and w.replay = which and w.name = the_name;
        delete from reflex.wait_matches m
         where m.event_seq = seq and m.trigger_id = owner and m.replay = which and m.name = the_name;
      end $$;

      -- Tells those who wait for one of the events that are being published. Answers {0}, which stands for no trigger, when
      -- there was one.
      create function reflex.meet_waits(ids text[], types text[], correlations text[], payloads jsonb[]) returns integer[]
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        seqs bigint[];
        owners integer[];
      begin
        with met as (
          select i.id, w.event_seq, w.trigger_id, w.replay, w.name
            from unnest(ids, types, correlations, payloads) as i(id, type, corr, payload)
           cross join lateral (select s.paths from reflex.wait_shapes s where s.type = i.type) s
           cross join lateral (
             select * from reflex.waits w
              where w.type = i.type and w.paths = s.paths and w.key = reflex.wait_key(s.paths, i.corr, i.payload)) w
           where (w.match is null or i.payload @> w.match) and i.id <> all (w.taken)
             -- More than one, since another wait of the delivery may take the first.
             and (select count(*) from reflex.wait_matches m
                   where m.event_seq = w.event_seq and m.trigger_id = w.trigger_id and m.replay = w.replay
                     and m.name = w.name) < 100
        ), told as (
          insert into reflex.wait_matches (event_seq, trigger_id, replay, name, match_seq, event)
          select m.event_seq, m.trigger_id, m.replay, m.name, e.seq, reflex.envelope(e.e)
            from met m
           cross join lateral (
             select e.seq, e from reflex.events e where e.received_at = now() and e.id = m.id limit 1) e
          returning event_seq, trigger_id
        )
        select array_agg(t.event_seq), array_agg(t.trigger_id) into seqs, owners from told t;
        if seqs is null then return '{}'; end if;
        perform reflex.wake('{}', seqs, owners);
        return '{0}';
      end $$;

      -- Looks in the log for those who wait, at ages that double: an event whose publisher took long is found in at most
      -- twice that time. Answers how many were met, and when to look again.
      create function reflex.watch_waits(most integer, out met integer, out next_in_ms float8)
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      declare
        w reflex.waits;
      begin
        met := 0;
        for w in
          select * from reflex.waits x where x.look_at <= clock_timestamp() order by x.look_at limit most
             for update skip locked
        loop
          w.seen_until := coalesce(w.seen_until, clock_timestamp());
          w.look_at := null;
          if reflex.straggler(w, '{}') is not null then
            perform reflex.wake('{}', array[w.event_seq], array[w.trigger_id]);
            met := met + 1;
          elsif clock_timestamp() - w.registered_at < interval '7 days' then
            w.look_at := clock_timestamp() + (clock_timestamp() - w.registered_at);
          end if;
          update reflex.waits x set seen_until = w.seen_until, look_at = w.look_at
           where x.event_seq = w.event_seq and x.trigger_id = w.trigger_id and x.replay = w.replay and x.name = w.name;
        end loop;
        select extract(epoch from min(x.look_at) - clock_timestamp()) * 1000 into next_in_ms
          from reflex.waits x where x.look_at is not null;
      end $$;

      -- Removes what deliveries waited for that are not live any more. Answers how many.
      create function reflex.forget_waits(most integer) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        gone record;
        forgotten integer := 0;
      begin
        for gone in
          select w.event_seq, w.trigger_id, w.replay, w.name from reflex.waits w
           where not exists (
             select from reflex.deliveries d where d.event_seq = w.event_seq and d.trigger_id = w.trigger_id)
           limit most
        loop
          perform reflex.close_wait(gone.event_seq, gone.trigger_id, gone.replay, gone.name);
          forgotten := forgotten + 1;
        end loop;
        return forgotten;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.forget_waits(integer);
      drop function reflex.watch_waits(integer);
      drop function reflex.meet_waits(text[], text[], text[], jsonb[]);
      drop function reflex.close_wait(bigint, integer, integer, text);
      drop function reflex.look_for(bigint, integer, integer, text, text[]);
      drop function reflex.straggler(reflex.waits, text[]);
      drop function reflex.open_wait(bigint, integer, integer, text, jsonb);
      drop function reflex.wait_key(text[], text, jsonb);
      drop table reflex.wait_matches, reflex.wait_shapes, reflex.waits;
      drop function reflex.replay_of(bigint, integer);
    `);
  }
}
