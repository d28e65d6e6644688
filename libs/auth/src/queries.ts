/** All by `$n`; in the order in which a key lives. */

export const CREATE_KEY = `
  insert into reflex.api_keys (name, prefix, hash, scopes, expires_at)
  values ($1, $2, $3, $4, $5)
  returning id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at`;

// "Last used" is for people: once a minute is exact enough, and a busy key does not rewrite its row all the time.
export const FIND_KEY = `
  with used as (
    update reflex.api_keys
       set last_used_at = now()
     where prefix = $1
       and hash = $2
       and revoked_at is null
       and (last_used_at is null or last_used_at < now() - interval '1 minute')
  )
  select id, name, prefix, hash, scopes,
         extract(epoch from expires_at - now()) * 1000 as expires_in_ms
    from reflex.api_keys
   where prefix = $1
     and revoked_at is null
     and (expires_at is null or expires_at > now())`;

export const LIST_KEYS = `
  select id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at
    from reflex.api_keys
   order by created_at desc, id desc`;

export const COUNT_VALID_KEYS = `
  select count(*)::integer as count
    from reflex.api_keys
   where revoked_at is null
     and (expires_at is null or expires_at > now())`;

export const REVOKE_KEY = `
  update reflex.api_keys
     set revoked_at = now()
   where (id::text = $1 or prefix = $1)
     and revoked_at is null
  returning id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at`;

export const BEGIN_ACTION = `
  insert into reflex.audit (actor, action, target, reason, details)
  values ($1, $2, $3, $4, $5)
  returning id`;

export const END_ACTION = `
  update reflex.audit
     set outcome = $2, details = details || $3
   where id = $1`;

export const LIST_ACTIONS = `
  select id, at, actor, action, target, reason, outcome, details
    from reflex.audit
   where ($1::text is null or actor = $1)
     and ($2::text is null or action = $2)
     and ($3::text is null or target = $3)
     and ($4::bigint is null or id < $4)
   order by id desc
   limit $5`;
