import type { BenchOptions } from '@reflex/agents/testing';
import { type FiredTrigger, fireTrigger } from './fire-trigger';
import { fits, inWords } from './fits';
import type { Expected, GoldenCase, GoldenSet } from './golden-set';

export interface CaseScore {
  name: string;
  /** Share of its checks that held, from 0 to 1. */
  score: number;
  /** A sentence for each check that did not. */
  failures: string[];
}

export interface SetScore {
  agent: string;
  /** The mean of its cases. */
  score: number;
  cases: CaseScore[];
}

/** Runs the cases of a golden set, one after the other, and scores what the agent did. */
export async function evaluate(
  { agent, trigger, triggerName, providers, cases }: GoldenSet,
  model: BenchOptions['model'],
): Promise<SetScore> {
  const scores: CaseScore[] = [];
  for (const { tools, event, earlier, ...golden } of cases) {
    const scene = { event, earlier, tools: tools?.(), name: triggerName, otherTools: 'called' as const };
    scores.push(await scoreOf(golden, fireTrigger(trigger, { ...scene, providers, model })));
  }
  const sum = scores.reduce((total, { score }) => total + score, 0);
  return { agent, score: scores.length === 0 ? 0 : sum / scores.length, cases: scores };
}

type Judged = Pick<GoldenCase, 'name' | 'expect'>;

async function scoreOf(golden: Judged, firing: Promise<FiredTrigger>): Promise<CaseScore> {
  try {
    return judge(golden, await firing);
  } catch (error) {
    return { name: golden.name, score: 0, failures: [`It failed: ${(error as Error).message}`] };
  }
}

/** What is to be said of one outcome. */
export function judge({ name, expect }: Judged, fired: FiredTrigger): CaseScore {
  const checks = checksOf(expect, fired);
  const failures = checks.flatMap(({ failure }) => failure ?? []);
  return { name, score: checks.length === 0 ? 0 : 1 - failures.length / checks.length, failures };
}

interface Check {
  /** `null` when it held. */
  failure: string | null;
}

function checksOf(expected: Expected, fired: FiredTrigger): Check[] {
  const { published = [], notPublished = [], calls = [], notCalls = [], rules = {} } = expected;
  const types = fired.published.map(({ type }) => String(type));
  const tools = fired.calls.map(({ tool }) => tool);
  return [
    ...('result' in expected
      ? [check(fits(fired.result, expected.result), () => differs('The result', expected.result, fired.result))]
      : []),
    ...published.map((event) =>
      check(
        fired.published.some((one) => fits(one, event)),
        () => differs('What follows', event, fired.published),
      ),
    ),
    ...notPublished.map((type) => check(!types.includes(type), () => `${type} follows, and must not.`)),
    ...calls.map((call) => {
      const wanted = typeof call === 'string' ? { tool: call } : call;
      const isCalled = fired.calls.some((one) => fits(one, wanted));
      return check(isCalled, () =>
        differs(
          'The calls',
          wanted,
          fired.calls.map(({ tool, input }) => ({ tool, input })),
        ),
      );
    }),
    ...notCalls.map((tool) => check(!tools.includes(tool), () => `${tool} is called, and must not be.`)),
    ...Object.entries(rules).map(([sentence, holds]) =>
      check(isTrue(holds, fired), () => `It does not hold: ${sentence}.`),
    ),
  ];
}

// A rule that looks into a field which is not there does not hold either.
function isTrue(rule: (fired: FiredTrigger) => boolean, fired: FiredTrigger): boolean {
  try {
    return rule(fired);
  } catch {
    return false;
  }
}

function check(holds: boolean, failure: () => string): Check {
  return { failure: holds ? null : failure() };
}

function differs(what: string, expected: unknown, actual: unknown): string {
  return `${what} should be ${inWords(expected)}, but is ${inWords(actual)}.`;
}
