#!/usr/bin/env node
// What `npx reflex` starts: the built command line, or its source where nothing was built.
const { existsSync } = require('node:fs');
const path = require('node:path');

const built = path.join(__dirname, '../../dist/apps/cli/main.js');
if (existsSync(built)) {
  require(built);
} else {
  process.env.SWC_NODE_PROJECT ??= path.join(__dirname, '../../tsconfig.json');
  require('@swc-node/register');
  require('./src/main.ts');
}
