// Dead letters and what operators do with many of them. `reflex.find_letters` says what a filter means.

const LETTER_COLUMNS = `
  l.id, t.name as trigger, l.scope, l.reason, l.error, l.attempts, l.history, l.event, l.cluster, l.created_at,
  (extract(epoch from l.created_at) * 1000000)::bigint::text as micros`;

/** $1 filter, $2 and $3 the last row of the page before, $4 limit. */
export const LIST_DEAD_LETTERS = `
  select ${LETTER_COLUMNS}
    from reflex.find_letters($1::jsonb) l
    join reflex.triggers t on t.id = l.trigger_id
   where ($2::bigint is null or
          (l.created_at, l.id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::uuid))
   order by l.created_at desc, l.id desc
   limit $4`;

export const COUNT_DEAD_LETTERS = `
  select count(*)::int as count from (select from reflex.find_letters($1::jsonb) limit 10000) l`;

/** $1 filter, $2 limit. */
export const CLUSTER_DEAD_LETTERS = `
  select c.*, t.name as trigger
    from (select l.cluster, l.trigger_id, l.shape, count(*)::int as count,
                 min(l.created_at) as first_at, max(l.created_at) as last_at,
                 (array_agg(l.id order by l.created_at desc, l.id desc))[1] as sample_id,
                 (array_agg(left(l.error ->> 'message', 1000) order by l.created_at desc, l.id desc))[1] as sample_message
            from reflex.find_letters($1::jsonb) l
           group by l.cluster, l.trigger_id, l.shape
           order by count desc, last_at desc
           limit $2) c
    join reflex.triggers t on t.id = c.trigger_id
   order by c.count desc, c.last_at desc`;

/** $1 id of an event, $2 the same when it can be a dead letter's. */
export const FIND_DEAD_LETTERS = `
  select ${LETTER_COLUMNS}
    from reflex.dead_letters l
    join reflex.triggers t on t.id = l.trigger_id
   where l.event_id = $1 or l.id = $2::uuid
   order by l.created_at, l.id`;

/** $1 dead letter, $2 payload, $3 who. The payload may put it into another scope. */
export const EDIT_DEAD_LETTER = `
  update reflex.dead_letters l
     set scope = reflex.scope_of(t.scope, l.event ->> 'source', l.event ->> 'type', $2::jsonb),
         event = l.event || jsonb_build_object(
           'payload', $2::jsonb,
           'edits', coalesce(l.event -> 'edits', '[]') ||
                    jsonb_build_object('at', now(), 'by', $3::text, 'payload', l.event -> 'payload'))
    from reflex.triggers t
   where l.id = $1::uuid and t.id = l.trigger_id
  returning ${LETTER_COLUMNS}`;

export const REDRIVE = `select reflex.redrive($1::uuid[]) as count`;

export const DELETE_DEAD_LETTERS = `delete from reflex.dead_letters where id = any ($1::uuid[])`;

export const PURGE_DEAD_LETTERS = `select matching as found, deleted from reflex.purge_letters($1::jsonb, $2)`;
