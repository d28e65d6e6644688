import { SystemMessage } from '@langchain/core/messages';
import { type AskedQuestion, PermanentError, type RecordedTalk, ReflexError } from '@reflex/core';
import type { AgentDefinition } from '../agent-definition';
import { openingOf } from '../ledger/opening';
import { lineDifference } from './line-difference';
import { type Asked, type ScriptedModel, scriptedModel } from './scripted-model';

/** What was recorded does not fit what is asked now. */
export class RecordingOutdated extends PermanentError {
  override readonly code = 'recording_outdated';
}

/** What the model's provider had to say. */
class RecordedFailure extends ReflexError {
  readonly code = 'recorded_failure';
}

export interface RecordedModelOptions {
  /** `same` refuses to answer a question that is not the one on record; `any` answers in order, whatever is asked. */
  questions: 'same' | 'any';
  /** Told of what does not fit, since a handler may catch errors. */
  onDifference: (error: RecordingOutdated) => void;
}

/** Answers runs of agents as models did when they were recorded. */
export function recordedModels(
  talks: readonly RecordedTalk[],
  { questions, onDifference }: RecordedModelOptions,
): (agent: AgentDefinition) => ScriptedModel {
  const open = [...talks];
  const differs = (sentence: string): never => {
    const error = new RecordingOutdated(
      `${sentence}\nThe recorded answers no longer fit. If this is meant, export a new run, or say { questions: 'any' } to let them count all the same.`,
    );
    onDifference(error);
    throw error;
  };
  const take = (agent: AgentDefinition, asked: Asked): RecordedTalk => {
    const own = open.filter((talk) => talk.agent === agent.name);
    const now = questionOf(agent, asked);
    const talk = own.find(({ question }) => differencesOf(agent, question, now).length === 0) ?? own[0];
    if (!talk) return differs(`Agent "${agent.name}" is run, but no run of it is left on record.`);
    const differences = differencesOf(agent, talk.question, now);
    if (questions === 'same' && differences.length > 0) return differs(differences.join('\n'));
    open.splice(open.indexOf(talk), 1);
    return talk;
  };
  return (agent) => {
    let talk: RecordedTalk | undefined;
    return scriptedModel((asked, number) => {
      talk ??= take(agent, asked);
      const answer = talk.answers[number - 1];
      if (answer?.error !== undefined) throw new RecordedFailure(answer.error);
      if (answer) {
        const calls = answer.calls.map(({ name, input, ...call }) => ({ ...call, tool: name, input: input as object }));
        return { text: answer.text, calls };
      }
      const told = asked.messages.at(-1)?.text ?? '';
      return differs(
        `Agent "${agent.name}" asks its model ${number} times; on record are ${talk.answers.length} answers. It was told last: ${told.slice(0, 300)}`,
      );
    });
  };
}

function questionOf(agent: AgentDefinition, { prompt, messages }: Asked): AskedQuestion {
  return openingOf(agent, [new SystemMessage(prompt), ...messages]);
}

/** A sentence for each difference. */
function differencesOf({ name: agent, tools }: AgentDefinition, was: AskedQuestion, is: AskedQuestion): string[] {
  // What a server offers is not known here.
  const remote = tools.filter(({ inputSchema }) => Object.keys(inputSchema).length === 0).map(({ name }) => name);
  const told = ({ messages }: AskedQuestion) => messages.map(({ role, text }) => `${role}: ${text}`).join('\n');
  return [
    ...(was.system === is.system
      ? []
      : [`The prompt of agent "${agent}" is another one:\n${lineDifference(was.system, is.system)}`]),
    ...(told(was) === told(is)
      ? []
      : [`What agent "${agent}" is told is something else:\n${lineDifference(told(was), told(is))}`]),
    ...toolDifferences(agent, was.tools, is.tools, remote),
    ...(was.output === is.output ? [] : [`The output schema of agent "${agent}" is another one.`]),
  ];
}

function toolDifferences(
  agent: string,
  was: AskedQuestion['tools'],
  is: AskedQuestion['tools'],
  remote: readonly string[],
): string[] {
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((tool) => {
    if (was[tool] === is[tool]) return [];
    if (!(tool in is)) return [`Agent "${agent}" has no tool "${tool}" any more.`];
    if (tool in was && remote.includes(tool)) return [];
    if (!(tool in was)) return [`Agent "${agent}" has a new tool "${tool}".`];
    return [`The tool "${tool}" of agent "${agent}" has another description or input.`];
  });
}
