// What deliveries did outside of the database.

const LEDGER_COLUMNS = `
  e.id::text, e.key, e.kind, e.name, e.effect, e.args_hash, e.input, e.status, e.result, e.error, e.attempt, e.started_at`;

/** $1 place in the log, $2 trigger. At least one row: the number of the replay. */
export const LOAD_EFFECTS = `
  select n.number, ${LEDGER_COLUMNS}
    from (select coalesce(max(r.number), 0) as number from reflex.replays r where r.event_seq = $1 and r.trigger_id = $2) n
    left join lateral (
      select * from reflex.effects e where e.event_seq = $1 and e.trigger_id = $2 and e.replay = n.number) e on true
   order by e.id`;

/** $1 place in the log, $2 trigger, $3 lease token, $4 replay, $5 the effect. */
export const START_EFFECT = `select ${LEDGER_COLUMNS} from reflex.start_effect($1, $2, $3, $4, $5::json) e`;

/** The same; $6 the approval that it uses up. */
export const START_APPROVED_EFFECT = `
  select ${LEDGER_COLUMNS} from reflex.start_approved_effect($1, $2, $3, $4, $5::json, $6) e`;

/** The same; $6 why it may not begin. */
export const REFUSE_EFFECT = `select ${LEDGER_COLUMNS} from reflex.refuse_effect($1, $2, $3, $4, $5::json, $6::json) e`;

/** $1 place in the log, $2 trigger, $3 lease token, $4 replay, $5 key, $6 the end. */
export const FINISH_EFFECT = `select ${LEDGER_COLUMNS} from reflex.finish_effect($1, $2, $3, $4, $5, $6::json) e`;

const EFFECT_COLUMNS = `
  ${LEDGER_COLUMNS}, t.name as trigger, e.event_id, e.replay, e.tries, e.ended_at, e.model, e.input_tokens,
  e.output_tokens, e.usd::float8, e.resolution`;

/** $1 status, $2 kind, $3 trigger, $4 event, $5 the last id of the page before, $6 limit. */
export const LIST_EFFECTS = `
  select ${EFFECT_COLUMNS}
    from reflex.effects e
    join reflex.triggers t on t.id = e.trigger_id
   where ($1::text is null or e.status = $1)
     and ($2::text is null or e.kind = $2)
     and ($3::text is null or e.trigger_id = (select w.id from reflex.triggers w where w.name = $3))
     and ($4::text is null or e.event_seq in (
           select x.seq from reflex.events x where x.id = $4
           union select l.event_seq from reflex.dead_letters l where l.event_id = $4))
     and ($5::bigint is null or e.id < $5)
   order by e.id desc
   limit $6`;

export const FIND_EFFECT = `
  select ${EFFECT_COLUMNS}
    from reflex.effects e
    join reflex.triggers t on t.id = e.trigger_id
   where e.id = $1`;

/** $1 dead letter. */
export const EFFECTS_OF_LETTER = `
  select ${EFFECT_COLUMNS}
    from reflex.dead_letters l
   cross join lateral (
     select coalesce(max(r.number), 0) as number from reflex.replays r
      where r.event_seq = l.event_seq and r.trigger_id = l.trigger_id) n
    join reflex.effects e on e.event_seq = l.event_seq and e.trigger_id = l.trigger_id and e.replay = n.number
    join reflex.triggers t on t.id = e.trigger_id
   where l.id = $1::uuid
   order by e.id`;

/** $1 effect, $2 status, $3 result, $4 resolution, $5 what the parked delivery waits for. */
export const RESOLVE_EFFECT = `
  with resolved as (
    update reflex.effects e
       set status = $2, result = $3::json, resolution = $4::jsonb, ended_at = now()
     where e.id = $1 and e.status = 'unknown'
    returning e.*
  ), woken as (
    select reflex.wake(array[$5::text]) from resolved
  )
  select ${EFFECT_COLUMNS}
    from resolved e
   cross join woken
    join reflex.triggers t on t.id = e.trigger_id`;

/** $1 days, $2 limit. */
export const FORGET_EFFECTS = `select reflex.forget_effects($1, $2) as count`;
