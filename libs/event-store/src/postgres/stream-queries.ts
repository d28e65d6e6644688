/** What runs tell: written, read, forgotten. */

export const TELL_RUNS = `select s::text, t, k::text, run_id::text from reflex.tell_runs($1::jsonb)`;

// $1 runs, $2 the last frame that was read of each, $3 most frames of one run
export const READ_STREAMS = `
  select st.run_id::text, st.event_id, t.name as trigger, st.attempt, coalesce(f.frames, '[]') as frames,
         exists (select from reflex.deliveries d
                  where d.event_seq = st.event_seq and d.trigger_id = st.trigger_id and d.lease_token = st.lease_token) as live
    from unnest($1::bigint[], $2::integer[]) with ordinality as p(run_id, after, place)
   cross join lateral (select * from reflex.run_streams s where s.run_id = p.run_id limit 1) st
   cross join lateral (select w.name from reflex.triggers w where w.id = st.trigger_id limit 1) t
    left join lateral (
      select jsonb_agg(jsonb_build_object('seq', r.seq, 'frame', r.frame) order by r.seq) as frames
        from (select r.seq, r.frame from reflex.run_frames r
               where r.run_id = p.run_id and r.seq > p.after
               order by r.seq limit $3) r) f on true
   order by p.place`;

export const STREAMS_OF_EVENT = `
  select s.run_id::text, s.event_id from reflex.run_streams s where s.event_id = $1 order by s.run_id limit 1000`;

export const FORGET_STREAMS = `select reflex.forget_streams($1, $2) as count`;
