import { Logger } from '@nestjs/common';
import { ConfiguredModels } from './configured-models';

describe('the configured models', () => {
  it('are offline without key and URL, and the log says so', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation();
    const models = new ConfiguredModels({});

    await models.onModuleInit();

    expect(models.get().name).toBe('offline:rules');
    expect(models.get('openai:gpt-4o').name).toBe('offline:rules');
    expect(warn).toHaveBeenCalledWith(
      'No OPENAI_API_KEY is set, so agents use offline:rules instead of openai:gpt-4o-mini: rules, not a model.',
    );
  });

  it('are those of OpenAI with a key, or with the URL of a server of one’s own', () => {
    expect(new ConfiguredModels({ openai: { apiKey: 'sk' } }).get().name).toBe('openai:gpt-4o-mini');
    expect(new ConfiguredModels({ openai: { baseUrl: 'http://localhost:11434/v1' } }).get('openai:qwen3:8b').name).toBe(
      'openai:qwen3:8b',
    );
  });

  it('are offline for agents that ask for it, whatever is set', () => {
    const models = new ConfiguredModels({ openai: { apiKey: 'sk' } });

    expect(models.get('offline:rules').name).toBe('offline:rules');
  });

  it('are made once', () => {
    const models = new ConfiguredModels({ openai: { apiKey: 'sk' } });

    expect(models.get()).toBe(models.get('openai:gpt-4o-mini'));
  });

  it('are left out of a chain when they have neither key nor URL', () => {
    const models = new ConfiguredModels({ anthropic: { apiKey: 'sk' } });
    const { name, fallbacks } = models.get(['openai:gpt-4o', 'anthropic:claude', 'offline:rules']);

    expect([name, ...fallbacks!.map((model) => model.name)]).toEqual(['anthropic:claude', 'offline:rules']);
  });

  it('are refused without key and URL where the offline model must not stand in', () => {
    const models = new ConfiguredModels({ openai: { apiKey: 'sk' }, standIn: false });

    expect(() => models.get('anthropic:claude')).toThrow('ANTHROPIC_API_KEY must be set for anthropic:claude.');
    expect(models.get('offline:rules').name).toBe('offline:rules');
  });

  it('say at the start which of them answer', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation();

    await new ConfiguredModels({
      openai: { apiKey: 'sk' },
      providers: { ollama: { baseUrl: 'http://localhost:11434/v1' } },
      fallbackModels: ['ollama:qwen3:8b'],
    }).onModuleInit();

    expect(log).toHaveBeenCalledWith(
      'Agents use openai:gpt-4o-mini, then ollama:qwen3:8b unless they name a model of their own.',
    );
  });

  it.each(['openai', 'Bad', 'a b', ''])('are not of a provider named "%s"', (name) => {
    const providers = { [name]: { baseUrl: 'http://localhost:1/v1' } };

    expect(() => new ConfiguredModels({ providers })).toThrow('is no name for a provider');
  });

  it.each(['gpt-4o', ':x', 'openai:', 'nobody:x', ''])('refuse the name "%s"', (name) => {
    expect(() => new ConfiguredModels({}).get(name)).toThrow('Write provider:model');
  });
});
