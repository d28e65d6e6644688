// $1 name, $2 milliseconds. The names of servers and keys that nobody uses any more go on the way.
export const PAUSE = `
  with forgotten as (
    delete from reflex.pauses where until < now() - interval '1 day' and name <> $1
  )
  insert into reflex.pauses as p (name, until)
  values ($1, now() + $2::float8 * interval '1 millisecond')
  on conflict (name) do update set until = greatest(p.until, excluded.until)`;

export const PAUSES = `
  select name, extract(epoch from until - now())::float8 * 1000 as left_ms
    from reflex.pauses
   where until > now()`;
