// $1 and $2 what a trigger and a source may have waiting, 0 for any number
export const BACKLOG = `select * from reflex.backlog($1, $2)`;

// $1 percent of the deliveries to look at
export const WAITING_SOURCES = `select * from reflex.waiting_sources($1)`;
