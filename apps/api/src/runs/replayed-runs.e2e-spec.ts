import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Agent, LangChainAgent, Tool } from '@reflex/agents';
import type { RunRecording } from '@reflex/core';
import { BaseEvent, EventsModule, EventType, HttpPayload } from '@reflex/events';
import { RecordingOutdated, replayRun } from '@reflex/testing';
import { type DecisionContext, field, OnEvent } from '@reflex/triggers';
import {
  calling,
  eventually,
  freshDatabase,
  startModelServer,
  type ModelServer,
  type TestDatabase,
} from '@reflex/test';
import { IsNumber } from 'class-validator';
import { z } from 'zod';
import { startTestService, type TestService } from '../testing/test-service';

@EventType('dice.thrown')
class DiceThrown extends BaseEvent {
  @IsNumber()
  pips!: number;
}

let toolFailures = 0;

@Injectable()
class Desk {
  @Tool({ description: 'Finds.', input: z.object({ word: z.string(), most: z.int().default(3) }), effect: 'none' })
  find({ word, most }: { word: string; most: number }): unknown {
    if (toolFailures > 0) {
      toolFailures -= 1;
      throw new Error('The desk is closed.');
    }
    return { word, most };
  }

  @Tool({ description: 'Pays.', input: z.object({ cents: z.int() }), effect: 'unkeyed', approval: 'always' })
  pay(): string {
    return 'paid';
  }
}

@Agent({ name: 'helper', prompt: 'Help.', description: 'Helps.', tools: [Desk] })
class Helper extends LangChainAgent {}

@Agent({ name: 'boss.of all', prompt: 'Let others help.', tools: [Helper], output: z.object({ done: z.boolean() }) })
class Boss extends LangChainAgent<{ done: boolean }> {}

const about = (topic: string) => field('payload.topic', (value: unknown) => value === topic);

@Injectable()
class Office {
  constructor(
    private readonly boss: Boss,
    private readonly helper: Helper,
  ) {}

  @OnEvent(HttpPayload, { name: 'nested', filter: about('nested') })
  nested({ event }: DecisionContext<HttpPayload>): Promise<unknown> {
    return this.boss.run(JSON.stringify(event.payload));
  }

  @OnEvent(HttpPayload, { name: 'parallel', filter: about('parallel') })
  parallel(): Promise<string[]> {
    return Promise.all(['one', 'two'].map((text) => this.helper.run(text)));
  }

  @OnEvent(HttpPayload, { name: 'dice', filter: about('dice') })
  async dice(context: DecisionContext<HttpPayload>): Promise<number> {
    const pips = await context.step('throw', () => Math.random());
    context.publish(DiceThrown.of({ pips }));
    return pips;
  }

  @OnEvent(HttpPayload, { name: 'plain', filter: about('plain') })
  plain(): Promise<string> {
    return this.helper.run('Help.');
  }

  @OnEvent(HttpPayload, { name: 'fickle', filter: about('fickle') })
  async fickle(context: DecisionContext<HttpPayload>): Promise<string> {
    const answer = await this.helper.run(`Attempt ${context.attempt}.`);
    if (context.attempt === 1) throw new Error('Once more.');
    return answer;
  }

  @OnEvent('dice.*', { name: 'any-dice' })
  async anyDice(context: DecisionContext): Promise<number> {
    const next = await context.waitFor(DiceThrown, { match: { pips: 7 } });
    return (context.event as DiceThrown).pips + next!.pips;
  }

  @OnEvent(HttpPayload, { name: 'careless', filter: about('careless') })
  careless(): Promise<string> {
    return this.helper.run('Try.').catch(() => 'It did not work.');
  }
}

@Module({})
class OfficeModule {}

const domain = (): DynamicModule[] => [
  {
    module: OfficeModule,
    imports: [EventsModule.forFeature([DiceThrown])],
    providers: [Desk, Helper, Boss, Office],
  },
];
const classes = { trigger: Office };

