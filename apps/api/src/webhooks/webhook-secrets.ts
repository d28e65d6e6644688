import { z } from 'zod';
import { STYLE_NAMES, type StyleName } from './styles';

/** A sender of webhooks, as `WEBHOOK_SECRETS` names it. */
export interface WebhookSource {
  name: string;
  style: StyleName;
  /** Any of them counts: while a secret is exchanged there are two. */
  secrets: string[];
}

const ENTRY = new RegExp(`^([a-z0-9][a-z0-9-]{0,63})(?::(${STYLE_NAMES.join('|')}))?=(.+)$`);
const MIN_LENGTH = 16;

/** How the setting `WEBHOOK_SECRETS` is read. */
export function webhookSecrets() {
  return {
    schema: z.string().transform((text, context): WebhookSource[] => {
      const sources = text.split(',').map((entry) => sourceOf(entry.trim()));
      const names = new Set(sources.map((source) => source?.name));
      if (names.size === sources.length && !names.has(undefined)) return sources as WebhookSource[];
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    }),
    expected: `source=secret or source:style=secret, each source once, separated by commas, a style of ${STYLE_NAMES.join(', ')}, and secrets of at least ${MIN_LENGTH} characters; several for one source are separated by |`,
    secret: true,
  };
}

function sourceOf(entry: string): WebhookSource | undefined {
  const [, name, style, text] = ENTRY.exec(entry) ?? [];
  if (name === undefined || text === undefined) return undefined;
  const secrets = text.split('|');
  if (secrets.some((secret) => secret.length < MIN_LENGTH)) return undefined;
  return {
    name,
    style: (style as StyleName | undefined) ?? STYLE_NAMES.find((known) => known === name) ?? 'generic',
    secrets,
  };
}
