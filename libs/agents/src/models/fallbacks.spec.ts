import { Logger } from '@nestjs/common';
import { RetryLater } from '@reflex/core';
import { openaiPiece, startModelServer, startRawModelServer, streamHead, type ModelServer } from '@reflex/test';
import { AnswerTooLong, ModelRefused, ModelUnavailable } from '..';
import type { AgentsOptions } from '../agents-options';
import { asking, failureOf } from '../testing/ask';

let first: ModelServer;
let second: ModelServer;

const CHAIN = ['openai:big', 'other:small'];
const fault = (status: number, retryAfter?: number) => ({ error: { message: 'No' }, status, retryAfter });
const answer = (content: string) => ({ content });

async function serve(ofFirst: Parameters<typeof startModelServer>, ofSecond: Parameters<typeof startModelServer> = []) {
  first = await startModelServer(...ofFirst);
  second = await startModelServer(...ofSecond);
  return asking(options());
}

function options(): AgentsOptions {
  return { openai: { baseUrl: first.url }, providers: { other: { baseUrl: second.url, apiKey: 'k' } } };
}

beforeEach(() => jest.spyOn(Logger.prototype, 'warn').mockImplementation());
afterEach(async () => {
  await first.stop();
  await second.stop();
});

describe('a chain of models', () => {
  it('asks the first alone while it answers', async () => {
    const { ask } = await serve([answer('From the first')]);

    expect(await ask(CHAIN)).toMatchObject({ text: 'From the first', model: 'openai:big' });
    expect(second.requests()).toEqual([]);
  });

  it.each([500, 401, 404, 429])('asks the next when the first answers %i, and says so', async (status) => {
    const { ask } = await serve([fault(status, 60)], [answer('From the second')]);

    expect(await ask(CHAIN)).toMatchObject({ text: 'From the second', model: 'other:small' });
    expect(second.requests()[0]!.model).toBe('small');
    expect(Logger.prototype.warn).toHaveBeenCalledWith(
      expect.stringMatching(/^other:small answered instead\. .*openai:big/),
    );
  });

  it('asks the next when the first breaks off, with a word of it said already', async () => {
    const broken = await startRawModelServer((response) => {
      streamHead(response);
      response.write(openaiPiece('Half'), () => response.destroy());
    });
    await serve([], [answer('Whole')]);
    const { ask, heard } = asking({ ...options(), openai: { baseUrl: broken.url } });

    expect((await ask(CHAIN)).text).toBe('Whole');
    expect(heard.join('')).toBe('HalfWhole');
    await broken.stop();
  });

  it('asks nobody else when the request itself is at fault', async () => {
    const { ask } = await serve([fault(400)], [answer('From the second')]);

    await expect(ask(CHAIN)).rejects.toBeInstanceOf(ModelRefused);
    expect(second.requests()).toEqual([]);
  });

  it('comes back later when one of them says when, and at once otherwise', async () => {
    const { ask } = await serve([fault(429, 9)], [fault(500), fault(429, 4)]);

    const one = await failureOf(ask(CHAIN));
    const soonest = await failureOf(ask(CHAIN));

    expect((one as RetryLater).delayMs).toBeGreaterThanOrEqual(9_000);
    expect((soonest as RetryLater).delayMs).toBeLessThan(5_000);
  });

  it('fails for now when one failed and the other refuses', async () => {
    const { ask } = await serve([fault(401)], [fault(500)]);

    await expect(ask(CHAIN)).rejects.toBeInstanceOf(ModelUnavailable);
  });

  it('gives up when all refuse', async () => {
    const { ask } = await serve([fault(401)], [fault(404)]);

    await expect(ask(CHAIN)).rejects.toThrow(/openai:big refuses the key/);
  });

  it('asks nobody once the run is aborted', async () => {
    const { ask } = await serve([fault(500)], [answer('From the second')]);
    const reason = new Error('Shutting down');

    await expect(ask(CHAIN, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(second.requests()).toEqual([]);
  });

  it('does not ask anybody for an answer that was too long', async () => {
    await serve([answer('x'.repeat(200))], [answer('From the second')]);
    const { ask } = asking({ ...options(), limits: { answerChars: 100 } });

    await expect(ask(CHAIN)).rejects.toBeInstanceOf(AnswerTooLong);
    expect(second.requests()).toEqual([]);
  });
});

describe('the models that are asked', () => {
  it('are the fallbacks of the settings, for whoever names one model or none', async () => {
    await serve([fault(500), fault(500)], [answer('a'), answer('b')]);
    const { ask } = asking({ ...options(), defaultModel: 'openai:big', fallbackModels: ['other:small'] });

    expect((await ask()).text).toBe('a');
    expect((await ask('openai:huge')).text).toBe('b');
    expect(first.requests().map(({ model }) => model)).toEqual(['big', 'huge']);
  });

  it('are those alone that a list names', async () => {
    await serve([fault(500)], [answer('a')]);
    const { ask } = asking({ ...options(), fallbackModels: ['other:small'] });

    await expect(ask(['openai:big'])).rejects.toBeInstanceOf(ModelUnavailable);
  });
});
