import 'reflect-metadata';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readSettings } from '../../../apps/api/src/config';
import { asyncApiOf, openApiOf } from '../../../apps/api/src/explorer/api-explorer';
import { startService } from '../../../apps/api/src/service';
import { CliModule } from '../../../apps/cli/src/cli.module';
import { referencePages } from './reference-pages';

const ROOT = join(__dirname, '..', '..', '..');

/** Writes `docs/reference`, from a service that runs for a moment, the command line, and the code of the libs. */
async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'reflex-reference-'));
  // Root runs PostgreSQL as another user, who must get through.
  await chmod(folder, 0o755);
  const settings = readSettings({ API_PORT: '0', LOG_LEVEL: 'silent', REFLEX_DATA_DIR: folder });
  const service = await startService(settings);
  try {
    const documents = { openApi: openApiOf(service.app), asyncApi: asyncApiOf(service.app, 'localhost:8000') };
    const pages = await referencePages(ROOT, documents, CliModule);
    await rm(join(ROOT, 'docs', 'reference'), { recursive: true, force: true });
    for (const { path, text } of pages) {
      const file = join(ROOT, 'docs', `${path}.md`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${text}\n`);
    }
    process.stdout.write(`${pages.length} pages written to docs/reference.\n`);
  } finally {
    await service.stop();
    await rm(folder, { recursive: true });
  }
}

void main();
