// `node --import ./test/support/register.mjs file.ts` runs TypeScript with decorators and the aliases of our libs.
import { registerHooks } from 'node:module';
import 'reflect-metadata';
import '@swc-node/register';

// With --import, Node takes the entry file for an ES module; ours are CommonJS, compiled by the line above.
registerHooks({
  load(url, context, nextLoad) {
    const entry = url.endsWith('.ts') && context.conditions?.includes('import');
    return entry ? { format: 'commonjs', source: null, shortCircuit: true } : nextLoad(url, context);
  },
});
