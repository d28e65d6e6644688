// What people have to agree to.

/** $1 place in the log, $2 trigger, $3 lease token, $4 replay, $5 the wish. */
export const REQUEST_APPROVAL = `
  select a.id::text, a.status, a.people, a.decisions,
         greatest(0, extract(epoch from a.expires_at - now()) * 1000)::float8 as expires_in_ms
    from reflex.request_approval($1, $2, $3, $4, $5::json) a`;

/** $1 dead letter, $2 the wish. */
export const REQUEST_FOR_LETTER = `select a.id::text from reflex.request_approval($1::uuid, $2::json) a`;

/** $1 approval. */
export const USE_APPROVAL = `
  update reflex.approvals
     set status = 'used', used_at = now()
   where id = $1 and status = 'approved' and expires_at > now()
  returning id`;

// Nobody may have looked at it since its time was up.
const STATUS = `case when a.status in ('pending', 'approved') and a.expires_at <= now() then 'expired' else a.status end`;

const APPROVAL_COLUMNS = `
  a.id::text, ${STATUS} as status, a.people, a.decisions, t.name as trigger, a.event_id, a.agent, a.tool, a.args_hash,
  a.input, a.requested_by, a.requested_at, a.expires_at, a.decided_at, a.used_at`;

/** $1 status, $2 trigger, $3 tool, $4 the last id of the page before, $5 limit. */
export const LIST_APPROVALS = `
  select ${APPROVAL_COLUMNS}
    from reflex.approvals a
    join reflex.triggers t on t.id = a.trigger_id
   where ($1::text is null or ${STATUS} = $1)
     and ($2::text is null or t.name = $2)
     and ($3::text is null or a.tool = $3)
     and ($4::bigint is null or a.id < $4)
   order by a.id desc
   limit $5`;

export const FIND_APPROVAL = `
  select ${APPROVAL_COLUMNS}
    from reflex.approvals a
    join reflex.triggers t on t.id = a.trigger_id
   where a.id = $1`;

/** $1 approval, $2 decision, $3 who, $4 why. */
export const DECIDE_APPROVAL = `select reflex.decide_approval($1, $2, $3, $4) as refusal`;

/** $1 days, $2 limit. */
export const FORGET_APPROVALS = `select reflex.forget_approvals($1, $2) as count`;
