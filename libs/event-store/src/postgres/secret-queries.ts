/** $1 name, $2 id of the master key, $3 wrapped data key, $4 sealed value, $5 by whom, $6 most secrets. No row: there are too many. */
export const SET_SECRET = `
  insert into reflex.secrets as s (name, key_id, wrapped_key, sealed, updated_by)
  select $1::text, $2::text, $3::bytea, $4::bytea, $5::text
   where (select count(*) from reflex.secrets where name <> $1) < $6
  on conflict (name) do update
     set key_id = excluded.key_id, wrapped_key = excluded.wrapped_key, sealed = excluded.sealed,
         updated_at = now(), updated_by = excluded.updated_by
  returning *`;

export const SECRETS = `
  select *
    from reflex.secrets
   order by name`;

/** $1 name. */
export const DELETE_SECRET = `
  delete from reflex.secrets
   where name = $1
  returning name`;

/** $1 name, $2 id of the new master key, $3 data key wrapped by it, $4 as it was wrapped: one that was set meanwhile stays. */
export const REWRAP_SECRET = `
  update reflex.secrets
     set key_id = $2, wrapped_key = $3
   where name = $1 and wrapped_key = $4
  returning name`;
