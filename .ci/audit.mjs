// Fails when a package that runs in production has a known vulnerability of high or critical severity. Where the registry
// answers no audits (a mirror, no network), it says so and goes on: then nobody knows, and that is no reason to stop.
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

/** What a report of `npm audit --json` comes to. */
export function verdictOf(text) {
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    report = {};
  }
  const counts = report.metadata?.vulnerabilities;
  if (counts === undefined) return { ok: true, sentence: 'The registry answers no audit: it was left out.' };
  const grave = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) =>
    /^(high|critical)$/.test(severity),
  );
  if (grave.length === 0) return { ok: true, sentence: `No grave vulnerability, ${counts.total} in all.` };
  const names = grave.map(({ name, severity }) => `${name} (${severity})`).join(', ');
  return { ok: false, sentence: `Update ${names}: "npm audit" tells more.` };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
  const { ok, sentence } = verdictOf(stdout ?? '');
  console.log(sentence);
  process.exitCode = ok ? 0 : 1;
}