let database: TestDatabase;
let model: ModelServer;
let service: TestService;

beforeAll(async () => {
  [database, model] = await Promise.all([freshDatabase(), startModelServer()]);
  const variables = { OPENAI_BASE_URL: model.url, EVENT_RETRY_BASE_DELAY: '0.01' };
  service = await startTestService(database, variables, domain());
});
afterAll(async () => {
  await service?.stop();
  await model.stop();
  await database.drop();
});

const publish = async (topic: string): Promise<string> =>
  (await service.post('/events', { type: 'http', source: 'test', payload: { topic } })).body.id as string;

async function recordingOf(eventId: string): Promise<RunRecording> {
  const run = await eventually(async () => {
    const { items } = await service.store.searchRuns({ eventId, outcome: 'completed' });
    expect(items).toHaveLength(1);
    return items[0]!;
  });
  return (await service.get(`/runs/${run.id}/recording`)).body as RunRecording;
}

/** Runs the recording again, and expects what it holds. */
async function expectSame(recording: RunRecording, options = {}): Promise<void> {
  const asked = model.requests().length;

  const replayed = await replayRun(recording, { ...classes, ...options });

  const { calls, result, published } = recording;
  expect(replayed).toEqual({ calls, result, published });
  expect(model.requests()).toHaveLength(asked);
}

const find = (word: string) => calling(['find', { word }]);

describe('a recorded run comes to the same again', () => {
  it('with an agent that calls another, whose tool failed first, and an answer that had to be repaired', async () => {
    toolFailures = 1;
    model.replies.push(
      calling(['boss_of_all_helper', {}]),
      calling(['helper', { request: 'Find a chair.' }]),
      find('chair'),
      find('chair'),
      calling(['find', '{"word": ']),
      { content: 'There is one.' },
      calling(['respond', { done: 'perhaps' }]),
      calling(['respond', { done: true }]),
    );

    const recording = await recordingOf(await publish('nested'));

    expect(recording.talks.map(({ agent, answers }) => [agent, answers.length])).toEqual([
      ['boss.of all', 4],
      ['helper', 4],
    ]);
    expect(recording.calls.map(({ tool, error }) => error ?? tool)).toMatchObject([
      expect.stringContaining('There is no tool'),
      'helper',
      'The desk is closed.',
      'find',
      expect.stringContaining('not JSON'),
    ]);
    await expectSame(recording);
  });

  it('with two runs of one agent side by side', async () => {
    const answerTo = ({ messages }: { messages: { content: unknown }[] }) => ({
      content: JSON.stringify(messages[1]!.content).includes('one') ? 'First.' : 'Second.',
    });
    model.replies.push(answerTo, answerTo);

    const recording = await recordingOf(await publish('parallel'));

    expect(recording.result).toEqual(['First.', 'Second.']);
    await expectSame(recording);
    await expectSame({ ...recording, talks: recording.talks.toReversed() });
  });

  it('with a step that threw dice', async () => {
    const recording = await recordingOf(await publish('dice'));

    expect(recording.published).toEqual([{ type: 'dice.thrown', pips: recording.result }]);
    await expectSame(recording);
  });

  it('of a trigger that names no class, and waited for an event', async () => {
    const dice = (pips: number) => service.post('/events', { type: 'dice.thrown', source: 'test', pips });
    const { id } = (await dice(2)).body as { id: string };
    await eventually(async () =>
      expect((await service.get(`/events/${id}`)).body.deliveries).toMatchObject([{ status: 'parked' }]),
    );
    await dice(7);

    const recording = await recordingOf(id);

    expect(recording).toMatchObject({ result: 9, event_classes: ['DiceThrown'] });
    await expectSame(recording, { events: [DiceThrown] });
  });

  it('with an attempt that failed before, and what it had done already', async () => {
    model.replies.push(find('lamp'), { error: { message: 'Down' }, status: 500 }, { content: 'A lamp.' });

    const recording = await recordingOf(await publish('plain'));

    expect(recording).toMatchObject({ result: 'A lamp.', calls: [{ tool: 'find' }] });
    await expectSame(recording);
  });

  it('with what the attempt that completed was told, not what an earlier one was', async () => {
    model.replies.push({ content: 'One.' }, { content: 'Two.' });

    const recording = await recordingOf(await publish('fickle'));

    expect(recording.talks.map(({ answers }) => answers)).toMatchObject([[{ text: 'Two.' }]]);
    await expectSame(recording);
  });

  it('with an agent that failed, of which the one that called it was told', async () => {
    model.replies.push(
      calling(['helper', { request: 'Find a lamp.' }]),
      find('lamp'),
      { error: { message: 'Down' }, status: 500 },
      calling(['respond', { done: false }]),
    );

    const recording = await recordingOf(await publish('nested'));

    expect(recording.calls).toMatchObject([{ tool: 'helper', error: expect.stringContaining('Down') as string }, {}]);
    await expectSame(recording);
  });

  it('with a call that a person refused', async () => {
    model.replies.push(calling(['pay', { cents: 5 }]), { content: 'Not paid.' });
    const id = await publish('plain');
    const pending = await eventually(async () => {
      const { items } = (await service.get('/approvals?status=pending')).body;
      expect(items).toHaveLength(1);
      return items[0].id as string;
    });
    await service.post(`/approvals/${pending}/deny`, { why: 'Too much.' });

    const recording = await recordingOf(id);

    expect(recording).toMatchObject({
      result: 'Not paid.',
      calls: [{ tool: 'pay', error: expect.any(String) as string }],
    });
    await expectSame(recording);
  });
});

