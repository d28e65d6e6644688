import { Access1763600100001 } from './0001-access';

/** In order; never edited once released. Give them to the module that connects to the database. */
export const AUTH_MIGRATIONS = [Access1763600100001];
