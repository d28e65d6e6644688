import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagramsIn, drawingsOf } from './diagrams';
import { writtenPages } from './reference/source-pages';

const DOCS = join(__dirname, '..');
const DRAWER = '@mermaid-js/mermaid-cli@12.2.0';
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'];
const THEMES = { light: 'neutral', dark: 'dark' };

/** Draws the diagrams of the pages that have no drawing yet, and removes drawings that no page has any more. */
function main(): void {
  const wanted = writtenPages(DOCS).flatMap((page) => diagramsIn(readFileSync(join(DOCS, page), 'utf8')));
  const folder = join(DOCS, 'public', 'diagrams');
  mkdirSync(folder, { recursive: true });
  const kept = new Set(wanted.flatMap((diagram) => Object.values(drawingsOf(diagram))));
  for (const file of readdirSync(folder)) if (!kept.has(`diagrams/${file}`)) rmSync(join(folder, file));
  const missing = wanted.filter((diagram) => !existsSync(join(DOCS, 'public', drawingsOf(diagram).light)));
  for (const diagram of missing) draw(diagram);
  process.stdout.write(`${missing.length} of ${wanted.length} diagrams were drawn anew.\n`);
}

function draw(diagram: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'reflex-diagram-'));
  const input = join(folder, 'diagram.mmd');
  const browser = join(folder, 'browser.json');
  writeFileSync(input, diagram);
  writeFileSync(browser, JSON.stringify({ executablePath: BROWSERS.find(existsSync), args: ['--no-sandbox'] }));
  // It comes with a browser of its own, which is left where it is.
  const env = { ...process.env, PUPPETEER_SKIP_DOWNLOAD: 'true' };
  for (const [appearance, theme] of Object.entries(THEMES)) {
    const output = join(DOCS, 'public', drawingsOf(diagram)[appearance as keyof typeof THEMES]);
    const options = ['--input', input, '--output', output, '--theme', theme, '--backgroundColor', 'transparent'];
    execFileSync('npx', ['--yes', DRAWER, ...options, '--puppeteerConfigFile', browser], { env, stdio: 'inherit' });
  }
  rmSync(folder, { recursive: true });
}

main();