describe('a recording that no longer fits', () => {
  let recording: RunRecording;

  beforeAll(async () => {
    model.replies.push(find('desk'), { content: 'Found.' });
    recording = await recordingOf(await publish('careless'));
    await expectSame(recording);
  });

  const outdated = (change: (copy: RunRecording) => void, options = {}) => {
    const copy = structuredClone(recording);
    change(copy);
    return replayRun(copy, { ...classes, ...options });
  };

  it('fails although the handler catches errors, and says what differs', async () => {
    const other = outdated(({ talks }) => (talks[0]!.question.system = 'Help!'));

    await expect(other).rejects.toThrow(RecordingOutdated);
    await expect(other).rejects.toThrow(/prompt of agent "helper" is another one:\n- Help!\n\+ Help\./);
    await expect(other).rejects.toThrow(/export a new run, or say \{ questions: 'any' \}/);
  });

  it.each<[string, (copy: RunRecording) => void, RegExp]>([
    [
      'input',
      ({ talks }) => (talks[0]!.question.messages[0]!.text = 'x'),
      /What agent "helper" is told is something else/,
    ],
    ['tool', ({ talks }) => (talks[0]!.question.tools['find'] = 'x'), /The tool "find" of agent "helper" has another/],
    ['lost answer', ({ talks }) => void talks[0]!.answers.pop(), /asks its model 2 times; on record are 1 answers/],
    ['lost run', ({ talks }) => void talks.pop(), /Agent "helper" is run, but no run of it is left on record/],
    [
      'lost call',
      ({ calls }) => (calls[0]!.input = { word: 'bed' }),
      /"find" is called with .*, which is not on record/,
    ],
    ['form', (copy) => Object.assign(copy, { version: 2 }), /This is no recording of version 1, but of 2/],
  ])('fails with another %s', async (_what, change, sentence) => {
    await expect(outdated(change)).rejects.toThrow(sentence);
  });

  it('counts all the same when it is told so', async () => {
    const replayed = outdated(({ talks }) => (talks[0]!.question.system = 'Help!'), { questions: 'any' });

    await expect(replayed).resolves.toMatchObject({ result: 'Found.' });
  });
});
