import { isSigned } from './signature';
import { fieldOf, header, isDeliveryId, keyOf, missingDeliveryId, secondsOf, type WebhookStyle } from './webhook-style';

/** `X-Hub-Signature-256: sha256=<hex>` of the body; the delivery is named by a header. */
const github: WebhookStyle = {
  headers: [
    'x-github-delivery',
    'x-github-event',
    'x-github-hook-id',
    'x-github-hook-installation-target-id',
    'x-github-hook-installation-target-type',
  ],
  verify({ headers, raw }, secrets) {
    const [, digest = ''] = /^sha256=(.*)$/i.exec(header(headers, 'x-hub-signature-256')) ?? [];
    if (!isSigned([digest], [raw], secrets)) return null;
    const delivery = header(headers, 'x-github-delivery');
    if (!isDeliveryId(delivery)) throw missingDeliveryId('X-GitHub-Delivery');
    return { key: delivery, signedAt: null };
  },
};

/** `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]` of `<seconds>.<body>`; the body names its event. */
const stripe: WebhookStyle = {
  headers: [],
  verify({ headers, raw, body }, secrets) {
    const parts = header(headers, 'stripe-signature')
      .split(',')
      .map((part) => part.trim().split('='));
    const time = parts.find(([name]) => name === 't')?.[1] ?? '';
    const digests = parts.flatMap(([name, value = '']) => (name === 'v1' ? [value] : []));
    const content = [`${time}.`, raw];
    if (!isSigned(digests, content, secrets)) return null;
    return { key: keyOf(fieldOf(body, 'id'), content), signedAt: secondsOf(time) };
  },
};

/** `X-Slack-Signature: v0=<hex>` of `v0:<X-Slack-Request-Timestamp>:<body>`; the body of an event names it. */
const slack: WebhookStyle = {
  headers: ['x-slack-retry-num', 'x-slack-retry-reason'],
  verify({ headers, raw, body }, secrets) {
    const time = header(headers, 'x-slack-request-timestamp');
    const [, digest = ''] = /^v0=(.*)$/.exec(header(headers, 'x-slack-signature')) ?? [];
    const content = [`v0:${time}:`, raw];
    if (!isSigned([digest], content, secrets)) return null;
    return { key: keyOf(fieldOf(body, 'event_id'), content), signedAt: secondsOf(time) };
  },
  // Slack asks once whether the address is ours.
  answer(body) {
    return fieldOf(body, 'type') === 'url_verification' ? { challenge: fieldOf(body, 'challenge') ?? null } : null;
  },
};

/** The headers of senders that are told how to sign: `sha256=<hex>`, or the digest alone, of `<timestamp>.<body>`. */
export interface GenericHeaders {
  signature: string;
  timestamp: string;
}

function generic(names: GenericHeaders): WebhookStyle {
  return {
    headers: [names.timestamp],
    verify({ headers, raw }, secrets) {
      const time = header(headers, names.timestamp);
      const [, digest = ''] = /^(?:sha256=)?(.*)$/i.exec(header(headers, names.signature)) ?? [];
      const content = [`${time}.`, raw];
      if (!isSigned([digest], content, secrets)) return null;
      return { key: keyOf(null, content), signedAt: secondsOf(time) };
    },
  };
}

export const STYLE_NAMES = ['github', 'stripe', 'slack', 'generic'] as const;
export type StyleName = (typeof STYLE_NAMES)[number];

export function stylesFor(headers: GenericHeaders): Record<StyleName, WebhookStyle> {
  return { github, stripe, slack, generic: generic(headers) };
}
