import 'reflect-metadata';
import { styleText } from 'node:util';
import { Chatter } from './chatter';
import { check } from './checks';
import { type DemoService, startDemoService } from './demo-service';
import { sendOddities } from './feed';
import { findOut } from './findings';
import { interruption } from './interruption';
import { Ledger } from './ledger';
import { lookFurther } from './look-further';
import { rushAndCalm } from './rush';
import { showProgress, type Progress } from './progress';
import { report, verdict } from './report';

/** What is not done by then is told, and counts as failed. */
const MOST_MS = 55_000;
/** If even that does not end it. */
const STUCK_MS = 75_000;

const keep = process.argv.includes('--keep');

/** Answers the exit code. */
async function main(): Promise<number> {
  const startedAt = performance.now();
  const interrupted = interruption().then(() => 130);
  say(`${styleText('bold', 'Reflex demo')}: starts the real service, feeds it, and tells what became of it.\n`);
  const service = await startDemoService();
  const watchdog = setTimeout(() => giveUp(service), STUCK_MS);
  const progress = showProgress(process.stdout);
  try {
    introduce(service, performance.now() - startedAt);
    const code = await Promise.race([play(service, progress, startedAt + MOST_MS), interrupted]);
    clearTimeout(watchdog);
    if (!keep || code === 130) return code;
    say('The service stays up: try the lines above in another terminal. Ctrl-C stops it.\n');
    await interrupted;
    return code;
  } finally {
    clearTimeout(watchdog);
    progress.stop();
    await service.stop();
    say(`Stopped; nothing is left behind. It took ${seconds(performance.now() - startedAt)}.\n`);
  }
}

async function play(service: DemoService, progress: Progress, until: number): Promise<number> {
  const ledger = new Ledger();
  const chatter = await Chatter.connect(service.url);
  try {
    await rushAndCalm(service, ledger, chatter, progress, until);
    await sendOddities(service, ledger);

    const { slack, tickets } = service;
    const evidence = { ledger, findings: await findOut(service.api), chatter, slack, tickets };
    const checks = check(evidence);
    progress.stop();
    say(report(evidence, service));
    say(verdict(checks));
    say(lookFurther(keep ? service.url : 'http://localhost:8000', keep));
    return checks.every(({ ok }) => ok) ? 0 : 1;
  } finally {
    await chatter.close();
  }
}

function introduce({ url, folder, slack, tickets }: DemoService, tookMs: number): void {
  say(`  Service     ${url}, ready after ${seconds(tookMs)}\n`);
  say(`  Database    embedded PostgreSQL 18 in ${folder}, removed at the end\n`);
  say(`  Model       offline:rules, works without a key and a network\n`);
  say(`  Receivers   ${slack.url} plays Slack, ${tickets.url} the ticket system\n\n`);
}

function giveUp(service: DemoService): void {
  say('The demo is stuck and ends now. Run it again; if it stays so, run "npm test" to see what is broken.\n');
  setTimeout(() => process.exit(1), 5_000).unref();
  void service.stop().finally(() => process.exit(1));
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function say(text: string): void {
  process.stdout.write(text);
}

async function run(): Promise<void> {
  try {
    const code = await main();
    process.exitCode = code;
    // Interrupted, what was under way still waits for answers of a service that is gone.
    if (code === 130) process.exit();
  } catch (error) {
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}

void run();
