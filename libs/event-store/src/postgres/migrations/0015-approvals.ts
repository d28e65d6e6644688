import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people have to agree to: calls of tools, and retries that an assistant wants. */
export class Approvals1763600000015 implements MigrationInterface {
  name = 'Approvals1763600000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- For one call (key, args_hash) of one delivery and replay. decisions: [{decision, by, why, at}]. requested_by: somebody who
      -- acts for himself, as no agent in a run does; with own_word he may agree to it as well.
      create table reflex.approvals (
        id bigint generated always as identity,
        event_seq bigint not null,
        trigger_id integer not null,
        replay integer not null,
        key text not null,
        event_id text not null,
        agent text not null,
        tool text not null,
        args_hash text not null,
        input json not null,
        people smallint not null,
        requested_by text,
        own_word boolean not null default false,
        status text not null default 'pending',
        decisions jsonb not null default '[]',
        requested_at timestamptz not null default now(),
        expires_at timestamptz not null,
        decided_at timestamptz,
        used_at timestamptz,
        constraint approvals_pkey primary key (id),
        constraint approvals_people check (people > 0),
        constraint approvals_status check (status in ('pending', 'approved', 'denied', 'expired', 'used')),
        constraint approvals_used check ((status = 'used') = (used_at is not null))
      );
      create index approvals_by_delivery on reflex.approvals (event_seq, trigger_id, replay, key);
      create index approvals_pending on reflex.approvals (id) where status = 'pending';
      create index approvals_by_age on reflex.approvals (requested_at);

      -- Asks, or answers what became of the same wish. A wish that was refused, or whose approval was used, may be made
      -- again: refusals hold until their time is up. continuing: the effect was begun with an approval that still holds.
      create function reflex.ask_people(seq bigint, owner integer, replay integer, wanted json)
      returns setof reflex.approvals
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      declare
        known reflex.approvals;
      begin
        select * into known from reflex.approvals a
         where a.event_seq = seq and a.trigger_id = owner and a.replay = ask_people.replay
           and a.key = wanted ->> 'key' and a.args_hash = wanted ->> 'args_hash'
         order by a.id desc
         limit 1
           for update;
        if found then
          if known.status in ('pending', 'approved') and known.expires_at <= now() then
            return query
            update reflex.approvals a set status = 'expired' where a.id = known.id returning a.*;
            return;
          end if;
          if known.status in ('pending', 'approved') or (known.status = 'denied' and known.expires_at > now())
             or (known.status = 'used' and (wanted ->> 'continuing')::boolean) then
            return next known;
            return;
          end if;
        end if;
        return query
        insert into reflex.approvals as a (event_seq, trigger_id, replay, key, event_id, agent, tool, args_hash, input,
                                           people, requested_by, own_word, expires_at)
        select seq, owner, ask_people.replay, w.key, w.event_id, w.agent, w.tool, w.args_hash, w.input, w.people,
               w.requested_by, coalesce(w.own_word, false), now() + w.within_ms * interval '1 millisecond'
          from json_to_record(wanted) as w(key text, event_id text, agent text, tool text, args_hash text, input json,
                                           people smallint, requested_by text, own_word boolean, within_ms float8)
        returning a.*;
      end $$;

      -- The wish of an agent in a run.
      create function reflex.request_approval(seq bigint, owner integer, token bigint, replay integer, wanted json)
      returns setof reflex.approvals
      language plpgsql as $$
      begin
        if not reflex.holds_lease(seq, owner, token) then return; end if;
        return query select * from reflex.ask_people(seq, owner, request_approval.replay, wanted);
      end $$;

      -- The wish to do something with a dead letter, which nobody has in work. Its lock keeps the same wish from being made twice.
      create function reflex.request_approval(letter uuid, wanted json) returns setof reflex.approvals
      language plpgsql as $$
      declare
        known reflex.dead_letters;
      begin
        select * into known from reflex.dead_letters l where l.id = letter for update;
        if not found then return; end if;
        return query
        select * from reflex.ask_people(known.event_seq, known.trigger_id, 0,
                                        (wanted::jsonb || jsonb_build_object('event_id', known.event_id))::json);
      end $$;

