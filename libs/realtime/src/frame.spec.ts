import { ReflexError } from '@reflex/core';
import { errorFrame, parseFrame } from './frame';

function refusal(text: string): ReflexError {
  try {
    parseFrame(text);
  } catch (error) {
    return error as ReflexError;
  }
  throw new Error(`"${text}" was taken`);
}

describe('parseFrame', () => {
  it('takes content, with or without an id', () => {
    expect(parseFrame('{"content":"hi"}')).toEqual({ content: 'hi' });
    expect(parseFrame('{"content":"","id":"7"}')).toEqual({ content: '', id: '7' });
  });

  it.each([
    ['not JSON', 'hello', 'invalid_frame'],
    ['empty', '', 'invalid_frame'],
    ['an array', '[]', 'invalid_frame'],
    ['null', 'null', 'invalid_frame'],
    ['without content', '{}', 'invalid_frame'],
    ['content of another kind', '{"content":7}', 'invalid_frame'],
    ['an unknown field', '{"content":"a","role":"admin"}', 'invalid_frame'],
    ['an empty id', '{"content":"a","id":""}', 'invalid_frame'],
    ['a long id', `{"content":"a","id":"${'x'.repeat(129)}"}`, 'invalid_frame'],
    ['__proto__', '{"content":"a","__proto__":{"polluted":1}}', 'json_forbidden_key'],
    ['NUL', '{"content":"a\\u0000"}', 'json_nul_character'],
    ['half a pair', '{"content":"\\ud800"}', 'json_lone_surrogate'],
    ['too deep', `{"content":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 'json_too_deep'],
  ])('refuses a frame that is %s', (_what, text, code) => {
    const error = refusal(text);

    expect(error).toBeInstanceOf(ReflexError);
    expect(errorFrame(error)).toMatchObject({ error: error.message, details: { code, message: error.message } });
  });
});
