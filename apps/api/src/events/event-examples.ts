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
  delayed: {
    summary: 'Handed out later: in a while (`delay`), or at a time (`deliver_at`)',
    value: { type: 'http', source: 'test', payload: { message: 'Remember the milk' }, delay: '10m' },
  },
  batch: {
    summary: 'Two at once',
    value: [
      { type: 'http.request', source: 'test', method: 'GET', path: '/one' },
      { type: 'http', source: 'test', payload: { message: 'two' } },
    ],
  },
};
