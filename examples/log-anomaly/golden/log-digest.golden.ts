import { type FiredTrigger, goldenSet } from '@reflex/testing';
import { LogRootCause } from '../log.events';
import { SummarizeCausesTrigger } from '../summarize-causes.trigger';

const cause = (service: string, text: string) => LogRootCause.of({ service, cause: text, evidence: [] });

const headline = ({ result }: FiredTrigger): string => String(result);
const summary = ({ published }: FiredTrigger): string => String(published[0]?.['summary']);

export default goldenSet({
  agent: 'log-digest',
  trigger: SummarizeCausesTrigger,
  threshold: { offline: 0.8, model: 0.9 },
  cases: [
    {
      name: 'names all services, each once',
      earlier: [cause('checkout', 'Payments refuses connections.'), cause('checkout', 'Error: no connection')],
      event: cause('search', 'Error: the index is corrupt.'),
      expect: { published: [{ type: 'log.summary', services: ['checkout', 'search'] }] },
    },
    {
      name: 'has a headline that fits into a line, and it is what the run returns',
      event: cause('search', 'Error: the index is corrupt.'),
      expect: {
        rules: {
          'it fits into a line': (fired) => headline(fired).length > 0 && headline(fired).length <= 120,
          'it is published': (fired) => fired.published[0]?.['headline'] === headline(fired),
        },
      },
    },
    {
      name: 'says what failed',
      event: cause('search', 'Error: the index is corrupt.'),
      expect: { rules: { 'the index is named': (fired) => /index/i.test(headline(fired) + summary(fired)) } },
    },
    {
      name: 'finds what is common to several failures',
      earlier: [cause('checkout', 'The database db-7 refused.'), cause('orders', 'db-7 is down.')],
      event: cause('search', 'Error: no connection to db-7.'),
      expect: { rules: { 'db-7 is named': (fired) => /db-7/.test(summary(fired)) } },
    },
    {
      name: 'is no longer than people want to read',
      earlier: Array.from({ length: 9 }, (_none, index) => cause(`service-${index}`, `Error ${index}: it is down.`)),
      event: cause('search', 'Error: it is down.'),
      expect: {
        rules: { 'it is short': (fired) => summary(fired).length < 1_000 },
        published: [{ type: 'log.summary', summary: /\S/ }],
      },
    },
    {
      name: 'tells people what it means that a certificate has expired',
      earlier: [cause('payments', 'The certificate has expired.')],
      event: cause('checkout', 'It cannot reach payments.'),
      expect: { rules: { 'the certificate is named': (fired) => /certificate/i.test(summary(fired)) } },
    },
  ],
});
