import type { MigrationInterface, QueryRunner } from 'typeorm';

/** History delivered again, paced and stoppable, by whichever process takes the next step. */
export class Replays1763600000011 implements MigrationInterface {
  name = 'Replays1763600000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- skipped: deliveries that were live already. place: how far the operation has come, {at, seq, trigger}, or {end}.
      alter table reflex.operations add column skipped integer not null default 0, add column place jsonb;

      -- The next step of a replay, in the order of the log: as many deliveries as the rate allows for a tenth of a second.
      -- Careful as retry_step is. Each delivery has effects of its own. Ticks of contexts are nobody's to replay.
      create function reflex.replay_step(operation uuid, out state text, out next_in_ms float8, out given_back integer)
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        op reflex.operations;
        pace float8;
        careful boolean;
        most integer;
        live integer;
        scan constant integer := 2000;
        since timestamptz;
        until timestamptz;
        after_seq bigint;
        after_trigger integer;
        types text[];
        names text[];
        chosen jsonb;
        taken integer := 0;
        next_place jsonb;
      begin
        given_back := 0;
        select * into op from reflex.operations o where o.id = operation for update skip locked;
        if not found then
          select o.status into state from reflex.operations o where o.id = operation;
          next_in_ms := 200;
          return;
        end if;
        state := op.status;
        if op.status <> 'running' then return; end if;
        next_in_ms := extract(epoch from op.next_at - now()) * 1000;
        if next_in_ms > 0 then return; end if;

        pace := (op.request ->> 'rate')::float8;
        careful := (op.request ->> 'stop_on_failure')::boolean;
        most := ceil(pace / 10);
        if careful then
          perform reflex.note_endings(operation);
          if exists (select from reflex.operation_items i where i.operation_id = operation and i.state = 'dead') then
            state := 'stopped';
            update reflex.operations o
               set status = state, ended_at = now(), reason = 'A delivery gave up; the rest was left alone.'
             where o.id = operation;
            return;
          end if;
          select count(*) into live from reflex.operation_items i where i.operation_id = operation and i.state = 'live';
          most := least(most, greatest(1, op.done - live) - live);
        end if;

        if op.place ? 'end' then
          perform reflex.note_endings(operation);
          if not exists (select from reflex.operation_items i where i.operation_id = operation and i.state = 'live') then
            state := 'done';
          end if;
          next_in_ms := 250;
        elsif most <= 0 then
          next_in_ms := 50;
        else
          select array_agg(p.pattern) into names from jsonb_array_elements_text(op.request -> 'triggers') as p(pattern);
          select array_agg(p.pattern) into types from jsonb_array_elements_text(op.request -> 'patterns') as p(pattern);
          since := coalesce(op.place ->> 'at', op.request ->> 'from')::timestamptz;
          until := (op.request ->> 'to')::timestamptz;
          after_seq := (op.place ->> 'seq')::bigint;
          after_trigger := (op.place ->> 'trigger')::integer;
          -- As in reflex.enqueue, so that what is live stays so until then.
          perform pg_advisory_xact_lock(hashtext('reflex.enqueue'));
          with range as materialized (
            select e from reflex.events e
             where e.received_at >= since and e.received_at < until
               and (after_seq is null or (e.received_at, e.seq) >= (since, after_seq))
               and (types is null or e.type like any (types))
               and e.type like any (array(
                 select unnest(t.patterns) from reflex.triggers t where t.active and t.name = any (names)))
               and e.source <> 'timer:context'
             order by e.received_at, e.seq
             limit scan
          ), due as materialized (
            select (r.e).seq, (r.e).received_at, t.id as trigger,
                   reflex.scope_of(t.scope, (r.e).source, (r.e).type, (r.e).payload) as scope, l.here is not null as live
              from range r
              join reflex.triggers t on t.active and t.name = any (names) and (r.e).type like any (t.patterns)
               and (t.match is null or (r.e).payload @> t.match)
              left join lateral (
                select 1 as here from reflex.deliveries d
                 where d.event_seq = (r.e).seq and d.trigger_id = t.id limit 1) l on true
             where after_seq is null
                or ((r.e).received_at, (r.e).seq, t.id) > (since, after_seq, after_trigger)
             order by (r.e).received_at, (r.e).seq, t.id
             limit most
          )
          select count(*),
                 jsonb_agg(jsonb_build_object(
                   'seq', d.seq, 'at', d.received_at, 'trigger', d.trigger, 'scope', d.scope)) filter (where not d.live),
                 case when count(*) = most
                      then (select jsonb_build_object('at', x.received_at, 'seq', x.seq, 'trigger', x.trigger)
                              from due x order by x.received_at desc, x.seq desc, x.trigger desc limit 1)
                      when (select count(*) from range) = scan
                      then (select jsonb_build_object('at', (x.e).received_at, 'seq', (x.e).seq, 'trigger', 2147483647)
                              from range x order by (x.e).received_at desc, (x.e).seq desc limit 1)
                      else '{"end": true}' end
            into taken, chosen, next_place
            from due d;
          if chosen is not null then
            insert into reflex.operation_items (operation_id, event_seq, trigger_id)
            select operation, c.seq, c.trigger from jsonb_to_recordset(chosen) as c(seq bigint, trigger integer)
            on conflict do nothing;
            given_back := reflex.enqueue_replay(chosen);
          end if;
          next_in_ms := 1000 * given_back / pace;
        end if;
        update reflex.operations o
           set done = o.done + given_back, skipped = o.skipped + taken - given_back, status = state,
               place = coalesce(next_place, o.place),
               next_at = now() + next_in_ms * interval '1 millisecond',
               ended_at = case when state = 'done' then now() end
         where o.id = operation;
      end $$;

      create function reflex.advance_operation(operation uuid, out state text, out next_in_ms float8, out given_back integer)
      language plpgsql as $$
      begin
        if exists (select from reflex.operations o where o.id = operation and o.kind = 'events.replay') then
          select s.* into state, next_in_ms, given_back from reflex.replay_step(operation) s;
        else
          select s.* into state, next_in_ms, given_back from reflex.retry_step(operation) s;
        end if;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.advance_operation(uuid);
      drop function reflex.replay_step(uuid);
      alter table reflex.operations drop column place, drop column skipped;
    `);
  }
}
