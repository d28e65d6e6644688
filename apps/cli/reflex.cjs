#!/usr/bin/env node
// What `npx reflex` starts: the built command line, or its source where nothing was built.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const built = join(__dirname, '../../dist/apps/cli/main.js');
if (existsSync(built)) {
  require(built);
} else {
  process.env.SWC_NODE_PROJECT ??= join(__dirname, '../../tsconfig.json');
  require('@swc-node/register');
  require('./src/main.ts');
}
