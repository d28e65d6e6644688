import { globMatcher } from '@reflex/core';
import type { Trigger } from '@reflex/triggers';

/** Each trigger receives from the log those types that its patterns match. */
export function triggerOperations(triggers: readonly Trigger[], types: readonly string[]): Record<string, object> {
  return Object.fromEntries(
    triggers.map((trigger) => [`trigger.${trigger.definition.name}`, operation(trigger, types)]),
  );
}

function operation({ definition, filterText, conditionText }: Trigger, types: readonly string[]): object {
  const { name, types: patterns, scope } = definition;
  return {
    action: 'receive',
    title: name,
    summary: `${filterText ?? 'every event'}, ${conditionText}`,
    channel: { $ref: '#/channels/log' },
    messages: types.filter(globMatcher(patterns)).map((type) => ({ $ref: `#/channels/log/messages/${type}` })),
    tags: [{ name: 'triggers' }],
    'x-patterns': patterns,
    'x-scope': scope,
  };
}
