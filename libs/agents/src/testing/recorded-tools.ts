import { isDeepStrictEqual } from 'node:util';
import type { RecordedCall, RecordedTalk } from '@reflex/core';
import { toolNameOf } from '../agent-tool';
import { RESPOND } from '../answer';
import { type FakeCall, fakeTool, type FakeTool } from './fake-tool';
import { RecordingOutdated } from './recorded-model';

interface Expected {
  agent: string;
  /** The model's own id of the call. */
  id: string;
  call: RecordedCall;
}

/** Tools that answer as they did when they were recorded. */
export function recordedTools(
  talks: readonly RecordedTalk[],
  calls: readonly RecordedCall[],
  onDifference: (error: RecordingOutdated) => void,
): FakeTool[] {
  const open = expectedCalls(talks, calls);
  const answer = (call: FakeCall): unknown => {
    const place = open.findIndex(({ id, agent, call: known }) => {
      return id === call.id && agent === call.agent && known.tool === call.tool;
    });
    const [found] = place < 0 ? [] : open.splice(place, 1);
    if (found) return found.call.error === undefined ? found.call.output : new Error(found.call.error);
    const error = new RecordingOutdated(
      `The tool "${call.tool}" is called with ${JSON.stringify(call.input)}, which is not on record.`,
    );
    onDifference(error);
    throw error;
  };
  // Agents that were called as tools run again, with answers of their own.
  const agents = talks.map(({ agent }) => toolNameOf(agent));
  const names = new Set(calls.map(({ tool }) => tool).filter((tool) => !agents.includes(tool)));
  return [...names].map((name) => fakeTool(name, answer));
}

/** Which answer of which model asked for each call; the record of calls knows arguments alone. */
function expectedCalls(talks: readonly RecordedTalk[], calls: readonly RecordedCall[]): Expected[] {
  const left = [...calls];
  const expected: Expected[] = [];
  for (const { agent, question, answers } of talks) {
    for (const { id, name, input } of answers.flatMap((answer) => answer.calls)) {
      if (name === RESPOND && question.output !== null) continue;
      const place = left.findIndex((call) => call.tool === name && isDeepStrictEqual(call.input, input));
      if (place >= 0) expected.push({ agent, id, call: left.splice(place, 1)[0]! });
    }
  }
  return expected;
}
