import { cpus, totalmem } from 'node:os';
import type { Client } from 'pg';

export interface Machine {
  cpu: string;
  cores: number;
  memory: string;
  node: string;
  postgres: string;
  redis: string | null;
  date: string;
}

export async function describeMachine(admin: Client, redis: string | null): Promise<Machine> {
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    postgres: rows[0]!.server_version,
    redis,
    date: new Date().toISOString(),
  };
}
