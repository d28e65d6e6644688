/** What the API explorer offers to send; the first one is in its form already. */
export const EVENT_EXAMPLES = {
  request: {
    summary: 'A request',
    value: { type: 'http.request', source: 'test', method: 'GET', path: '/test' },
  },
  payload: {
    summary: 'Free JSON, without a type of its own',
    value: { type: 'http', payload: { message: 'Hello, Reflex!' } },
  },
  batch: {
    summary: 'Two at once',
    value: [
      { type: 'http.request', source: 'test', method: 'GET', path: '/one' },
      { type: 'http', source: 'test', payload: { message: 'two' } },
    ],
  },
};
