import { type Decision, DECISIONS } from './moderation.events';

interface Rule {
  decision: Decision;
  reason: string;
  broken: (text: string) => boolean;
}

const MAX_LINKS = 2;
const MIN_SHOUTED_LETTERS = 20;

/** What needs no understanding. */
const RULES: readonly Rule[] = [
  { decision: 'rejected', reason: 'threat', broken: (text) => /\b(i will|we will) (kill|hurt|find) you\b/i.test(text) },
  {
    decision: 'rejected',
    reason: 'spam',
    broken: (text) => /\b(free money|casino bonus|work from home and earn)\b/i.test(text),
  },
  {
    decision: 'needs_review',
    reason: 'many links',
    broken: (text) => (text.match(/https?:\/\//gi) ?? []).length > MAX_LINKS,
  },
  {
    decision: 'needs_review',
    reason: 'personal details',
    broken: (text) => /[\w.+-]+@[\w-]+\.\w+|\+\d[\d ]{7,}/.test(text),
  },
  { decision: 'needs_review', reason: 'shouting', broken: isShouted },
];

export interface Finding {
  decision: Decision;
  reasons: string[];
}

/** What the rules say: the strictest of those broken. */
export function judgeByRules(text: string): Finding {
  const broken = RULES.filter((rule) => rule.broken(text));
  return {
    decision: broken.reduce<Decision>((worst, { decision }) => stricter(worst, decision), 'approved'),
    reasons: broken.map(({ reason }) => reason),
  };
}

export function stricter(one: Decision, other: Decision): Decision {
  return DECISIONS.indexOf(one) >= DECISIONS.indexOf(other) ? one : other;
}

function isShouted(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  return letters.length >= MIN_SHOUTED_LETTERS && text === text.toUpperCase();
}
