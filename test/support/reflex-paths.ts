import { registerHooks } from 'node:module';
import { join } from 'node:path';

// Jest maps the aliases of our libs in specs only; its global setup runs in plain Node.
registerHooks({
  resolve(specifier, context, nextResolve) {
    const lib = /^@reflex\/([^/]+)$/.exec(specifier)?.[1];
    if (lib === undefined) return nextResolve(specifier, context);
    return nextResolve(join(__dirname, '..', '..', 'libs', lib, 'src', 'index.ts'), context);
  },
});
