import { spawnSync } from 'node:child_process';

const TOOLS = ['bash', 'curl', 'jq'];
const absent = TOOLS.filter((tool) => spawnSync(tool, ['--version']).status !== 0);
const skips = absent.length > 0 && !process.env['CI'];
if (skips)
  process.stderr.write(`\n*** ${absent.join(', ')} not installed: the commands of guides ARE NOT TESTED ***\n\n`);

/** A test that runs the commands of a guide. Outside of CI it is left out, and says so, where a tool is absent. */
export const itWithTools = skips ? it.skip : it;
