import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Dead letters by what is alike, edited, purged by filter, and given back many at a time, paced and stoppable. */
export class DeadLetters1763600000007 implements MigrationInterface {
  name = 'DeadLetters1763600000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What is left of a message without all that differs from one occurrence to the next.
      create function reflex.error_shape(message text) returns text language sql immutable parallel safe as $$
        select left(btrim(
          regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
            left(coalesce(message, ''), 2000),
            '"[^"]*"|\`[^\`]*\`|“[^”]*”|(?<![[:alnum:]])''[^'']*''(?![[:alnum:]])', '<text>', 'g'),
            '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '<id>', 'gi'),
            '\\d{4}-\\d\\d-\\d\\d([T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?(Z|[+-]\\d\\d:?\\d\\d)?)?', '<time>', 'g'),
            '\\m(0x[0-9a-f]+|(?=[0-9a-f]*[0-9])[0-9a-f]{8,}|[0-9a-f]{16,})\\M', '<id>', 'gi'),
            '(?<![-[:alnum:]_])\\d+([.,:]\\d+)*(?![-[:alnum:]_])', '<n>', 'g'),
            '[[:alnum:]_-]*\\d[[:alnum:]_-]*', '<id>', 'g'),
            '\\s+', ' ', 'g')), 300)
      $$;

      alter table reflex.dead_letters add column shape text, add column cluster text;

      create function reflex.shape_letter() returns trigger language plpgsql as $$
      begin
        new.shape := coalesce(new.error ->> 'code', 'error') || ': ' || reflex.error_shape(new.error ->> 'message');
        new.cluster := left(md5(new.trigger_id || ' ' || new.shape), 12);
        return new;
      end $$;
      create trigger dead_letters_shape before insert or update of error, trigger_id on reflex.dead_letters
        for each row execute function reflex.shape_letter();
      update reflex.dead_letters set error = error;
      alter table reflex.dead_letters alter column shape set not null, alter column cluster set not null;
      create index dead_letters_by_cluster on reflex.dead_letters (cluster, created_at, id);
      create index dead_letters_by_delivery on reflex.dead_letters (event_seq, trigger_id);

      -- The one meaning of a filter: {trigger, type, reason, cluster, from, to, text}, all of what is given.
      create function reflex.find_letters(filter jsonb) returns setof reflex.dead_letters language sql stable as $$
        select l.* from reflex.dead_letters l
         where (filter ->> 'trigger' is null
                or l.trigger_id = (select t.id from reflex.triggers t where t.name = filter ->> 'trigger'))
           and (filter ->> 'type' is null or l.event ->> 'type' = filter ->> 'type')
           and (filter ->> 'reason' is null or l.reason = filter ->> 'reason')
           and (filter ->> 'cluster' is null or l.cluster = filter ->> 'cluster')
           and l.created_at >= coalesce((filter ->> 'from')::timestamptz, '-infinity')
           and l.created_at < coalesce((filter ->> 'to')::timestamptz, 'infinity')
           and (filter ->> 'text' is null
                or strpos(lower((l.error ->> 'message') || ' ' || (l.event ->> 'payload')), lower(filter ->> 'text')) > 0)
      $$;

      -- Edited, while its delivery is live again by a replay, without the edit. To give it back now would lose the edit, and
      -- the live one cannot take it: it may stand in the lane of another scope.
      create function reflex.is_held_back(l reflex.dead_letters) returns boolean
      language plpgsql stable
      set enable_seqscan = off as $$
      begin
        return l.event ? 'edits' and exists (
          select from reflex.deliveries d where d.event_seq = l.event_seq and d.trigger_id = l.trigger_id);
      end $$;

      -- Deletes what the filter finds, if it finds as many as expected; otherwise nothing.
      create function reflex.purge_letters(filter jsonb, expected integer, out matching integer, out deleted integer)
      language plpgsql as $$
      declare
        doomed uuid[];
      begin
        select coalesce(array_agg(l.id), '{}') into doomed from reflex.find_letters(filter) l;
        matching := cardinality(doomed);
        deleted := 0;
        if matching = expected then
          delete from reflex.dead_letters l where l.id = any (doomed);
          get diagnostics deleted = row_count;
        end if;
      end $$;

      -- Work of an operator that takes a while. Any process may take the next step; the row's lock lets one at a time.
      create table reflex.operations (
        id uuid not null default gen_random_uuid(),
        kind text not null,
        status text not null default 'running',
        actor text not null,
        request jsonb not null,
        total integer not null,
        done integer not null default 0,
        reason text,
        next_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        ended_at timestamptz,
        constraint operations_pkey primary key (id),
        constraint operations_status check (status in ('running', 'done', 'stopped')),
        constraint operations_ended check ((status = 'running') = (ended_at is null))
      );
      create index operations_running on reflex.operations (next_at) where status = 'running';
      create index operations_by_age on reflex.operations (created_at, id);

      -- The deliveries that an operation gave back. live: not ended yet · ended: left the queue · dead: gave up again.
      create table reflex.operation_items (
        operation_id uuid not null,
        event_seq bigint not null,
        trigger_id integer not null,
        state text not null default 'live',
        constraint operation_items_pkey primary key (operation_id, event_seq, trigger_id),
        constraint operation_items_state check (state in ('live', 'ended', 'dead'))
      );
      create index operation_items_open on reflex.operation_items (operation_id) where state <> 'ended';

      -- Looks how the deliveries of an operation ended.
      create function reflex.note_endings(operation uuid) returns void
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      begin
        update reflex.operation_items i
           set state = case when l.dead then 'dead' else 'ended' end
          from reflex.operations o
         cross join lateral (
           select p.event_seq, p.trigger_id, exists (
                    select from reflex.dead_letters d
                     where d.event_seq = p.event_seq and d.trigger_id = p.trigger_id and d.created_at >= o.created_at) as dead
             from reflex.operation_items p
            where p.operation_id = o.id and p.state = 'live'
              and not exists (select from reflex.deliveries d
                               where d.event_seq = p.event_seq and d.trigger_id = p.trigger_id)) l
         where o.id = operation and i.operation_id = o.id and i.event_seq = l.event_seq and i.trigger_id = l.trigger_id;
      end $$;

      -- The next step of giving dead letters back, oldest first: as many as the rate allows for a tenth of a second.
      -- With stop_on_failure the first goes alone, then as many may be under way as have succeeded, and the first that
      -- gives up again ends it. Letters that died after the beginning are not taken again. Answers what to do next.
      create function reflex.retry_step(operation uuid, out state text, out next_in_ms float8, out given_back integer)
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        op reflex.operations;
        pace float8;
        careful boolean;
        most integer;
        live integer;
        ended integer;
        letters uuid[];
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
        if careful then perform reflex.note_endings(operation); end if;
        if careful and exists (select from reflex.operation_items i
                                where i.operation_id = operation and i.state = 'dead') then
          state := 'stopped';
          update reflex.operations o
             set status = state, ended_at = now(), reason = 'A delivery gave up again; the rest was left alone.'
           where o.id = operation;
          return;
        end if;

        select count(*) into live from reflex.operation_items i where i.operation_id = operation and i.state = 'live';
        most := least(ceil(pace / 10), op.total - op.done);
        if careful then
          ended := op.done - live;
          most := least(most, greatest(1, ended) - live);
        end if;
        select array_agg(l.id) into letters
          from (select l.id from reflex.dead_letters l
                 where l.id in (select f.id from reflex.find_letters(op.request -> 'filter') f
                                 where f.created_at < op.created_at and not reflex.is_held_back(f)
                                 order by f.created_at, f.id
                                 limit greatest(most, 0))
                 order by l.created_at, l.id
                   for update) l;
        if letters is not null then
          insert into reflex.operation_items (operation_id, event_seq, trigger_id)
          select distinct operation, l.event_seq, l.trigger_id from reflex.dead_letters l where l.id = any (letters)
          on conflict do nothing;
          perform reflex.redrive(letters);
          given_back := cardinality(letters);
          next_in_ms := 1000 * given_back / pace;
        elsif op.done < op.total and exists (
            select from reflex.find_letters(op.request -> 'filter') f where f.created_at < op.created_at) then
          next_in_ms := 50;
        else
          -- Nothing is left to give back.
          perform reflex.note_endings(operation);
          if not exists (select from reflex.operation_items i where i.operation_id = operation and i.state = 'live') then
            state := 'done';
          end if;
          next_in_ms := 250;
        end if;
        update reflex.operations o
           set done = o.done + given_back, status = state,
               next_at = now() + next_in_ms * interval '1 millisecond',
               ended_at = case when state = 'done' then now() end
         where o.id = operation;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.retry_step(uuid);
      drop function reflex.note_endings(uuid);
      drop table reflex.operation_items, reflex.operations;
      drop function reflex.purge_letters(jsonb, integer);
      drop function reflex.is_held_back(reflex.dead_letters);
      drop function reflex.find_letters(jsonb);
      drop trigger dead_letters_shape on reflex.dead_letters;
      drop function reflex.shape_letter();
      drop index reflex.dead_letters_by_delivery, reflex.dead_letters_by_cluster;
      alter table reflex.dead_letters drop column shape, drop column cluster;
      drop function reflex.error_shape(text);
    `);
  }
}
