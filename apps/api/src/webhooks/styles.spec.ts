import { createHmac } from 'node:crypto';
import { readSettings } from '../config';
import { stylesFor } from './styles';

const styles = stylesFor({ signature: 'x-signature', timestamp: 'x-timestamp' });
const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

// The example of Slack's documentation "Verifying requests from Slack".
it('slack: accepts the documented example', () => {
  const raw = Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  );
  const headers = {
    'x-slack-request-timestamp': '1531420618',
    'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
  };

  const signed = styles.slack.verify({ headers, raw, body: null }, ['8f742231b10e8888abcd99yyyzzz85a5']);

  expect(signed).toEqual({ key: expect.stringMatching(/^[0-9a-f]{64}$/) as string, signedAt: 1_531_420_618 });
  expect(styles.slack.verify({ headers, raw, body: null }, ['another secret of sixteen'])).toBeNull();
});

it('stripe: takes any of its signatures, and the name of the event', () => {
  const raw = Buffer.from('{"id":"evt_1","type":"charge.failed"}');
  const right = hmac('whsec_right', `1700000000.${raw.toString()}`);
  const headers = { 'stripe-signature': `t=1700000000,v1=${'0'.repeat(64)},v1=${right},v0=${'1'.repeat(64)}` };
  const request = { headers, raw, body: { id: 'evt_1' } };

  expect(styles.stripe.verify(request, ['whsec_right'])).toEqual({ key: 'evt_1', signedAt: 1_700_000_000 });
  const older = { 'stripe-signature': `t=1700000000,v0=${right}` };
  expect(styles.stripe.verify({ ...request, headers: older }, ['whsec_right'])).toBeNull();
  const moved = { 'stripe-signature': `t=1700000001,v1=${right}` };
  expect(styles.stripe.verify({ ...request, headers: moved }, ['whsec_right'])).toBeNull();
});

it.each([['sha256='], ['']])('generic: takes a digest with "%s" before it', (prefix) => {
  const raw = Buffer.from('{}');
  const headers = { 'x-timestamp': '1700000000', 'x-signature': `${prefix}${hmac('s', '1700000000.{}')}` };

  expect(styles.generic.verify({ headers, raw, body: {} }, ['s'])).toMatchObject({ signedAt: 1_700_000_000 });
  expect(
    styles.generic.verify({ headers: { 'x-signature': hmac('s', '.{}') }, raw, body: {} }, ['s'])?.signedAt,
  ).toBeNaN();
});

describe('WEBHOOK_SECRETS', () => {
  it('names sources, their styles and their secrets', () => {
    const text =
      'stripe=whsec_0123456789ab, eu-shop:stripe=whsec_0123456789cd|whsec_0123456789ef,crm=base64+secret/of+crm==';

    expect(readSettings({ WEBHOOK_SECRETS: text }).webhookSecrets).toEqual([
      { name: 'stripe', style: 'stripe', secrets: ['whsec_0123456789ab'] },
      { name: 'eu-shop', style: 'stripe', secrets: ['whsec_0123456789cd', 'whsec_0123456789ef'] },
      { name: 'crm', style: 'generic', secrets: ['base64+secret/of+crm=='] },
    ]);
  });

  it.each([
    ['no secret', 'stripe'],
    ['a short secret', 'stripe=short'],
    ['a short second secret', 'stripe=whsec_0123456789ab|short'],
    ['a style that is not known', 'stripe:paypal=whsec_0123456789ab'],
    ['a name that fits in no path', 'a/b=whsec_0123456789ab'],
    ['a source twice', 'crm=0123456789abcdef,crm=fedcba9876543210'],
  ])('stops the start for %s, without showing it', (_what, text) => {
    expect(() => readSettings({ WEBHOOK_SECRETS: text })).toThrow(
      /^WEBHOOK_SECRETS must be source=secret .*value given is not/,
    );
  });
});