      -- Begins an effect and uses up its approval, both or neither.
      create function reflex.start_approved_effect(seq bigint, owner integer, token bigint, replay integer, begun json,
                                                   approval bigint)
      returns setof reflex.effects
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      begin
        return query select * from reflex.start_effect(seq, owner, token, start_approved_effect.replay, begun);
        if not found then return; end if;
        update reflex.approvals a set status = 'used', used_at = now()
         where a.id = approval and a.status = 'approved' and a.expires_at > now()
           and a.event_seq = seq and a.trigger_id = owner and a.replay = start_approved_effect.replay
           and a.key = begun ->> 'key' and a.args_hash = begun ->> 'args_hash';
        if not found then raise exception 'approval % does not hold', approval using errcode = 'RX003'; end if;
      end $$;

      -- Puts an effect on record that may not begin.
      create function reflex.refuse_effect(seq bigint, owner integer, token bigint, replay integer, begun json, refusal json)
      returns setof reflex.effects
      language plpgsql
      set enable_seqscan = off set jit = off as $$
      begin
        perform reflex.start_effect(seq, owner, token, refuse_effect.replay, begun);
        return query select * from reflex.finish_effect(seq, owner, token, refuse_effect.replay, begun ->> 'key',
          json_build_object('status', 'failed', 'error', refusal));
      end $$;

      -- A person's word. Whoever agrees twice counts once; one who denies is enough. Wakes the delivery when it is decided.
      create function reflex.decide_approval(approval bigint, said text, who text, reason text, out refusal text)
      language plpgsql as $$
      declare
        known reflex.approvals;
        agreed integer;
      begin
        select * into known from reflex.approvals a where a.id = approval for update;
        if not found then
          refusal := 'none';
        elsif known.status = 'expired' or (known.status in ('pending', 'approved') and known.expires_at <= now()) then
          refusal := 'expired';
        elsif known.status <> 'pending' then
          refusal := 'decided';
        elsif said = 'approved' and known.requested_by = who and not known.own_word then
          refusal := 'own_request';
        elsif exists (select from jsonb_array_elements(known.decisions) d where d ->> 'by' = who) and said = 'approved' then
          refusal := 'same_person';
        else
          agreed := jsonb_array_length(known.decisions) + 1;
          update reflex.approvals a
             set decisions = a.decisions || jsonb_build_object('decision', said, 'by', who, 'why', reason, 'at', now()),
                 status = case when said = 'denied' then 'denied' when agreed >= a.people then 'approved' else a.status end,
                 decided_at = case when said = 'denied' or agreed >= a.people then now() end
           where a.id = approval;
          if said = 'denied' or agreed >= known.people then perform reflex.wake(array['approval:' || approval]); end if;
        end if;
      end $$;

      -- Forgets the approvals of deliveries that are neither live nor dead letters.
      create function reflex.forget_approvals(keep_days integer, most integer) returns integer
      language plpgsql
      set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
      declare
        forgotten integer;
      begin
        delete from reflex.approvals a
         where a.ctid = any (array(
           select o.ctid from reflex.approvals o
            where o.requested_at < now() - make_interval(days => keep_days)
              and not exists (select from reflex.deliveries d where d.event_seq = o.event_seq and d.trigger_id = o.trigger_id)
              and not exists (select from reflex.dead_letters l where l.event_seq = o.event_seq and l.trigger_id = o.trigger_id)
            order by o.requested_at
            limit most));
        get diagnostics forgotten = row_count;
        return forgotten;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function reflex.forget_approvals(integer, integer);
      drop function reflex.decide_approval(bigint, text, text, text);
      drop function reflex.refuse_effect(bigint, integer, bigint, integer, json, json);
      drop function reflex.start_approved_effect(bigint, integer, bigint, integer, json, bigint);
      drop function reflex.request_approval(uuid, json);
      drop function reflex.request_approval(bigint, integer, bigint, integer, json);
      drop function reflex.ask_people(bigint, integer, integer, json);
      drop table reflex.approvals;
    `);
  }
}
