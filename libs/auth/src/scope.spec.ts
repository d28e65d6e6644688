import { allows, isScope, SCOPES, type Scope } from './scope';

it.each<[held: Scope[], may: Scope[]]>([
  [['events:write'], ['events:write']],
  [['events:read'], ['events:read']],
  [['dlq:write'], ['events:read', 'dlq:write']],
  [['approvals:write'], ['approvals:write', 'events:read']],
  [
    ['events:write', 'events:read'],
    ['events:write', 'events:read'],
  ],
  [['admin'], [...SCOPES]],
  [[], []],
])('%j allows %j and nothing else', (held, may) => {
  expect(SCOPES.filter((scope) => allows(held, scope)).sort()).toEqual([...may].sort());
});

it.each(['', 'Admin', 'events', '*', 'constructor', '__proto__'])('"%s" is no scope', (text) => {
  expect(isScope(text)).toBe(false);
});
