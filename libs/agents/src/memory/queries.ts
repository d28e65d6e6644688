// What agents remember, in the order in which a conversation goes.

/** $1 agent, $2 scope, $3 run, $4 place in the run. Newest first; what the run itself says from that place on is left out. */
export const RECALL = `
  select c.summary, c.summarized_to::text, m.id::text, m.role, m.content, m.tokens
    from (select $1::text as agent, $2::text as scope) w
    left join reflex.conversations c on c.agent = w.agent and c.scope = w.scope
    left join lateral (
      select m.* from reflex.conversation_messages m
       where m.agent = w.agent and m.scope = w.scope and m.id > coalesce(c.summarized_to, 0)
         and not (m.run = $3 and m.place >= $4)
       order by m.id desc
       limit 500) m on true
   order by m.id desc`;

/** $1 agent, $2 scope, $3 run, $4 place of the first, $5 roles, $6 contents, $7 tokens. */
export const SAY = `
  insert into reflex.conversation_messages (agent, scope, run, place, role, content, tokens)
  select $1, $2, $3, $4 + said.place, said.role, said.content, said.tokens
    from unnest($5::text[], $6::text[], $7::integer[]) with ordinality as said(role, content, tokens, place)
   order by said.place
  on conflict (agent, scope, run, place) do nothing`;

/** $1 agent, $2 scope, $3 summary, $4 the last message in it, $5 the last one in the summary before. */
export const CONDENSE = `
  insert into reflex.conversations as c (agent, scope, summary, summarized_to)
  values ($1, $2, $3, $4)
  on conflict (agent, scope) do update
     set summary = excluded.summary, summarized_to = excluded.summarized_to, updated_at = now()
   where c.summarized_to = $5`;

/** $1 agent, $2 scope, $3 how many stay. */
export const PRUNE = `
  delete from reflex.conversation_messages m
   where m.agent = $1 and m.scope = $2
     and m.id <= (select o.id from reflex.conversation_messages o
                   where o.agent = $1 and o.scope = $2 order by o.id desc offset $3 limit 1)`;

/** $1 scope, $2 agent or null for all. */
export const FORGET_SUMMARY = `delete from reflex.conversations where scope = $1 and ($2::text is null or agent = $2)`;

export const FORGET_MESSAGES = `
  delete from reflex.conversation_messages where scope = $1 and ($2::text is null or agent = $2)`;
